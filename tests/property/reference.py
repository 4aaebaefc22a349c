"""The contract, written for the eye alone: what a spec or a signature says of a value, as a set of (path, code).

Knows NumPy's arrays, Python's values and nothing of how tensorgate works.
"""

import numpy as np

STRING_KINDS = "OSU"


def dtype_name(dtype):
    """TensorFlow's name of a NumPy dtype, or None."""
    if dtype.kind in STRING_KINDS:
        return "string"
    return dtype.newbyteorder("=").name if dtype.kind in "biufc" and dtype.itemsize <= 16 else None


def is_string_element(element):
    return isinstance(element, (str, bytes))


def encodes(element):
    try:
        element if isinstance(element, bytes) else element.encode()
    except UnicodeEncodeError:
        return False
    return True


def string_codes(array):
    """The code of the first bad element, if there is one."""
    for element in array.ravel().tolist():
        if not is_string_element(element):
            return {"dtype"}
        if not encodes(element):
            return {"not_utf8"}
    return set()


def shape_codes(wanted, shape, bound):
    """`bound` holds the sizes that named dimensions have taken so far in this batch."""
    if wanted is None:
        return set()
    if len(wanted) != len(shape):
        return {"rank"}
    found = set()
    for want, got in zip(wanted, shape, strict=True):
        if isinstance(want, int) and want != got:
            found.add("dim")
        if isinstance(want, str) and bound.setdefault(want, got) != got:
            found.add("dim_mismatch")
    return found


def tensor_codes(spec, value, bound):
    if isinstance(value, dict):
        return {"structure"}
    if not isinstance(value, (np.ndarray, np.generic)):
        return {"unsupported"}
    dtype = np.asarray(value).dtype
    found = set()
    if isinstance(value, np.ma.MaskedArray):
        found.add("unsupported")
    elif not dtype.isnative:
        found.add("byte_order")
    if dtype_name(dtype) != spec.dtype:
        found.add("dtype")
    found |= shape_codes(spec.shape, value.shape, bound)
    if spec.dtype == dtype_name(dtype) == "string":
        found |= string_codes(np.asarray(value))
    return found


def spec_violations(spec, value):
    return {("input", code) for code in tensor_codes(spec, value, {})}


def signature_violations(signature, batch):
    if not isinstance(batch, dict):
        return {("inputs", "structure")}
    bound = {}
    found = {(f"inputs['{name}']", "unexpected") for name in batch if name not in signature.inputs}
    for name, spec in signature.inputs.items():
        path = f"inputs['{name}']"
        if name in batch:
            found |= {(path, code) for code in tensor_codes(spec, batch[name], bound)}
        elif not spec.optional:
            found.add((path, "missing"))
    return found
