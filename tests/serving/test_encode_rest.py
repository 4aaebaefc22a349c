import base64
import json
import struct

import numpy as np
import pytest

from tensorgate import RaggedTensorSpec, Signature, TensorSpec, ValidationError
from tensorgate.serving import encode_rest

INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
# The only one whose shortest text float64 does not lead back to.
NEEDS_A_DIGIT_MORE = struct.unpack("<f", struct.pack("<I", 0x15AE43FD))[0]


def objects(*elements):
    array = np.empty(len(elements), object)
    array[:] = elements
    return array


def body(inputs, *args, **kwargs):
    return encode_rest(inputs, *args, **kwargs).decode()


def columnar(array):
    """The text of one array, and what Python reads it as."""
    text = body(array, format="columnar").removeprefix('{"inputs":').removesuffix("}")
    return text, json.loads(text)


def violations(*args, **kwargs):
    with pytest.raises(ValidationError) as caught:
        encode_rest(*args, **kwargs)
    return [(violation.path, str(violation.code)) for violation in caught.value.violations]


def bits(array):
    return array.view(f"u{array.itemsize}")


# The body


def test_rows_are_objects_of_all_inputs():
    batch = {"x": np.array([[1, 2], [3, 4]]), "y": np.array([True, False]), "größe\n": np.array(["a", "b"])}
    assert body(batch) == ('{"instances":[{"x":[1,2],"y":true,"größe\\n":"a"},{"x":[3,4],"y":false,"größe\\n":"b"}]}')


def test_columns_are_an_object_of_all_inputs():
    batch = {"x": np.array([[1, 2], [3, 4]]), "y": np.array(True), "z": np.array([0.5])}
    assert body(batch, format="columnar") == '{"inputs":{"x":[[1,2],[3,4]],"y":true,"z":[0.5]}}'


def test_a_lone_tensor_goes_without_a_name():
    assert body(np.array([[1, 2], [3, 4]])) == '{"instances":[[1,2],[3,4]]}'
    assert body(np.array([1, 2])) == '{"instances":[1,2]}'
    assert body(np.array(1), format="columnar") == '{"inputs":1}'
    sig = Signature(TensorSpec((None,), "int64", "x"))
    assert body(np.array([1, 2]), sig, format="columnar") == '{"inputs":[1,2]}'


def test_an_input_named_b64_is_no_string():
    """TensorFlow Serving takes an object of that key alone for a string."""
    words = np.array(["YQ=="])
    assert body({"b64": words}) == '{"instances":["YQ=="]}'
    assert body({"b64": words}, format="columnar") == '{"inputs":["YQ=="]}'
    assert body({"b64": words, "x": words}) == '{"instances":[{"b64":"YQ==","x":"YQ=="}]}'


def test_the_signature_that_is_asked():
    x = {"x": np.array([1])}
    assert body(x, signature_name="serving_default") == '{"instances":[{"x":1}]}'
    assert body(x, signature_name='a"b') == '{"signature_name":"a\\"b","instances":[{"x":1}]}'
    sig = Signature({"x": TensorSpec((None,), "int64")}, name="s")
    assert body(x, sig, format="columnar") == '{"signature_name":"s","inputs":{"x":[1]}}'
    assert body(x, sig, signature_name="t") == '{"signature_name":"t","instances":[{"x":1}]}'


def test_a_batch_is_checked_first_and_filled_with_defaults():
    """TensorFlow Serving knows no defaults in REST."""
    sig = Signature({"x": TensorSpec(("batch",), "int64"), "y": TensorSpec((None,), "int32", default=[5, 6])})
    assert body({"x": np.array([1, 2])}, sig) == '{"instances":[{"x":1,"y":5},{"x":2,"y":6}]}'
    assert body({"x": np.array([1])}, sig, format="columnar") == '{"inputs":{"x":[1],"y":[5,6]}}'
    assert violations({"x": np.array([1])}, sig) == [("inputs['y']", "dim_mismatch")]
    assert violations({"x": np.array([1.0])}, sig) == [("inputs['x']", "dtype")]
    optional = Signature({"x": TensorSpec((None,), "int64", optional=True)})
    assert violations({}, optional) == [("inputs['x']", "missing")]


