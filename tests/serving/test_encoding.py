import collections
import gc
import threading

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, ValidationError
from tensorgate.serving import (
    decode_predict_request,
    decode_predict_response,
    decode_tensor_proto,
    encode_predict_request,
    encode_predict_response,
    encode_rest,
    encode_tensor_proto,
)

from . import wire

NUMPY_DTYPES = [name for name in wire.DTYPES if name == "bool" or (name[-1].isdigit() and hasattr(np, name))]


MODEL = wire.bytes_field(1, "m") + wire.bytes_field(3, "serving_default")


def request(tensors, model=MODEL, outputs=()):
    return (
        wire.bytes_field(1, model)
        + wire.map_field(2, tensors)
        + b"".join(wire.bytes_field(3, name) for name in outputs)
    )


def violations(function, *args, **kwargs):
    with pytest.raises(ValidationError) as caught:
        function(*args, **kwargs)
    return [(violation.path, str(violation.code)) for violation in caught.value.violations]


def objects(*elements):
    array = np.empty(len(elements), object)
    array[:] = elements
    return array


# TensorProto


@pytest.mark.parametrize("dtype", NUMPY_DTYPES)
@pytest.mark.parametrize("dims", [(), (1,), (3,), (2, 3), (1, 2, 1, 2)])
def test_numbers_are_tensor_content(dtype, dims):
    array = np.random.default_rng(0).integers(0, 2, dims).astype(dtype)
    assert encode_tensor_proto(array) == wire.tensor(dtype, dims, np.ascontiguousarray(array).tobytes())


def test_an_empty_tensor_has_dims_alone():
    dims = wire.bytes_field(2, wire.number_field(1, 3)) + wire.bytes_field(2, b"")
    assert encode_tensor_proto(np.zeros((3, 0), np.float32)) == wire.number_field(1, 1) + wire.bytes_field(2, dims)


BASE = np.arange(2 * 3 * 4 * 5, dtype=np.int32).reshape(2, 3, 4, 5)
VIEWS = {
    "transposed": BASE.T,
    "swapped": BASE.swapaxes(1, 2),
    "every second": BASE[:, :, :, ::2],
    "backwards": BASE[::-1, :, ::-1],
    "one column": BASE[:, 0, :, 0],
    "broadcast": np.broadcast_to(BASE[0, 0, 0], (7, 5)),
    "Fortran's order": np.asfortranarray(BASE),
    "not aligned": np.frombuffer(b"\0" + BASE.tobytes(), np.uint8)[1:].view(np.int32),
    "read-only": np.frombuffer(BASE.tobytes(), np.int32),
}


@pytest.mark.parametrize("view", VIEWS)
def test_what_lies_apart_is_gathered(view):
    array = VIEWS[view]
    assert encode_tensor_proto(array) == wire.tensor("int32", array.shape, array.tobytes())


@pytest.mark.parametrize(
    ("exporter", "dtype", "dims", "content"),
    [
        (np.float32(1.5), "float32", (), np.float32(1.5).tobytes()),
        (b"ab", "uint8", (2,), b"ab"),
        (bytearray(b"ab"), "uint8", (2,), b"ab"),
        (memoryview(b"abcd")[::2], "uint8", (2,), b"ac"),
        (memoryview(b"abcdefgh").cast("i"), "int32", (2,), b"abcdefgh"),
    ],
    ids=["NumPy scalar", "bytes", "bytearray", "memoryview with steps", "memoryview of int"],
)
def test_other_exporters_are_tensors(exporter, dtype, dims, content):
    assert encode_tensor_proto(exporter) == wire.tensor(dtype, dims, content)


def test_true_is_one_whatever_its_byte():
    """TensorFlow refuses other bytes."""
    array = np.array([0, 1, 2, 255], np.uint8).view(np.bool_)
    assert encode_tensor_proto(array) == wire.tensor("bool", (4,), b"\0\1\1\1")
    assert encode_tensor_proto(array[::2]) == wire.tensor("bool", (2,), b"\0\1")
    assert bytes(array.view(np.uint8)) == b"\0\1\2\xff"


