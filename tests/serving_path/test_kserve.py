"""examples/kserve's transformer between clients and a predictor: both are KServe's own servers."""

import contextlib
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

import grpc
import kserve
import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

import tensorgate as tg

from .processes import answers, free_port, process, wait_until

TRANSFORMER = Path(__file__).parents[2] / "examples/kserve/transformer.py"
PREDICTOR = Path(__file__).parent / "kserve_predictor.py"
GOOD = np.array([[1, 2, 3], [4, 5, 9]], np.float32)
MEANS = [2, 6]
# TensorFlow takes the mean of whatever comes.
WIDE = np.ones((2, 7), np.float32)


class Server:
    """A KServe model server that runs as a process."""

    def __init__(self, stack, folder, script, base_path, *options):
        self.name = f"{script.stem}-{len(list(folder.iterdir()))}"
        self.http, self.grpc = free_port(), free_port()
        ports = f"--http_port={self.http}", f"--grpc_port={self.grpc}"
        command = sys.executable, str(script), "--model_name=scorer", f"--contract={base_path}", *ports, *options
        self.log = folder / f"{self.name}.log"
        self.process = stack.enter_context(process(command, self.log))

    def wait(self):
        wait_until(lambda: answers(f"http://127.0.0.1:{self.http}/v2/models/scorer/ready"), self.process, self.log, 120)

    def post(self, path, body, **headers):
        """Status and JSON of an answer."""
        headers = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        headers = {"Content-Type": "application/json"} | headers
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def predict(self, instances):
        return self.post("/v1/models/scorer:predict", json.dumps({"instances": instances}).encode())

    def infer(self, *inputs):
        return self.post("/v2/models/scorer/infer", json.dumps({"id": "7", "inputs": inputs}).encode())

    def infer_message(self, message):
        with grpc.insecure_channel(f"127.0.0.1:{self.grpc}") as channel:
            return GRPCInferenceServiceStub(channel).ModelInfer(message, timeout=30)


@pytest.fixture(scope="module")
def servers(model_paths, tmp_path_factory):
    """The predictor, and the transformer by the protocol that it speaks to it."""
    folder = tmp_path_factory.mktemp("kserve")
    path = model_paths["scorer"]
    with contextlib.ExitStack() as stack:
        started = {"predictor": Server(stack, folder, PREDICTOR, path / "1")}
        for protocol in ("v1", "v2", "grpc-v2"):
            host = f"127.0.0.1:{started['predictor'].grpc if protocol == 'grpc-v2' else started['predictor'].http}"
            options = f"--predictor_host={host}", f"--predictor_protocol={protocol}"
            started[protocol] = Server(stack, folder, TRANSFORMER, path, *options)
        for server in started.values():
            server.wait()
        yield started


def item(array, datatype="FP32", **more):
    return {"name": "x", "shape": list(array.shape), "datatype": datatype, "data": array.ravel().tolist()} | more


def message(array, datatype="FP32", *, raw=True):
    held = kserve.InferInput("x", list(array.shape), datatype)
    held.set_data_from_numpy(array, binary_data=raw)
    return kserve.InferRequest("scorer", [held], request_id="7").to_grpc()


def test_the_predictor_alone_takes_what_breaks_the_contract(servers):
    predictor = servers["predictor"]
    assert predictor.predict(WIDE.tolist()) == (200, {"predictions": [1, 1]})
    assert predictor.infer(item(WIDE))[1]["outputs"][0]["data"] == [1, 1]
    # Lists of another nesting than the shape says.
    assert predictor.infer(item(GOOD, data=GOOD.reshape(3, 2).tolist()))[1]["outputs"][0]["data"] == MEANS
    # An input twice: one of them is left out.
    assert predictor.infer(item(GOOD), item(WIDE))[1]["outputs"][0]["data"] == MEANS
    assert list(predictor.infer_message(message(WIDE)).outputs[0].shape) == [2]


def test_good_v1_requests_reach_the_predictor(servers):
    assert servers["v1"].predict(GOOD.tolist()) == (200, {"predictions": MEANS})


@pytest.mark.parametrize(
    ("instances", "path", "code"),
    [
        (WIDE.tolist(), "instances", "dim"),
        ([[1, 2, 3], [4, 5]], "instances[1]", "ragged"),
        ([[1, 2, "3"]], "instances[0][2]", "dtype"),
        ([{"x": [1, 2, 3], "y": 5}], "instances[0]['y']", "unexpected"),
        ([[1, 2, 1e39]], "instances[0][2]", "not_representable"),
    ],
)
def test_bad_v1_requests_are_refused(servers, instances, path, code):
    status, answer = servers["v1"].predict(instances)
    assert status == 400
    assert (answer["violations"][0]["path"], answer["violations"][0]["code"]) == (path, code)
    assert path in answer["error"]


@pytest.mark.parametrize("protocol", ["v2", "grpc-v2"])
def test_good_v2_requests_reach_the_predictor(servers, protocol):
    status, answer = servers[protocol].infer(item(GOOD))
    assert (status, answer["id"], answer["outputs"][0]["data"]) == (200, "7", MEANS)