def test_a_nest_is_flat_and_a_ragged_tensor_its_parts():
    sig = Signature([RaggedTensorSpec((None, None), "int64"), {"x": TensorSpec((), "bool")}])
    batch = [{"values": np.array([7, 8]), "row_splits": np.array([0, 2])}, {"x": np.array(False)}]
    assert json.loads(body(batch, sig, format="columnar"))["inputs"] == {
        "input_0/values": [7, 8],
        "input_0/row_splits": [0, 2],
        "input_1/x": False,
    }


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ({"x": np.array(1)}, [("inputs['x']", "rank")]),
        ({"x": np.ones(3), "y": np.ones(2), "z": np.ones(3)}, [("inputs['y']", "dim_mismatch")]),
        ({"x": np.ones(0)}, [("inputs['x']", "dim")]),
        ({"x": np.ones((2, 0, 3))}, [("inputs['x']", "dim")]),
        ({"x": np.array([1j]), "y": np.ones(1)}, [("inputs['x']", "unsupported")]),
        ({"x": [1], "y": None}, [("inputs['x']", "unsupported"), ("inputs['y']", "unsupported")]),
        (np.array(1.5), [("inputs", "rank")]),
    ],
    ids=["scalar", "rows differ", "no rows", "hidden shape", "complex", "no tensors", "lone scalar"],
)
def test_what_rows_can_not_say_is_refused(inputs, found):
    assert violations(inputs) == found


def test_what_lists_can_not_say_is_refused():
    """They tell the sizes up to the first that is 0."""
    assert body({"x": np.zeros((2, 0))}) == '{"instances":[{"x":[]},{"x":[]}]}'
    assert columnar(np.zeros(0))[0] == "[]"
    assert columnar(np.zeros((2, 1, 0)))[0] == "[[[]],[[]]]"
    assert violations({"x": np.zeros((0, 3))}, format="columnar") == [("inputs['x']", "dim")]
    assert body({}, format="columnar") == '{"inputs":{}}'


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"format": "rows"}, ValueError, "format is 'rows'; it must be 'row' or 'columnar'"),
        ({"format": None}, TypeError, "format is a NoneType"),
        ({"signature_name": 1}, TypeError, "signature_name is an int"),
        ({}, ValueError, "the row format needs an input"),
    ],
    ids=str,
)
def test_wrong_arguments(arguments, error, text):
    with pytest.raises(error, match=text):
        encode_rest({}, **arguments)


def test_lists_that_no_memory_holds():
    with pytest.raises(MemoryError):
        encode_rest(np.broadcast_to(np.float32(1), (1 << 59,)))


# Numbers


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_survive(dtype):
    info = np.iinfo(dtype)
    powers = [sign * 10**n + step for n in range(20) for sign in (1, -1) for step in (-1, 0, 1)]
    near = [value for value in powers if info.min <= value <= info.max]
    array = np.array([info.min, info.min + 1, info.max - 1, info.max, *near], dtype)
    text, read = columnar(array)
    assert text == "[" + ",".join(map(str, array.tolist())) + "]"
    assert read == array.tolist()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (100.0, "100.0"),
        (1e15, "1e+15"),
        (1.5e16, "1.5e+16"),
        (0.001, "0.001"),
        (0.00001, "1e-05"),
        (-1.25e-7, "-1.25e-07"),
        (np.inf, "Infinity"),
        (-np.inf, "-Infinity"),
        (np.nan, "NaN"),
        (-np.nan, "NaN"),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_are_written_as_people_write_them(value, text, dtype):
    assert columnar(np.array(value, dtype))[0] == text


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_longest_numbers_of_every_magnitude(dtype):
    """A float64 of 22 digits goes without an exponent: nothing takes more room than it, its sign and its zero."""
    assert columnar(np.array(-(2.0**70)))[0] == "-1180591620717411303424.0"
    for exponent in range(-30, 31):
        array = np.full(2_000, -1.2345678901234567 * 10.0**exponent, dtype)
        assert (np.array(columnar(array)[1]).astype(dtype) == array).all(), exponent


def is_shortest(text, value):
    """No longer than repr's text of a float64, NumPy's of a float32; a whole number has a point and a zero more."""
    shortest = str(value) if isinstance(value, np.float32) else repr(float(value))
    return len(text.removesuffix(".0")) <= len(shortest)


