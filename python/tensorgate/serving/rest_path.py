"""The paths of TensorFlow Serving's REST interface."""

from __future__ import annotations

import re
from urllib.parse import unquote

from tensorgate.serving.predict import ModelSpec

# TensorFlow Serving's own pattern, held against the path as it came: a slash or a colon written with a percent sign
# belongs to a name.
_CALL = re.compile(
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
    call = _CALL.fullmatch(path.partition("?")[0])
    if call is None:
        return None
    version, label = call["version"], call["label"]
    return (
        ModelSpec(unquote(call["name"]), "", int(version) if version else None, label and unquote(label)),
        call["method"].lower(),
    )
