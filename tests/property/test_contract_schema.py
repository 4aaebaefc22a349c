"""The published JSON Schema takes every contract, and refuses nothing that from_json reads."""

import json
from importlib.resources import files

import jsonschema
import pytest
from hypothesis import given

from tensorgate import Signature

from .contracts import contracts, damaged

SCHEMA = json.loads((files("tensorgate") / "schema" / "signature.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def leaf(kind="tensor", **parts):
    spec = {"shape": [None], "dtype": "float32"} | parts
    return {"tensorgate": 1, "name": "f", "inputs": {kind: spec}}


BAD_FORMS = {
    "no object": [],
    "no version": {"name": "f", "inputs": {"list": []}},
    "another version": leaf() | {"tensorgate": 2},
    "no name": {"tensorgate": 1, "inputs": {"list": []}},
    "no inputs": {"tensorgate": 1, "name": "f"},
    "an unknown key": leaf() | {"nmae": "f"},
    "a name that is no string": leaf() | {"name": 1},
    "outputs that are no nest": leaf() | {"outputs": []},
    "two kinds of nest": leaf() | {"inputs": {"list": [], "tuple": []}},
    "no kind of nest": leaf() | {"inputs": {}},
    "an unknown kind of nest": leaf() | {"inputs": {"set": []}},
    "a dict that is a list": leaf() | {"inputs": {"dict": []}},
    "a list that is an object": leaf() | {"inputs": {"list": {}}},
    "a namedtuple without fields": leaf() | {"inputs": {"namedtuple": {"name": "P"}}},
    "a field without a nest": leaf() | {"inputs": {"namedtuple": {"name": "P", "fields": [["x"]]}}},
    "a field of three": leaf() | {"inputs": {"dataclass": {"name": "P", "fields": [["x", {"list": []}, 1]]}}},
    "a field of Python's own": leaf() | {"inputs": {"dataclass": {"name": "P", "fields": [["__x__", {"list": []}]]}}},
    "an unknown rule": leaf(minimun=1),
    "a default of a sparse tensor": leaf("sparse", default=1.0),
    "a ragged rank of a dense tensor": leaf(ragged_rank=1),
    "a ragged rank of 0": leaf("ragged", ragged_rank=0),
    "splits of int8": leaf("ragged", ragged_rank=1, row_splits_dtype="int8"),
    "a shape that is a size": leaf(shape=3),
    "a size of -1": leaf(shape=[-1]),
    "a size of 1.5": leaf(shape=[1.5]),
    "a size that is true": leaf(shape=[True]),
    "an empty name of a dimension": leaf(shape=[""]),
    "an unknown rule of a dimension": leaf(shape=[{"size": 3}]),
    "a multiple of 0": leaf(shape=[{"multiple_of": 0}]),
    "an alias of a dtype": leaf(dtype="float"),
    "finite that is no bool": leaf(finite=1),
    "max_bytes below 0": leaf(dtype="string", max_bytes=-1),
    "one_of that is no list": leaf(one_of=1),
    "an array without a shape": leaf(default={"values": [1]}),
    "a minimum that is null": leaf(minimum=None),
    "a complex number of three parts": leaf(dtype="complex64", one_of=[[1, 2, 3]]),
}


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].startswith("urn:")


@given(contracts())
def test_every_contract_is_valid(signature):
    VALIDATOR.validate(json.loads(signature.to_json()))


@given(damaged())
def test_what_is_read_is_valid(document):
    try:
        Signature.from_json(json.dumps(document))
    except ValueError:
        return
    VALIDATOR.validate(document)


@pytest.mark.parametrize("document", BAD_FORMS.values(), ids=BAD_FORMS)
def test_a_bad_form_is_refused_by_the_schema_as_by_from_json(document):
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(ValueError, match=": "):
        Signature.from_json(json.dumps(document))
