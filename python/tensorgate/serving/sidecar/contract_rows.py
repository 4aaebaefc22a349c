"""A contract as the rows of a table."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from tensorgate._core import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.serving.aliases import inputs_by_alias, outputs_by_alias
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
    (Row(name='ids', dtype='int64', shape='[batch, seq]', rules=('seq at most 512', 'at least 0')),)
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
    rules = []
    if dim.min > 0:
        rules.append(f"at least {dim.min}")
    if dim.max is not None:
        rules.append(f"at most {dim.max}")
    if dim.multiple_of > 1:
        rules.append(f"a multiple of {dim.multiple_of}")
    return f"{dim.name or 'size'} {' and '.join(rules)}" if rules else ""


def _value_rules(spec: Spec) -> list[str]:
    rules = []
    if spec.minimum is not None:
        rules.append(f"at least {_value(spec.minimum)}")
    if spec.maximum is not None:
        rules.append(f"at most {_value(spec.maximum)}")
    if spec.finite:
        rules.append("finite")
    if spec.one_of is not None:
        rules.append(f"one of {_values(spec.one_of)}")
    if spec.max_bytes is not None:
        rules.append(f"at most {spec.max_bytes} bytes")
    if spec.utf8:
        rules.append("UTF-8")
    default = spec.default if isinstance(spec, TensorSpec) else None
    if default is not None:
        rules.append(f"default {_value(default)}")
    elif spec.optional:
        rules.append("optional")
    return rules


def _value(array: Any) -> str:
    if np.ndim(array) == 0:
        return _scalar(array)
    return f"[{_values(array)}]" if np.ndim(array) == 1 else f"an array of shape {list(np.shape(array))}"


def _values(array: Any) -> str:
    shown = ", ".join(map(_scalar, array[:_SHOWN]))
    return shown if len(array) <= _SHOWN else f"{shown}, ... ({len(array)} values)"


def _scalar(value: Any) -> str:
    plain = value.item() if isinstance(value, np.generic | np.ndarray) else value
    text = repr(plain.decode("utf-8", "backslashreplace")) if isinstance(plain, bytes) else str(plain)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."
