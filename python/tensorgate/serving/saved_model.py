"""Contracts of SavedModels, read without TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tensorgate import _core


def load_signatures(
    path: str | bytes | os.PathLike[str], version: int | None = None, tags: Iterable[str] = ("serve",)
) -> dict[str, _core.Signature]:
    """Return all signatures of a SavedModel by name, but for TensorFlow's own `__saved_model_init_op`.

    Those that tensorgate.tf.export has put into assets.extra/tensorgate.json are the whole contracts; the others are
    what saved_model.pb says.

    Args:
        path: a version directory, or the base path above numbered ones.
        version: the number to take; None takes the highest that has a saved_model.pb.
        tags: exactly the tags of the MetaGraph, as tf.saved_model.load.

    Raises:
        OSError: there is no model at the path (FileNotFoundError), or it can't be read.
        ValueError: a file is damaged, or a contract is not of this model; the message says which, and where.

    >>> load_signatures("no/such/model")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] no such model directory: 'no/such/model'
    """
    return _core.load_signatures(path, version, tags)
