"""`tensorgate serve` as a process: what it takes from its operator."""

import subprocess

import pytest

from .gate import COMMAND, running_gate
from .processes import wait_until


@pytest.fixture
def config_file(tmp_path):
    """Writes a models.config of models that are all the ranker."""

    def write(model_paths, *names):
        file = tmp_path / "models.config"
        models = "".join(f'config {{ name: "{name}" base_path: "{model_paths["ranker"]}" }}\n' for name in names)
        file.write_text(f"model_config_list {{ {models} }}")
        return file

    return write


@pytest.mark.parametrize("names", [["a", "a"], ["scorer"]])
def test_a_models_config_that_can_not_be_served_changes_nothing(tmp_path, model_paths, config_file, names):
    """Two models of one name, in the file or beside it."""
    given = {"scorer": model_paths["scorer"]}
    option = f"--model-config-file={config_file(model_paths, 'a')}"
    with running_gate(tmp_path, given, option, "--poll-seconds=0.05") as gate:
        config_file(model_paths, *names)
        wait_until(lambda: gate.events("config_problem"), gate.process, gate.log_file)
        assert gate.events("config_problem")[0]["problem"] == "two models have one name"
        config_file(model_paths, "b")
        wait_until(
            lambda: any(event["model"] == "b" for event in gate.events("contract_taken_up")),
            gate.process,
            gate.log_file,
        )


@pytest.mark.parametrize(
    "option",
    [
        "--address=127.0.0.1",  # gRPC would listen on port 443
        "--address=127.0.0.1:99999",
        "--address=:8600",
        "--status-address=8601",
        "--tensorflow-serving=localhost:8501",
        "--tensorflow-serving=http://",
        "--tensorflow-serving=http://[",
        "--tensorflow-serving=http://localhost:port",
        "--model-base-path=ranker",
    ],
)
def test_what_is_no_address_is_told_at_once(option):
    command = [*COMMAND, "--model-base-path=ranker=models/ranker", option]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert f"Invalid value for '{option.partition('=')[0]}'" in ended.stderr
