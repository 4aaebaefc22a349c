"""What decode_examples says of Examples, for the tests of it."""

import pytest

from tensorgate import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, ValidationError
from tensorgate.serving import decode_examples

IDS = {"ids": TensorSpec((None, 2), "int64")}
RAGGED = {"ids": RaggedTensorSpec((None, None), "int64")}
SPARSE = {"ids": SparseTensorSpec((None, None), "int64")}


def decode(specs, *examples, **kwargs):
    return decode_examples(examples, Signature(specs), **kwargs)


def refusal(specs, *examples, **kwargs):
    with pytest.raises(ValidationError) as caught:
        decode(specs, *examples, **kwargs)
    return caught.value


def faults(specs, *examples, **kwargs):
    return [
        (violation.path, str(violation.code), violation.expected, violation.got)
        for violation in refusal(specs, *examples, **kwargs).violations
    ]
