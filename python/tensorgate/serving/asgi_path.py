"""Which requests to an ASGI app are predict calls, however their paths are written."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from tensorgate._core import Violation
from tensorgate.errors import ValidationError
from tensorgate.serving.predict import ModelSpec
from tensorgate.serving.rest_path import rest_call

_ROOT = "/v1/models/"
_CALL = ":predict"
_DECODINGS = 3  # by an app that decodes again, and a proxy behind it


def means_predict(path: str) -> bool:
    """Return whether anybody behind the gate could take a decoded path for a predict call's.

    >>> means_predict("/serving/v1/models/ranker:predict"), means_predict("/v1/models/ranker")
    (True, False)
    """
    path = path.lower()
    if "%" not in path and _CALL not in path:
        return False
    for _ in range(_DECODINGS):
        path = unquote(path)
    # Starlette's routes end in "$", which takes a line feed for the end.
    path = path.lower().rstrip()
    tidied = posixpath.normpath(path)
    if _ROOT not in path and _ROOT not in tidied:
        return False
    return tidied.endswith(_CALL) or posixpath.normpath(re.split("[?#]", path, maxsplit=1)[0]).endswith(_CALL)


def requested_model(scope: Mapping[str, Any]) -> ModelSpec:
    """Return the model that a predict call is for.

    An app routes by the decoded path, and a proxy may send on the raw one: it must mean the same model to both.

    Raises:
        ValidationError: it may mean two, or TensorFlow Serving would not know it for a predict call.

    >>> requested_model({"path": "/serving/v1/models/ranker:predict"}).name
    'ranker'
    """
    paths = {quote(scope["path"], safe="/:")}
    if raw := scope.get("raw_path"):
        paths.add(raw.decode("latin-1").partition("?")[0])
    models = {call[0] for path in paths if (call := _call(path)) and call[1] == "predict"}
    if len(models) != 1:
        form = f"{_ROOT}NAME[/versions/N or /labels/L]{_CALL}, written plainly"
        raise ValidationError("a REST request", [Violation("path", "malformed", form, f"{scope['path']!r:.80}")])
    return models.pop()


def _call(path: str) -> tuple[ModelSpec, str] | None:
    return rest_call(path[max(path.lower().rfind(_ROOT), 0) :])
