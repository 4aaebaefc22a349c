"""The examples of the documents run as they stand."""

import doctest
from pathlib import Path

import pytest

DOCUMENTS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(path.name for path in DOCUMENTS.glob("*.md")))
def test_every_example_gives_what_it_shows(name):
    text = (DOCUMENTS / name).read_text()
    examples = doctest.DocTestParser().get_doctest(text.replace("```", ""), {}, name, name, 0)
    shown = []
    doctest.DocTestRunner().run(examples, out=shown.append)
    assert not shown, "".join(shown)