@pytest.mark.parametrize(
    "array",
    [
        objects(b"a", "größe", b"\xff\0", ""),
        np.array([b"a", b"bc\0d"]),
        np.array(["a", "größe", "\U0001f600"]),
        np.array([["a"], ["b"]]).T,
        objects("a", b"b", "c")[::-1],
        np.array("a"),
        np.array([], object),
    ],
    ids=["objects", "S", "U", "transposed", "backwards", "scalar", "empty"],
)
def test_strings_are_string_val(array):
    strings = [item if isinstance(item, bytes) else item.encode() for item in array.ravel().tolist()]
    want = wire.tensor("string", array.shape, string_val=strings)
    if array.size == 0:
        want = wire.number_field(1, 7) + wire.bytes_field(2, wire.bytes_field(2, b""))
    assert encode_tensor_proto(array) == want


def test_scalars_of_strings_and_subclasses():
    class Text(str):
        pass

    assert encode_tensor_proto(np.str_("é")) == wire.tensor("string", string_val=["é".encode()])
    assert encode_tensor_proto(np.bytes_(b"a")) == wire.tensor("string", string_val=[b"a"])
    assert encode_tensor_proto(objects(Text("a"))) == wire.tensor("string", (1,), string_val=[b"a"])


if hasattr(np.dtypes, "StringDType"):

    def test_numpys_own_strings():
        array = np.array(["a", "größe"], np.dtypes.StringDType())
        assert encode_tensor_proto(array) == wire.tensor("string", (2,), string_val=[b"a", "größe".encode()])


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ([1, 2], "unsupported"),
        (None, "unsupported"),
        ("ab", "unsupported"),
        (1.5, "unsupported"),
        ({"x": 1}, "structure"),
        (object(), "unsupported"),
        (np.array([1], ">i4"), "byte_order"),
        (np.array(["2020"], "M8[Y]"), "dtype"),
        (np.ma.masked_array([1, 2], [True, False]), "unsupported"),
        (objects("a", None), "dtype"),
        (np.empty(2, object), "dtype"),
        (objects("a", "\ud800"), "not_utf8"),
        (np.array(["a", "\ud800"]), "not_utf8"),
    ],
    ids=str,
)
def test_what_is_no_tensor_is_refused(value, code):
    assert violations(encode_tensor_proto, value) == [("tensor", code)]
    assert violations(encode_predict_request, {"x": value}, model_name="m") == [("inputs['x']", code)]


def test_the_bad_element_is_told():
    with pytest.raises(ValidationError) as caught:
        encode_tensor_proto(objects("a", 1, "b", None))
    (violation,) = caught.value.violations
    assert (violation.index, violation.count) == ((1,), 2)
    assert str(caught.value).startswith("1 violation of the tensor\n  tensor  dtype: expected string, got")


# PredictRequest


def test_a_request_is_what_protobuf_would_write():
    x, y = np.array([[1.5]], np.float32), objects("a")
    tensors = {"x": wire.tensor("float32", (1, 1), x.tobytes()), "y": wire.tensor("string", (1,), string_val=["a"])}
    assert encode_predict_request({"x": x, "y": y}, model_name="m") == request(tensors)


def test_inputs_keep_their_order():
    x, y = np.array(1, np.int8), np.array(2, np.int8)
    made = {"x": wire.tensor("int8", (), b"\1"), "y": wire.tensor("int8", (), b"\2")}
    assert encode_predict_request({"x": x, "y": y}, model_name="m") == request(made)
    assert encode_predict_request({"y": y, "x": x}, model_name="m") == request({"y": made["y"], "x": made["x"]})
    mapping = collections.ChainMap({"x": x})
    assert encode_predict_request(mapping, model_name="m") == request({"x": made["x"]})


@pytest.mark.parametrize(
    ("spec", "want"),
    [
        ({"version": 0}, [(1, "m"), (2, b""), (3, "serving_default")]),
        ({"version": 300}, [(1, "m"), (2, wire.number_field(1, 300)), (3, "serving_default")]),
        ({"version": np.int64(1)}, [(1, "m"), (2, wire.number_field(1, 1)), (3, "serving_default")]),
        ({"version_label": "canary"}, [(1, "m"), (3, "serving_default"), (4, "canary")]),
        ({"signature_name": "größe"}, [(1, "m"), (3, "größe")]),
        ({"signature_name": ""}, [(1, "m")]),
        ({"sig": Signature({}, name="other")}, [(1, "m"), (3, "other")]),
        ({"sig": Signature({}, name="other"), "signature_name": "s"}, [(1, "m"), (3, "s")]),
    ],
    ids=str,
)
def test_the_model_that_is_asked(spec, want):
    model = b"".join(wire.bytes_field(number, value) for number, value in want)
    assert encode_predict_request({}, model_name="m", **spec) == request({}, model)


