"""PredictRequests as bytes: judged and decoded, without TensorFlow and protobuf."""

import random
import sys
import threading

import numpy as np
import pytest

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, ValidationError
from tensorgate.serving import Limits, ModelSpec, check_predict_request, decode_predict_request

from . import wire

SIGNATURE = Signature(
    {
        "x": TensorSpec(("batch", 3), minimum=-1, maximum=9, finite=True),
        "ids": TensorSpec(("batch", None), "int64"),
        "text": TensorSpec(("batch",), "string", utf8=True, default=[b"none", b"none"]),
    },
    {"score": TensorSpec(("batch",)), "label": TensorSpec(("batch",), "string")},
)
SIGNATURES = {"serving_default": SIGNATURE}
X = wire.tensor("float32", (2, 3), np.arange(6, dtype=np.float32).tobytes())
IDS = wire.tensor("int64", (2, 2), int64_val=[1, 2, 3, 4])
TEXT = wire.tensor("string", (2,), string_val=[b"a", "größe".encode()])
INPUTS = {"x": X, "ids": IDS, "text": TEXT}
GOOD = wire.predict_request(INPUTS)


def refusal(data, sigs=SIGNATURES, **arguments):
    """The error that a request brings, the same to be checked and to be decoded."""
    with pytest.raises(ValidationError) as caught:
        check_predict_request(data, sigs, **arguments)
    with pytest.raises(ValidationError) as decoding:
        decode_predict_request(data, sigs, **arguments)
    assert caught.value.to_dict() == decoding.value.to_dict()
    return caught.value


def lines(data, sigs=SIGNATURES, **arguments):
    """What is wrong, by path, without its place in the bytes."""
    return {
        violation.path: str(violation).removeprefix(f"{violation.path}  ").replace(f" (byte {violation.offset})", "")
        for violation in refusal(data, sigs, **arguments).violations
    }


def codes(data, sigs=SIGNATURES, **arguments):
    return [(violation.path, violation.code) for violation in refusal(data, sigs, **arguments).violations]


# Good requests


def test_a_good_request_passes_in_silence():
    assert check_predict_request(GOOD, SIGNATURES) is None
    assert check_predict_request(GOOD, SIGNATURE) is None
    assert check_predict_request(GOOD, SIGNATURES, "ranker", None) is None
    assert check_predict_request(data=GOOD, sigs=SIGNATURES, model="ranker", limits=Limits()) is None


