"""What an environment without an optional package leaves out of the collection, said in pytest's header."""

import os
import shutil
from importlib.util import find_spec

OPTIONAL = {
    "differential": "tensorflow",
    "tf": "tensorflow",
    "typing": "mypy",
    "bench": "matplotlib",
    "asgi": "fastapi",
    "asgi/test_proxy.py": "tensorflow",
    "property/test_contract_schema.py": "jsonschema",
    "property/test_rest_oracles.py": "orjson",
    "property/test_*_oracles.py": "simdjson",
    "unit/test_cli.py": "click",
    "serving/test_refusals.py": "grpc_status",
    "serving/test_model_config.py": "grpc_status",
    "differential/test_*requests.py": "tensorflow_serving",
    "differential/test_rest.py": "tensorflow_serving",
    "unit/test_*torch.py": "torch",
    "unit/test_*ml_dtypes.py": "ml_dtypes",
    "serving/test_*ml_dtypes.py": "ml_dtypes",
    "differential/test_predict_request.py": "tensorflow_serving",
    "property/test_predict_request.py": "tensorflow_serving",
    "serving_path": "tensorflow_serving",
    "serving_path/*": "uvicorn",
    "serving_path/test_grpc*.py": "grpc_status",
    "sidecar": "prometheus_client",
    "sidecar/*": "uvicorn",
    "sidecar/test_*browser.py": "playwright",
    "serving_path/test_kserve*.py": "kserve",
    "property/test_kserve*.py": "kserve",
}
ABSENT = {tests: package for tests, package in OPTIONAL.items() if find_spec(package) is None}
if not (os.environ.get("TENSORGATE_ENVOY") or shutil.which("envoy")):
    ABSENT["serving_path/test_envoy*.py"] = "envoy"
if not (os.environ.get("TENSORGATE_CHROMIUM") or shutil.which("chromium")):
    ABSENT["sidecar/test_*browser.py"] = "chromium"

# Left out, not skipped: a skip would show as a test that was meant to run here.
collect_ignore_glob = [pattern for tests in ABSENT for pattern in (tests, f"{tests}/*")]


def pytest_report_header():
    return [f"without {package}: tests/{tests} is left out" for tests, package in ABSENT.items()]
