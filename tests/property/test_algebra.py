"""The laws of the relations between specs."""

from hypothesis import given
from hypothesis import strategies as st

from tensorgate import TensorSpec

from . import strategies


def keeps_no_sizes_equal(spec):
    """On a lone spec a named dimension counts as None, so a name that stands twice asks for more than the relations
    between specs tell."""
    named = [dim for dim in spec.shape or () if isinstance(dim, str)]
    return len(named) == len(set(named))


def pairs(relation):
    return strategies.specs().flatmap(lambda spec: st.tuples(st.just(spec), relation(spec)))


@given(strategies.specs())
def test_every_spec_is_a_subtype_of_itself_and_compatible_with_itself(spec):
    assert spec.is_subtype_of(spec)
    assert spec.is_compatible_with(spec)
    assert spec.most_specific_common_supertype([spec]) == spec


@given(
    strategies.specs().flatmap(
        lambda a: strategies.wider(a).flatmap(lambda b: strategies.wider(b).map(lambda c: (a, b, c)))
    )
)
def test_subtype_is_transitive(chain):
    a, b, c = chain
    if a.is_subtype_of(b) and b.is_subtype_of(c):
        assert a.is_subtype_of(c)


@given(st.tuples(strategies.specs(), strategies.specs(), strategies.specs()), st.data())
def test_subtype_is_transitive_for_specs_that_are_not_made_to_be(triple, data):
    a = triple[0]
    b, c = data.draw(strategies.related(a)), data.draw(strategies.related(a))
    for x, y, z in ((a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)):
        assert not (x.is_subtype_of(y) and y.is_subtype_of(z)) or x.is_subtype_of(z)


@given(pairs(strategies.wider))
def test_a_spec_is_a_subtype_of_a_wider_one(pair):
    spec, wide = pair
    assert spec.is_subtype_of(wide)
    assert spec.is_compatible_with(wide)


@given(pairs(strategies.related))
def test_the_common_supertype_is_the_least_upper_bound(pair):
    a, b = pair
    common = a.most_specific_common_supertype([b])
    assert (common is None) is (a.name != b.name or a.dtype != b.dtype)
    if common is None:
        return
    assert a.is_subtype_of(common)
    assert b.is_subtype_of(common)
    assert b.most_specific_common_supertype([a]) == common
    for other in (a, b, TensorSpec(None, a.dtype, a.name, optional=True)):
        assert not (a.is_subtype_of(other) and b.is_subtype_of(other)) or common.is_subtype_of(other)


@given(strategies.specs(), st.data())
def test_the_common_supertype_of_many_does_not_depend_on_their_order(spec, data):
    others = data.draw(st.lists(strategies.related(spec), max_size=4))
    common = spec.most_specific_common_supertype(others)
    assert spec.most_specific_common_supertype(others[::-1]) == common


@given(pairs(strategies.related))
def test_compatible_is_symmetric(pair):
    a, b = pair
    assert a.is_compatible_with(b) is b.is_compatible_with(a)


@given(pairs(strategies.related))
def test_a_subtype_is_compatible(pair):
    a, b = pair
    assert not a.is_subtype_of(b) or a.is_compatible_with(b)


@given(strategies.specs_with_values(), st.data())
def test_what_a_subtype_accepts_its_supertype_accepts(pair, data):
    spec, value = pair
    for wide in (data.draw(strategies.wider(spec)), data.draw(strategies.related(spec))):
        if spec.accepts(value) and spec.is_subtype_of(wide) and keeps_no_sizes_equal(wide):
            assert wide.accepts(value)


@given(strategies.specs_with_values(), st.data())
def test_what_two_specs_accept_makes_them_compatible(pair, data):
    spec, value = pair
    other = data.draw(strategies.related(spec))
    assert not (spec.accepts(value) and other.accepts(value)) or spec.is_compatible_with(other)


@given(strategies.specs_with_values())
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
