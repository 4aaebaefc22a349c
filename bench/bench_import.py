"""What does `import tensorgate` cost beyond NumPy's own import, beside the packages that one would take instead?

Each import runs in a process of its own and is timed there, after NumPy's, which is timed by itself. A round goes
unmeasured before, so that what the disk gives is in memory.
"""

from __future__ import annotations

import subprocess
import sys

from . import peers
from .comparison import OURS, Comparison, Timing
from .conftest import Compare

LIMIT = "NumPy itself"
ROUNDS = 7

PROGRAM = """
import sys, time
if sys.argv[1] != "numpy":
    import numpy
start = time.perf_counter_ns()
__import__(sys.argv[1])
print(time.perf_counter_ns() - start)
"""


def import_in_a_process(module: str) -> float:
    """Return the nanoseconds that a fresh interpreter takes."""
    command = [sys.executable, "-P", "-c", PROGRAM, module]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(output.splitlines()[-1])


def test_import(compare: Compare) -> None:
    modules = {OURS: "tensorgate", LIMIT: "numpy"}
    modules |= {name: name for name in ("tensorflow", "mlflow", "chex", "numpydantic") if peers.wanted(name)}
    if compare.pace is not None:
        samples: dict[str, list[float]] = {name: [] for name in modules}
        for number in range(1 + ROUNDS):
            for name, module in modules.items():
                took = import_in_a_process(module)
                if number > 0:
                    samples[name].append(took)
        timings = tuple(Timing.of(name, samples[name], samples[LIMIT]) for name in modules)
        comparison = Comparison(compare.question, "beyond NumPy", LIMIT, None, timings, headline="`import tensorgate`")
        compare.gathering.add(comparison)
    compare.benchmark(import_in_a_process, "tensorgate")
