"""Files of records, as TensorFlow writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tensorgate import _core
from tensorgate._core import Limits


def read_tfrecords(path: str | bytes | os.PathLike[str], *, limits: Limits | None = None) -> Iterator[bytes]:
    """Return an iterator over the records of a TFRecord file, each of whose checksums is looked at.

    The file is read forwards through a small buffer. A record's length is believed only when its checksum is right and
    that many bytes are there, so damage never asks for memory.

    Args:
        path: a regular file without compression.
        limits: `max_request_bytes` is what a record may have; None takes Limits().

    Raises:
        OSError: the file can't be opened or read.
        ValueError: from the iterator, which then ends: a checksum is wrong, the file is cut off or compressed, or a
            record is too long. The message says which record, and the byte at which it begins.

    >>> read_tfrecords("no/such/file.tfrecord")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: 'no/such/file.tfrecord'
    """
    return _core.RecordIterator(path, limits)
