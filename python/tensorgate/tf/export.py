"""SavedModels that bring their contract along."""

from __future__ import annotations

import errno
import os
import pathlib
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from tensorgate._core import Signature
from tensorgate.serving import contract_file, load_signatures
from tensorgate.tf.error_text import first_line
from tensorgate.tf.served_model import described, own_signatures, trackable
from tensorgate.tf.served_signature import ServedSignature

# Under these TensorFlow keeps what it runs by itself.
_RESERVED = ("__saved_model_init_op", "__saved_model_train_op")


def export(
    model: Any,
    path: str | bytes | os.PathLike[str],
    signature: Signature | Mapping[str, Signature] | None = None,
    *,
    in_graph: bool = False,
    options: tf.saved_model.SaveOptions | None = None,
) -> Signature | dict[str, Signature]:
    """Write a SavedModel with its contract in assets.extra/tensorgate.json, where Signature.from_saved_model finds it.

    TensorFlow and TensorFlow Serving load it as any other. It appears at the path when all of it is written.

    A SavedModel names its inputs: a dict's by their keys. A spec without a key has its own name, or "inputs" by itself
    and "input_0", "input_1" ... in a list; what lies deeper has the keys to it, parted by slashes. A ragged input x is
    served as x/values and x/row_splits, a sparse one as x/indices, x/values and x/dense_shape. Outputs without a key
    are "output_0", "output_1" ... The contract that is written has these names.

    A default becomes one of the SavedModel's signature, so that TensorFlow Serving fills it in. An optional input
    without a default has to be in every request: TensorFlow knows no other kind.

    Args:
        model: a Keras model; a function, or a tf.function; a tf.Module, a loaded SavedModel, or what else
            tf.saved_model.save takes. Of a model the signature or method of the signature's name is served, or what
            it does when it is called.
        path: the version directory to be written, such as "models/ranker/3". It must not be there yet, or be empty.
        signature: the contract, or several by name. None: what the model says of itself, as a guard's contract,
            Signature.from_keras or Signature.from_tf. A dict's keys are names of the function's parameters, or it is
            the only argument.
        in_graph: whether the SavedModel itself refuses what breaks the contract, with tf.errors.InvalidArgumentError:
            whoever serves it, and at the cost of the checks in each call.
        options: passed on to tf.saved_model.save.

    Returns:
        What was written, as Signature.from_saved_model reads it: with the names above, and with outputs. A dict where
        `signature` is one, or where the model has several.

    Raises:
        FileExistsError: there is something at the path.
        ValidationError: the model takes other inputs. As for all errors, nothing is left at the path.
        ValueError: the model has nothing to serve under a signature's name, fails when it is traced with the inputs,
            has other outputs, or can't be saved; TensorFlow can't write a name; or there is no contract, or one that
            is too large for its file.
        TypeError: signature is nothing of that kind.

    >>> import tempfile
    >>> from tensorgate import TensorSpec
    >>> with tempfile.TemporaryDirectory() as models:
    ...     contract = Signature({"x": TensorSpec(("batch", 2), minimum=0)})
    ...     exported = export(tf.function(lambda x: {"sum": tf.reduce_sum(x, 1)}), f"{models}/1", contract)
    ...     Signature.from_saved_model(models) == exported
    True
    >>> exported.inputs["x"], exported.outputs["sum"]
    (TensorSpec(shape=('batch', 2), dtype='float32', minimum=0.0), TensorSpec(shape=(None,), dtype='float32'))
    """
    place = os.fsdecode(path)
    if "://" in place:
        raise ValueError(f"{place} is no directory of this machine: export to one, and copy it")
    target = pathlib.Path(place)
    _require_free(target)
    given = _by_name(model, signature)
    _require_names(given)
    served = {name: ServedSignature(model, contract, in_graph=in_graph) for name, contract in given.items()}
    functions = {name: each.traced() for name, each in served.items()}
    with _scratch(target) as scratch:
        unfinished = pathlib.Path(scratch, "model")
        try:
            whole = trackable(model, [function.get_concrete_function() for function in functions.values()])
            tf.saved_model.save(whole, str(unfinished), functions, options)
        except (AssertionError, TypeError, ValueError) as error:
            raise ValueError(f"{described(model)} can't be saved: {_why(error)}") from error
        written = load_signatures(unfinished)
        contracts = {name: each.completed(written[name]) for name, each in served.items()}
        contract_file.write(unfinished, contracts)
        target.parent.mkdir(parents=True, exist_ok=True)
        _move(unfinished, target)
    if isinstance(signature, Mapping) or len(contracts) > 1:
        return contracts
    return next(iter(contracts.values()))


def _by_name(model: Any, signature: Signature | Mapping[str, Signature] | None) -> dict[str, Signature]:
    if signature is None:
        signature = _own(model)
    if isinstance(signature, Signature):
        return {signature.name: signature}
    if not isinstance(signature, Mapping) or not all(
        isinstance(name, str) and isinstance(each, Signature) for name, each in signature.items()
    ):
        raise TypeError("signature must be a Signature, or a mapping of names to them")
    if not signature:
        raise ValueError("there is no signature: give one, or None for what the model says of itself")
    return {name: _named(each, name) for name, each in signature.items()}


def _own(model: Any) -> dict[str, Signature]:
    try:
        return own_signatures(model)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{error}; or give export a signature") from error


def _why(error: Exception) -> str:
    if "untracked" in str(error):
        return (
            "it uses a table, or something else, that is no part of it: export a tf.Module that has it as an attribute"
        )
    return first_line(error)


def _require_names(names: Iterable[str]) -> None:
    for name in names:
        if name in _RESERVED:
            raise ValueError(f"TensorFlow keeps the name {name!r} for itself: give the signature another")


def _named(signature: Signature, name: str) -> Signature:
    return Signature(signature.inputs, signature.outputs, name=name, batch_dim=signature.batch_dim)


def _require_free(target: pathlib.Path) -> None:
    if target.is_dir() and not target.is_symlink():
        if any(target.iterdir()):
            raise FileExistsError(errno.EEXIST, "there is something in the directory: give a new version", str(target))
    elif os.path.lexists(target):
        kind = "link" if target.is_symlink() else "file"
        raise FileExistsError(errno.EEXIST, f"there is a {kind}: give a directory", str(target))


def _scratch(target: pathlib.Path) -> tempfile.TemporaryDirectory[str]:
    """Return a directory of the same file system, so that what is written there can be moved."""
    nearest = next(parent for parent in target.absolute().parents if parent.is_dir())
    try:
        return tempfile.TemporaryDirectory(dir=nearest, prefix=".tensorgate-")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(nearest)) from error


def _move(unfinished: pathlib.Path, target: pathlib.Path) -> None:
    try:
        unfinished.rename(target)
    except OSError as error:
        _require_free(target)  # as it was before
        raise OSError(error.errno, error.strerror, str(target)) from error
