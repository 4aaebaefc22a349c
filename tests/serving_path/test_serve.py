"""`tensorgate serve` as a process: what it takes from its operator."""

import pytest

from .gate import running_gate
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