def test_nested_lists_reach_the_predictor(servers):
    assert servers["v2"].infer(item(GOOD, data=GOOD.tolist()))[1]["outputs"][0]["data"] == MEANS


def test_good_binary_requests_reach_the_predictor(servers):
    status, answer = post_binary(servers["v2"], GOOD)
    assert (status, answer["outputs"][0]["data"]) == (200, MEANS)


def test_bad_binary_requests_are_refused(servers):
    status, answer = post_binary(servers["v2"], WIDE)
    assert (status, answer["violations"][0]["code"]) == (400, "dim")


def post_binary(server, array):
    text = json.dumps({"inputs": [item(array, data=None, parameters={"binary_data_size": array.nbytes})]}).encode()
    headers = {"Content_Type": "application/octet-stream", "Inference_Header_Content_Length": len(text)}
    return server.post("/v2/models/scorer/infer", text + array.tobytes(), **headers)


@pytest.mark.parametrize(
    ("inputs", "path", "code"),
    [
        ([item(WIDE)], "inputs['x']", "dim"),
        ([item(GOOD, data=GOOD.reshape(3, 2).tolist())], "inputs['x']", "structure"),
        ([item(GOOD, data=[1, 2, 3])], "inputs['x']", "structure"),
        ([item(GOOD.astype(np.float64), "FP64")], "inputs['x']", "dtype"),
        ([item(GOOD), item(WIDE)], "inputs['x']", "duplicate"),
        ([item(GOOD), item(GOOD, name="y")], "inputs['y']", "unexpected"),
        ([item(GOOD, name="X")], "inputs['X']", "unexpected"),
        ([item(GOOD, data=["1", "2", "3", "4", "5", "6"])], "inputs['x'][0]", "dtype"),
        ([item(GOOD, shape=[-1, 3])], "inputs['x']", "dim"),
        ([], "inputs['x']", "missing"),
    ],
)
def test_bad_v2_requests_are_refused(servers, inputs, path, code):
    status, answer = servers["v2"].infer(*inputs)
    assert status == 400
    assert (answer["violations"][0]["path"], answer["violations"][0]["code"]) == (path, code)
    assert path in answer["error"]


def test_what_kserve_cannot_send_on_is_refused(servers):
    status, answer = servers["v2"].infer(item(GOOD, data=[2**70] * 6))
    assert (status, "64-bit" in answer["error"]) == (400, True)


@pytest.mark.parametrize("raw", [True, False])
def test_good_messages_reach_the_predictor(servers, raw):
    answer = kserve.InferResponse.from_grpc(servers["grpc-v2"].infer_message(message(GOOD, raw=raw)))
    assert answer.id == "7"
    assert answer.outputs[0].as_numpy().tolist() == MEANS


def bad_messages():
    yield message(WIDE), "inputs['x']  dim: expected [None, 3], got [2, 7]"
    yield message(WIDE, raw=False), "inputs['x']  dim: expected [None, 3], got [2, 7]"
    yield message(GOOD.astype(np.float64), "FP64"), "inputs['x']  dtype: expected float32, got float64"
    short = message(GOOD)
    short.raw_input_contents[0] = short.raw_input_contents[0][:-1]
    yield short, "inputs['x']  structure: expected 24 bytes, as float32 [2, 3] takes, got 23"
    yield pb.ModelInferRequest(model_name="scorer"), "inputs['x']  missing"


@pytest.mark.parametrize(("request_", "told"), list(bad_messages()))
def test_bad_messages_are_refused(servers, request_, told):
    with pytest.raises(grpc.RpcError) as caught:
        servers["grpc-v2"].infer_message(request_)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert told in caught.value.details()


@pytest.mark.parametrize(
    ("datatype", "data", "read"),
    [
        ("BOOL", ["false", ""], [True, False]),
        ("INT32", [2.7, "3"], [2, 3]),
        ("FP32", [1e39, None], [np.inf, np.nan]),
        ("FP32", ["1", True], [1.0, 1.0]),
        ("BYTES", [1, {"b64": "AA=="}], [1, {"b64": "AA=="}]),
    ],
)
def test_kserve_itself_reads_what_was_not_written(datatype, data, read):
    with np.errstate(over="ignore"):
        array = kserve.InferInput("x", [2], datatype, data).as_numpy()
    assert str(array.tolist()) == str(read)
    spec = {"BOOL": "bool", "INT32": "int32", "FP32": "float32", "BYTES": "string"}[datatype]
    body = json.dumps({"inputs": [{"name": "x", "shape": [2], "datatype": datatype, "data": data}]}).encode()
    with pytest.raises(tg.ValidationError):
        tg.serving.decode_infer_request(body, tg.Signature({"x": tg.TensorSpec((2,), spec)}))


def test_what_kserve_cannot_read_never_reaches_the_transformer(servers):
    text = json.dumps({"inputs": [item(GOOD, data=None, parameters={"binary_data_size": 24})]}).encode()
    headers = {"Content_Type": "application/octet-stream", "Inference_Header_Content_Length": len(text)}
    assert servers["v2"].post("/v2/models/scorer/infer", text + GOOD.tobytes()[:-1], **headers)[0] == 500
    assert servers["v2"].post("/v2/models/scorer/infer", text[:-1])[0] == 422
