"""Contracts of SavedModels, read without TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tensorgate import _core


def load_signatures(
    path: str | bytes | os.PathLike[str], version: int | None = None, tags: Iterable[str] = ("serve",)
) -> dict[str, _core.Signature]:
    """Return all signatures of a SavedModel by name, but for TensorFlow's own `__saved_model_init_op`.

    Args:
        path: a version directory, or the base path above numbered ones.
        version: the number to take; None takes the highest that has a saved_model.pb.
        tags: exactly the tags of the MetaGraph, as tf.saved_model.load.

    Raises:
        OSError: there is no model at the path (FileNotFoundError), or it can't be read.
        ValueError: the file is damaged; the message says at which byte.

    >>> load_signatures("no/such/model")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] no such model directory: 'no/such/model'
    """
    return _core.load_signatures(path, version, tags)
