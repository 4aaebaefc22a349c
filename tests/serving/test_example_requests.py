"""Requests for classifications and regressions: one Input of Examples, with a context or without."""

import numpy as np
import pytest

from tensorgate import RaggedTensorSpec, Signature, TensorSpec, ValidationError
from tensorgate.serving import (
    ExampleRequest,
    Limits,
    ModelSpec,
    decode_classification_request,
    decode_regression_request,
)

from . import example_wire as pb
from .wire import bytes_field, number_field

SIGNATURE = Signature({"ids": TensorSpec((None, 2), "int64"), "query": TensorSpec((None,), "string", default=["none"])})
FIRST = pb.example(ids=[1, 2], query=["a"])
SECOND = pb.example(ids=[3, 4])
DECODERS = [decode_classification_request, decode_regression_request]


def decode(data, sigs=SIGNATURE, *args, **kwargs):
    first, second = (decoder(data, sigs, *args, **kwargs) for decoder in DECODERS)
    assert str(first) == str(second)
    return first


def faults(data, sigs=SIGNATURE, *args, **kwargs):
    told = []
    for decoder in DECODERS:
        with pytest.raises(ValidationError) as caught:
            decoder(data, sigs, *args, **kwargs)
        told.append(str(caught.value).splitlines()[1:])
    assert told[0] == told[1]
    return told[0]


def rows(request):
    return {name: array.tolist() for name, array in request.inputs.items()}


@pytest.mark.parametrize("of", [bytes, bytearray, memoryview])
def test_a_list_of_examples_is_a_batch(of):
    request = decode(of(pb.request(pb.example_list(FIRST, SECOND))))
    assert isinstance(request, ExampleRequest)
    assert rows(request) == {"ids": [[1, 2], [3, 4]], "query": [b"a", b"none"]}
    assert (request.model_spec, request.signature_name) == (ModelSpec("ranker"), "serving_default")


def test_the_signature_is_chosen_by_name():
    sigs = {"classify": SIGNATURE, "regress": Signature({"x": TensorSpec((None,))})}
    data = pb.request(pb.example_list(pb.example(x=[0.5])), signature="regress")
    assert rows(decode(data, sigs)) == {"x": [0.5]}
    assert decode(data, sigs).signature_name == "regress"
    (line,) = faults(pb.request(pb.example_list(FIRST), signature="clasify"), sigs)
    assert line.startswith("  model_spec.signature_name  unknown_signature: expected one of 'classify', 'regress', got")
    (line,) = faults(data, sigs, "other")
    assert line.startswith("  model_spec.name  unknown_model: expected 'other', got 'ranker'")


def test_a_contexts_features_stand_for_those_that_an_example_lacks():
    context = pb.example(query=["shared"], more=[1.0])
    data = pb.request(pb.example_list_with_context(context, FIRST, SECOND))
    assert rows(decode(data)) == {"ids": [[1, 2], [3, 4]], "query": [b"a", b"shared"]}


def test_a_context_is_merged_as_protobuf_merges_bytes_one_behind_the_other():
    spec = Signature({"x": RaggedTensorSpec((None, None), "int64")})
    context = pb.features(pb.entry("x", pb.int64_list(9)), pb.entry("x", pb.int64_list(1, 2)))
    without_list = pb.features(pb.entry("x", b""))
    examples = [b"", pb.example(x=[3]), without_list, pb.example(x=pb.int64_list())]
    batch = decode(pb.request(pb.example_list_with_context(context, *examples)), spec).inputs["x"]
    assert batch["values"].tolist() == [1, 2, 3]
    assert batch["row_splits"].tolist() == [0, 2, 3, 3, 3]


def test_a_context_without_a_list_leaves_the_default():
    context = pb.features(pb.entry("query", b""))
    assert rows(decode(pb.request(pb.example_list_with_context(context, SECOND))))["query"] == [b"none"]


def test_a_context_may_stand_behind_the_examples_and_come_in_pieces():
    pieces = bytes_field(1, SECOND) + bytes_field(2, pb.example(query=["x"])) + bytes_field(2, pb.example(query=["y"]))
    assert rows(decode(pb.request(bytes_field(2, pieces))))["query"] == [b"y"]
    many = bytes_field(1, SECOND) + bytes_field(2, b"") * 101
    (line,) = faults(pb.request(bytes_field(2, many)))
    assert "malformed: a context in more than 100 pieces" in line


