"""What becomes of numbers in a REST body."""

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import _core
from tensorgate.serving import decode_rest


def signature(dtype, **rules):
    return tg.Signature({"x": tg.TensorSpec(None, dtype, **rules)})


def decoded(texts, dtype, kernels=None):
    """Decode texts of numbers twice: one by one, far from the end of a long body, and as a list's."""
    body = '{"signature_name": "serving_default", "inputs": [' + ",".join(texts) + "]}" + " " * 64
    return _core.decode_rest(body, signature(dtype), None, kernels)[0]["x"]


def refusal(text, dtype):
    with pytest.raises(tg.ValidationError) as caught:
        decode_rest(f'{{"inputs": [0, {text}]}}', signature(dtype))
    (violation,) = caught.value.violations
    assert (violation.path, violation.offset, violation.got) == ("inputs[1]", 15, text)
    return violation


def assert_same_bits(got, want):
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    unlike = np.flatnonzero(got.view(f"u{got.itemsize}") != want.view(f"u{want.itemsize}"))
    assert unlike.size == 0, [(got[i], want[i]) for i in unlike[:5]]
