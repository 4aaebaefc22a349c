"""Which axis counts the rows of a batch."""

from __future__ import annotations

from typing import Any, TypeAlias

from tensorgate._core import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.leaves import leaves_of

Spec: TypeAlias = TensorSpec | RaggedTensorSpec | SparseTensorSpec


def dim_name(dim: Any) -> str | None:
    """Return the name of a spec's dimension, if it has one.

    >>> dim_name(Dim("seq", max=8)), dim_name("seq"), dim_name(3)
    ('seq', 'seq', None)
    """
    return dim.name if isinstance(dim, Dim) else dim if isinstance(dim, str) else None


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
