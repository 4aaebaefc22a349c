"""The laws of the relations between specs, and between signatures."""

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, Signature, TensorSpec

from . import strategies
from .effort import examples

SPECS = strategies.all_specs()
SIGNATURES = strategies.signatures(SPECS)


def pairs(relation):
    return SPECS.flatmap(lambda spec: st.tuples(st.just(spec), relation(spec)))


def supertype_of_all(spec):
    """The widest spec of the same kind."""
    rank = (
        {"ragged_rank": spec.ragged_rank, "row_splits_dtype": spec.row_splits_dtype}
        if hasattr(spec, "ragged_rank")
        else {}
    )
    return type(spec)(None, spec.dtype, name=spec.name, optional=True, **rank)


def of_one_kind(a, b):
    same = ("dtype", "ragged_rank", "row_splits_dtype")
    return type(a) is type(b) and all(getattr(a, name, None) == getattr(b, name, None) for name in same)


@given(SPECS)
def test_every_spec_is_a_subtype_of_itself_and_compatible_with_itself(spec):
    assert spec.is_subtype_of(spec)
    assert spec.is_compatible_with(spec)
    assert spec.most_specific_common_supertype([]) == spec
    assert spec.most_specific_common_supertype([spec]) == spec


@given(SPECS.flatmap(lambda a: strategies.wider(a).flatmap(lambda b: strategies.wider(b).map(lambda c: (a, b, c)))))
def test_wider_specs_form_a_chain(chain):
    a, b, c = chain
    assert a.is_subtype_of(b)
    assert b.is_subtype_of(c)
    assert a.is_subtype_of(c)


@examples(600)
@given(SPECS, st.data())
def test_subtype_is_transitive(a, data):
    b = data.draw(strategies.related(a) | strategies.wider(a))
    c = data.draw(strategies.related(b) | strategies.wider(b))
    for x, y, z in ((a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)):
        assert not (x.is_subtype_of(y) and y.is_subtype_of(z)) or x.is_subtype_of(z)


@given(pairs(strategies.wider))
def test_a_spec_is_a_subtype_of_a_wider_one(pair):
    spec, wide = pair
    assert spec.is_subtype_of(wide)
    assert spec.is_compatible_with(wide)
    assert wide.is_compatible_with(spec)


@examples(600)
@given(pairs(strategies.related))
def test_the_common_supertype_is_an_upper_bound_of_both(pair):
    a, b = pair
    common = a.most_specific_common_supertype([b])
    assert (common is None) is (a.name != b.name or not of_one_kind(a, b))
    if common is None:
        return
    assert a.is_subtype_of(common)
    assert b.is_subtype_of(common)
    assert common.is_subtype_of(supertype_of_all(a))
    assert b.most_specific_common_supertype([a]) == common


@given(pairs(strategies.wider))
def test_of_a_spec_and_a_wider_one_the_common_supertype_is_the_wider_one(pair):
    spec, wide = pair
    if spec.name == wide.name:
        common = spec.most_specific_common_supertype([wide])
        assert common.is_subtype_of(wide)
        assert wide.is_subtype_of(common)


@given(SPECS, st.data())
def test_the_common_supertype_of_many_is_one_of_all_in_any_order(spec, data):
    others = data.draw(st.lists(strategies.related(spec), max_size=4))
    for order in (others, others[::-1]):
        common = spec.most_specific_common_supertype(order)
        assert common is None or all(each.is_subtype_of(common) for each in (spec, *others))
    if not any(spec.name != other.name for other in others):
        assert common is not None


@given(pairs(strategies.related))
def test_compatible_is_symmetric(pair):
    a, b = pair
    assert a.is_compatible_with(b) is b.is_compatible_with(a)


@given(pairs(strategies.related))
def test_a_subtype_is_compatible(pair):
    a, b = pair
    assert not a.is_subtype_of(b) or a.is_compatible_with(b)


@examples(600)
@given(strategies.specs_with_values(SPECS), st.data())
def test_what_a_subtype_accepts_its_supertype_accepts(pair, data):
    spec, value = pair
    for wide in (data.draw(strategies.wider(spec)), data.draw(strategies.related(spec))):
        if spec.accepts(value) and spec.is_subtype_of(wide):
            assert wide.accepts(value)


@examples(600)
@given(strategies.specs_with_values(SPECS), st.data())
def test_the_common_supertype_accepts_what_either_accepts(pair, data):
    spec, value = pair
    other = data.draw(strategies.related(spec))
    common = spec.most_specific_common_supertype([other])
    if common is not None and (spec.accepts(value) or other.accepts(value)):
        assert common.accepts(value)