def test_a_wrong_context_is_told_where_it_is_needed():
    data = pb.request(pb.example_list_with_context(pb.example(ids=[1.0, 2.0]), FIRST, b""))
    assert faults(data) == [
        f"  examples[1]['ids']  dtype: expected int64, got float32 (byte {data.index(b'ids') - 3}); "
        "it holds a float_list; write an int64_list"
    ]
    (line,) = faults(pb.request(pb.example_list_with_context(b"\x0a\x05", FIRST)))
    assert line.startswith("  context  malformed: a length of 5 bytes runs past the end")


def test_of_two_kinds_of_input_the_last_one_counts_and_one_kind_is_one():
    lists, context = pb.example_list(FIRST), pb.example_list_with_context(pb.example(query=["c"]), SECOND)
    assert rows(decode(pb.request(lists + lists)))["ids"] == [[1, 2], [1, 2]]
    assert rows(decode(pb.request(lists + context))) == {"ids": [[3, 4]], "query": [b"c"]}
    assert rows(decode(pb.request(context + pb.example_list(SECOND)))) == {"ids": [[3, 4]], "query": [b"none"]}
    assert rows(decode(pb.request(lists) + bytes_field(2, lists)))["ids"] == [[1, 2], [1, 2]]


@pytest.mark.parametrize("empty", [b"", pb.example_list(), pb.example_list_with_context(FIRST), number_field(7, 1)])
def test_an_empty_input_is_refused_as_by_tensorflow_serving(empty):
    assert faults(pb.request(empty)) == ["  input  missing; expected an Example at least"]


def test_faults_have_their_offset_in_the_request():
    data = pb.request(pb.example_list(FIRST, pb.example(ids=[1])))
    (line,) = faults(data)
    assert line == f"  examples[1]['ids']  dim: expected 2 values, got 1 value (byte {data.rindex(b'ids') - 3})"
    broken = pb.request(pb.example_list(FIRST, b"\x0a\x7f"))
    assert faults(broken) == [
        f"  examples[1]  malformed: a length of 127 bytes runs past the end, 0 are left (byte {len(broken) - 1})"
    ]
    assert faults(data[:-1])[0].startswith("  request  malformed: a length of")


def test_values_are_held_against_the_contract():
    signature = Signature({"ids": TensorSpec((None, 2), "int64", maximum=3)})
    assert faults(pb.request(pb.example_list(FIRST, SECOND)), signature) == [
        "  examples[1]['ids'][1]  above_maximum: expected at most 3, got 4"
    ]


def test_limits_hold():
    data = pb.request(pb.example_list(*[SECOND] * 5))
    assert decode(data, limits=Limits(max_examples=5)).inputs["ids"].shape == (5, 2)
    assert faults(data, limits=Limits(max_examples=4)) == [
        "  examples  too_large: expected at most 4 Examples, got more"
    ]
    assert faults(data, limits=Limits(max_request_bytes=len(data) - 1))[0].startswith("  request  too_large")


def test_a_shared_row_can_not_ask_for_much_memory():
    signature = Signature({"x": TensorSpec((None,), "string")})
    data = pb.request(pb.example_list_with_context(pb.example(x=["x" * 10_000]), *[b""] * 1000))
    assert len(data) < 13_000
    (line,) = faults(data, signature, limits=Limits(max_tensor_bytes=1 << 20))
    assert line == "  inputs['x']  too_large: expected at most 1048576 bytes, got more"
    assert np.unique(decode(data, signature).inputs["x"]).tolist() == [b"x" * 10_000]


def test_no_truncation_does_harm():
    whole = pb.request(pb.example_list_with_context(pb.example(query=["q"]), FIRST, SECOND))
    for end in range(len(whole)):
        assert faults(whole[:end])


def test_arguments_of_another_kind_are_the_callers_mistake():
    with pytest.raises(TypeError, match="data is a str; it must be bytes"):
        decode_classification_request("", SIGNATURE)
    with pytest.raises(TypeError, match="sigs is a list"):
        decode_regression_request(b"", [])
    with pytest.raises(ValueError, match="can't be read from Examples: float64"):
        decode(pb.request(pb.example_list(FIRST)), Signature({"x": TensorSpec((None,), "float64")}))
