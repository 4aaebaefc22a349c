"""Which versions a TensorFlow Serving has loaded, as its REST interface tells."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request


def available_versions(url: str, model: str, timeout_seconds: float = 1.0) -> frozenset[int] | None:
    """Return the versions of a model whose state is AVAILABLE; None where the server does not say.

    Args:
        url: of the server, such as "http://localhost:8501".
        model: its name.
        timeout_seconds: for the answer.

    >>> available_versions("http://localhost:1", "ranker")
    """
    where = f"{url.rstrip('/')}/v1/models/{urllib.parse.quote(model, safe='')}"
    try:
        with urllib.request.urlopen(where, timeout=timeout_seconds) as answer:
            statuses = json.loads(answer.read(1 << 20))["model_version_status"]
        return frozenset(int(status["version"]) for status in statuses if status["state"] == "AVAILABLE")
    except (OSError, ValueError, KeyError, TypeError):
        return None
