"""The examples of the documents run as they stand."""

import doctest
from importlib.util import find_spec
from pathlib import Path

import pytest

DOCUMENTS = Path(__file__).parents[2] / "docs"
# What the examples of a document need beside tensorgate.
NEEDS = {"tensorflow": "tensorflow", "grpc": "grpc_status"}
NAMES = sorted(path.name for path in DOCUMENTS.glob("*.md") if find_spec(NEEDS.get(path.stem, "tensorgate")))


@pytest.mark.parametrize("name", NAMES)
def test_every_example_gives_what_it_shows(name):
    text = (DOCUMENTS / name).read_text()
    examples = doctest.DocTestParser().get_doctest(text.replace("```", ""), {}, name, name, 0)
    shown = []
    doctest.DocTestRunner().run(examples, out=shown.append)
    assert not shown, "".join(shown)
