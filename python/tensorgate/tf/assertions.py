"""Contracts as TensorFlow's operations: what a graph asks of its inputs by itself, wherever it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import tensorflow as tf
from tensorflow.python.ops import control_flow_util

from tensorgate._core import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.errors import ValidationError
from tensorgate.leaves import ABSENT, Leaf, Trail, leaves_of, replaced
from tensorgate.specs import dim_name
from tensorgate.tf import texts
from tensorgate.tf.ragged_rules import ragged_rules
from tensorgate.tf.rule import Rule, all_hold
from tensorgate.tf.shape_rules import ShapeRules, known_sizes
from tensorgate.tf.sparse_rules import sparse_rules
from tensorgate.tf.static import static_violations
from tensorgate.tf.value_rules import element_rules

Value = TypeVar("Value")
Raised = TypeVar("Raised", bound=Exception)
Function = TypeVar("Function", bound=Callable[..., Any])

_MAX_SHOWN = 64  # as in every ValidationError


def _unconverted(function: Function) -> Function:
    made: Function = tf.autograph.experimental.do_not_convert(function)
    return made


@_unconverted
def assert_spec(value: Value, spec: Any, *, name: str | None = None) -> Value:
    """Return a batch as it is, so that nothing is computed of it unless it meets the contract.

    In eager mode this is `Signature.check`. In a graph what is wrong for certain raises when it is traced; sizes that
    the graph does not know, and values, are judged by TensorFlow's operations in each run, wherever the graph goes: it
    may be saved and served. All that is wrong with a batch is told at once.

    Values are judged as `check` does, one by one; float8 types but e5m2 and e4m3fn, and integers of 2 bits, for which
    TensorFlow has no operations, are refused where they have rules. XLA drops assertions: in a function with
    jit_compile=True a contract that leaves nothing to be judged in each run is all that is taken.

    Args:
        value: a batch of tensors, structured as the contract. A ragged or sparse tensor is one of TensorFlow's.
        spec: a Signature, or a spec or nest of specs for one.
        name: of the operations, and of the contract in messages if it is no Signature.

    Returns:
        The batch, in its own structure. In a graph its dense tensors have all sizes that the contract makes known.

    Raises:
        ValidationError: the batch breaks the contract, as far as is known where this is called.
        tf.errors.InvalidArgumentError: in a run of the graph, the batch breaks the contract.
        ValueError: TensorFlow can't judge the values of an input, or XLA would not.

    >>> import tensorflow as tf
    >>> import tensorgate as tg
    >>> @tf.function(input_signature=[tf.TensorSpec(None)])
    ... def mean(x):
    ...     x = tg.tf.assert_spec(x, tg.TensorSpec((None, 3), minimum=0, finite=True))
    ...     return tf.reduce_mean(x, axis=1)
    >>> mean(tf.ones([2, 3])).numpy()
    array([1., 1.], dtype=float32)
    >>> mean(tf.constant([[1.0, -1.0, 2.0]]))
    Traceback (most recent call last):
    InvalidArgumentError: ... inputs  below_minimum: expected at least 0.0, got -1.0 at [0, 1] ...
    """
    signature = spec if isinstance(spec, Signature) else Signature(spec, name=name or "assert_spec")
    if tf.executing_eagerly():
        _check(signature, value)
        return value
    found = static_violations(signature, value)
    if found:
        raise as_it_is(ValidationError(subject(signature), found))
    with tf.name_scope(name or "assert_spec"):
        leaves = _leaves(signature, value)
        judged = list(_rules(leaves))
        if judged and _is_compiled():
            raise ValueError(
                "assert_spec in a function with jit_compile=True: XLA drops assertions, so that "
                f"{judged[0].path} would not be checked ({judged[0].code}). Call assert_spec outside of the compiled "
                "function, or compile without XLA (in Keras: compile(jit_compile=False))"
            )
        with tf.control_dependencies(_assertion(signature, judged)):
            passed = {leaf.trail: _passed(leaf.value) for leaf in leaves}
    _sharpen(leaves, passed)
    return replaced(value, passed) if passed else value


@_unconverted
def rules(value: Any, signature: Signature) -> list[Rule]:
    """Return what is left to be asked of a batch at run time.

    Args:
        value: a nest of tensors, of which static_violations has nothing to say.
        signature: the contract.

    Raises:
        ValueError: TensorFlow has no operation for the values of an input.
    """
    return list(_rules(_leaves(signature, value)))


def subject(signature: Signature) -> str:
    """Return what errors call a signature."""
    try:
        signature.check(None)
    except ValidationError as error:
        return error.subject
    raise AssertionError("None is no batch")


def _check(signature: Signature, value: Any) -> None:
    try:
        signature.check(value)
    except ValidationError as error:
        raise as_it_is(error)  # noqa: B904  # the same error


def as_it_is(error: Raised) -> Raised:
    """Return the error, so marked that AutoGraph and Keras raise no error of another type in its place.

    >>> as_it_is(ValidationError("a batch", [])).ag_pass_through
    True
    """
    for word in ("ag_pass_through", "_keras_call_info_injected"):
        setattr(error, word, True)
    return error


def _leaves(signature: Signature, value: Any) -> list[Leaf]:
    return [
        Leaf(leaf.trail, leaf.path, leaf.spec, _tensor(leaf.value))
        for leaf in leaves_of(signature.inputs, value)
        if leaf.value is not ABSENT
    ]


def _tensor(value: Any) -> Any:
    return value if isinstance(value, (tf.RaggedTensor, tf.SparseTensor)) else tf.convert_to_tensor(value)


def _is_compiled() -> bool:
    graph = tf.compat.v1.get_default_graph()
    # Not public; without it XLA itself refuses the operations that make the texts.
    is_compiled = getattr(control_flow_util, "GraphOrParentsInXlaContext", None)
    return is_compiled is not None and bool(is_compiled(graph))


def _passed(tensor: Any) -> Any:
    return tf.nest.map_structure(tf.identity, tensor, expand_composites=True)


def _sharpen(leaves: Sequence[Leaf], passed: Mapping[Trail, Any]) -> None:
    """Tell the graph the sizes of dense tensors that the contract fixes, or that another tensor of the name has."""
    dense = [leaf for leaf in leaves if isinstance(leaf.spec, TensorSpec) and leaf.spec.shape is not None]
    named: dict[str | None, int] = {}
    for leaf in dense:
        for dim, size in zip(leaf.spec.shape, known_sizes(leaf.value.shape) or (), strict=False):
            if size is not None:
                named.setdefault(dim_name(dim), size)
    for leaf in dense:
        names = [dim_name(dim) for dim in leaf.spec.shape]
        sizes = [named.get(name) if name else None for name in names]
        fixed = [dim if isinstance(dim, int) else size for dim, size in zip(leaf.spec.shape, sizes, strict=True)]
        passed[leaf.trail].set_shape(fixed)


def _rules(leaves: Sequence[Leaf]) -> Iterator[Rule]:
    shapes = ShapeRules()
    for leaf in leaves:
        if isinstance(leaf.spec, RaggedTensorSpec):
            yield from ragged_rules(leaf.path, leaf.value, leaf.spec, shapes)
        elif isinstance(leaf.spec, SparseTensorSpec):
            yield from sparse_rules(leaf.path, leaf.value, leaf.spec, shapes)
        else:
            sizes = tf.shape(leaf.value, tf.int64)
            of_sizes = list(shapes.of_sizes(leaf.path, leaf.spec.shape, known_sizes(leaf.value.shape), sizes))
            yield from of_sizes
            yield from element_rules(leaf.path, leaf.value, leaf.spec, all_hold(of_sizes))


def _assertion(signature: Signature, judged: Sequence[Rule]) -> list[tf.Tensor]:
    holds = all_hold(judged)
    if holds is None:
        return []

    def refuse() -> tf.Tensor:
        with tf.control_dependencies([tf.debugging.Assert(holds, [_report(signature, judged)])]):
            return tf.identity(holds)

    return [tf.cond(holds, lambda: holds, refuse)]


def _report(signature: Signature, judged: Sequence[Rule]) -> tf.Tensor:
    """What an error says: on one line, as TensorFlow escapes the ends of lines."""
    broken = tf.logical_not(tf.stack([rule.holds for rule in judged]))
    count = tf.math.count_nonzero(broken)
    is_shown = tf.unstack(tf.logical_and(broken, tf.cumsum(tf.cast(broken, tf.int32)) <= _MAX_SHOWN))
    noun = tf.where(count > 1, " violations of ", " violation of ")
    lines = [
        tf.where(is_told, texts.joined(" | ", rule.message()), "")
        for is_told, rule in zip(is_shown, judged, strict=True)
    ]
    return texts.joined(tf.strings.as_string(count), noun, subject(signature), *lines)
