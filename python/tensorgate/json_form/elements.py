"""Elements of tensors as JSON values: numbers, "NaN", "Infinity", "-Infinity", [real, imaginary], strings in base64."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorgate._core import TensorSpec
from tensorgate.arrays.casting import stored
from tensorgate.json_form.document import boolean, integer, items, made, members, string, unexpected

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def array_form(array: npt.NDArray[Any], dtype: str) -> Any:
    """Return a tensor of a spec's dtype as JSON: a scalar by itself, an array with its shape.

    >>> array_form(np.array([[0.1, np.inf]], np.float32), "float32")
    {'shape': [1, 2], 'values': [0.1, 'Infinity']}
    """
    values = element_forms(array.ravel(), dtype)
    return {"shape": list(array.shape), "values": values} if array.ndim else values[0]


def element_forms(array: npt.NDArray[Any], dtype: str) -> list[Any]:
    """Return the elements of a vector as JSON.

    >>> element_forms(np.array([b"a", b"b"], object), "string")
    ['YQ==', 'Yg==']
    """
    if dtype == "string":
        return [base64.b64encode(element).decode() for element in array]
    if dtype.startswith("complex"):
        return [list(pair) for pair in zip(_float_forms(array.real), _float_forms(array.imag), strict=True)]
    if "float" in dtype:
        return _float_forms(array)
    plain = bool if dtype == "bool" else int
    return [plain(number) for number in stored(array)]


def array_of(place: str, form: object, dtype: str) -> Any:
    """Return, as TensorSpec takes it, the tensor that array_form made JSON of.

    Raises:
        ValueError: it is not of that form.
    """
    if not isinstance(form, dict):
        return _element(place, form, dtype)
    parts = members(place, form, ("shape", "values"))
    sizes = items(f"{place}.shape", parts["shape"])
    shape = [integer(f"{place}.shape[{axis}]", size) for axis, size in enumerate(sizes)]
    elements = elements_of(f"{place}.values", parts["values"], dtype)
    if any(size < 0 for size in shape) or math.prod(shape) != len(elements):
        raise ValueError(f"{place}: a tensor of the shape {shape} doesn't hold {len(elements)} values")
    if not elements:  # nested lists would not tell the shape
        spec = made(place, TensorSpec, (0,), dtype, default=[])
        return made(place, np.empty, shape, spec.default.dtype)
    array = np.empty(len(elements), object)
    array[:] = elements
    return made(place, array.reshape, shape).tolist()


def elements_of(place: str, form: object, dtype: str) -> list[Any]:
    """Return the numbers or strings that element_forms made JSON of.

    Raises:
        ValueError: it is not of that form.

    >>> elements_of("one_of", [1, 2.5], "int32")
    Traceback (most recent call last):
    ValueError: one_of[1]: expected an integer, got 2.5
    """
    return [_element(f"{place}[{index}]", element, dtype) for index, element in enumerate(items(place, form))]


def _element(place: str, form: object, dtype: str) -> Any:
    if dtype == "string":
        return _bytes(place, form)
    if dtype == "bool":
        return boolean(place, form)
    if dtype.startswith("complex"):
        if not isinstance(form, list) or len(form) != 2:
            raise unexpected(place, "a list of two numbers", form)
        return complex(*(_number(f"{place}[{part}]", number) for part, number in enumerate(form)))
    return _number(place, form) if "float" in dtype else integer(place, form)


def _number(place: str, form: object) -> float | int:
    if isinstance(form, str) and form in _NOT_FINITE:
        return _NOT_FINITE[form]
    if isinstance(form, bool) or not isinstance(form, (float, int)):
        raise unexpected(place, "a number", form)
    return form


def _bytes(place: str, form: object) -> bytes:
    text = string(place, form)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError(f"{place}: no base64: {error}") from None


def _float_forms(array: npt.NDArray[Any]) -> list[float | str]:
    return [_float_form(number) for number in array]


def _float_form(number: Any) -> float | str:
    exact = float(number)
    if not math.isfinite(exact):
        return "NaN" if math.isnan(exact) else "Infinity" if exact > 0 else "-Infinity"
    # What the dtype prints is shorter, as 0.1 is for float32; but a reader goes by way of a double, which rounds twice.
    short = float(str(number))
    return short if type(number)(short) == number else exact
