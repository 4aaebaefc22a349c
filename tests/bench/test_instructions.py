"""The gate on the hot path's instructions: what it lets through, and what it says. The counts are made up."""

import json

import pytest
from click.testing import CliRunner

from tensorgate.bench.instructions import __main__ as instructions
from tensorgate.bench.instructions.calls import NOTHING, calls


@pytest.fixture
def gate(tmp_path, monkeypatch):
    """Runs the command with these counts, against a baseline of two calls."""
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps({instructions.environment(): {"dict": 1000, "array": 100}}))
    monkeypatch.setattr(instructions, "BASELINE", baseline)
    monkeypatch.setattr(instructions.shutil, "which", "/bin/{}".format)

    def run(counts, *options):
        monkeypatch.setattr(instructions, "count", lambda: counts)
        return CliRunner().invoke(instructions.main, options)

    run.baseline = baseline
    return run


def test_as_many_as_before_or_fewer_pass(gate):
    done = gate({"dict": 1050.0, "array": 60.0})
    assert done.exit_code == 0
    assert "dict      1050.0    +5.0%" in done.output
    assert "array       60.0   -40.0%" in done.output


def test_five_percent_more_fail_by_name(gate):
    done = gate({"dict": 1051.0, "array": 100.0})
    assert done.exit_code == 1
    assert "Error: over 5 % more than the baseline: dict" in done.output


@pytest.mark.parametrize("counts", [{"dict": 1000.0}, {"dict": 1000.0, "array": 100.0, "other": 1.0}])
def test_calls_and_baseline_must_be_the_same(gate, counts):
    done = gate(counts)
    assert done.exit_code == 1
    assert "not in both" in done.output


def test_an_update_keeps_other_environments(gate):
    before = json.loads(gate.baseline.read_text()) | {"elsewhere": {"dict": 7}}
    gate.baseline.write_text(json.dumps(before))
    assert gate({"dict": 900.4}, "--update").exit_code == 0
    assert json.loads(gate.baseline.read_text()) == before | {instructions.environment(): {"dict": 900}}


def test_an_unknown_environment_fails_with_what_to_do(gate):
    gate.baseline.write_text("{}")
    done = gate({"dict": 1.0})
    assert done.exit_code == 1
    assert "--update" in done.output


def test_a_missing_valgrind_is_said(gate, monkeypatch):
    monkeypatch.setattr(instructions.shutil, "which", {}.get)
    assert "valgrind is not installed" in gate({}).output


def test_a_dump_is_read():
    dump = "version: 1\ndesc: Trigger: Client Request: dict of 4, reversed\nevents: Ir\ntotals: 12345\n"
    assert instructions.total(dump) == ("dict of 4, reversed", 12345)
    with pytest.raises(instructions.click.ClickException, match="neither"):
        instructions.total("version: 1\n")


def test_the_committed_baseline_names_all_calls():
    for counts in json.loads((instructions.HERE / "baseline.json").read_text()).values():
        assert counts.keys() == calls().keys() - {NOTHING}
