"""Numbers of REST bodies, bit for bit as NumPy makes them of Python's: every dtype, and every set of instructions."""

import random

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import _core
from tensorgate.serving import decode_rest

from .rest_numbers import assert_same_bits, decoded, refusal, signature

KERNELS = _core.json_kernels()
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
FLOATS = ["float16", "float32", "float64"]


@pytest.fixture(params=KERNELS)
def kernels(request):
    return request.param


def random_texts(count, seed):
    """Write random numbers in the ways that people and programs do."""
    some = random.Random(seed)
    ways = [
        lambda: repr(some.random()),
        lambda: repr(some.gauss(0, 1) * 10.0 ** some.randrange(-40, 38)),
        lambda: str(np.float32(some.gauss(0, 100))),
        lambda: f"{some.gauss(0, 1000):.{some.randrange(25)}f}",
        lambda: f"{some.gauss(0, 1):.{some.randrange(25)}e}",
        lambda: str(some.getrandbits(some.randrange(1, 80)) - some.getrandbits(63)),
        lambda: f"{some.getrandbits(60)}.{some.getrandbits(70)}E{some.randrange(-60, 20)}",
        lambda: f"-0.{'0' * some.randrange(30)}{some.getrandbits(54)}",
    ]
    return [some.choice(ways)() for _ in range(count)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_numbers(dtype, kernels):
    texts = random_texts(30_000, seed=KERNELS.index(kernels))
    assert_same_bits(decoded(texts, dtype, kernels), np.array([float(text) for text in texts]).astype(dtype))


@pytest.mark.parametrize("dtype", FLOATS)
def test_numbers_at_rounding_boundaries(dtype, kernels):
    """Exact midpoints of neighbouring floats, and the least bit to either side of them, by all of their digits."""
    some = random.Random(0)
    fields = {"float16": (5, 10), "float32": (8, 23), "float64": (11, 52)}
    exponent_bits, mantissa_bits = fields[dtype]
    texts = []
    for _ in range(300):
        code = some.getrandbits(mantissa_bits) | some.randrange((1 << exponent_bits) - 2) << mantissa_bits
        low, high = np.array([code, code + 1], f"u{(exponent_bits + mantissa_bits + 1) // 8}").view(dtype).tolist()
        middle = exact(low) + exact(high)  # twice the midpoint
        texts += (decimal_text(middle * 10**30 + nudge, 2 * 10**30) for nudge in (-1, 0, 1))
    want = np.array([float(text) for text in texts]).astype(dtype)
    assert_same_bits(decoded(texts, dtype, kernels), want)


def exact(number):
    numerator, denominator = number.as_integer_ratio()
    assert 2**1080 % denominator == 0
    return numerator * (2**1080 // denominator)


def decimal_text(numerator, denominator):
    """All digits of numerator / denominator / 2**1080, whose denominators are powers of two and of ten."""
    places = 1200
    digits, rest = divmod(numerator * 10**places, denominator * 2**1080)
    assert rest == 0
    sign, digits = "-" if digits < 0 else "", str(abs(digits)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:].rstrip('0') or '0'}"


@pytest.mark.parametrize(
    "text",
    [
        "0", "-0", "0.0", "-0.0", "0e5", "-0.0e-999999", "0.1", "0.3", "1e23", "8.5e22", "9007199254740993",
        "9007199254740992.99999999999999999", "9007199254740993.0000000000000000000000000001", "1e-400", "-1e-400",
        "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308",
        "2.2250738585072014e-308", "1.7976931348623157e308", "179769313486231570e291", "1e-99999999999999999999",
        "0.00000000000000000000000000000000000000000001", "1" + "0" * 308, "0." + "0" * 400 + "1", "1." + "0" * 100_000,
        "0." + "0" * 70_000 + "1e70001", "1" + "0" * 70_000 + "e-70000", "123456789012345678901234567890e-29",
        "18446744073709551615", "18446744073709551616", "18446744073709551615.5", "99999999999999999999.9e-10",
        "7.2057594037927933e16", "6.1e-5", "1e0", "1E+2", "1e-2", "12345678901234567e-20", "1234567890123456789e0",
    ],
)  # fmt: skip
def test_numbers_of_their_own(text, kernels):
    for written in (text, "-" + text.removeprefix("-")):
        want = np.array([float(written)] * 3)
        assert_same_bits(decoded([written] * 3, "float64", kernels), want)
        if abs(want[0]) < 1e38:
            assert_same_bits(decoded([written] * 3, "float32", kernels), want.astype("float32"))


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("1e39", "float32"),
        ("-1e39", "float32"),
        ("3.4028235677973366e38", "float32"),
        ("340282356779733661637539395458142568448", "float32"),
        ("1e400", "float32"),
        ("1e400", "float64"),
        ("1.7976931348623159e308", "float64"),
        ("1e99999999999999999999", "float64"),
        ("65520", "float16"),
        ("-65520.0", "float16"),
    ],
)
def test_a_float_beyond_the_dtype_is_not_representable(text, dtype):
    assert refusal(text, dtype).code == "not_representable"


