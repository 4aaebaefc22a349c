import json

import pytest

from tensorgate.bench.answers import Answer
from tensorgate.bench.comparison import pooled
from tensorgate.bench.results import Results, UnknownSchemaError

from .results_of_a_run import comparison, results


def test_results_survive_the_file(tmp_path):
    results().write(tmp_path / "results.json")
    assert Results.load(tmp_path / "results.json") == results()


def test_a_file_of_another_version_is_refused(tmp_path):
    path = tmp_path / "results.json"
    results().write(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
    with pytest.raises(UnknownSchemaError, match="schema 99"):
        Results.load(path)


def test_processes_are_pooled_by_the_median_with_all_their_spread():
    together = pooled([comparison(ratio=ratio) for ratio in (1.2, 1.0, 1.1)])
    assert together.ours.ratio == 1.1
    assert together.ours.quartiles == pytest.approx((0.98, 1.23))
    assert together.case == "in order"


def test_a_case_that_one_process_left_out_is_kept_from_the_others():
    first = Answer("dict", "?", [comparison(case="a")], skipped={"test_b": "busy", "test_c": "busy"})
    first.pool([Answer("dict", "?", [comparison(case="a"), comparison(case="b")], skipped={"test_c": "busy"})])
    assert [each.case for each in first.comparisons] == ["a", "b"]
    assert first.skipped == {"test_c": "busy"}


def test_a_goal_is_met_as_precisely_as_it_is_shown():
    assert comparison(ratio=1.104, goal=1.1).met is True
    assert comparison(ratio=1.106, goal=1.1).met is False
    assert comparison(goal=None).met is None
