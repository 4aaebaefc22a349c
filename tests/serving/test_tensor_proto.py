"""TensorProtos as bytes: arrays, or every reason why not."""

import contextlib
import sys
import threading

import numpy as np
import pytest

from tensorgate import RaggedTensorSpec, TensorSpec, ValidationError
from tensorgate.serving import Limits, decode_tensor_proto

from . import wire


def refusal(data, **arguments):
    with pytest.raises(ValidationError) as caught:
        decode_tensor_proto(data, **arguments)
    (violation,) = caught.value.violations
    assert str(caught.value).startswith("1 violation of ")
    return violation


def text(data, **arguments):
    violation = refusal(data, **arguments)
    with pytest.raises(ValidationError) as caught:
        decode_tensor_proto(data, **arguments)
    return str(caught.value).partition("\n  input  ")[2].replace(f" (byte {violation.offset})", "")


# Values

NUMBERS = {
    "float32": ("float_val", [1.5, -2]),
    "float64": ("double_val", [1e300, -0.0]),
    "int32": ("int_val", [-(2**31), 2**31 - 1]),
    "int16": ("int_val", [-(2**15), 2**15 - 1]),
    "int8": ("int_val", [-128, 127]),
    "uint8": ("int_val", [0, 255]),
    "uint16": ("int_val", [0, 65535]),
    "uint32": ("uint32_val", [0, 2**32 - 1]),
    "uint64": ("uint64_val", [0, 2**64 - 1]),
    "int64": ("int64_val", [-(2**63), 2**63 - 1]),
    "bool": ("bool_val", [0, 1]),
}


@pytest.mark.parametrize("dtype", NUMBERS)
def test_numbers_of_a_typed_field_are_copied(dtype):
    field, values = NUMBERS[dtype]
    array = decode_tensor_proto(wire.tensor(dtype, (2,), **{field: values}))
    assert np.array_equal(array, np.array(values, dtype))
    assert array.dtype == dtype
    assert array.flags.writeable
    assert array.flags.aligned


@pytest.mark.parametrize("dtype", NUMBERS)
def test_tensor_content_is_a_view_wherever_it_lies(dtype):
    expected = np.array(NUMBERS[dtype][1], dtype)
    for before in range(9):
        data = wire.bytes_field(100, bytes(before)) + wire.tensor(dtype, (2,), expected.tobytes())
        array = decode_tensor_proto(data)
        assert np.array_equal(array, expected)
        assert array.dtype == dtype
        assert not array.flags.writeable
        assert not array.flags.owndata
        assert np.shares_memory(array.view(np.uint8), np.frombuffer(data, np.uint8))


def test_numbers_packed_or_not_are_the_same_in_any_order():
    head = wire.number_field(1, wire.DTYPES["int64"]) + wire.bytes_field(2, wire.shape((4,)))
    one = wire.number_field(10, 1)
    two = wire.packed_varints(10, [-2, 2])
    assert decode_tensor_proto(one + head + two + one).tolist() == [1, -2, 2, 1]
    floats = wire.number_field(1, 1) + wire.tag(5, 5) + bytes(4) + wire.bytes_field(5, np.float32([1, 2]).tobytes())
    assert decode_tensor_proto(floats + wire.bytes_field(2, wire.shape((3,)))).tolist() == [0, 1, 2]


def test_the_last_value_stands_for_those_that_are_not_there():
    array = decode_tensor_proto(wire.tensor("float32", (100, 7), float_val=[1, 2, 3]))
    assert array.ravel().tolist() == [1, 2] + [3] * 698
    pairs = decode_tensor_proto(wire.tensor("complex128", (3,), dcomplex_val=[1, 2, 3, 4]))
    assert pairs.tolist() == [1 + 2j, 3 + 4j, 3 + 4j]


def test_without_ml_dtypes_such_a_tensor_is_refused_and_no_import_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    violation = refusal(wire.tensor("bfloat16", (2,), bytes(4)))
    assert (violation.code, violation.got) == ("unsupported", "bfloat16")
    assert violation.hint == "install ml_dtypes, which has it"


def test_quantised_numbers_are_named_fields_as_tensorflow_has_them():
    array = decode_tensor_proto(wire.tensor("qint8", (2,), int_val=[1, -2]))
    assert array.dtype == np.dtype([("qint8", np.int8)])
    assert array["qint8"].tolist() == [1, -2]


def test_strings_come_as_bytes():
    values = wire.tensor("string", (2, 2), string_val=[b"a", b"", b"\xff\0"])
    assert decode_tensor_proto(values).tolist() == [[b"a", b""], [b"\xff\0", b"\xff\0"]]
    content = wire.tensor("string", (3,), b"\1\0\2abc")
    assert decode_tensor_proto(content).tolist() == [b"a", b"", b"bc"]


def test_strings_that_are_one_on_the_wire_are_one_object():
    array = decode_tensor_proto(wire.tensor("string", (1000,), string_val=[b"first", b"and last"]))
    assert {id(text) for text in array[1:]} == {id(array[1])}
    assert sys.getrefcount(array[1]) > 998
    assert array[0] == b"first"


