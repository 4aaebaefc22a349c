"""The README's first screen: its example runs and says what the README says that it says."""

import re
from pathlib import Path

import numpy as np
import pytest

import tensorgate as tg

from . import wire

README = Path(__file__).parents[2] / "README.md"


def blocks(language):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    return [text for found, text in fenced if found == language]


@pytest.fixture
def ranker(tmp_path, monkeypatch):
    """The model that the README reads, where it reads it."""
    inputs = {"image": wire.tensor_info((None, 224, 224, 3)), "user": wire.tensor_info((None,), "int32")}
    version = tmp_path / "models" / "ranker" / "3"
    version.mkdir(parents=True)
    (version / "saved_model.pb").write_bytes(wire.model(inputs))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("ranker")
def test_the_example_raises_the_error_that_stands_below_it():
    example, *_ = blocks("python")
    _, error, *_ = blocks("")
    with pytest.raises(tg.ValidationError) as caught:
        exec(example, {"np": np})
    assert f"tensorgate.ValidationError: {caught.value}\n" == error


def test_the_two_commands_stand_on_the_first_screen():
    assert blocks("")[0] == "pip install '.[demo]' && tensorgate demo\npip install '.[test]' && pytest\n"
