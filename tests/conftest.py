"""What an environment without an optional package leaves out of the collection, said in pytest's header."""

from importlib.util import find_spec

OPTIONAL = {
    "tensorflow": "differential",
    "mypy": "typing",
    "matplotlib": "bench",
    "jsonschema": "property/test_contract_schema.py",
    "click": "unit/test_cli.py",
    "torch": "unit/test_*torch.py",
    "ml_dtypes": "unit/test_*ml_dtypes.py",
}
ABSENT = {package: tests for package, tests in OPTIONAL.items() if find_spec(package) is None}

# Left out, not skipped: a skip would show as a test that was meant to run here.
collect_ignore_glob = [pattern for tests in ABSENT.values() for pattern in (tests, f"{tests}/*")]


def pytest_report_header():
    return [f"without {package}: tests/{tests} is left out" for package, tests in ABSENT.items()]