def test_what_is_unknown_or_of_another_wire_type_is_passed_over():
    data = wire.tensor("float32", (1,), float_val=[1])
    for extra in (wire.number_field(3, 99), wire.group(50, data), wire.number_field(4, 1), wire.tag(5, 1) + bytes(8)):
        assert decode_tensor_proto(extra + data + extra).tolist() == [1]


# Refusals

TEXTS = {
    "structure: expected 2 values, as the shape [2] has, got none; TensorFlow would read zeros": wire.tensor(
        "float32", (2,)
    ),
    "structure: expected 2 values, as the shape [2] has, got none; TensorFlow would read empty strings": wire.tensor(
        "string", (2,)
    ),
    "structure: expected 1 value, as the shape [] has, got 2 values in float_val; "
    "TensorFlow would drop the last ones": wire.tensor("float32", (), float_val=[1, 2]),
    "structure: expected values of float32 in float_val, got values in double_val; "
    "TensorFlow would not read these": wire.tensor("float32", (1,), double_val=[1]),
    "structure: expected values of int32 in int_val, got values in int64_val; "
    "TensorFlow would not read these": wire.tensor("int32", (1,), int_val=[1], int64_val=[1]),
    "structure: expected tensor_content or float_val, got both; TensorFlow would ignore the latter": wire.tensor(
        "float32", (1,), bytes(4), float_val=[1]
    ),
    "structure: expected 8 bytes in tensor_content, got 7": wire.tensor("float32", (2,), bytes(7)),
    "structure: expected 2 strings, as the shape [2] has, got other bytes in tensor_content; "
    "put them into string_val": wire.tensor("string", (2,), b"\1\2ab"),
    "structure: expected two values an element, got 3 values in scomplex_val": wire.tensor(
        "complex64", (2,), scomplex_val=[1, 2, 3]
    ),
    "not_representable: expected bytes 0 and 1 in tensor_content of bool, got another byte": wire.tensor(
        "bool", (2,), b"\1\2"
    ),
    "not_representable: expected uint8, got 300 at [1], 2 in all; TensorFlow would keep its last bits": wire.tensor(
        "uint8", (3,), int_val=[1, 300, -1]
    ),
    "rank: expected a known rank, got unknown_rank; TensorFlow would read a scalar": wire.tensor(
        "float32", None, float_val=[1]
    ),
    "rank: expected a known rank, got unknown_rank": wire.tensor("float32", None, bytes(8))
    + wire.bytes_field(2, wire.shape((2,))),
    "dim: expected sizes from 0 on, got [2, -1]": wire.tensor("float32", (2, -1), float_val=[1]),
    "dtype: expected numbers or strings, got DataType 0; set the tensor's dtype": b"",
    "dtype: expected numbers or strings, got DataType 99": wire.tensor(99, (1,), float_val=[1]),
    "dtype: expected numbers or strings, got float32_ref": wire.tensor(101, (1,), float_val=[1]),
    "dtype: expected numbers or strings, got resource": wire.tensor("resource", ()),
    "too_large: expected at most 64 dimensions, got 65": wire.tensor("float32", (1,) * 65, bytes(4)),
    "too_large: expected a tensor of at most 268435456 bytes, got float32 [200000000]": wire.tensor(
        "float32", (200_000_000,), float_val=[1]
    ),
}


@pytest.mark.parametrize("told", TEXTS)
def test_a_refusal_says_what_is_expected_and_what_tensorflow_would_do(told):
    assert text(TEXTS[told]) == told


RANGES = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16)},
    **{f"qint{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32)},
    **{f"quint{bits}": (0, 2**bits - 1) for bits in (8, 16)},
}


@pytest.mark.parametrize("dtype", RANGES)
def test_integers_keep_within_their_dtype(dtype):
    lowest, highest = RANGES[dtype]
    for good in (lowest, highest):
        decode_tensor_proto(wire.tensor(dtype, (), int_val=[good]))
    for bad in (lowest - 1, highest + 1, 2**62, -(2**63)):
        violation = refusal(wire.tensor(dtype, (3,), int_val=[highest, bad, bad]))
        assert (violation.code, violation.expected, violation.got) == ("not_representable", dtype, str(bad))
        assert (violation.index, violation.count) == ((1,), 2)


def test_halves_and_uint32_keep_within_their_bits():
    for dtype, field, highest in (("float16", "half_val", 2**16 - 1), ("uint32", "uint32_val", 2**32 - 1)):
        decode_tensor_proto(wire.tensor(dtype, (), **{field: [highest]}))
        assert refusal(wire.tensor(dtype, (), **{field: [highest + 1]})).code == "not_representable"


