"""The axis that counts the rows of a batch."""

from __future__ import annotations

from typing import Any

from tensorgate._core import Signature, TensorSpec
from tensorgate.arrays.exports import exported
from tensorgate.leaves import leaves_of
from tensorgate.specs import Spec, dim_name


def has_batch_axis(signature: Signature, spec: Spec) -> bool:
    """Return whether axis 0 of an input counts rows: named `batch_dim`, or, without such a name, not fixed.

    >>> sig = Signature({"x": TensorSpec((None, 2)), "y": TensorSpec((2,))})
    >>> [has_batch_axis(sig, spec) for spec in sig.inputs.values()]
    [True, False]
    """
    if not spec.shape:
        return False
    if signature.batch_dim is None:
        return not isinstance(spec.shape[0], int)
    return dim_name(spec.shape[0]) == signature.batch_dim


def require_free_rows(signature: Signature) -> None:
    """Refuse a contract under which a row can't leave its batch or join another one.

    Raises:
        ValueError: the name of the dimension that counts rows stands on another axis too.

    >>> require_free_rows(Signature({"x": TensorSpec(("n", "n"))}))
    Traceback (most recent call last):
    ValueError: dimension 'n' counts the rows and stands on axis 1 of inputs['x'] too, so each row needs all others
    """
    leaves = list(leaves_of(signature.inputs, signature.inputs))
    counting = {dim_name(leaf.spec.shape[0]) for leaf in leaves if has_batch_axis(signature, leaf.spec)} - {None}
    for leaf in leaves:
        for axis, dim in enumerate((leaf.spec.shape or ())[1:], 1):
            if dim_name(dim) in counting:
                raise ValueError(
                    f"dimension {dim_name(dim)!r} counts the rows and stands on axis {axis} of {leaf.path} too, "
                    "so each row needs all others"
                )


def with_batch_dim(value: Any, spec: TensorSpec, name: str | None) -> tuple[Any, str | None]:
    """Return a tensor that lacks the batch dimension as a batch of one row, and what was done; any other itself.

    Args:
        value: anything.
        spec: what the contract says of it.
        name: the batch dimension's; None where any first dimension is that, unless its size is fixed to more than one.

    >>> import numpy as np
    >>> with_batch_dim(np.zeros(3), TensorSpec(("batch", 3), "float64"), None)
    (array([[0., 0., 0.]]), 'batch dimension added: [3] to [1, 3]')
    """
    if not spec.shape or not (_may_be_one(spec.shape[0]) if name is None else dim_name(spec.shape[0]) == name):
        return value, None
    if not TensorSpec((None,) * (len(spec.shape) - 1), spec.dtype).accepts(value):
        return value, None
    array = exported(value)
    made = (value if array is None else array)[None]
    return made, f"batch dimension added: {list(made.shape[1:])} to {list(made.shape)}"


def _may_be_one(dim: Any) -> bool:
    return dim == 1 or not isinstance(dim, int)
