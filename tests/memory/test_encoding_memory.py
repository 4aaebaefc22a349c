"""Encoding copies an array's memory once, into the bytes that it returns."""

import pytest

from . import measure

# What a process takes beside: the interpreter's own, of pages that it touches first. A sanitizer shadows memory, and
# keeps what is freed.
SPARE_BYTES = (1 << 30) if measure.INSTRUMENTED else 3 << 20

ENCODE = """
import numpy as np
import tensorgate as tg
from tensorgate.serving import encode_predict_request, encode_rest

array = np.full((64, 1 << 18), 0.5, np.float32)
sig = tg.Signature({"x": tg.TensorSpec(("batch", None))})
encode = {
    "request": lambda x: encode_predict_request({"x": x}, sig, model_name="m"),
    "gathered": lambda x: encode_predict_request({"x": x.T}, sig, model_name="m"),
    "rest": lambda x: encode_rest({"x": x}, sig),
}[sys.argv[1]]
encode(array[:, :8])
before = most()
made = encode(array)
print(most() - before - len(made))
"""


@pytest.mark.parametrize("case", ["request", "gathered", "rest"])
def test_nothing_but_the_result_is_allocated(case):
    (beside,) = measure.run(ENCODE, case)
    assert int(beside) < SPARE_BYTES
