"""How specs relate: compatible, subtype, common supertype."""

import numpy as np
import pytest

from tensorgate import TensorSpec


def test_compatible_specs_could_meet_in_a_tensor():
    spec = TensorSpec((None, 3))
    assert spec.is_compatible_with(TensorSpec((2, None), name="other", optional=True))
    assert spec.is_compatible_with(TensorSpec(None))
    assert not spec.is_compatible_with(TensorSpec((2, 4)))
    assert not spec.is_compatible_with(TensorSpec((3,)))
    assert not spec.is_compatible_with(TensorSpec((None, 3), "float64"))


def test_a_value_is_compatible_as_accepts_rules():
    spec = TensorSpec((None, 3))
    assert spec.is_compatible_with(np.zeros((2, 3), np.float32))
    assert not spec.is_compatible_with(np.zeros((2, 4), np.float32))
    assert not spec.is_compatible_with([[1.0, 2.0, 3.0]])
    assert not spec.is_compatible_with(None)


def test_a_subtype_needs_every_dimension_that_its_supertype_fixes():
    assert TensorSpec((2, 3)).is_subtype_of(TensorSpec((None, 3)))
    assert TensorSpec((2, 3)).is_subtype_of(TensorSpec(None))
    assert not TensorSpec((None, 3)).is_subtype_of(TensorSpec((2, 3)))
    assert not TensorSpec(None).is_subtype_of(TensorSpec((None,)))
    assert not TensorSpec((2,)).is_subtype_of(TensorSpec((2,), "int32"))
    assert not TensorSpec((2,)).is_subtype_of("float32 [2]")


def test_names_of_a_subtype_follow_tensorflow():
    named, unnamed, other = (TensorSpec((), name=name) for name in ("a", None, "b"))
    assert unnamed.is_subtype_of(named)
    assert TensorSpec((), name="").is_subtype_of(named)
    assert not named.is_subtype_of(unnamed)
    assert not named.is_subtype_of(other)


def test_what_must_be_there_is_a_subtype_of_what_may_be_absent():
    assert TensorSpec(()).is_subtype_of(TensorSpec((), optional=True))
    assert not TensorSpec((), optional=True).is_subtype_of(TensorSpec(()))


def test_the_common_supertype_keeps_what_all_agree_on():
    spec = TensorSpec((1, 2, "b"))
    assert spec.most_specific_common_supertype([TensorSpec((3, 2, "b"))]) == TensorSpec((None, 2, "b"))
    assert spec.most_specific_common_supertype([TensorSpec((1, 2, "c"))]) == TensorSpec((1, 2, None))
    assert spec.most_specific_common_supertype([TensorSpec((1,))]) == TensorSpec(None)
    assert spec.most_specific_common_supertype([]) == spec
    assert spec.most_specific_common_supertype(iter([spec, TensorSpec(None)])) == TensorSpec(None)


def test_there_is_no_common_supertype_across_dtypes_names_or_types():
    spec = TensorSpec((), name="a")
    for other in (TensorSpec((), "int32", "a"), TensorSpec((), name="b"), TensorSpec(()), np.float32(1), None):
        assert spec.most_specific_common_supertype([other]) is None


def test_the_common_supertype_is_optional_where_one_is_and_drops_a_default_that_differs():
    one, two = TensorSpec((), default=1), TensorSpec((), default=2)
    assert one.most_specific_common_supertype([two]) == TensorSpec((), optional=True)
    assert one.most_specific_common_supertype([one]) == one
    assert one.most_specific_common_supertype([TensorSpec(())]) == TensorSpec((), optional=True)


def test_the_common_supertype_of_something_that_is_no_iterable_is_a_type_error():
    with pytest.raises(TypeError):
        TensorSpec(()).most_specific_common_supertype(TensorSpec(()))
