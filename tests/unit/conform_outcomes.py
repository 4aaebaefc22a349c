"""What comes of conform: the tensor that a value becomes, or what is said against it."""

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec, ValidationError

WORDS = ("no", "equiv", "safe", "same_kind", "unsafe")


def only(dtype, shape=None, **rules):
    return Signature({"x": TensorSpec(shape, dtype, **rules)})


def conformed(dtype, value, casting="same_kind", **kwargs):
    """The tensor that a value becomes for a spec of the dtype and any shape."""
    signature = only(dtype)
    batch = signature.conform({"x": value}, casting, **kwargs).batch
    signature.check(batch)
    return batch["x"]


def refused(signature, batch, *args, **kwargs):
    """All that is said against a batch."""
    with pytest.raises(ValidationError) as caught:
        signature.conform(batch, *args, **kwargs)
    return list(caught.value.violations)


def refusal(dtype, value, casting="same_kind"):
    """The one thing that is said against a value."""
    (violation,) = refused(only(dtype), {"x": value}, casting)
    assert violation.path == "inputs['x']"
    return violation


def same(got, want):
    """Equal in dtype, shape and values, NaN counting as itself."""
    want = np.asarray(want)
    return got.dtype == want.dtype and got.shape == want.shape and np.array_equal(got, want, want.dtype.kind in "fc")