def has_elements(value):
    """Rules for values say nothing of a tensor without any."""
    while isinstance(value, dict):
        value = value["values"]
    return np.size(value) > 0


@examples(600)
@given(strategies.specs_with_values(SPECS), st.data())
def test_what_two_specs_accept_makes_them_compatible(pair, data):
    spec, value = pair
    other = data.draw(strategies.related(spec))
    if spec.accepts(value) and other.accepts(value) and has_elements(value):
        assert spec.is_compatible_with(other)


@given(strategies.specs_with_values(SPECS))
def test_a_value_is_compatible_as_accepts_rules(pair):
    spec, value = pair
    assert spec.is_compatible_with(value) is spec.accepts(value)


@given(pairs(strategies.related))
def test_equal_specs_have_equal_hashes_and_are_subtypes_of_each_other(pair):
    a, b = pair
    if a == b:
        assert hash(a) == hash(b)
        assert a.is_subtype_of(b)
        assert b.is_subtype_of(a)
    assert (a == b) is (repr(a) == repr(b))


@given(SPECS, SPECS)
def test_specs_of_two_kinds_have_no_relation(a, b):
    if not of_one_kind(a, b):
        assert not a.is_compatible_with(b)
        assert not a.is_subtype_of(b)
        assert a.most_specific_common_supertype([b]) is None


# Dimensions

RULES = st.builds(
    lambda least, more, step: (least, None if more is None else least + more, step),
    st.integers(0, 6),
    st.none() | st.integers(0, 6),
    st.integers(1, 6),
).filter(lambda rules: rules[1] is None or any(size % rules[2] == 0 for size in range(rules[0], rules[1] + 1)))
ANY_DIM = st.none() | st.integers(0, 8) | RULES.map(lambda rules: Dim(min=rules[0], max=rules[1], multiple_of=rules[2]))
# As large as any two steps below together: what holds up to here holds beyond.
LARGEST = 60


def sizes(dim):
    """All sizes of a dimension up to the largest."""
    spec = TensorSpec((dim,), "int8")
    return {size for size in range(LARGEST + 1) if spec.accepts(np.zeros(size, np.int8))}


@examples(600)
@given(ANY_DIM, ANY_DIM)
def test_dimensions_relate_as_their_sets_of_sizes(a, b):
    x, y = TensorSpec((a,), "int8"), TensorSpec((b,), "int8")
    assert x.is_compatible_with(y) is bool(sizes(a) & sizes(b))
    assert x.is_subtype_of(y) is (sizes(a) <= sizes(b))
    assert sizes(x.most_specific_common_supertype([y]).shape[0]) >= sizes(a) | sizes(b)


LIMITS = st.sampled_from([0, 1, 2, 3, 2**31, 2**62, 2**62 + 1, 2**63 - 2, 2**63 - 1])


@given(LIMITS, LIMITS, LIMITS.filter(bool), LIMITS.filter(bool))
def test_relations_of_dimensions_hold_at_the_limits(least, size, step, other_step):
    a, b = TensorSpec((Dim(min=size % 7, multiple_of=1),)), TensorSpec((Dim(multiple_of=other_step),))
    both_hold_zero = TensorSpec((Dim(multiple_of=step),)).is_compatible_with(b)
    assert both_hold_zero
    assert TensorSpec((size,)).is_subtype_of(b) is (size % other_step == 0)
    assert TensorSpec((size,)).is_subtype_of(TensorSpec((Dim(min=least),))) is (size >= least)
    common = a.most_specific_common_supertype([b])
    assert a.is_subtype_of(common)
    assert b.is_subtype_of(common)


# Signatures


@st.composite
def related_signatures(draw, signature, relation):
    """A signature of the same nest, tensors of which were changed."""

    def change(spec):
        return draw(relation(spec)) if draw(st.booleans()) else spec

    return Signature(strategies.mapped(signature.inputs, change))


def with_relatives(relation):
    return SIGNATURES.flatmap(lambda signature: st.tuples(st.just(signature), related_signatures(signature, relation)))


@given(SIGNATURES)
def test_every_signature_is_a_subtype_of_itself_and_compatible_with_itself(signature):
    assert signature.is_subtype_of(signature)
    assert signature.is_compatible_with(signature)
    common = signature.most_specific_common_supertype([signature])
    assert common.is_subtype_of(signature)
    assert signature.is_subtype_of(common)


