"""A KServe transformer: what meets the contract of a SavedModel goes on to the predictor, the rest is answered here.

python transformer.py --model_name ranker --contract /mnt/models/ranker --predictor_host ranker-predictor
"""

import argparse

import kserve
import orjson
from fastapi import Response
from kserve.errors import InvalidInput
from kserve.model_server import app, parser

from tensorgate import Signature, ValidationError, serving
from tensorgate.serving.refusals import grpc_refusal, rest_refusal


class Refused(InvalidInput):
    """KServe answers it with INVALID_ARGUMENT over gRPC; over HTTP `answer` does."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__(grpc_refusal(error).details)
        self.error = error


class GatedTransformer(kserve.Model):
    """Judges each request by a contract before it is sent on."""

    def __init__(self, name: str, contract: Signature) -> None:
        super().__init__(name)
        self.contract = contract
        self.ready = True

    async def preprocess(self, payload, headers=None):  # noqa: ARG002
        """Return the payload as it is, where it meets the contract."""
        try:
            check(payload, self.contract)
        except ValidationError as error:
            raise Refused(error) from None
        return payload


def check(payload, contract) -> None:
    """Raise ValidationError for what breaks a contract, in the form in which KServe sends it on."""
    if isinstance(payload, dict):  # of the v1 protocol
        serving.decode_rest(written(payload), contract)
    elif payload.from_grpc:
        serving.decode_model_infer_request(payload.to_grpc().SerializeToString(), contract)
    else:
        body, json_size = payload.to_rest()
        if isinstance(body, dict):
            body = written(body)
        serving.decode_infer_request(body, contract, json_size=json_size)


def written(body: dict) -> bytes:
    """Return the JSON in which KServe sends a body on."""
    try:
        return orjson.dumps(body)
    except TypeError as error:  # as for a number beyond 64 bits
        raise InvalidInput(str(error)) from None


async def answer(_, refused: Refused) -> Response:
    """Return KServe's {"error": ...} with the violations beside it."""
    status, body = rest_refusal(refused.error)
    return Response(body, status, media_type="application/json")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(parents=[parser])
    arguments.add_argument("--contract", required=True, help="the SavedModel that the predictor serves")
    arguments.add_argument("--signature", default="serving_default", help="which of its signatures")
    args = arguments.parse_args()
    app.add_exception_handler(Refused, answer)
    signatures = serving.load_signatures(args.contract)
    kserve.ModelServer().start([GatedTransformer(args.model_name, signatures[args.signature])])
