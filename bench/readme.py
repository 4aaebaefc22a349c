"""The READMEs, with the figures of the committed results and no others."""

from __future__ import annotations

from pathlib import Path

from . import markdown, questions
from .results import Results


def documents(checkout: Path) -> dict[Path, str]:
    """Return the text that each README of a checkout must have.

    Raises:
        ValueError: the results are those of a fast run or of a part of one, or a README has no place for them.
    """
    folder = checkout / "bench" / "results"
    results = Results.load(folder / "results.json")
    if results.fast:
        raise ValueError("no figure comes from a fast run")
    whole = {answer.question for answer in results.answers if not answer.interrupted and not answer.failures}
    if lacking := [name for name in questions.files() if name not in whole]:
        raise ValueError(f"no figures come from a run that did not answer all questions: {', '.join(lacking)}")
    plots = sorted(path.name for path in folder.glob("*.svg"))
    blocks = {
        checkout / "README.md": markdown.figures(results),
        checkout / "bench" / "README.md": markdown.overview(results, plots),
    }
    return {path: markdown.with_figures(path.read_text(), block) for path, block in blocks.items()}
