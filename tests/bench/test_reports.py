import io
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from rich.console import Console

from tensorgate.bench import markdown, plots, table
from tensorgate.bench.quantities import count, digits, duration

from .results_of_a_run import comparison, results


def printed(*renderables):
    console = Console(file=io.StringIO(), width=table.WIDEST)
    console.print(*renderables)
    return console.file.getvalue()


def test_numbers_are_written_to_be_read():
    assert [digits(number) for number in (0.0421, 1.2345, 67.25, 1234.5)] == ["0.0421", "1.23", "67.2", "1,234"]
    assert [duration(time) for time in (0.4, 35.66, 1132.7, 2.5e6)] == ["0.40 ns", "35.7 ns", "1.13 us", "2.50 ms"]
    assert [count(100_000, "requests"), count(65_536, "bytes")] == ["100,000", "64 KB"]


def test_the_terminal_shows_a_line_a_contender_within_100_columns():
    text = printed(*(table.answer_block(answer) for answer in results().answers))
    assert max(map(len, text.splitlines())) <= 100
    assert re.search(r"in order +tensorgate +42.0 ns +1.05 +\[1.03, 1.08\] +1.10 met", text)
    assert re.search(r"hard-coded C +40.0 ns +limit", text)
    assert re.search(r"tensorgate +60.0 ns +1.50 .* 1.10 not met", text)


def test_the_terminal_names_what_failed_and_what_was_left_out():
    text = printed(*(table.answer_block(answer) for answer in results().answers), table.closing(results()))
    assert "failed: test_a: by hand | accepts" in text
    assert "left out: test_growth[torch]: not installed: torch" in text
    assert "failed: broken" in text
    assert "chex: pip install chex" in text
    assert "goals: 4 of 5 met" in text
    assert "tensorgate 0.1.0" in text


def test_the_terminal_says_what_a_contender_does_not_see():
    blind = comparison(does_not_see={"by hand": ("byte order", "dtype"), "hard-coded C": ()})
    assert table.blind_spots([blind]) == ["by hand does not see: byte order, dtype"]


def test_cases_that_share_a_reason_are_told_together():
    assert table.by_reason({"a": "x", "b": "y", "c": "x"}) == ["a, c: x", "b: y"]


def test_a_fast_run_says_everywhere_that_it_is_one():
    assert "fast run" in printed(table.closing(results(fast=True)))
    assert "fast run" in markdown.report(results(fast=True), [])


def test_markdown_tables_have_as_many_cells_in_each_line():
    text = markdown.report(results(), ["growth.svg"])
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 3
    for block in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_markdown_shows_a_plot_beside_its_question():
    text = markdown.report(results(), ["growth.svg"])
    assert "![growth](growth.svg)" in text
    assert "dict.svg" not in text


def test_the_figures_are_those_with_a_headline():
    lines = markdown.figures(results()).splitlines()
    assert lines[2] == "| a dict, `check` | 42.0 ns | 1.05 times hard-coded C | by hand 28.6 |"
    assert lines[3:] == ["", "On a processor, with CPython 3.11.7, 2026-01-31."]


def test_the_overview_has_a_line_a_file():
    text = markdown.overview(results(), ["growth.svg"])
    assert "| `bench_dict.py` | What does a dict cost? | hard-coded C | 1.05 to 1.50 |  |" in text
    assert "[plot](results/growth.svg)" in text


def test_figures_take_the_place_of_those_before():
    document = f"head\n{markdown.START}\nold\n{markdown.END}\ntail\n"
    once = markdown.with_figures(document, "new")
    assert once == f"head\n{markdown.START}\nnew\n{markdown.END}\ntail\n"
    assert markdown.with_figures(once, "new") == once


@pytest.mark.parametrize("document", ["", markdown.START, markdown.END + markdown.START])
def test_a_document_without_a_place_for_figures_is_refused(document):
    with pytest.raises(markdown.NoMarkersError):
        markdown.with_figures(document, "new")


def test_a_question_with_points_and_one_without_are_drawn(tmp_path):
    drawn = [plots.draw(answer, tmp_path) for answer in results().answers]
    assert drawn == ["dict.svg", "growth.svg", None]
    for name in drawn[:2]:
        assert ET.parse(tmp_path / name).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_the_same_results_draw_the_same_plot(tmp_path):
    answer = results().answers[1]
    plots.draw(answer, tmp_path)
    first = (tmp_path / "growth.svg").read_bytes()
    plots.draw(answer, tmp_path)
    assert (tmp_path / "growth.svg").read_bytes() == first


@pytest.mark.parametrize("places", [[], [5.0], [0.0, 1.0, 2.0, 40.0], [1.0, 1.0, 1.0], [0.0, 10.0, 12.0, 30.0]])
def test_labels_are_moved_apart_and_no_further(places):
    moved = plots.spread(places, 10.0)
    assert all(after - before >= 10.0 - 1e-9 for before, after in pairwise(moved))
    assert sum(moved) == pytest.approx(sum(places))
    if all(after - before >= 10.0 for before, after in pairwise(places)):
        assert moved == places
