"""Contracts to and from TensorFlow's specs, functions and datasets. Called by Signature's methods."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tensorgate import nests
from tensorgate._core import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.specs import Spec

_DEFAULT = "serving_default"


def to_tf(signature: Signature) -> Any:
    """Return the inputs as the nest of TensorFlow's specs that an input_signature or a dataset takes.

    TensorFlow has no word for the names and rules of dimensions, for rules on values (its BoundedTensorSpec is no part
    of its API, and checks nothing), for optional inputs and their defaults, or for names of ragged and sparse tensors:
    these are left out. Mappings become dicts. A dataclass stays one, which tf.nest takes for a leaf.

    >>> Signature({"ids": TensorSpec(("batch", 3), "int64", minimum=0)}).to_tf()
    {'ids': TensorSpec(shape=(None, 3), dtype=tf.int64, name=None)}
    """
    return nests.mapped(_to_tf, signature.inputs)


def from_tf(x: Any) -> Signature:
    """Return the contract of what TensorFlow describes.

    Args:
        x: one of
            a tf.TensorSpec, RaggedTensorSpec or SparseTensorSpec, or a nest of them. The bounds of a BoundedTensorSpec
            become minimum and maximum; a variable's spec becomes that of its value.
            a tf.function with an input_signature: a dict by parameter name, even of a single one. What has a default
            in Python is optional. Outputs are not known, as nothing is traced.
            a ConcreteFunction, such as tf.saved_model.load(path).signatures["serving_default"], or a function of a
            loaded SavedModel that has one trace: a dict by parameter name, with outputs where all are tensors. Python
            values that it was traced with are no inputs.
            a loaded SavedModel: its signature "serving_default", or its only one.
            a tf.data.Dataset or Iterator: its elements.

    Functions' specs lose the names that say no more than the parameter's, which TensorFlow fills in by itself.

    Raises:
        TypeError: x, or a leaf of it, is nothing of that kind.
        ValueError: a function without a signature, or a model with several; the message says what to do.

    >>> import tensorflow as tf
    >>> Signature.from_tf(tf.TensorSpec([None, 3], tf.int64)).inputs
    TensorSpec(shape=(None, 3), dtype='int64')
    """
    if isinstance(x, tf.types.experimental.ConcreteFunction):
        return _from_concrete_function(x)
    if isinstance(x, tf.types.experimental.GenericFunction):
        return _from_function(x)
    if isinstance(x, (tf.data.Dataset, tf.data.Iterator)):
        return Signature(nests.mapped(_from_tf, x.element_spec), source="tf.data")
    if isinstance(getattr(x, "signatures", None), Mapping):
        return _from_concrete_function(_only_signature(x.signatures))
    return Signature(nests.mapped(_from_tf, x))


def _to_tf(_path: str, spec: Spec) -> tf.TypeSpec:
    shape = spec.shape if spec.shape is None else [size if isinstance(size, int) else None for size in spec.shape]
    dtype = tf.as_dtype(spec.dtype)
    if isinstance(spec, TensorSpec):
        return tf.TensorSpec(shape, dtype, spec.name)
    if isinstance(spec, SparseTensorSpec):
        return tf.SparseTensorSpec(shape, dtype)
    return tf.RaggedTensorSpec(shape, dtype, spec.ragged_rank, tf.as_dtype(spec.row_splits_dtype))


def _from_tf(path: str, leaf: Any, **rules: Any) -> Spec:
    if isinstance(leaf, tf.TensorSpec):
        # Only a BoundedTensorSpec, a subclass that is not public, has bounds.
        rules |= {bound: getattr(leaf, bound) for bound in ("minimum", "maximum") if hasattr(leaf, bound)}
        return TensorSpec(_sizes(leaf), leaf.dtype.name, **({"name": leaf.name} | rules))
    if isinstance(leaf, tf.SparseTensorSpec):
        return SparseTensorSpec(_sizes(leaf), leaf.dtype.name, **rules)
    is_ragged = isinstance(leaf, tf.RaggedTensorSpec)
    if is_ragged and leaf.ragged_rank > 0 and leaf.flat_values_spec is None:
        return RaggedTensorSpec(_sizes(leaf), leaf.dtype.name, leaf.ragged_rank, leaf.row_splits_dtype.name, **rules)
    if (is_ragged and leaf.ragged_rank == 0) or _is_of_variable(leaf):
        return TensorSpec(_sizes(leaf), leaf.dtype.name, **rules)
    raise TypeError(f"{path} is of type {type(leaf).__name__}; {_advice(leaf)}")


def _sizes(spec: Any) -> list[int | None] | None:
    sizes: list[int | None] | None = None if spec.shape.rank is None else spec.shape.as_list()
    return sizes


def _is_of_variable(leaf: object) -> bool:
    return isinstance(leaf, tf.TypeSpec) and issubclass(leaf.value_type, tf.Variable)


def _advice(leaf: object) -> str:
    if isinstance(leaf, (TensorSpec, RaggedTensorSpec, SparseTensorSpec)):
        return "Signature itself takes tensorgate's specs"
    if tf.is_tensor(leaf):
        return "Signature.from_batches takes examples"
    if callable(leaf):
        return "give a tf.function with an input_signature, or a Keras model to Signature.from_keras"
    return "a tf.TensorSpec, tf.RaggedTensorSpec or tf.SparseTensorSpec goes here"


def _from_function(function: Any) -> Signature:
    specs = function.input_signature
    if specs is None:
        return _from_concrete_function(_only_trace(function))
    # A method that is not bound yet has no spec for self, and what is left at the end has a default that is no tensor.
    parameters = list(function.function_type.parameters.values())
    parameters = parameters[parameters[0].name == "self" :][: len(specs)] if parameters else []
    inputs = {
        parameter.name: _argument(parameter.name, spec, optional=parameter.optional)
        for parameter, spec in zip(parameters, specs, strict=True)
    }
    return Signature(inputs, source=f"tf.function {_name(function)!r}")


def _only_trace(function: Any) -> Any:
    # Only a function of a loaded SavedModel has them.
    traces: Sequence[Any] = getattr(function, "concrete_functions", ())
    if len(traces) == 1:
        return traces[0]
    name = _name(function)
    raise ValueError(
        f"tf.function {name!r} has {len(traces)} traces: give one of its concrete_functions"
        if traces
        else f"tf.function {name!r} has no input_signature: give it one, or give {name}.get_concrete_function(...)"
    )


def _name(function: Any) -> str:
    return getattr(function, "__name__", "f")


def _only_signature(signatures: Mapping[str, Any]) -> Any:
    if _DEFAULT in signatures:
        return signatures[_DEFAULT]
    if len(signatures) == 1:
        return next(iter(signatures.values()))
    names = ", ".join(map(repr, signatures))
    raise ValueError(f"the model has {len(signatures)} signatures ({names}): give one of its .signatures or functions")


def _from_concrete_function(function: Any) -> Signature:
    arguments, keywords = function.structured_input_signature
    # Positional arguments come first among the parameters.
    names = list(function.function_type.parameters)[: len(arguments)] if arguments else []
    given = dict(zip(names, arguments, strict=True)) | keywords
    inputs = {name: _argument(name, nest) for name, nest in given.items() if _holds_specs(nest)}
    return Signature(inputs, _outputs(function))


def _argument(name: str, nest: Any, **rules: Any) -> Any:
    def leaf_of(path: str, leaf: Any) -> Any:
        spec_name = getattr(leaf, "name", None)
        # TensorFlow makes x_0_a of x[0]['a'].
        implied = _letters(spec_name or "") == _letters(path.removeprefix("inputs"))
        return _from_tf(path, leaf, **({"name": None} if implied else {}), **rules)

    return nests.mapped(leaf_of, nest, f"inputs{nests.step({}, name)}")


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def _holds_specs(nest: Any) -> bool:
    return any(isinstance(leaf, tf.TypeSpec) for leaf in nests.leaves(nest))


def _outputs(function: Any) -> Any:
    def leaf_of(path: str, leaf: Any) -> Any:
        spec = leaf if isinstance(leaf, tf.TypeSpec) else tf.type_spec_from_value(leaf)
        return _from_tf(path, spec, name=None)

    try:
        return nests.mapped(leaf_of, function.structured_outputs, "outputs")
    except TypeError:  # what a function gives back may be no tensor
        return None
