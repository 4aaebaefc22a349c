"""What is wrong with tensors of a graph for certain, whatever their unknown sizes turn out to be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tensorgate import nests
from tensorgate._core import Dim, RaggedTensorSpec, Signature, TensorSpec, Violation, ViolationCode
from tensorgate.leaves import Trail, leaves_of, replaced
from tensorgate.specs import Spec
from tensorgate.tf.stand_ins import EagerTensor, stand_in

Shape = tuple[int | str | Dim | None, ...] | None
Sizes = Sequence[int | None]

# Stands for an unknown size, and looks like no other.
_UNKNOWN = 4 * 10**18
_UNKNOWN_TEXT = re.compile(r"\b4\d{18}\b")
_LARGEST = 2**63 - 1


def static_violations(signature: Signature, nest: Any) -> list[Violation]:
    """Return what is wrong with a batch of which no more is known than a graph does.

    Paths, codes and texts are those of `Signature.violations`; an unknown size shows as None, and passes. Values are
    not looked at.

    Args:
        signature: the contract.
        nest: tf.TypeSpecs or tensors of a graph, structured as a batch.

    Raises:
        ValueError: the nest is over 64 deep, as is one that holds itself.

    >>> import tensorflow as tf
    >>> sig = Signature({"x": TensorSpec(("batch", 3))})
    >>> [str(violation) for violation in static_violations(sig, {"x": tf.TensorSpec([None, 4])})]
    ["inputs['x']  dim: expected [batch, 3], got [None, 4]"]
    """
    batch = nests.mapped(lambda _, leaf: type_spec(leaf), nest)
    specs, leaves, flat_paths = {}, {}, set()
    for leaf in leaves_of(signature.inputs, batch):
        specs[leaf.trail] = leaf.spec
        if isinstance(leaf.value, tf.TypeSpec):
            leaves[leaf.trail] = leaf.value
        elif not isinstance(leaf.spec, TensorSpec) and nests.held(leaf.value) is not None:
            # The parts of a tensor, which are not looked at in a graph: something that has none.
            batch = replaced(batch, {leaf.trail: {}})
        if isinstance(leaf.spec, RaggedTensorSpec):
            flat_paths.add(leaf.path + leaf.spec.ragged_rank * ".values")
    # Asked of what is known alone, the contract gives the verdict. Asked of all, with sizes that pass where none is
    # known, it has the words for what was expected.
    found = _judged(
        signature,
        {trail: _asked_of(spec, leaves.get(trail)) for trail, spec in specs.items()},
        batch,
        {trail: _filled(leaf, None) for trail, leaf in leaves.items()},
    )
    if not found:
        return []
    words = _judged(
        signature,
        {trail: _of_shape(spec, spec.shape) for trail, spec in specs.items()},
        batch,
        {trail: _filled(leaf, specs[trail].shape) for trail, leaf in leaves.items()},
    )
    told = {(violation.path, violation.code): violation for violation in words}
    return [
        _worded(violation, told.get((violation.path, violation.code), violation), violation.path in flat_paths)
        for violation in found
    ]


def type_spec(leaf: Any) -> Any:
    """Return the tf.TypeSpec of a tensor of TensorFlow; anything else as it is.

    >>> type_spec(tf.zeros([2])), type_spec("text")
    (TensorSpec(shape=(2,), dtype=tf.float32, name=None), 'text')
    """
    if isinstance(leaf, (tf.Tensor, tf.Variable, tf.RaggedTensor, tf.SparseTensor)):
        return tf.type_spec_from_value(leaf)
    return leaf


def shape_text(shape: Shape) -> str:
    """Return the shape of a contract as messages show it.

    >>> shape_text(("batch", None, Dim("seq", max=8)))
    '[batch, None, seq (at most 8)]'
    """
    (violation,) = TensorSpec(shape).violations(EagerTensor(tf.float32, () if shape else (1,)))
    return str(violation.expected)


def _judged(signature: Signature, specs: dict[Trail, Spec], batch: Any, leaves: dict[Trail, Any]) -> list[Violation]:
    others = nests.mapped(lambda _, leaf: _filled(leaf, None), batch)
    asked = Signature(replaced(signature.inputs, specs)) if specs else signature
    return asked.violations(replaced(others, leaves) if leaves else others)


def _of_shape(spec: Spec, shape: Shape) -> Spec:
    """The spec with another shape, and without rules for values."""
    if isinstance(spec, RaggedTensorSpec):
        return RaggedTensorSpec(shape, spec.dtype, spec.ragged_rank, spec.row_splits_dtype, optional=spec.optional)
    return type(spec)(shape, spec.dtype, optional=spec.optional)


def _asked_of(spec: Spec, leaf: tf.TypeSpec | None) -> Spec:
    """The spec without rules for what is not known of a tensor; None is what is no tensor of TensorFlow."""
    if leaf is None:
        return _of_shape(spec, spec.shape)
    sizes = _known_sizes(leaf)
    if sizes is None or spec.shape is None:
        return _of_shape(spec, None)
    known = [size is not None for size in sizes] + [False] * len(spec.shape)
    return _of_shape(spec, tuple(dim if is_known else None for dim, is_known in zip(spec.shape, known, strict=False)))


def _known_sizes(leaf: tf.TypeSpec) -> Sizes | None:
    shape = getattr(leaf, "shape", None)
    if shape is None or shape.rank is None:
        return None
    sizes: list[int | None] = shape.as_list()
    ragged_rank = getattr(leaf, "ragged_rank", 0)
    if None in sizes[: ragged_rank + 1]:
        # Of rows that there may be none of, no length is known.
        unknown = sizes.index(None)
        sizes[unknown : ragged_rank + 1] = [None] * (ragged_rank + 1 - unknown)
    return sizes


def _filled(leaf: Any, wanted: Shape) -> Any:
    """What stands for a tensor: its sizes where they are known, such as are wanted elsewhere."""
    if not isinstance(leaf, tf.TypeSpec):
        return leaf
    ragged_rank = getattr(leaf, "ragged_rank", 0)
    sizes = _known_sizes(leaf) or [None] * (ragged_rank + 1 if ragged_rank else 0)
    dims = [None] * len(sizes) if wanted is None else _aligned(wanted, sizes)
    filled = [
        size if size is not None else 0 if ragged_rank and axis <= ragged_rank else _passing(dim, axis)
        for axis, (size, dim) in enumerate(zip(sizes, dims, strict=True))
    ]
    return stand_in(leaf, filled)


def _aligned(wanted: tuple[Any, ...], sizes: Sizes) -> Sequence[Any]:
    """What is wanted of each dimension, also where one is missing or is one too many, as hints tell of."""
    if len(wanted) == len(sizes):
        return wanted
    if len(wanted) == len(sizes) + 1:
        return wanted[1:]
    if len(wanted) + 1 == len(sizes):
        return (None, *wanted) if sizes[0] == 1 else (*wanted, None)
    return [None] * len(sizes)


def _passing(dim: Any, axis: int) -> int:
    """A size that a dimension allows: one that shows as None, if it can."""
    if isinstance(dim, int):
        return dim
    if not isinstance(dim, Dim):
        return _UNKNOWN + axis
    size = -(-max(_UNKNOWN, dim.min) // dim.multiple_of) * dim.multiple_of
    most = _LARGEST if dim.max is None else dim.max
    return size if size <= most else most - most % dim.multiple_of


def _worded(violation: Violation, told: Violation, is_flat: bool) -> Violation:
    """What was found, in the words of what the whole contract has to say of it.

    `is_flat` of the flat values of a ragged tensor, of which there are none in a stand-in without known rows.
    """

    def shown(text: str | None) -> str | None:
        return None if text is None else _UNKNOWN_TEXT.sub("None", text)

    got, hint = shown(violation.got), shown(told.hint)
    if is_flat and got is not None:
        got = re.sub(r"^\[0\b", "[None", got)
    if hint is not None:
        hint = re.sub(", or a dict of its .*", "", hint)
    expected = violation.expected if violation.code == ViolationCode.dim_mismatch else told.expected
    return Violation(violation.path, violation.code, expected, got, hint, violation.index, violation.count)