BROKEN = {
    "a value that runs past the end": wire.tag(5, 5) + bytes(3),
    "a length past the end": wire.tag(4, 2) + b"\x09",
    "a length past the shape's end": wire.bytes_field(2, wire.tag(2, 2) + b"\x09") + bytes(20),
    "a number of eleven bytes": wire.tag(10, 0) + b"\xff" * 10 + b"\1",
    "a packed number past its run": wire.bytes_field(10, b"\x80") + wire.number_field(10, 1),
    "floats that are not whole": wire.bytes_field(5, bytes(6)),
    "doubles that are not whole": wire.bytes_field(6, bytes(12)),
    "a dimension's name that is not UTF-8": wire.bytes_field(2, wire.bytes_field(2, wire.bytes_field(2, b"\xff"))),
    "wire type 6": b"\x0e",
    "field 0": b"\0\0",
    "a group that does not end": wire.tag(1, 3),
    "a group that ends as another": wire.tag(1, 3) + wire.tag(2, 4),
    "a group that did not begin": wire.tag(1, 4),
    "groups 101 deep": wire.group(1, deep=101),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bytes_that_are_no_message_are_malformed_at_an_offset(name):
    good = wire.tensor("float32", (1,), float_val=[1])
    violation = refusal(good + BROKEN[name])
    assert violation.code == "malformed"
    assert len(good) <= violation.offset <= len(good + BROKEN[name])


# Arguments


def test_a_spec_is_held_against_the_array():
    data = wire.tensor("float32", (2, 3), bytes(24))
    assert decode_tensor_proto(data, TensorSpec((None, 3))).shape == (2, 3)
    with pytest.raises(ValidationError, match=r"dim: expected \[None, 4\], got \[2, 3\]"):
        decode_tensor_proto(data, TensorSpec((None, 4)))


@pytest.mark.parametrize("spec", ["float32", 1, RaggedTensorSpec((None, None))])
def test_what_is_no_dense_spec_is_a_type_error(spec):
    with pytest.raises(TypeError, match="must be a tensorgate.TensorSpec"):
        decode_tensor_proto(wire.tensor("float32", (), float_val=[1]), spec)


def test_anything_with_contiguous_bytes_is_taken():
    data = wire.tensor("float32", (2,), np.float32([1, 2]).tobytes())
    words = np.frombuffer(data, np.uint16)
    for given in (data, bytearray(data), memoryview(data), memoryview(bytearray(data)), memoryview(words), words):
        assert decode_tensor_proto(given).tolist() == [1, 2]
    with pytest.raises(ValueError, match="data is a memoryview whose bytes are not contiguous"):
        decode_tensor_proto(memoryview(data)[::2])
    with pytest.raises(TypeError, match="data is a str; it must be bytes, a bytearray or a memoryview"):
        decode_tensor_proto("text")


def test_a_bytearray_keeps_its_size_while_an_array_looks_at_it():
    data = bytearray(wire.tensor("float32", (2,), np.float32([1, 2]).tobytes()))
    array = decode_tensor_proto(data)
    with pytest.raises(BufferError):
        data.append(0)
    assert array.tolist() == [1, 2]
    del array
    data.append(0)


def test_an_array_keeps_the_bytes_alive():
    array = decode_tensor_proto(wire.tensor("float32", (1000,), np.arange(1000, dtype=np.float32).tobytes()))
    bytes(bytearray(5000))
    assert np.array_equal(array, np.arange(1000))


def test_limits_are_on_the_tensor_and_on_its_bytes():
    data = wire.tensor("float32", (2, 2), bytes(16))
    decode_tensor_proto(data, limits=Limits(max_tensor_bytes=16, max_rank=2, max_request_bytes=len(data)))
    for limits in (Limits(max_tensor_bytes=15), Limits(max_rank=1), Limits(max_request_bytes=len(data) - 1)):
        assert refusal(data, limits=limits).code == "too_large"


def test_a_rank_beyond_numpy_s_is_refused_and_no_error_of_numpy_s():
    holds = 32 if np.__version__ < "2" else 64
    assert decode_tensor_proto(wire.tensor("float32", (1,) * holds, bytes(4))).ndim == holds
    assert refusal(wire.tensor("float32", (1,) * (holds + 1), bytes(4))).code in ("unsupported", "too_large")


@pytest.mark.parametrize("field", ["tensor_content", "string_val", "int64_val"])
def test_bytes_that_change_meanwhile_do_no_harm(field):
    count = 1 << 19
    whole = {
        "tensor_content": lambda: wire.tensor("string", (count,), b"\2" * count + b"ab" * count),
        "string_val": lambda: wire.tensor("string", (count,)) + wire.bytes_field(8, "ab") * count,
        "int64_val": lambda: wire.tensor("int64", (2 * count,)) + wire.bytes_field(10, bytes(2 * count)),
    }[field]()
    data, done = bytearray(whole), threading.Event()

    def change():
        view = memoryview(data)
        half = len(data) // 2
        while not done.is_set():
            view[half - 1000 : half] = view[100:1100] = b"\x85" * 1000
            view[:] = whole

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(50):
            with contextlib.suppress(ValidationError):
                assert decode_tensor_proto(data).size in (count, 2 * count)
    finally:
        done.set()
        thread.join()
