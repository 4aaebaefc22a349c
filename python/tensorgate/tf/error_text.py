"""What errors of TensorFlow and Keras say."""

from __future__ import annotations

import re


def first_line(error: BaseException) -> str:
    """Return what an error says, without the traces that TensorFlow and Keras put into it.

    >>> first_line(KeyError("ids"))
    'KeyError: ids'
    """
    text = re.sub(r"\x1b\[\d+m", "", str(error.args[0]) if error.args else "")
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    if lines[0].startswith("in user code"):  # as AutoGraph says it: where it was, and at the end what
        return lines[-1]
    line = " ".join(lines[:2] if lines[0].startswith("Exception encountered when calling") else lines[:1])
    return line if isinstance(error, ValueError) else f"{type(error).__name__}: {line}"