@given(with_relatives(strategies.wider))
def test_a_signature_is_a_subtype_of_a_wider_one(pair):
    signature, wide = pair
    assert signature.is_subtype_of(wide)
    assert signature.is_compatible_with(wide)


@examples(400)
@given(SIGNATURES, st.data())
def test_subtype_of_signatures_is_transitive(a, data):
    relations = (strategies.related, strategies.wider)
    b = data.draw(related_signatures(a, data.draw(st.sampled_from(relations))))
    c = data.draw(related_signatures(b, data.draw(st.sampled_from(relations))))
    for x, y, z in ((a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)):
        assert not (x.is_subtype_of(y) and y.is_subtype_of(z)) or x.is_subtype_of(z)


@examples(400)
@given(with_relatives(strategies.related))
def test_the_common_supertype_of_signatures_is_an_upper_bound_of_both(pair):
    a, b = pair
    common = a.most_specific_common_supertype([b])
    turned = b.most_specific_common_supertype([a])
    assert (common is None) is (turned is None)
    if common is not None:
        for each in (a, b):
            assert each.is_subtype_of(common)
            assert each.is_subtype_of(turned)


@given(with_relatives(strategies.related))
def test_compatible_signatures_are_so_both_ways(pair):
    a, b = pair
    assert a.is_compatible_with(b) is b.is_compatible_with(a)
    assert not a.is_subtype_of(b) or a.is_compatible_with(b)


@examples(600)
@given(strategies.signatures_with_batches(SPECS), st.data())
def test_what_a_signature_accepts_its_supertypes_accept(pair, data):
    signature, batch = pair
    for relation in (strategies.wider, strategies.related):
        other = data.draw(related_signatures(signature, relation))
        common = signature.most_specific_common_supertype([other])
        if signature.accepts(batch):
            assert not signature.is_subtype_of(other) or other.accepts(batch)
            assert common is None or common.accepts(batch)


@examples(600)
@given(strategies.signatures_with_batches(SPECS), st.data())
def test_what_two_signatures_accept_makes_them_compatible(pair, data):
    signature, batch = pair
    other = data.draw(related_signatures(signature, strategies.related))
    if signature.accepts(batch) and other.accepts(batch):
        tensors = [value for value in signature.flatten(batch) if value is not None]
        assert not all(map(has_elements, tensors)) or signature.is_compatible_with(other)


def renamed(signature):
    """The same contract in other names of dimensions."""

    def change(spec):
        return strategies.rebuilt(spec, shape=spec.shape and tuple(map(other_name, spec.shape)))

    return Signature(strategies.mapped(signature.inputs, change))


def other_name(dim):
    if isinstance(dim, Dim) and dim.name is not None:
        return Dim(f"other {dim.name}", min=dim.min, max=dim.max, multiple_of=dim.multiple_of)
    return f"other {dim}" if isinstance(dim, str) else dim


@given(SIGNATURES)
def test_names_of_dimensions_are_compared_up_to_consistent_renaming(signature):
    other = renamed(signature)
    assert signature.is_subtype_of(other)
    assert other.is_subtype_of(signature)
    assert signature.is_compatible_with(other)
    common = signature.most_specific_common_supertype([other])
    assert signature.is_subtype_of(common)
    assert common.is_subtype_of(signature)


@given(strategies.signatures_with_batches(SPECS))
def test_a_renamed_signature_rules_alike(pair):
    signature, batch = pair
    assert renamed(signature).accepts(batch) is signature.accepts(batch)


def test_what_the_supertype_requires_to_be_equal_the_subtype_must_require_too():
    equal = Signature({"a": TensorSpec(("n",)), "b": TensorSpec(("n",))})
    free = Signature({"a": TensorSpec(("n",)), "b": TensorSpec(("m",))})
    fixed = Signature({"a": TensorSpec((3,)), "b": TensorSpec((3,))})
    unequal = Signature({"a": TensorSpec((3,)), "b": TensorSpec((4,))})
    assert equal.is_subtype_of(free)
    assert not free.is_subtype_of(equal)
    assert fixed.is_subtype_of(equal)
    assert unequal.is_subtype_of(free)
    assert not unequal.is_subtype_of(equal)
    assert equal.most_specific_common_supertype([fixed]).is_subtype_of(equal)
    assert not free.most_specific_common_supertype([equal]).is_subtype_of(equal)


