"""What `import tensorgate` costs, in processes of its own."""

import os
import subprocess
import sys

import pytest

# What the import may take beyond NumPy's own time. A build with sanitizers is no measure of time.
LIMIT_SECONDS = 1.0 if "TENSORGATE_SANITIZED" in os.environ else 0.010
ROUNDS = 11

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
    durations = sorted(float(run(DURATION)) for _ in range(ROUNDS))
    # Not the median: a machine that does something else meanwhile slows most runs, and speeds up none.
    assert durations[ROUNDS // 4] < LIMIT_SECONDS