def test_the_outputs_that_are_wanted():
    for names in (["b", "a"], ("b", "a"), iter(["b", "a"])):
        assert encode_predict_request({}, model_name="m", output_filter=names) == request({}, outputs=["b", "a"])


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({}, TypeError, "model_name"),
        ({"model_name": ""}, ValueError, "model_name is empty"),
        ({"model_name": None}, TypeError, "model_name is a NoneType; it must be a str"),
        ({"model_name": b"m"}, TypeError, "model_name is a bytes"),
        ({"model_name": "\ud800"}, ValueError, "lone surrogate"),
        ({"model_name": "m", "version": -1}, ValueError, "version is -1"),
        ({"model_name": "m", "version": True}, TypeError, "version is a bool"),
        ({"model_name": "m", "version": 2**63}, ValueError, "over 2"),
        ({"model_name": "m", "version": "1"}, TypeError, "version is a str"),
        ({"model_name": "m", "version": 1, "version_label": "a"}, ValueError, "both a version and a version_label"),
        ({"model_name": "m", "output_filter": "ab"}, TypeError, "output_filter is a str"),
        ({"model_name": "m", "output_filter": [1]}, TypeError, "output_filter is an int"),
    ],
    ids=str,
)
def test_wrong_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        encode_predict_request({}, **arguments)


@pytest.mark.parametrize(
    ("name", "error"), [(1, TypeError), (None, TypeError), (b"x", TypeError), ("\ud800", ValueError)]
)
def test_a_name_is_a_str(name, error):
    with pytest.raises(error, match="the name of a tensor"):
        encode_predict_request({name: np.array(1)}, model_name="m")


def test_everything_that_is_no_tensor_is_told():
    found = violations(encode_predict_request, {"a": [1], "b": np.array(1), "c\n": None}, model_name="m")
    assert found == [("inputs['a']", "unsupported"), ("inputs['c\\n']", "unsupported")]


def test_over_two_gigabytes_is_refused_before_anything_is_copied():
    large = np.broadcast_to(np.float32(1), (1 << 29,))
    with pytest.raises(ValueError, match="2147483647 bytes, which protobuf does not hold"):
        encode_tensor_proto(large)
    half = large[: 1 << 28]
    with pytest.raises(ValueError, match="2147483647 bytes"):
        encode_predict_request({"a": half, "b": half}, model_name="m")
    with pytest.raises(ValueError, match="more strings than a message can hold"):
        encode_tensor_proto(np.broadcast_to(np.array(b"", object), (1 << 40,)))
    with pytest.raises(ValueError, match="2147483647 bytes"):
        encode_tensor_proto(np.broadcast_to(np.array(b"x" * (1 << 20), object), (1 << 12,)))


# With a contract

SIG = Signature({"ids": TensorSpec(("batch", None), "int64"), "mask": TensorSpec(("batch", None), "bool")}, name="s")


def test_a_batch_is_checked_first():
    batch = {"ids": np.ones((2, 3), np.int64), "mask": np.ones((2, 3), np.bool_)}
    assert encode_predict_request(batch, SIG, model_name="m") == encode_predict_request(
        batch, model_name="m", signature_name="s"
    )
    wrong = {"ids": batch["ids"].astype(np.int32), "mask": batch["mask"][:1]}
    with pytest.raises(ValidationError) as caught:
        encode_predict_request(wrong, SIG, model_name="m")
    with pytest.raises(ValidationError) as checked:
        SIG.check(wrong)
    assert str(caught.value) == str(checked.value)


def test_a_lone_tensor_is_called_inputs():
    x = np.array([1, 2], np.int8)
    tensor = wire.tensor("int8", (2,), b"\1\2")
    assert encode_predict_request(x, model_name="m") == request({"inputs": tensor})
    assert encode_predict_request(x, Signature(TensorSpec((None,), "int8")), model_name="m") == request(
        {"inputs": tensor}
    )
    named = Signature(TensorSpec((None,), "int8", "x"))
    assert encode_predict_request(x, named, model_name="m") == request({"x": tensor})
    assert violations(encode_predict_request, [1], model_name="m") == [("inputs", "unsupported")]


