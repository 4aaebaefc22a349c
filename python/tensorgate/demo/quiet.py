"""TensorFlow without its log, which would bury the demo's own lines."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# The CPU alone: what the demo shows is the same there, and a second process can't have the GPU's memory as well.
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}


@contextmanager
def quiet() -> Iterator[None]:
    """Keep standard error back, and let it out only where the block raises.

    TensorFlow's C++ writes to the file descriptor, some of it before it has read TF_CPP_MIN_LOG_LEVEL.
    """
    os.environ.update(ENVIRONMENT)
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        shown = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except Exception:
            kept.seek(0)
            os.write(shown, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(shown, 2)
            os.close(shown)
