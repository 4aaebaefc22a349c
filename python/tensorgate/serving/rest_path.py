"""The paths of TensorFlow Serving's REST interface."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote, unquote

from tensorgate._core import Violation
from tensorgate.errors import ValidationError
from tensorgate.serving.predict import ModelSpec

_ROOT = "/v1/models/"
_CALL = ":predict"
_DECODINGS = 3  # by an app that decodes again, and a proxy behind it

# TensorFlow Serving's own pattern, held against the path as it came: a slash or a colon written with a percent sign
# belongs to a name.
_PATTERN = re.compile(
    r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>[0-9]{1,4000})|/labels/(?P<label>[^/:]+))?"
    r":(?P<method>predict|classify|regress)",
    re.IGNORECASE,
)


def rest_call(path: str) -> tuple[ModelSpec, str] | None:
    """Return what a path asks for: the model and predict, classify or regress; None where it asks for neither.

    >>> rest_call("/v1/models/ranker/versions/3:predict")
    (ModelSpec(name='ranker', signature_name='', version=3, version_label=None), 'predict')
    >>> rest_call("/v1/models/ranker/metadata")
    """
    call = _PATTERN.fullmatch(path.partition("?")[0])
    if call is None:
        return None
    version, label = call["version"], call["label"]
    return (
        ModelSpec(unquote(call["name"]), "", int(version) if version else None, label and unquote(label)),
        call["method"].lower(),
    )


def means_predict(path: str) -> bool:
    """Return whether anybody behind the gate could take a path for a predict call's.

    TensorFlow Serving itself reads "//HOST/v1/models/ranker:predict" as such: two slashes begin a host to libevent.

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


def requested_model(decoded: str, raw: str = "") -> ModelSpec:
    """Return the model that a predict call is for, where the path may be read as it came and decoded.

    Raises:
        ValidationError: it may mean two, or TensorFlow Serving would not know it for a predict call.

    >>> requested_model("/serving/v1/models/ranker:predict").name
    'ranker'
    """
    paths = {quote(decoded, safe="/:"), raw.partition("?")[0]}
    models = {call[0] for path in paths if (call := _last_call(path)) and call[1] == "predict"}
    if len(models) != 1:
        form = f"{_ROOT}NAME[/versions/N or /labels/L]{_CALL}, written plainly"
        raise ValidationError("a REST request", [Violation("path", "malformed", form, f"{decoded!r:.80}")])
    return models.pop()


def _last_call(path: str) -> tuple[ModelSpec, str] | None:
    return rest_call(path[max(path.lower().rfind(_ROOT), 0) :])