def test_a_nest_is_flat_on_the_wire():
    sig = Signature({"user": {"age": TensorSpec(()), "at": [TensorSpec(()), TensorSpec(())]}, "x": TensorSpec(())})
    one = np.float32(1)
    batch = {"x": one, "user": {"at": [one, one], "age": one}}
    flat = {"user/age": one, "user/at/0": one, "user/at/1": one, "x": one}
    assert encode_predict_request(batch, sig, model_name="m") == encode_predict_request(flat, model_name="m")


def test_composites_are_their_parts():
    sig = Signature(
        {
            "words": RaggedTensorSpec((None, None, None), "int64", 2),
            "tags": SparseTensorSpec((None, 5), "float32"),
        }
    )
    inner = {"values": np.arange(4), "row_splits": np.array([0, 1, 4])}
    ragged = {"values": inner, "row_splits": np.array([0, 2])}
    sparse = {
        "indices": np.array([[0, 1]]),
        "values": np.ones(1, np.float32),
        "dense_shape": np.array([2, 5]),
    }
    flat = {
        "words/values/values": inner["values"],
        "words/row_splits": ragged["row_splits"],
        "words/values/row_splits": inner["row_splits"],
        **{f"tags/{name}": part for name, part in sparse.items()},
    }
    made = encode_predict_request({"tags": sparse, "words": ragged}, sig, model_name="m")
    assert made == encode_predict_request(flat, model_name="m")


def test_what_tensorflow_serving_would_miss_is_missing():
    """It fills defaults in; what is optional to the contract alone it asks for."""
    x = np.ones(2, np.float32)
    rules = {"x": TensorSpec(("batch",)), "scale": TensorSpec((), default=1.0)}
    assert encode_predict_request({"x": x}, Signature(rules), model_name="m") == encode_predict_request(
        {"x": x}, model_name="m"
    )
    optional = Signature({**rules, "mask": TensorSpec(("batch",), "bool", optional=True)})
    assert optional.accepts({"x": x})
    assert violations(encode_predict_request, {"x": x}, optional, model_name="m") == [("inputs['mask']", "missing")]
    mask = np.ones(2, np.bool_)
    whole = {"x": x, "mask": mask}
    assert encode_predict_request(whole, optional, model_name="m") == encode_predict_request(whole, model_name="m")


def test_absent_inputs_whose_defaults_do_not_fit_are_to_be_sent():
    sig = Signature({"x": TensorSpec(("batch",)), "y": TensorSpec(("batch",), "int64", default=[1])})
    encode_predict_request({"x": np.ones(1, np.float32)}, sig, model_name="m")
    two = {"x": np.ones(2, np.float32)}
    assert violations(encode_predict_request, two, sig, model_name="m") == [("inputs['y']", "dim_mismatch")]
    assert violations(encode_rest, two, sig, format="columnar") == [("inputs['y']", "dim_mismatch")]


# PredictResponse


def test_a_response_is_what_protobuf_would_write():
    model = wire.bytes_field(1, "m") + wire.bytes_field(2, wire.number_field(1, 7)) + wire.bytes_field(3, "s")
    made = encode_predict_response({"y": np.array([1], np.uint8)}, model_name="m", signature_name="s", version=7)
    assert made == wire.map_field(1, {"y": wire.tensor("uint8", (1,), b"\1")}) + wire.bytes_field(2, model)
    bare = encode_predict_response(np.array([1], np.uint8), signature_name="")
    assert bare == wire.map_field(1, {"output_0": wire.tensor("uint8", (1,), b"\1")})


