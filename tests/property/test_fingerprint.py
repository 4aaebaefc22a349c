"""Fingerprints against a plain Python implementation of docs/fingerprint.md, and against ==."""

import collections
import dataclasses
import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

from . import fingerprint_reference, strategies
from .contracts import contracts

# Few values for each part, so that pairs are equal, or differ in one part, often enough.
SHAPES = st.sampled_from(
    [None, (), (None,), (1,), ("n",), ("m",), (Dim("n", min=1),), (Dim(max=4),), (Dim(multiple_of=2),)]
)
NUMBER_RULES = st.sampled_from(
    [
        *(
            {},
            {},
            {"finite": True},
            {"minimum": 0},
            {"maximum": 0},
            {"minimum": [0]},
            {"one_of": [0]},
            {"one_of": [0, 1]},
        ),
        *({"optional": True}, {"default": [0]}, {"default": [-0.0]}, {"default": [np.nan]}, {"default": [-np.nan]}),
    ]
)
TEXT_RULES = st.sampled_from(
    [{}, {"utf8": True}, {"max_bytes": 0}, {"max_bytes": 8}, {"one_of": ["a", "bc"]}, {"one_of": ["ab", "c"]}]
)
NAMES = st.sampled_from([None, "", "a"])


def spec(shape, dtype, name, rules):
    try:
        return TensorSpec(shape, dtype, name, **rules)
    except (TypeError, ValueError):
        return TensorSpec(shape, dtype, name)


DENSE = st.one_of(
    st.builds(spec, SHAPES, st.sampled_from(["float32", "float64"]), NAMES, NUMBER_RULES),
    st.builds(spec, SHAPES, st.just("string"), NAMES, TEXT_RULES),
)
COMPOSITE = st.one_of(
    st.builds(
        RaggedTensorSpec,
        st.sampled_from([None, (None, None, None)]),
        st.just("float32"),
        st.sampled_from([1, 2]),
        st.sampled_from(["int32", "int64"]),
    ),
    st.builds(SparseTensorSpec, SHAPES, st.just("float32")),
)
POINT, LINE = (collections.namedtuple(name, "x y") for name in ("Point", "Line"))
SWAPPED = collections.namedtuple("Point", "y x")
QUERY = dataclasses.make_dataclass("Point", ["x", "y"])


def containers(inner):
    pairs = st.tuples(inner, inner)
    return st.one_of(
        st.dictionaries(st.sampled_from(["a", "b", "ab", ""]), inner, max_size=2),
        st.lists(inner, max_size=2),
        st.lists(inner, max_size=2).map(tuple),
        st.builds(lambda make, pair: make(*pair), st.sampled_from([POINT, LINE, SWAPPED, QUERY]), pairs),
    )


NESTS = st.recursive(DENSE | COMPOSITE, containers, max_leaves=3)
BATCHED = st.builds(
    lambda optional, batch_dim: Signature({"x": TensorSpec(("n", "m"), optional=optional)}, batch_dim=batch_dim),
    st.booleans(),
    st.sampled_from([None, "n"]),
)


def consistent(inputs, outputs, **names):
    try:
        return Signature(inputs, outputs, **names)
    except ValueError:  # a dimension's name with two sets of rules
        return Signature({}, outputs, **names)


SMALL = st.one_of(
    BATCHED,
    st.builds(Signature, DENSE),
    st.builds(lambda one, other: Signature({"a": one, "b": other}), DENSE, st.just(TensorSpec(()))),
    st.builds(
        consistent,
        NESTS,
        st.none() | DENSE,
        name=st.sampled_from(["", "a"]),
        method_name=st.sampled_from(["", "a"]),
    ),
)
WITH_DEFAULTS = st.dictionaries(strategies.TEXT, strategies.specs_with_defaults(), max_size=2).map(Signature)
ANY = st.one_of(SMALL, contracts(), WITH_DEFAULTS)


@given(ANY)
def test_a_fingerprint_is_what_the_document_says(signature):
    assert signature.fingerprint == fingerprint_reference.fingerprint(signature)


@given(ANY, ANY)
def test_fingerprints_are_equal_exactly_where_signatures_are(one, other):
    same = one == other
    assert (one.fingerprint == other.fingerprint) is same
    assert (fingerprint_reference.encode(one) == fingerprint_reference.encode(other)) is same


@given(SMALL, SMALL)
def test_fingerprints_of_signatures_that_are_alike_are_equal_exactly_where_they_are(one, other):
    assert (one.fingerprint == other.fingerprint) is (one == other)


@given(NESTS, st.randoms(use_true_random=False))
def test_order_and_source_take_no_part(nest, random):
    def shuffled(value):
        if not isinstance(value, dict):
            return value
        items = [(key, shuffled(child)) for key, child in value.items()]
        random.shuffle(items)
        return dict(items)

    given_as, twin = (
        {"in": value, "b": {"x": TensorSpec(()), "a": TensorSpec((1,))}} for value in (nest, shuffled(nest))
    )
    one, other = consistent(given_as, None), consistent(shuffled(twin), None, source="models/ranker/3")
    assert one == other
    assert one.fingerprint == other.fingerprint


@given(ANY)
def test_a_fingerprint_outlives_pickle_and_json(signature):
    assert pickle.loads(pickle.dumps(signature)).fingerprint == signature.fingerprint
    assert Signature.from_json(signature.to_json()).fingerprint == signature.fingerprint
