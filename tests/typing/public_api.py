"""What type checkers see of the public API. Checked by mypy, not run by pytest."""

from typing import assert_type

import numpy as np

import tensorgate as tg

seq = tg.Dim("seq", min=1, max=512, multiple_of=8)
assert_type(seq.max, int | None)
assert_type(tg.RaggedTensorSpec(("batch", seq), "int64", minimum=0).ragged_rank, int)
assert_type(tg.SparseTensorSpec((None, 3), finite=True).finite, bool)

spec = tg.TensorSpec(("batch", None, 3), np.float32, name="x", default=[[1.0, 2.0, 3.0]])
assert_type(spec, tg.TensorSpec)
assert_type(spec.shape, tuple[int | str | tg.Dim | None, ...] | None)
assert_type(spec.dtype, str)
assert_type(spec.name, str | None)
assert_type(spec.accepts(1), bool)
assert_type(spec.violations(1), list[tg.Violation])
assert_type(spec.is_compatible_with(spec), bool)
assert_type(spec.most_specific_common_supertype([spec]), tg.TensorSpec | None)

signature = tg.Signature({"x": spec}, outputs=None, name="predict")
assert_type(signature, tg.Signature)
assert_type(signature.batch_dim, str | None)
assert_type(signature.fingerprint, str)
assert_type(signature.batch_key({}), int)
assert_type(signature.split({}), tg.Split)
assert_type(signature.check_many([], threads=2), tg.Report)
assert_type(signature.collate([], pad={"x": 0}), tg.Collated)
assert_type(signature.conform({}, "unsafe"), tg.Conformed)
assert_type(tg.Signature.from_json(signature.to_json()), tg.Signature)
assert_type(tg.Signature.from_saved_model("models/ranker", batch_dim="batch"), tg.Signature)
assert_type(tg.serving.load_signatures("models/ranker"), dict[str, tg.Signature])
signature.check({"x": np.zeros((1, 2, 3), np.float32)})

try:
    spec.check(1)
except tg.ValidationError as error:
    assert_type(error.violations, tuple[tg.Violation, ...])
    violation = error.violations[0]
    assert_type(violation.code, tg.ViolationCode)
    assert_type(violation.index, tuple[int, ...] | None)

tg.TensorSpec()  # type: ignore[call-arg]
tg.TensorSpec((1.5,))  # type: ignore[arg-type]
signature.conform({}, "sometimes")  # type: ignore[arg-type]
tg.Dim(min="1")  # type: ignore[arg-type]
spec.dtype = "int64"  # type: ignore[misc]