def test_the_last_floats_are_taken(kernels):
    last = ["3.4028235677973362e38", "-3.4028235677973362e38", "340282346638528859811704183484516925440"]
    assert np.abs(decoded(last, "float32", kernels)).tolist() == [np.finfo("float32").max] * 3
    assert decoded(["65519.999", "65504"], "float16", kernels).tolist() == [65504, 65504]


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_tokens_of_tensorflow_serving(dtype, kernels):
    got = decoded(["NaN", "Infinity", "-Infinity", "Inf", "-Inf", "-NaN", "1"], dtype, kernels)
    want = np.array([np.nan, np.inf, -np.inf, np.inf, -np.inf, -np.nan, 1], dtype)
    assert_same_bits(got, want)


def test_tokens_meet_the_rule_for_finite_numbers():
    with pytest.raises(tg.ValidationError, match=r"inputs\[1\]  not_finite: expected finite values, got nan"):
        decode_rest('{"inputs": [1, NaN]}', signature("float32", finite=True))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_to_the_last(dtype, kernels):
    info = np.iinfo(dtype)
    some = random.Random(dtype)
    values = [
        info.min,
        info.max,
        0,
        *(some.randint(info.min, info.max) >> some.randrange(info.bits) for _ in range(999)),
    ]
    assert decoded(map(str, values), dtype, kernels).tolist() == values
    assert decoded(["-0", "0"], dtype, kernels).tolist() == [0, 0]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_an_integer_beyond_the_dtype_is_not_representable(dtype):
    info = np.iinfo(dtype)
    for value in (info.min - 1, info.max + 1, -(2**64), 2**64, 10**20, 10**25, -(10**4000)):
        with pytest.raises(tg.ValidationError) as caught:
            decode_rest(f'{{"inputs": [0, {value}]}}', signature(dtype))
        (violation,) = caught.value.violations
        assert (violation.path, violation.code) == ("inputs[1]", "not_representable")
        assert violation.hint == f"{dtype} holds whole numbers from {info.min} to {info.max}"
        assert str(value).startswith(violation.got.removesuffix("..."))
        assert len(violation.got) <= 43


@pytest.mark.parametrize("separator", [",", ", ", " , ", ",\n  ", ",\t"])
@pytest.mark.parametrize("shape", [(7,), (5, 3), (4, 1), (3, 5, 2), (2, 3, 4, 5), (60, 1, 1)])
def test_lists_of_every_shape_and_spacing(shape, separator, kernels):
    array = np.random.default_rng(0).standard_normal(shape)
    text = str(array.tolist()).replace(", ", separator)
    for body in (f'{{"instances": {text}}}', f'{{"instances": {text.replace("[", "[ ").replace("]", " ]")}}}'):
        got = _core.decode_rest(body + "\n" * 64, signature("float64"), None, kernels)[0]["x"]
        np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize("dtype", ["float32", "int16", "bool", "float16"])
def test_rows_of_one_number_each(dtype, kernels):
    sig = tg.Signature({"x": tg.TensorSpec((None,), dtype), "y": tg.TensorSpec((None, 2), dtype)})
    words = {"bool": ("true", "false")}.get(dtype, ("1", "0"))
    rows = ",".join(f'{{"x":{words[i % 2]},"y":[{words[0]}, {words[i % 2]}]}}' for i in range(50))
    batch = _core.decode_rest(f'{{"instances":[{rows}]}}', sig, None, kernels)[0]
    assert batch["x"].tolist() == [1, 0] * 25
    assert batch["y"].tolist() == [[1, 1], [1, 0]] * 25


@pytest.mark.parametrize("count", [*range(1, 40), 1000, 5000])
def test_bodies_of_every_length(count, kernels):
    values = [number / 8 for number in range(count)]
    body = bytearray(f'{{"inputs": {values}}}', "ascii")
    assert _core.decode_rest(memoryview(body), signature("float32"), None, kernels)[0]["x"].tolist() == values


@pytest.mark.parametrize(
    "bad", ["1.5.2", "1-2", "--1", "01", "00.5", "-01", "1.", ".5", "-.5", "-", "1/2", "0x10", "1e", "1_0", "\uff11"]
)
def test_what_is_no_number_is_malformed(bad, kernels):
    numbers = ["0.125"] * 40
    for place in (0, 20, 39):
        texts = [*numbers[:place], bad, *numbers[place + 1 :]]
        for dtype in ("float32", "int32", "float16"):
            if dtype == "int32":
                texts = [text.replace("0.125", "125") for text in texts]
            with pytest.raises(tg.ValidationError) as caught:
                decoded(texts, dtype, kernels)
            violation = caught.value.violations[-1]
            start = len('{"signature_name": "serving_default", "inputs": [') + sum(
                len(text) + 1 for text in texts[:place]
            )
            assert violation.code == "malformed"
            assert 0 <= violation.offset - start <= len(bad.encode())