def random_floats(dtype, count):
    """All exponents, numbers of few decimals, powers of two and their neighbours, subnormals."""
    random = np.random.default_rng(0)
    unsigned = {"float32": np.uint32, "float64": np.uint64}[dtype]
    info = np.finfo(dtype)
    anywhere = random.integers(0, np.iinfo(unsigned).max, count, unsigned, endpoint=True).view(dtype)
    decimals = np.round(random.normal(0, 1000, count), 3).astype(dtype)
    with np.errstate(over="ignore", under="ignore"):
        powers = np.ldexp(np.ones(1, dtype), np.arange(info.minexp - info.nmant, info.maxexp)).astype(dtype)
    small = random.integers(0, 1 << info.nmant, count, unsigned).view(dtype)
    ends = np.array([info.max, info.tiny, info.smallest_subnormal], dtype)
    whole = random.integers(0, 2**53, count).astype(dtype)
    near = [np.nextafter(powers, dtype_end) for dtype_end in (np.array(0, dtype), np.array(np.inf, dtype))]
    out = np.concatenate([anywhere, decimals, powers, *near, small, ends, whole])
    return out[np.isfinite(out)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_survive_to_the_bit_in_the_shortest_text(dtype):
    array = random_floats(dtype, 2_000)
    text, read = columnar(array)
    # By way of float64, as NumPy and TensorFlow Serving do.
    assert (bits(np.array(read, np.float64).astype(dtype)) == bits(array)).all()
    wrong = [
        (word, value)
        for word, value in zip(text[1:-1].split(","), array, strict=True)
        if not is_shortest(word, value) and abs(value) != NEEDS_A_DIGIT_MORE
    ]
    assert wrong == []


def test_the_one_float32_that_needs_a_digit_more():
    array = np.array([NEEDS_A_DIGIT_MORE, -NEEDS_A_DIGIT_MORE], np.float32)
    assert np.float32(np.float64("7.038531e-26")) != array[0]
    text, read = columnar(array)
    assert text == "[7.0385307e-26,-7.0385307e-26]"
    assert (bits(np.array(read).astype(np.float32)) == bits(array)).all()


def test_every_float16_survives():
    array = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    array = array[~np.isnan(array)]
    assert (bits(np.array(columnar(array)[1]).astype(np.float16)) == bits(array)).all()


def test_what_lies_apart_is_written_in_its_order():
    base = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    for view in (base.T, base[::-1, :, ::2], base.swapaxes(0, 1), base[:, 1], np.broadcast_to(base[0, 0, :2], (3, 2))):
        assert columnar(view)[1] == view.tolist()
        assert json.loads(body({"x": view, "y": view[:, 0]}))["instances"] == [
            {"x": x, "y": y} for x, y in zip(view.tolist(), view[:, 0].tolist(), strict=True)
        ]


def test_bools_whatever_their_bytes():
    array = np.array([0, 1, 2, 255], np.uint8).view(np.bool_)
    assert columnar(array)[0] == "[false,true,true,true]"


# Strings


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "eight ch",
        'quote " in the middle',
        "\\",
        "".join(map(chr, range(0x21))),
        "\x7f\x80\xa0é\u2028日本\U0001f600" * 3,
        "a" * 7 + '"' + "b" * 8 + "\n",
        "/",
    ],
    ids=ascii,
)
def test_text_is_a_json_string(text):
    written, read = columnar(objects(text, text.encode()))
    assert read == [text, text]
    assert written == json.dumps([text, text], ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize(
    "data", [b"\xff", b"\xff\xfe", b"\xff\xfe\xfd", b"a\xc0\x80", b"\xed\xa0\x80", bytes(range(256))]
)
def test_other_bytes_are_base64(data):
    assert columnar(objects(data, b"a"))[1] == [{"b64": base64.b64encode(data).decode()}, "a"]


@pytest.mark.parametrize("size", range(1, 40))
def test_strings_of_any_size_fill_what_was_reckoned(size):
    for words in (["\x01" * size], [b"\xff" * size], ["é" * size], ["x" * size] * size):
        read = columnar(objects(*words))[1]
        assert [base64.b64decode(word["b64"]) if isinstance(word, dict) else word for word in read] == words


@pytest.mark.parametrize("dtype", [*INTEGERS, "float16", "float32", "float64", "bool"])
def test_the_widest_elements_fill_what_was_reckoned(dtype):
    """Memory is taken for the widest text that there can be."""
    if dtype == "bool":
        widest = np.False_
    elif dtype in INTEGERS:
        widest = np.iinfo(dtype).min or np.iinfo(dtype).max
    else:
        widest = {"float16": -6.104e-05, "float32": -(2.0**53), "float64": -1.2345678901234567e-308}[dtype]
    for shape in ((1,), (5000,), (1, 1, 1, 1, 1), (300, 1, 1)):
        array = np.full(shape, widest, dtype)
        assert (np.array(columnar(array)[1]).astype(dtype) == array).all()
