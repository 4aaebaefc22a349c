"""A contract as the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from tensorgate._core import Dim, RaggedTensorSpec, Signature, TensorSpec
from tensorgate.serving.aliases import inputs_by_alias, outputs_by_alias
from tensorgate.serving.sidecar.status.wording import plural
from tensorgate.specs import Spec

_SHOWN = 4  # values of a list
_WIDEST = 40  # characters of a value


class Row(NamedTuple):
    """A tensor."""

    name: str
    dtype: str
    shape: str
    rules: tuple[str, ...]


@lru_cache(maxsize=1024)
def input_rows(signature: Signature) -> tuple[Row, ...]:
    """Return a signature's inputs as requests name them.

    >>> input_rows(Signature({"ids": TensorSpec(("batch", Dim("seq", max=512)), "int64", minimum=0)}))
    (Row(name='ids', dtype='int64', shape='[batch, seq]', rules=('seq up to 512', 'values from 0')),)
    """
    return tuple(_row(name, spec) for name, spec in inputs_by_alias(signature.inputs).items())


@lru_cache(maxsize=1024)
def output_rows(signature: Signature) -> tuple[Row, ...]:
    """Return a signature's outputs likewise; none where it says nothing of them."""
    if signature.outputs is None:
        return ()
    return tuple(_row(name, spec) for name, spec in outputs_by_alias(signature.outputs).items())


def _row(name: str, spec: Spec) -> Row:
    dtype = spec.dtype
    if not isinstance(spec, TensorSpec):
        dtype = ("ragged " if isinstance(spec, RaggedTensorSpec) else "sparse ") + dtype
    if spec.shape is None:
        return Row(name, dtype, "any rank", tuple(_value_rules(spec)))
    shape = ", ".join(_size(dim) for dim in spec.shape)
    sizes = [rule for dim in spec.shape if isinstance(dim, Dim) and (rule := _size_rule(dim))]
    return Row(name, dtype, f"[{shape}]", (*sizes, *_value_rules(spec)))


def _size(dim: int | str | Dim | None) -> str:
    return dim.name or "None" if isinstance(dim, Dim) else str(dim)


def _size_rule(dim: Dim) -> str:
    steps = f"a multiple of {dim.multiple_of}" if dim.multiple_of > 1 else ""
    rules = [_range(str(dim.min) if dim.min else "", str(dim.max or "")), steps]
    told = ", ".join(rule for rule in rules if rule)
    return f"{dim.name or 'size'} {told}" if told else ""


def _value_rules(spec: Spec) -> Iterator[str]:
    if span := _range(_bound(spec.minimum), _bound(spec.maximum)):
        yield f"values {span}"
    if spec.finite:
        yield "finite"
    if spec.one_of is not None:
        yield f"one of {_values(spec.one_of)}"
    if spec.max_bytes is not None:
        yield f"at most {plural(spec.max_bytes, 'byte')}"
    if spec.utf8:
        yield "UTF-8"
    default = spec.default if isinstance(spec, TensorSpec) else None
    if default is not None:
        yield f"default {_value(default)}"
    elif spec.optional:
        yield "optional"


def _range(least: str, most: str) -> str:
    if least and most:
        return f"{least} to {most}"
    return f"from {least}" if least else f"up to {most}" if most else ""


def _bound(array: Any) -> str:
    return "" if array is None else _value(array)


def _value(array: Any) -> str:
    if np.ndim(array) == 0:
        return _scalar(array[()])
    return f"[{_values(array)}]" if np.ndim(array) == 1 else f"an array of shape {list(np.shape(array))}"


def _values(array: Any) -> str:
    shown = ", ".join(map(_scalar, array[:_SHOWN]))
    return shown if len(array) <= _SHOWN else f"{shown}, ... ({len(array)} values)"


def _scalar(value: Any) -> str:
    # NumPy's text of a float32 is its own shortest one, Python's that of the float64.
    text = repr(value.decode("utf-8", "backslashreplace")) if isinstance(value, bytes) else str(value)
    text = text.removesuffix(".0")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."
