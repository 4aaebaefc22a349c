"""Value rules, written for the eye alone: each element by itself, as a Python number."""

import math

import numpy as np

FAULTS = ("not_finite", "below_minimum", "above_maximum", "not_one_of")


def numbers(array):
    """All elements in row-major order."""
    if array.dtype.names:
        array = array[array.dtype.names[0]]  # a quantized type holds plain integers
    if array.dtype.kind == "V":  # ml_dtypes
        with np.errstate(invalid="ignore"):  # a signalling NaN
            array = array.astype(np.int64 if "int" in array.dtype.name else np.float64)
    return array.ravel().tolist()


def is_nan(number):
    return number != number


def is_finite(number):
    parts = (number.real, number.imag)
    return all(math.isfinite(part) for part in parts if isinstance(part, float))


def is_among(number, choice):
    return any(is_nan(one) if is_nan(number) else one == number for one in choice)


def fault_of(number, finite, low, high, choice):
    if finite and not is_finite(number):
        return "not_finite"
    if low is not None and not number >= low:
        return "below_minimum"
    if high is not None and not number <= high:
        return "above_maximum"
    if choice is not None and not is_among(number, choice):
        return "not_one_of"
    return None


def each_bound(bound, shape):
    size = math.prod(shape)
    return [None] * size if bound is None else numbers(np.broadcast_to(bound, shape))


def scan(array, finite, minimum, maximum, one_of):
    """(fault, first, count, element) of each fault, and the rows along axis 0 that have one."""
    choice = None if one_of is None else numbers(one_of)
    bounds = zip(each_bound(minimum, array.shape), each_bound(maximum, array.shape), strict=True)
    faults = [
        fault_of(number, finite, low, high, choice) for number, (low, high) in zip(numbers(array), bounds, strict=True)
    ]
    raw = array.tobytes()
    size = array.dtype.itemsize
    findings = []
    for fault in FAULTS:
        if fault in faults:
            first = faults.index(fault)
            findings.append((fault, first, faults.count(fault), raw[first * size : (first + 1) * size]))
    of_a_row = math.prod(array.shape[1:])
    rows = {at // of_a_row for at, fault in enumerate(faults) if fault} if array.ndim else set()
    return findings, sorted(rows)
