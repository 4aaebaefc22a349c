"""A stream whose reader may stall without anybody waiting for it."""

from __future__ import annotations

import io
import json
import queue
import threading
from typing import TextIO

MAX_LINES = 1_000  # that wait to be written
_CLOSE_SECONDS = 2.0


class BackgroundStream(io.TextIOBase):
    r"""Writes lines to another stream in a thread of its own; what it can't take in time is dropped, and counted.

    >>> import sys
    >>> stream = BackgroundStream(sys.stdout)
    >>> stream.write("a line\n")
    7
    >>> stream.close()
    a line
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(MAX_LINES)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write_all, name="tensorgate-log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Have a line written, or drop it where too many wait."""
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self._dropped += 1
        return len(text)

    def close(self) -> None:
        """Wait until all is written, but not for a reader that has stalled."""
        if self.closed:
            return
        super().close()
        try:
            self._lines.put(None, timeout=_CLOSE_SECONDS)
        except queue.Full:
            return
        self._thread.join(_CLOSE_SECONDS)

    def _write_all(self) -> None:
        while (line := self._lines.get()) is not None:
            dropped, self._dropped = self._dropped, 0
            if dropped:
                line = json.dumps({"event": "lines_dropped", "count": dropped}) + "\n" + line
            try:
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError):
                pass  # a full disk, or nobody reads any more
