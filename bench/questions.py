"""The questions: a benchmark file each."""

from __future__ import annotations

import ast
from pathlib import Path

PREFIX = "bench_"
# As a reader takes them up; a file that is not here comes after them.
ORDER = (
    "single array",
    "dict of four",
    "dict of 64",
    "eager tensors",
    "torch tensors",
    "guarded calls",
    "values",
    "threads",
    "strings",
    "check many",
    "collate",
    "fingerprint",
    "refusal",
    "saved model",
    "predict request",
    "encode",
    "rest",
    "examples",
    "import",
)


def name_of(file: Path) -> str:
    """Return the question's name in words.

    >>> name_of(Path("bench_dict_of_four.py"))
    'dict of four'
    """
    return file.stem.removeprefix(PREFIX).replace("_", " ")


def files() -> dict[str, Path]:
    """Return the benchmark files, by their questions' names."""
    found = {name_of(file): file for file in sorted(Path(__file__).parent.glob(f"{PREFIX}*.py"))}
    return {name: found[name] for name in (*ORDER, *sorted(found.keys() - ORDER))}


def asks(file: Path) -> str:
    """Return the question itself: the first line of the file's docstring."""
    return (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]
