"""What `import tensorgate` costs, in processes of its own."""

import statistics
import subprocess
import sys

import pytest

import tensorgate as tg

# What the import may take beyond NumPy's own time, on a machine that does nothing else.
LIMIT_SECONDS = 0.010
ROUNDS = 9

NEW_MODULES = """
import sys, numpy
before = set(sys.modules)
import tensorgate
print(*sorted(set(sys.modules) - before))
"""
DURATION = """
import time, numpy
start = time.perf_counter()
import tensorgate
print(time.perf_counter() - start)
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_nothing_but_the_standard_library_and_numpy_is_imported():
    roots = {name.partition(".")[0] for name in run(NEW_MODULES).split()}
    assert "tensorgate" in roots
    assert roots - {"tensorgate", "numpy"} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("module", ["tensorflow", "torch", "ml_dtypes", "click", "rich"])
def test_no_optional_package_is_imported_even_where_it_is_installed(module):
    imported = run(f"import sys, tensorgate; print({module!r} in sys.modules)")
    assert imported == "False\n"


def test_the_import_takes_less_than_10_ms_beyond_numpys():
    durations = [float(run(DURATION)) for _ in range(ROUNDS)]
    # The quickest runs tell the import's own cost, whatever else the machine does meanwhile.
    assert statistics.median(sorted(durations)[:5]) < LIMIT_SECONDS


def test_the_types_belong_to_the_package():
    for name in tg.__all__:
        if name != "serving":
            assert getattr(tg, name).__module__ in ("tensorgate", "tensorgate._core")
