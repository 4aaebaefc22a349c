from pathlib import Path

import pytest

from tensorgate.bench import readme

from .results_of_a_run import results

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", [Path("README.md"), Path("bench", "README.md")], ids=str)
def test_the_figures_are_those_of_the_committed_results(path):
    assert readme.documents(CHECKOUT)[CHECKOUT / path] == (CHECKOUT / path).read_text()


def test_no_figure_comes_from_a_fast_run(tmp_path):
    folder = tmp_path / "bench" / "results"
    folder.mkdir(parents=True)
    results(fast=True).write(folder / "results.json")
    with pytest.raises(ValueError, match="fast run"):
        readme.documents(tmp_path)


def test_no_figure_comes_from_a_part_of_a_run(tmp_path):
    folder = tmp_path / "bench" / "results"
    folder.mkdir(parents=True)
    results().write(folder / "results.json")
    with pytest.raises(ValueError, match="all questions: single array, dict of four"):
        readme.documents(tmp_path)
