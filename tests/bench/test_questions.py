"""Questions of a line or two, each run as the command runs them."""

import ast
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from tensorgate.bench import answers, command, questions
from tensorgate.cli import main as tensorgate

BENCH = Path(__file__).parents[2] / "bench"
CONFTEST = "from tensorgate.bench.conftest import *  # the fixture and the hooks\n"
GOOD = '''"""What does it cost?"""

def test_it(compare):
    compare(case="it", contenders={"tensorgate": bool, "limit": bool}, argument=1, bad=[0], limit="limit", goal=1.5)
'''
DISAGREEING = '''"""What if they differ?"""

def test_it(compare):
    compare(case="it", contenders={"tensorgate": bool, "limit": str}, argument=1, bad=[0], limit="limit")
'''
CRASHING = f"""{GOOD}
def test_then(compare):
    import os, signal
    os.kill(os.getpid(), signal.{signal.SIGABRT.name})
"""
SKIPPING_AND_CRASHING = """'What if it is left out, and another crashes?'
import os, signal, pytest

def test_it():
    pytest.skip("no second core was free")

def test_then():
    os.kill(os.getpid(), signal.SIGABRT)
"""
SKIPPING = '''"""What if it is not there?"""
import pytest
pytest.skip("not installed: pip install it", allow_module_level=True)
'''
FAR_FROM_ITS_GOAL = '''"""What if something is broken?"""

def test_it(compare):
    contenders = {"tensorgate": lambda argument: sorted(range(1000)), "limit": bool}
    compare(case="it", contenders=contenders, argument=1, limit="limit", goal=1.1)
'''


def answer(tmp_path, source, *, fast=True):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    file = tmp_path / "bench_a_toy.py"
    file.write_text(source)
    return answers.answer(file, fast=fast)


def test_an_answer_holds_what_was_measured(tmp_path):
    found = answer(tmp_path, GOOD)
    assert (found.question, found.asks, found.failures) == ("a toy", "What does it cost?", {})
    (comparison,) = found.comparisons
    assert (comparison.question, comparison.case, comparison.goal) == ("a toy", "it", 1.5)
    assert [timing.contender for timing in comparison.timings] == ["tensorgate", "limit"]
    assert all(timing.nanoseconds > 0 for timing in comparison.timings)


def test_contenders_that_disagree_are_not_timed(tmp_path):
    found = answer(tmp_path, DISAGREEING)
    assert found.comparisons == []
    assert found.failures == {"test_it": "limit accepts bad input 0"}


def test_what_was_measured_before_a_crash_is_kept(tmp_path):
    found = answer(tmp_path, CRASHING)
    assert len(found.comparisons) == 1
    assert found.failures["all of it"].startswith("ended by SIGABRT")


def test_a_crash_is_told_beside_what_was_left_out(tmp_path):
    found = answer(tmp_path, SKIPPING_AND_CRASHING)
    assert list(found.skipped.values()) == ["no second core was free"]
    assert found.failures["all of it"].startswith("ended by SIGABRT")


def test_a_question_whose_package_is_absent_is_left_out_with_its_reason(tmp_path):
    found = answer(tmp_path, SKIPPING)
    assert found.failures == {}
    assert list(found.skipped.values()) == ["not installed: pip install it"]


def test_many_times_the_goal_fails_and_is_kept(tmp_path):
    found = answer(tmp_path, FAR_FROM_ITS_GOAL)
    assert len(found.comparisons) == 1
    assert "where the goal is 1.1" in found.failures["test_it"]


def test_a_full_run_pools_its_processes(tmp_path, monkeypatch):
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    noted = 'import os\n\nwith open(os.environ["LOG"], "a") as log:\n    log.write("x")\n'
    found = answer(tmp_path, GOOD + noted, fast=False)
    assert (tmp_path / "log").read_text() == "x" * answers.PROCESSES
    assert len(found.comparisons) == 1


def test_every_question_is_asked_in_one_line():
    assert questions.files()
    for file in questions.files().values():
        assert questions.asks(file).endswith("?"), file


def test_the_benchmarks_import_one_another_by_relative_names():
    # They bear one name in a checkout and another in a wheel.
    for file in BENCH.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert (node.module or "").partition(".")[0] != "bench", file
                assert not (node.module or "").startswith("tensorgate.bench"), file


def test_the_command_lists_the_questions():
    result = CliRunner().invoke(tensorgate, ["bench", "--list"])
    assert result.exit_code == 0
    assert {line[:20].strip() for line in result.output.splitlines()} == set(questions.files())


def test_the_command_of_tensorgate_has_the_options_of_the_module():
    result = CliRunner().invoke(tensorgate, ["bench", "--help"])
    assert result.exit_code == 0
    assert result.output.startswith("Usage: tensorgate bench [OPTIONS] [QUESTION]...")
    assert "--fast" in result.output


def test_a_question_that_is_none_is_named_beside_those_that_are():
    result = CliRunner().invoke(command.main, ["dict of five"])
    assert result.exit_code == 2
    assert "dict of five" in result.stderr
    assert "dict of four" in result.stderr


@pytest.mark.parametrize(("source", "code"), [(GOOD, 0), (DISAGREEING, 1)])
def test_the_command_writes_all_files_and_fails_where_a_question_did(source, code, tmp_path, monkeypatch):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "bench_broken.py").write_text(source)
    (tmp_path / "bench_good.py").write_text(GOOD)
    files = {questions.name_of(file): file for file in tmp_path.glob("bench_*.py")}
    monkeypatch.setattr(questions, "files", lambda: files)
    result = CliRunner().invoke(command.main, ["--fast", "--out", str(tmp_path / "out")])
    assert result.exit_code == code
    assert {"results.json", "results.md", "good.svg"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert ("failed: broken" in result.output) is bool(code)


def test_the_command_without_its_extra_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda module: None if module == "matplotlib" else object())
    result = CliRunner().invoke(command.main, [])
    assert result.exit_code == 1
    assert result.stderr == "Error: the benchmarks need matplotlib: pip install 'tensorgate[bench]'\n"
