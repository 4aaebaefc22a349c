"""The contract, written for the eye alone: what a signature says of a batch.

A fault is (path, code); of a tensor's elements it is (path, code, index of the first, how many). Knows NumPy's arrays,
Python's values and nothing of how tensorgate works.
"""

import cmath
import collections.abc
import dataclasses

import numpy as np

from tensorgate import Dim, TensorSpec

STRING_KINDS = "OSU"


def dtype_name(dtype):
    """TensorFlow's name of a NumPy dtype, or None."""
    if dtype.kind in STRING_KINDS:
        return "string"
    return dtype.newbyteorder("=").name if dtype.kind in "biufc" and dtype.itemsize <= 16 else None


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
        if isinstance(want, Dim) and (
            got < want.min or (want.max is not None and got > want.max) or got % want.multiple_of != 0
        ):
            found.add("dim")
        name = want.name if isinstance(want, Dim) else want if isinstance(want, str) else None
        if name is not None and bound.setdefault(name, got) != got:
            found.add("dim_mismatch")
    return found


def string_code(spec, element):
    if not isinstance(element, (str, bytes)):
        return "dtype"
    try:
        data = element.encode() if isinstance(element, str) else element
        if spec.utf8:
            data.decode()
    except UnicodeError:
        return "not_utf8"
    if spec.max_bytes is not None and len(data) > spec.max_bytes:
        return "too_long"
    return "not_one_of" if spec.one_of is not None and data not in spec.one_of.tolist() else None


def is_same(a, b):
    return a == b or (cmath.isnan(a) and cmath.isnan(b))


def number_code(spec, element, minimum, maximum):
    """Comparisons with NaN are false."""
    if spec.finite and not cmath.isfinite(element):
        return "not_finite"
    if minimum is not None and not element >= minimum:
        return "below_minimum"
    if maximum is not None and not element <= maximum:
        return "above_maximum"
    if spec.one_of is not None and not any(is_same(element, one) for one in spec.one_of.tolist()):
        return "not_one_of"
    return None


def element_faults(spec, array):
    """(code, index of the first, how many) of the elements."""
    minimum, maximum = (
        None if bound is None else np.broadcast_to(bound, array.shape) for bound in (spec.minimum, spec.maximum)
    )
    found = {}
    for index in np.ndindex(array.shape):
        if spec.dtype == "string":
            code = string_code(spec, array[index])
        else:
            limits = (None if bound is None else bound[index].item() for bound in (minimum, maximum))
            code = number_code(spec, array[index].item(), *limits)
        if code is not None:
            found.setdefault(code, []).append(index)
    return {(code, indices[0], len(indices)) for code, indices in found.items()}


def tensor_faults(spec, value, bound):
    if isinstance(value, dict):
        return {("structure",)}
    if not isinstance(value, (np.ndarray, np.generic)):
        return {("unsupported",)}
    array = np.asarray(value)
    found = set()
    if isinstance(value, np.ma.MaskedArray):
        found.add("unsupported")
    elif not array.dtype.isnative:
        found.add("byte_order")
    if dtype_name(array.dtype) != spec.dtype:
        found.add("dtype")
    refused = bool(found)
    found |= shape_codes(spec.shape, value.shape, bound)
    elements = set()
    # Strings are looked at whatever their shape: they may be no strings at all.
    if dtype_name(array.dtype) == spec.dtype and not (refused if spec.dtype == "string" else found):
        elements = element_faults(spec, array)
    return {(code,) for code in found} | elements


def children(nest):
    """The names and children of a container of specs, and how a path shows each."""
    if isinstance(nest, collections.abc.Mapping):
        return {name: (f"[{name!r}]", child) for name, child in nest.items()}
    if dataclasses.is_dataclass(nest):
        return {name: (f".{name}", getattr(nest, name)) for name in (field.name for field in dataclasses.fields(nest))}
    names = getattr(nest, "_fields", None)
    return {i: (f".{names[i]}" if names else f"[{i}]", child) for i, child in enumerate(nest)}


def has_form(nest, value):
    """Whether a container that is no dict is of the nest's kind and has as many children."""
    if dataclasses.is_dataclass(nest):
        return dataclasses.is_dataclass(value) and list(vars(value)) == [
            field.name for field in dataclasses.fields(nest)
        ]
    if getattr(nest, "_fields", None) != getattr(value, "_fields", None):
        return False
    kind = list if isinstance(nest, list) else tuple
    return isinstance(value, kind) and len(value) == len(nest)


def is_optional(nest):
    return (
        nest.optional
        if isinstance(nest, TensorSpec)
        else all(is_optional(child) for _, child in children(nest).values())
    )


def nest_faults(nest, value, path, bound):
    if isinstance(nest, TensorSpec):
        return {(path, *fault) for fault in tensor_faults(nest, value, bound)}
    parts = children(nest)
    if isinstance(nest, collections.abc.Mapping):
        if not isinstance(value, dict):
            return {(path, "structure")}
        found = {(f"{path}[{name!r}]", "unexpected") for name in value if name not in nest}
        for name, (place, child) in parts.items():
            if name in value:
                found |= nest_faults(child, value[name], path + place, bound)
            elif not is_optional(child):
                found.add((path + place, "missing"))
        return found
    if not has_form(nest, value):
        return {(path, "structure")}
    found = set()
    for name, (place, child) in parts.items():
        found |= nest_faults(child, value[name] if isinstance(name, int) else getattr(value, name), path + place, bound)
    return found


def spec_violations(spec, value):
    return nest_faults(spec, value, "input", {})


def signature_violations(signature, batch):
    return nest_faults(signature.inputs, batch, "inputs", {})
