"""Every verdict on random values is the reference's, and the three methods agree."""

import pytest
from hypothesis import given

import tensorgate as tg

from . import reference, strategies
from .effort import examples


def verdict(contract, value):
    """What the reference says, after the quick look and the slow one have been seen to agree."""
    violations = contract.violations(value)
    assert contract.accepts(value) is (not violations)
    if violations:
        with pytest.raises(tg.ValidationError) as caught:
            contract.check(value)
        assert list(caught.value.violations) == violations[:64]
        told = str(caught.value)
        assert all(violation.path in told and str(violation.code) in told for violation in violations)
    else:
        assert contract.check(value) is None
    return {fault(violation) for violation in violations}


OF_ELEMENTS = ("not_finite", "below_minimum", "above_maximum", "not_one_of", "too_long", "not_utf8")


def fault(violation):
    of_elements = violation.code in OF_ELEMENTS or (violation.code == "dtype" and violation.index is not None)
    place = (violation.index, violation.count) if of_elements else ()
    return (violation.path, str(violation.code), *place)


@examples(1_200)
@given(strategies.specs_with_values())
def test_a_spec_rules_as_the_reference(pair):
    spec, value = pair
    assert verdict(spec, value) == reference.spec_violations(spec, value)


@examples(1_500)
@given(strategies.signatures_with_batches())
def test_a_signature_rules_as_the_reference(pair):
    signature, batch = pair
    assert verdict(signature, batch) == reference.signature_violations(signature, batch)


@given(strategies.signatures_with_batches())
def test_the_order_of_a_batch_does_not_count(pair):
    signature, batch = pair
    if not isinstance(batch, dict):
        batch = {}
    turned = dict(reversed(batch.items()))
    assert verdict(signature, turned) == verdict(signature, batch)


@given(strategies.signatures_with_batches())
def test_keys_made_at_run_time_are_the_same_keys(pair):
    signature, batch = pair
    if not isinstance(batch, dict):
        batch = {}
    made = {"".join(list(name)): value for name, value in batch.items()}
    assert verdict(signature, made) == verdict(signature, batch)


@given(strategies.specs_with_values())
def test_a_lone_spec_rules_as_a_signature_of_one_input(pair):
    spec, value = pair
    alone = {tuple(what) for _, *what in verdict(spec, value)}
    for signature, batch in (
        (tg.Signature({"x": spec}), {"x": value}),
        (tg.Signature(spec), value),
        (tg.Signature([spec]), [value]),
        (tg.Signature({"x": (spec,)}), {"x": (value,)}),
    ):
        assert {tuple(what) for _, *what in verdict(signature, batch)} == alone


@given(strategies.signatures_with_batches())
def test_a_check_changes_neither_the_batch_nor_the_contract(pair):
    signature, batch = pair
    before = repr(signature), list(batch.items()) if isinstance(batch, dict) else batch
    verdict(signature, batch)
    assert repr(signature) == before[0]
    if isinstance(batch, dict):
        assert all(now[0] == then[0] and now[1] is then[1] for now, then in zip(batch.items(), before[1], strict=True))