def test_a_name_means_the_same_within_a_lone_spec():
    square, free = TensorSpec(("n", "n")), TensorSpec(("n", "m"))
    assert square.is_subtype_of(free)
    assert not free.is_subtype_of(square)
    assert TensorSpec((3, 3)).is_subtype_of(square)
    assert not TensorSpec((3, 4)).is_subtype_of(square)
    assert not TensorSpec((None, None)).is_subtype_of(square)
    assert square.most_specific_common_supertype([TensorSpec((3, 4))]) == TensorSpec((None, None))
    assert square.most_specific_common_supertype([TensorSpec(("k", "k"))]).is_subtype_of(square)


X = TensorSpec(("n",))
OPTIONAL = TensorSpec(("n",), optional=True)


def test_an_optional_input_may_be_missing_from_the_other_signature():
    small, large = Signature({"a": X}), Signature({"a": X, "b": OPTIONAL})
    assert small.is_compatible_with(large)
    assert large.is_compatible_with(small)
    assert small.is_subtype_of(large) is True
    assert large.is_subtype_of(small) is False
    assert not small.is_subtype_of(Signature({"a": X, "b": X}))
    common = small.most_specific_common_supertype([Signature({"a": X, "b": X})])
    assert common.inputs["b"].optional
    assert small.is_subtype_of(common)
    assert Signature({"a": X, "b": X}).is_subtype_of(common)


def test_a_container_is_optional_where_all_within_is():
    small, large = Signature({"a": X}), Signature({"a": X, "b": {"c": [OPTIONAL], "d": OPTIONAL}})
    assert small.is_compatible_with(large)
    assert not small.is_compatible_with(Signature({"a": X, "b": {"c": [OPTIONAL], "d": X}}))


def test_named_tuples_and_dataclasses_relate_as_batches_pass():
    """A batch is judged by its fields; so a contract's own name for the type can't tell two contracts apart."""
    other = type("Other", (strategies.Pair,), {"__slots__": ()})
    a, b = Signature(strategies.Pair(X, X)), Signature(other(X, X))
    tensor = np.zeros(1, np.float32)
    batch = strategies.Pair(tensor, tensor)
    assert a.accepts(batch)
    assert b.accepts(batch)
    assert a.is_compatible_with(b)
    assert a.is_subtype_of(b)


def test_ragged_dimensions_of_one_name_keep_it_in_the_supertype():
    spec = Signature({"a": RaggedTensorSpec((None, "w")), "b": RaggedTensorSpec((None, "w"))})
    free = Signature({"a": RaggedTensorSpec((None, "w")), "b": RaggedTensorSpec((None, "v"))})
    assert spec.is_subtype_of(free)
    assert not free.is_subtype_of(spec)
    assert spec.most_specific_common_supertype([spec]) == spec


def ragged(lengths):
    return {"values": np.zeros(sum(lengths), np.float32), "row_splits": np.cumsum([0, *lengths])}


def test_rows_of_equal_lengths_need_not_be_equally_many():
    """A name on a ragged dimension requires the same list of lengths; a size says nothing of how many there are."""
    batch = {"x": ragged([3, 3]), "y": ragged([3])}
    fixed = Signature({"x": RaggedTensorSpec(("b", 3)), "y": RaggedTensorSpec(("c", 3))})
    named = Signature({"x": RaggedTensorSpec(("b", "r")), "y": RaggedTensorSpec(("c", "r"))})
    assert fixed.accepts(batch)
    assert not named.accepts(batch)
    assert not fixed.is_subtype_of(named)
    assert named.most_specific_common_supertype([fixed]).accepts(batch)
    assert named.is_subtype_of(Signature({"x": RaggedTensorSpec(("d", "s")), "y": RaggedTensorSpec(("e", "s"))}))
    assert not RaggedTensorSpec(("b", 2, 2)).is_subtype_of(RaggedTensorSpec(("b", "r", "r")))


def test_a_supertype_is_a_contract_that_can_be_written():
    empty = TensorSpec((0,), minimum=np.zeros(0, np.float32), one_of=[-1.0])
    common = empty.most_specific_common_supertype([TensorSpec((2,), minimum=2, one_of=[2, 3])])
    assert eval(repr(common)) == common == pickle.loads(pickle.dumps(common))
    whole = TensorSpec((2,), "int32", one_of=[1]).most_specific_common_supertype([TensorSpec((2,), "int32", maximum=3)])
    assert whole == TensorSpec((2,), "int32", maximum=3)