def test_outputs_are_checked_as_outputs():
    sig = Signature({}, {"a": TensorSpec(("batch",)), "b": TensorSpec(("batch", Dim(max=3)))}, name="s")
    good = {"a": np.ones(2, np.float32), "b": np.ones((2, 3), np.float32)}
    assert encode_predict_response(good, sig) == encode_predict_response(good, signature_name="s")
    with pytest.raises(ValidationError) as caught:
        encode_predict_response({"a": np.ones(1, np.float32), "b": np.ones((2, 3), np.float32), "c": 1}, sig)
    assert str(caught.value) == (
        "2 violations of the outputs of signature 's'\n"
        "  outputs['c']  unexpected input\n"
        "  outputs['b']  dim_mismatch: expected batch = 1 as on axis 0 of outputs['a'], got 2 on axis 0"
    )
    with pytest.raises(ValueError, match="signature 's' says nothing of its outputs"):
        encode_predict_response(good, Signature({}, name="s"))
    nested = Signature({}, [TensorSpec(()), {"y": TensorSpec(())}])
    one = np.float32(1)
    assert encode_predict_response([one, {"y": one}], nested) == encode_predict_response(
        {"output_0": one, "output_1/y": one}
    )


# Memory and other threads


def test_tensors_are_let_go_of():
    array = np.ones(3)
    before = gc.get_referrers(array)
    encode_predict_request({"x": array, "y": array[::2], "z": objects("a", "é")}, model_name="m")
    with pytest.raises(ValidationError):
        encode_predict_request({"x": array, "y": None}, model_name="m")
    assert len(gc.get_referrers(array)) == len(before)


def test_a_buffer_is_held_no_longer_than_needed():
    data = bytearray(b"abc")
    encode_tensor_proto(data)
    data.append(1)


def test_an_array_that_changes_its_shape_meanwhile_does_no_harm():
    arrays = [np.zeros((4, 1 << 18), np.float32) for _ in range(2)]
    stop = threading.Event()

    def reshape():
        while not stop.is_set():
            for array in arrays:
                array.resize((1 << 18, 4), refcheck=False)
                array.resize((4, 1 << 18), refcheck=False)

    other = threading.Thread(target=reshape)
    other.start()
    try:
        for _ in range(50):
            made = encode_predict_request({"a": arrays[0], "b": arrays[1].T}, model_name="m")
            assert len(made) > 2 * arrays[0].nbytes
    finally:
        stop.set()
        other.join()


class Meddling:
    """Changes a batch's other inputs when it is looked at."""

    def __init__(self, action):
        self.action = action

    def __dlpack__(self, **_):
        raise RuntimeError

    def __dlpack_device__(self):
        self.action()
        raise RuntimeError


def test_strings_that_are_gone_meanwhile_do_no_harm():
    words = objects(*(bytes([i]) * 1000 for i in range(100)))
    batch = {"words": words, "x": Meddling(lambda: words.fill(None)), "y": Meddling(lambda: batch.clear())}
    found = violations(encode_predict_request, batch, model_name="m")
    assert found == [("inputs['x']", "unsupported"), ("inputs['y']", "unsupported")]
    assert not batch


def test_public_names():
    for name in ("encode_predict_request", "encode_predict_response", "encode_rest", "encode_tensor_proto"):
        assert name in tg.serving.__all__
        assert callable(getattr(tg.serving, name))


# Round trips


def test_what_is_encoded_is_decoded():
    sig = Signature(
        {
            "x": TensorSpec(("batch", 2), "float32"),
            "words": TensorSpec(("batch",), "string"),
            "user": [TensorSpec((), "bool"), RaggedTensorSpec((None, None), "int64")],
        },
        {"y": TensorSpec(("batch",), "float64")},
    )
    ragged = {"values": np.arange(3), "row_splits": np.array([0, 2, 3])}
    batch = {
        "x": np.array([[0.5, -0.0], [np.nan, 1]], np.float32),
        "words": objects(b"\xff", "é"),
        "user": [np.array(True), ragged],
    }
    request = decode_predict_request(encode_predict_request(batch, sig, model_name="m", output_filter=["y"]), sig)
    assert request.output_filter == ("y",)
    assert request.inputs["x"].tobytes() == batch["x"].tobytes()
    assert request.inputs["words"].tolist() == [b"\xff", "é".encode()]
    assert request.inputs["user"][0].item() is True
    assert {name: part.tolist() for name, part in request.inputs["user"][1].items()} == {
        "values": [0, 1, 2],
        "row_splits": [0, 2, 3],
    }
    response = decode_predict_response(encode_predict_response({"y": np.array([0.1, 2])}, sig), sig)
    assert response.outputs["y"].tolist() == [0.1, 2]
    assert decode_tensor_proto(encode_tensor_proto(batch["x"].T)).tobytes() == batch["x"].T.tobytes()
