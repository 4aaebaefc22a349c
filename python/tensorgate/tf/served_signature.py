"""A signature of a model as a SavedModel has it: flat, with dense tensors alone, and with the contract's names."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from tensorgate import nests
from tensorgate._core import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.errors import ValidationError
from tensorgate.serving.aliases import dense_parts, inputs_by_alias, outputs_by_alias
from tensorgate.serving.contract_file import misfits
from tensorgate.specs import Spec
from tensorgate.tf.assertions import assert_spec
from tensorgate.tf.error_text import first_line
from tensorgate.tf.served_model import described, served_call


class ServedSignature:
    """A signature of a model, and how it is to be served.

    Attributes:
        contract: by the names that the SavedModel has, without outputs that are not known yet.
    """

    def __init__(self, model: Any, signature: Signature, *, in_graph: bool) -> None:
        self._what = f"{described(model)} can't serve signature {signature.name!r}"
        self._call = served_call(model, signature)
        self._inputs = signature.inputs
        self._in_graph = in_graph
        self.contract = Signature(
            inputs_by_alias(signature.inputs),
            None if signature.outputs is None else outputs_by_alias(signature.outputs),
            name=signature.name,
            batch_dim=signature.batch_dim,
        )

    def traced(self) -> Any:
        """Return the tf.function to be saved.

        Raises:
            ValueError: the model fails, or TensorFlow can't write the name of an input.
        """
        # TensorFlow takes defaults of a signature from the last parameters.
        order = sorted(self.contract.inputs.items(), key=lambda item: getattr(item[1], "default", None) is not None)
        parts = {name: part for alias, spec in order for name, part in dense_parts(alias, spec).items()}
        _require_writable(parts)

        def serve(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
            given = dict(zip(parts, tensors, strict=True))
            batch = {alias: _assembled(alias, spec, given) for alias, spec in self.contract.inputs.items()}
            if self._in_graph:
                batch = assert_spec(batch, self.contract)
            leaves = iter(batch.values())
            outputs = self._call(nests.mapped(lambda _path, _spec: next(leaves), self._inputs))
            return _dense_outputs(outputs)

        # The SavedModel's names are those of the specs; the defaults are those of the parameters.
        serve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                inspect.Parameter(f"part_{i}", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
                for i, default in enumerate(_default(self.contract.inputs.get(name)) for name in parts)
            ]
        )
        specs = [Signature(TensorSpec(part.shape, part.dtype, name)).to_tf() for name, part in parts.items()]
        function = tf.function(serve, input_signature=specs, autograph=False)
        try:
            function.get_concrete_function()
        except ValidationError:
            raise
        except Exception as error:
            raise ValueError(f"{self._what}: {first_line(error)}") from error
        return function

    def completed(self, written: Signature) -> Signature:
        """Return the contract with what is known of the signature that was written.

        Raises:
            ValueError: they do not fit.
        """
        for misfit in misfits(self.contract, written):
            raise ValueError(f"{self._what}: {misfit}")
        return Signature(
            self.contract.inputs,
            written.outputs if self.contract.outputs is None else self.contract.outputs,
            name=written.name,
            method_name=written.method_name,
            batch_dim=self.contract.batch_dim,
        )


def _default(spec: Spec | None) -> Any:
    if isinstance(spec, TensorSpec) and spec.default is not None:
        return tf.constant(spec.default, spec.dtype)
    return inspect.Parameter.empty


def _assembled(name: str, spec: Spec, parts: Mapping[str, tf.Tensor]) -> Any:
    if isinstance(spec, SparseTensorSpec):
        return tf.SparseTensor(*(parts[f"{name}/{part}"] for part in ("indices", "values", "dense_shape")))
    if not isinstance(spec, RaggedTensorSpec):
        return parts[name]
    levels = [name + "/values" * depth for depth in range(spec.ragged_rank + 1)]
    splits = [parts[f"{level}/row_splits"] for level in levels[:-1]]
    return tf.RaggedTensor.from_nested_row_splits(parts[levels[-1]], splits, validate=False)


def _dense_outputs(outputs: Any) -> dict[str, tf.Tensor]:
    return {
        name: tensor
        for alias, output in outputs_by_alias(outputs).items()
        for name, tensor in _dense_tensors(alias, output).items()
    }


def _dense_tensors(alias: str, tensor: Any) -> dict[str, tf.Tensor]:
    if isinstance(tensor, tf.RaggedTensor):
        splits = {f"{alias}/row_splits": tf.identity(tensor.row_splits)}
        return _dense_tensors(f"{alias}/values", tensor.values) | splits
    if isinstance(tensor, tf.SparseTensor):
        return {f"{alias}/{part}": getattr(tensor, part) for part in ("indices", "values", "dense_shape")}
    if tensor is None:
        raise ValueError(f"its output {alias!r} is None")
    return {alias: tf.convert_to_tensor(tensor)}


def _require_writable(names: Iterable[str]) -> None:
    """Raise ValueError for names that tf.saved_model.save can't write or would change."""
    seen: dict[str, str] = {}
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./-]*", name) or keyword.iskeyword(name) or name == "self":
            raise ValueError(
                f"TensorFlow can't write an input of the name {name!r}: it takes ASCII letters and digits and, after "
                "the first, '_', '-', '.' and '/', but no word of Python"
            )
        other = seen.setdefault(re.sub("[^a-z0-9]", "_", name.lower()), name)
        if other != name:
            raise ValueError(f"TensorFlow can't write inputs of the names {other!r} and {name!r}: they are too alike")
