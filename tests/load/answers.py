"""What came back of one request, and whether it is right."""

import dataclasses
import json

import numpy as np

from tensorgate.serving import decode_predict_response

OK, INTERNAL, UNAVAILABLE, UNKNOWN = 0, 13, 14, 2
# Of a proxy or a client that has no answer to give; a gate and a model never say these.
NO_ANSWER = {"grpc": {UNKNOWN, INTERNAL, UNAVAILABLE, None}, "rest": {500, 502, 503, 504, None}}


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a client got.

    Attributes:
        code: of gRPC or HTTP; None where the connection broke.
        body: of a good answer the message or the JSON, of any other what it says.
    """

    code: int | None
    body: bytes = b""

    def __str__(self):
        return f"{self.code} {self.body[:300].decode(errors='replace')}"


def is_scored(protocol, inputs, versions):
    """Return what tells whether an answer has the ranker's scores of these inputs, of one of the versions."""
    one = inputs["image"].mean((1, 2, 3)) + inputs["ids"].max(1)

    def is_right(answer):
        if protocol == "grpc":
            got = decode_predict_response(answer.body).outputs["score"]
        else:
            got = np.array(json.loads(answer.body)["predictions"])
        version = round(float(got[0] / one[0])) if len(got) == len(one) else 0
        return version in versions() and np.allclose(got, version * one, rtol=1e-4)

    return is_right


def is_refused(*words):
    """Return what tells whether a refusal says one of the words."""
    return lambda answer: any(word.encode() in answer.body for word in words)