def test_a_good_request_is_decoded():
    request = decode_predict_request(GOOD, SIGNATURES)
    assert list(request.inputs) == ["x", "ids", "text"]
    assert request.inputs["x"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert request.inputs["ids"].tolist() == [[1, 2], [3, 4]]
    assert request.inputs["text"].tolist() == [b"a", "größe".encode()]
    assert request.model_spec == ModelSpec("ranker")
    assert (request.signature_name, request.output_filter) == ("serving_default", ())
    assert np.shares_memory(request.inputs["x"].view(np.uint8), np.frombuffer(GOOD, np.uint8))


def test_defaults_stand_for_what_is_absent():
    data = wire.predict_request({"x": X, "ids": IDS})
    check_predict_request(data, SIGNATURES)
    assert decode_predict_request(data, SIGNATURES).inputs["text"].tolist() == [b"none", b"none"]


@pytest.mark.parametrize("prefix", ["", "of/"], ids=["flat", "nest"])
def test_defaults_must_fit_the_others(prefix):
    specs = {"x": TensorSpec(("batch", 3)), "y": TensorSpec(("batch",), "int64", default=[1])}
    signature = Signature({"of": specs} if prefix else specs)
    x, y = f"{prefix}x", f"{prefix}y"
    alone = wire.predict_request({x: wire.tensor("float32", (1, 3), bytes(12))})
    signature.check(decode_predict_request(alone, signature).inputs)
    assert codes(wire.predict_request({x: X}), signature) == [(f"inputs['{y}']", "dim_mismatch")]
    check_predict_request(wire.predict_request({x: X, y: wire.tensor("int64", (2,), bytes(16))}), signature)


def test_a_default_that_does_not_fit_is_to_be_sent():
    signature = Signature({"x": TensorSpec(("batch", 3)), "y": TensorSpec(("batch",), "int64", default=[1])})
    assert lines(wire.predict_request({"x": X}), signature) == {
        "inputs['y']": "dim_mismatch: expected batch = 2 as on axis 0 of inputs['x'], got 1 on axis 0; "
        "the default of this absent input does not fit the others: send it"
    }


def test_an_optional_input_without_a_default_is_missing_on_the_wire():
    signature = Signature({"x": TensorSpec((2, 3)), "y": TensorSpec((), optional=True)})
    data = wire.predict_request({"x": X})
    assert lines(data, signature) == {
        "inputs['y']": "missing; expected float32 []; "
        "it may be absent in Python, not on the wire: the model has no default for it"
    }
    check_predict_request(wire.predict_request({"x": X, "y": wire.tensor("float32", (), bytes(4))}), signature)


def test_all_that_takes_bytes_is_read_in_place():
    for data in (GOOD, bytearray(GOOD), memoryview(GOOD), memoryview(b"??" + GOOD)[2:], np.frombuffer(GOOD, np.uint8)):
        check_predict_request(data, SIGNATURES)
        assert decode_predict_request(data, SIGNATURES).inputs["ids"].tolist() == [[1, 2], [3, 4]]


def test_a_nest_comes_by_its_leaves_aliases():
    signature = Signature({"user": {"ages": [TensorSpec(()), TensorSpec(())]}})
    data = wire.predict_request({f"user/ages/{i}": wire.tensor("float32", (), float_val=[i]) for i in range(2)})
    check_predict_request(data, signature)
    assert decode_predict_request(data, signature).inputs == {"user": {"ages": [0, 1]}}
    assert codes(wire.predict_request({"user/ages/0": X}), signature) == [
        ("inputs['user/ages/0']", "rank"),
        ("inputs['user/ages/1']", "missing"),
    ]


def test_ragged_and_sparse_tensors_come_by_their_parts_and_are_checked_whole():
    signature = Signature(
        {"ids": RaggedTensorSpec((None, Dim("words", max=2)), "int64"), "tags": SparseTensorSpec((2, 3), "float32")}
    )

    def request(splits, indices):
        return wire.predict_request(
            {
                "ids/values": wire.tensor("int64", (3,), int64_val=[1, 2, 3]),
                "ids/row_splits": wire.tensor("int64", (3,), int64_val=splits),
                "tags/indices": wire.tensor("int64", (1, 2), int64_val=indices),
                "tags/values": wire.tensor("float32", (1,), bytes(4)),
                "tags/dense_shape": wire.tensor("int64", (2,), int64_val=[2, 3]),
            }
        )

    check_predict_request(request([0, 1, 3], [1, 2]), signature)
    inputs = decode_predict_request(request([0, 1, 3], [1, 2]), signature).inputs
    assert inputs["ids"]["row_splits"].tolist() == [0, 1, 3]
    assert inputs["tags"]["indices"].tolist() == [[1, 2]]
    assert codes(request([0, 4, 3], [1, 3]), signature) == [
        ("inputs['ids'].row_splits", "row_splits"),
        ("inputs['tags'].indices", "sparse_indices"),
    ]


def test_a_lone_spec_is_an_input_of_its_alias():
    signature = Signature(TensorSpec((2, 3)))
    data = wire.predict_request({"inputs": X})
    check_predict_request(data, signature)
    assert decode_predict_request(data, signature).inputs.shape == (2, 3)


def test_a_bytearray_keeps_its_size_while_an_array_looks_at_it():
    data = bytearray(GOOD)
    check_predict_request(data, SIGNATURES)
    data.append(0)
    del data[-1:]
    request = decode_predict_request(data, SIGNATURES)
    with pytest.raises(BufferError):
        data.append(0)
    assert request.inputs["x"][1, 2] == 5


def test_an_array_of_a_value_in_pieces_keeps_its_own_memory():
    floats = np.arange(3000, dtype=np.float32)
    tensor = wire.tensor("float32", (1000, 3), floats.tobytes())
    head, content = tensor[: len(tensor) - 12003], tensor[len(tensor) - 12003 :]
    assert head + content == tensor
    assert content[0] == wire.tag(4, 2)[0]
    entry = wire.bytes_field(1, "x") + wire.bytes_field(2, head) + wire.bytes_field(2, content)
    data = wire.bytes_field(1, wire.model_spec()) + wire.bytes_field(2, entry)
    array = decode_predict_request(data, Signature({"x": TensorSpec((None, 3))})).inputs["x"]
    other = [bytes([i]) * 12_000 for i in range(100)]
    assert np.array_equal(array.ravel(), floats)
    del other


# What is wrong with a batch


def test_every_violation_names_its_alias():
    data = wire.predict_request(
        {
            "imgae": X,
            "x": wire.tensor("float64", (2, 3), bytes(48)),
            "text": wire.tensor("string", (3,), string_val=[b"a", b"\xff"]),
        }
    )
    assert lines(data) == {
        "inputs['imgae']": "unexpected input",
        "inputs['x']": "dtype: expected float32, got float64; float64 is NumPy's default: cast it to float32",
        "inputs['ids']": "missing; expected int64 [batch, None]",
        "inputs['text']": "not_utf8: expected UTF-8, got bytes that are not UTF-8 at [1], 2 in all",
    }


def test_an_error_reads_well():
    data = wire.predict_request({"x": wire.tensor("float32", (2, 4), bytes(32)), "idz": IDS, "text": b""})
    assert str(refusal(data)) == (
        "4 violations of signature 'serving_default'\n"
        "  inputs['text']  dtype: expected numbers or strings, got DataType 0 (byte 100); set the tensor's dtype\n"
        "  inputs['idz']   unexpected input (byte 72); did you mean 'ids'?\n"
        "  inputs['x']     dim: expected [batch, 3], got [2, 4] (byte 17)\n"
        "  inputs['ids']   missing; expected int64 [batch, None]"
    )


WRONG = {
    "a rank": ({"x": wire.tensor("float32", (3,), bytes(12))}, [("inputs['x']", "rank")]),
    "a size": ({"x": wire.tensor("float32", (2, 4), bytes(32))}, [("inputs['x']", "dim")]),
    "a dtype": ({"x": wire.tensor("int32", (2, 3), bytes(24))}, [("inputs['x']", "dtype")]),
    "two batch sizes": ({"x": wire.tensor("float32", (1, 3), bytes(12))}, [("inputs['ids']", "dim_mismatch")]),
    "NaN in tensor_content": (
        {"x": wire.tensor("float32", (2, 3), np.full(6, np.nan, "<f4").tobytes())},
        [("inputs['x']", "not_finite")],
    ),
    "a number too high in a field": (
        {"x": wire.tensor("float32", (2, 3), float_val=[1, 10])},
        [("inputs['x']", "above_maximum")],
    ),
    "a string that is not UTF-8": (
        {"text": wire.tensor("string", (2,), string_val=[b"\xff"])},
        [("inputs['text']", "not_utf8")],
    ),
    "a string in tensor_content that is not UTF-8": (
        {"text": wire.tensor("string", (2,), b"\1\1a\xff")},
        [("inputs['text']", "not_utf8")],
    ),
    "a field of another dtype": (
        {"ids": wire.tensor("int64", (2, 2), int_val=[1])},
        [("inputs['ids']", "structure")],
    ),
    "a broken tensor": ({"ids": b"\x0a"}, [("inputs['ids']", "malformed")]),
    "a broken optional tensor": ({"text": b"\x0a"}, [("inputs['text']", "malformed")]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_an_input(name):
    inputs, want = WRONG[name]
    got = codes(wire.predict_request(INPUTS | inputs))
    assert set(want) <= set(got)
    assert {path for path, _ in got} <= {path for path, _ in want} | {"inputs['text']"}


def test_violations_tell_where_in_the_bytes_the_tensor_is():
    data = wire.predict_request(INPUTS | {"ids": wire.tensor("int64", (2,), bytes(16))})
    (violation,) = refusal(data).violations
    assert data[violation.offset :].startswith(wire.tensor("int64", (2,), bytes(16)))


# The model and its signature


STATUSES = {
    "no spec": (b"", "model_spec", "missing", (3, 400)),
    "no name": (wire.model_spec("", "serving_default"), "model_spec.name", "missing", (3, 400)),
    "another model": (wire.model_spec("other"), "model_spec.name", "unknown_model", (5, 404)),
    "another signature": (
        wire.model_spec("ranker", "serving_defualt"),
        "model_spec.signature_name",
        "unknown_signature",
        (9, 400),
    ),
}


@pytest.mark.parametrize("name", STATUSES)
def test_statuses_are_those_of_tensorflow_serving(name):
    spec, path, code, status = STATUSES[name]
    error = refusal(wire.predict_request(INPUTS, spec=spec), model="ranker")
    assert [(violation.path, violation.code) for violation in error.violations] == [(path, code)]
    assert (error.grpc_code, error.http_status) == status


def test_any_other_violation_is_an_invalid_argument():
    for data in (b"\xff", wire.predict_request({}), wire.predict_request(INPUTS, ["x"])):
        error = refusal(data)
        assert (error.grpc_code, error.http_status) == (3, 400)


def test_without_a_model_any_name_is_good():
    data = wire.predict_request(INPUTS, spec=wire.model_spec("other"))
    check_predict_request(data, SIGNATURES)
    assert lines(data, model="ranker") == {"model_spec.name": "unknown_model: expected 'ranker', got 'other'"}


def test_an_unknown_signature_brings_those_that_there_are():
    data = wire.predict_request(INPUTS, spec=wire.model_spec("ranker", "serving_defualt"))
    assert lines(data) == {
        "model_spec.signature_name": "unknown_signature: expected 'serving_default', got 'serving_defualt'; "
        "did you mean 'serving_default'?"
    }
    many = {f"signature_{i}": SIGNATURE for i in range(20)}
    assert "expected one of 'signature_0', 'signature_1'" in lines(GOOD, many)["model_spec.signature_name"]
    check_predict_request(GOOD, many | SIGNATURES)
    assert codes(GOOD, {}) == [("model_spec.signature_name", "unknown_signature")]


def test_a_signature_is_found_by_its_name_in_any_mapping():
    named = {"größe": SIGNATURE, "serving_default": Signature({})}
    data = wire.predict_request(INPUTS, spec=wire.model_spec("ranker", "größe"))
    check_predict_request(data, named)
    check_predict_request(data, {f"_{i}": SIGNATURE for i in range(20)} | named)
    assert decode_predict_request(data, named).signature_name == "größe"
    assert refusal(GOOD, named)


def test_the_version_and_its_label_are_read():
    def read(*pieces):
        spec = wire.bytes_field(1, "ranker") + b"".join(pieces)
        return decode_predict_request(wire.predict_request(INPUTS, spec=spec), SIGNATURES).model_spec

    three, none, label = (
        wire.bytes_field(2, wire.number_field(1, 3)),
        wire.bytes_field(2, b""),
        wire.bytes_field(4, "a"),
    )
    assert read(three) == ModelSpec("ranker", version=3)
    assert read(three, none) == ModelSpec("ranker", version=3)
    assert read(none) == ModelSpec("ranker", version=0)
    assert read(three, label) == ModelSpec("ranker", version_label="a")
    assert read(three, label, none) == ModelSpec("ranker", version=0)
    assert read(wire.bytes_field(3, "x"), wire.bytes_field(3, "serving_default")).signature_name == "serving_default"


def test_model_specs_merge():
    data = wire.bytes_field(1, wire.bytes_field(1, "other") + wire.bytes_field(2, wire.number_field(1, 3))) + GOOD
    assert decode_predict_request(data, SIGNATURES, "ranker").model_spec == ModelSpec("ranker", version=3)


# Output filters


def test_an_output_filter_names_outputs_once():
    data = wire.predict_request(INPUTS, ["label", "score"])
    check_predict_request(data, SIGNATURES)
    assert decode_predict_request(data, SIGNATURES).output_filter == ("label", "score")
    assert lines(wire.predict_request(INPUTS, ["score", "scroe", "score"])) == {
        "output_filter[1]": "output_filter: expected an output of the signature, got 'scroe'; did you mean 'score'?",
        "output_filter[2]": "output_filter: expected each output once, got 'score'",
    }


def test_of_outputs_that_are_not_known_any_may_be_asked_for():
    signature = Signature(SIGNATURE.inputs)
    check_predict_request(wire.predict_request(INPUTS, ["whatever"]), signature)
    assert codes(wire.predict_request(INPUTS, ["whatever"] * 2), signature) == [("output_filter[1]", "output_filter")]


# Bad bytes


def test_a_duplicate_key_s_last_value_counts_and_all_are_read():
    bad = wire.tensor("float32", (1,), bytes(4))
    check_predict_request(wire.predict_request([("x", bad), *INPUTS.items()]), SIGNATURES)
    assert codes(wire.predict_request([*INPUTS.items(), ("x", bad)])) == [("inputs['x']", "rank")]
    assert codes(wire.predict_request([("x", b"\x0a"), *INPUTS.items()])) == [("request", "malformed")]


def test_an_entry_without_a_value_is_a_tensor_without_a_dtype():
    data = GOOD + wire.bytes_field(2, wire.bytes_field(1, "x"))
    assert codes(data) == [("inputs['x']", "dtype")]


def test_every_truncation_is_refused_or_a_shorter_message():
    signature = Signature({alias: TensorSpec(None, "float32", optional=True) for alias in "ab"})
    one = wire.tensor("float32", (2,), bytes(8))
    spec = wire.model_spec("ranker", "serving_default", 300)
    ends = {0, *(len(wire.predict_request(dict.fromkeys(aliases, one), spec=spec)) for aliases in ("", "a", "ab"))}
    data = wire.predict_request({"a": one, "b": one}, spec=spec)
    for length in range(len(data)):
        found = {code for _, code in codes(data[:length], signature)}
        assert ("malformed" in found) == (length not in ends), length


def test_any_damage_is_refused_alike_or_read():
    luck = random.Random(1)
    data = wire.predict_request(INPUTS, ["score"], spec=wire.model_spec("ranker", "serving_default", 3))
    accepted = 0
    for _ in range(4_000):
        damaged = bytearray(data)
        for _ in range(luck.randrange(1, 4)):
            damaged[luck.randrange(len(data))] = luck.choice([0, 1, 0x7F, 0x80, 0xFF, luck.randrange(256)])
        try:
            check_predict_request(damaged, SIGNATURES)
        except ValidationError:
            offsets = [violation.offset for violation in refusal(damaged).violations]
            assert all(offset is None or 0 <= offset <= len(data) for offset in offsets)
        else:
            accepted += 1
            decode_predict_request(damaged, SIGNATURES)
    assert accepted > 100


def test_every_wire_type_in_every_field_is_refused_or_passed_over():
    values = [b"\1", bytes(8), wire.varint(0), b"", b"", bytes(4)]
    for number in range(1, 20):
        for wire_type in range(8):
            field = wire.tag(number, wire_type) + (values[wire_type] if wire_type < 6 else b"")
            for data in (
                GOOD + field,
                wire.predict_request(INPUTS, spec=wire.model_spec() + field),
                wire.predict_request(INPUTS | {"ids": IDS + field}),
                wire.predict_request(INPUTS | {"ids": IDS + wire.bytes_field(2, field)}),
            ):
                try:
                    check_predict_request(data, SIGNATURES)
                except ValidationError:
                    refusal(data)
                else:
                    decode_predict_request(data, SIGNATURES)


def test_options_that_are_torn_within_are_malformed():
    entry, text = wire.bytes_field(1, "a") + wire.number_field(2, 1), wire.bytes_field(1, b"\xff")
    torn = wire.tag(1, 2) + b"\5"
    for number, part, good, bad in [
        (5, 2, entry, (torn, text)),
        (7, 4, b"\x01\x80\x01", (b"\x80", b"\xff" * 10 + b"\1")),
        (7, 13, wire.number_field(1, 3), (torn, b"\x80")),
    ]:
        check_predict_request(GOOD + wire.bytes_field(number, wire.bytes_field(part, good)), SIGNATURES)
        for payload in bad:
            data = GOOD + wire.bytes_field(number, wire.bytes_field(part, payload))
            assert codes(data) == [("request", "malformed")], (number, part, payload)


def test_text_that_is_not_utf8_is_malformed():
    for spec in (wire.model_spec(b"\xff"), wire.model_spec("a", b"\xff"), wire.model_spec("a", label=b"\xff")):
        assert codes(wire.predict_request(INPUTS, spec=spec)) == [("request", "malformed")]
    assert codes(wire.predict_request(INPUTS, [b"\xff"])) == [("request", "malformed")]
    assert codes(wire.predict_request(INPUTS | {b"\xff": X})) == [("request", "malformed")]


# Arguments


def test_names_of_strangers_are_quoted_escaped_and_cut():
    evil = "\x1b[31m\n\u202e" + "a" * 200
    told = str(refusal(wire.predict_request({evil: X}, [evil], spec=wire.model_spec(evil)), model="ranker"))
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "a" * 80 not in told


def test_wrong_arguments_are_type_errors():
    for sigs in (None, "serving_default", [SIGNATURE], {"serving_default": 1}):
        for call in (check_predict_request, decode_predict_request):
            with pytest.raises(TypeError, match="sigs"):
                call(GOOD, sigs)
    for call in (check_predict_request, decode_predict_request):
        with pytest.raises(TypeError, match="sigs"):
            call(b"no message", None)
        with pytest.raises(TypeError, match="model"):
            call(b"no message", SIGNATURES, 1)
    with pytest.raises(TypeError, match="data is a str; it must be bytes, a bytearray or a memoryview"):
        check_predict_request("text", SIGNATURES)
    with pytest.raises(ValueError, match="data is a memoryview whose bytes are not contiguous"):
        check_predict_request(memoryview(GOOD)[::2], SIGNATURES)
    with pytest.raises(TypeError, match="limits is an int"):
        check_predict_request(GOOD, SIGNATURES, limits=1)
    for call in (check_predict_request, decode_predict_request):
        with pytest.raises(TypeError):
            call(GOOD, SIGNATURES, 1)
        with pytest.raises(TypeError):
            call(GOOD, SIGNATURES, models="ranker")
        with pytest.raises(TypeError):
            call(GOOD, SIGNATURES, None, None, None)
        with pytest.raises(TypeError):
            call(GOOD)
    with pytest.raises(TypeError, match="second argument 'sigs'"):
        check_predict_request(GOOD, SIGNATURES, sigs=SIGNATURES)


def test_contracts_may_be_replaced_while_large_requests_are_judged():
    def fresh():
        return Signature({"x": TensorSpec((None,), finite=True, minimum=-1)})

    sigs = {"serving_default": fresh()}
    data = wire.predict_request({"x": wire.tensor("float32", (1 << 20,), bytes(4 << 20))})
    done = threading.Event()

    def replace():
        while not done.is_set():
            sigs["serving_default"] = fresh()

    thread = threading.Thread(target=replace)
    thread.start()
    for _ in range(100):
        check_predict_request(data, sigs)
    done.set()
    thread.join()


def test_others_run_while_many_values_are_decoded():
    values = wire.bytes_field(wire.VALUES["int64_val"], bytes(1 << 23))
    data = wire.predict_request({"x": wire.tensor("int64", (1 << 23,)) + values})
    signature = Signature({"x": TensorSpec((None,), "int64")})
    start, ran = threading.Event(), threading.Event()
    interval = sys.getswitchinterval()

    def follow():
        start.wait()
        ran.set()

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        sys.setswitchinterval(1000)  # the GIL is given up, never taken
        start.set()
        decode_predict_request(data, signature)
        has_run = ran.is_set()
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    assert has_run
