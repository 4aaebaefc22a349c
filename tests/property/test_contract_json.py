"""Contracts through JSON: nothing is lost, and no text does more than be refused."""

import contextlib
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import Signature

from .contracts import contracts, damaged


@given(contracts())
def test_a_contract_is_given_back(signature):
    text = signature.to_json()
    twin = Signature.from_json(text)
    assert twin == signature
    assert hash(twin) == hash(signature)
    assert twin.source == signature.source
    assert twin.to_json() == text
    assert repr(twin) == repr(signature)
    assert pickle.loads(pickle.dumps(signature)) == signature


@given(contracts())
def test_the_text_is_strict_json(signature):
    def refuse(token):
        raise AssertionError(token)

    text = signature.to_json()
    assert Signature.from_json(json.dumps(json.loads(text, parse_constant=refuse), sort_keys=True)) == signature
    assert Signature.from_json(text.encode()) == signature


@given(damaged())
def test_a_damaged_document_is_a_contract_or_a_value_error(document):
    try:
        signature = Signature.from_json(json.dumps(document))
    except ValueError:
        return
    assert Signature.from_json(signature.to_json()) == signature


@given(contracts(), st.data())
def test_a_damaged_text_is_a_contract_or_a_value_error(signature, data):
    text = bytearray(signature.to_json().encode())
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(text) - 1))
        text[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with contextlib.suppress(ValueError):
        Signature.from_json(bytes(text))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner)))
def test_any_other_json_is_refused(value):
    with pytest.raises(ValueError, match="expected|no JSON"):
        Signature.from_json(json.dumps(value))
