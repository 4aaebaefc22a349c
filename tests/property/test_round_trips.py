"""repr evaluates and pickle restores, whatever the parts are."""

import copy
import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, Violation, ViolationCode

from . import strategies

NAMES = {made.__name__: made for made in (Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec)}
NAMES |= {"Pair": strategies.Pair, "Record": strategies.Record, "np": np}
PROTOCOLS = st.integers(0, pickle.HIGHEST_PROTOCOL)
INDEXES = st.none() | st.lists(st.integers(0, 2**63 - 1), max_size=4).map(tuple)
VIOLATIONS = st.builds(
    Violation,
    strategies.TEXT,
    st.sampled_from(list(ViolationCode)),
    expected=st.none() | strategies.TEXT,
    got=st.none() | strategies.TEXT,
    hint=st.none() | strategies.TEXT,
    index=INDEXES,
    count=st.none() | st.integers(0, 2**63 - 1),
)


def assert_restored(original, twin):
    assert twin == original
    assert hash(twin) == hash(original)
    assert repr(twin) == repr(original)


@given(strategies.any_specs(), PROTOCOLS)
def test_a_spec(spec, protocol):
    assert_restored(spec, eval(repr(spec), NAMES))
    assert_restored(spec, pickle.loads(pickle.dumps(spec, protocol)))


@given(strategies.all_specs(), PROTOCOLS)
def test_a_spec_with_rules(spec, protocol):
    assert_restored(spec, eval(repr(spec), NAMES))
    assert_restored(spec, pickle.loads(pickle.dumps(spec, protocol)))
    assert_restored(spec, strategies.rebuilt(spec))


@given(strategies.specs_with_defaults(), PROTOCOLS)
def test_a_spec_with_a_default_through_pickle(spec, protocol):
    twin = pickle.loads(pickle.dumps(spec, protocol))
    assert_restored(spec, twin)
    assert twin.default.tobytes() == spec.default.tobytes() or spec.dtype == "string"
    assert twin.default.tolist() == spec.default.tolist() or spec.default.dtype.kind in "fc"


@given(strategies.specs_with_defaults())
def test_a_spec_with_a_default_through_repr(spec):
    assert_restored(spec, eval(repr(spec), NAMES))


@given(strategies.specs_with_defaults())
def test_a_default_is_a_tensor_of_its_own_spec(spec):
    assert spec.optional
    assert spec.accepts(spec.default)
    assert Signature({"x": spec}).accepts({"x": spec.default})
    assert Signature({"x": spec}).accepts({})


@given(
    st.dictionaries(strategies.TEXT, strategies.any_specs(), max_size=4), strategies.TEXT, strategies.TEXT, PROTOCOLS
)
def test_a_signature(inputs, name, method_name, protocol):
    signature = Signature(inputs, inputs or None, name=name, method_name=method_name, source=name)
    assert_restored(signature, eval(repr(signature), NAMES))
    assert_restored(signature, pickle.loads(pickle.dumps(signature, protocol)))
    assert list(signature.inputs.items()) == list(inputs.items())


@given(strategies.signatures(strategies.all_specs()), PROTOCOLS)
def test_a_signature_of_a_nest(signature, protocol):
    assert_restored(signature, eval(repr(signature), NAMES))
    assert_restored(signature, pickle.loads(pickle.dumps(signature, protocol)))
    again = {"name": signature.name, "method_name": signature.method_name}
    assert_restored(signature, Signature(signature.inputs, signature.outputs, **again))


@given(VIOLATIONS, st.integers(2, pickle.HIGHEST_PROTOCOL))
def test_a_violation(violation, protocol):
    assert_restored(violation, pickle.loads(pickle.dumps(violation, protocol)))
    assert_restored(violation, copy.deepcopy(violation))
