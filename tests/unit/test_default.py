"""Defaults of specs: what is taken, what is refused, what is kept."""

import numpy as np
import pytest

from tensorgate import TensorSpec


def test_a_default_implies_optional():
    spec = TensorSpec((2,), default=[1, 2], optional=False)
    assert spec.optional
    assert spec.default.tolist() == [1.0, 2.0]


def test_a_default_is_a_read_only_array_of_the_specs_dtype():
    default = TensorSpec((2,), "int16", default=[1, 2]).default
    assert default.dtype == np.int16
    assert not default.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        default[0] = 5


def test_a_default_is_a_copy_of_what_was_given():
    given = np.zeros(2, np.float32)
    spec = TensorSpec((2,), default=given)
    given[0] = 9
    assert spec.default.tolist() == [0.0, 0.0]


def test_a_default_of_strings_is_bytes():
    assert TensorSpec((3,), "string", default=["ü", b"\xff", ""]).default.tolist() == ["ü".encode(), b"\xff", b""]
    assert TensorSpec((2,), "string", default=np.array(["a", "bc"])).default.tolist() == [b"a", b"bc"]
    assert TensorSpec((), "string", default="ab").default[()] == b"ab"


@pytest.mark.parametrize(
    "given",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3).T,
        np.arange(12, dtype=np.float32).reshape(6, 2)[::2, ::-1],
        np.broadcast_to(np.float32(7), (3, 2)),
    ],
    ids=["transposed", "strided", "broadcast"],
)
def test_a_default_keeps_the_values_of_any_layout(given):
    assert TensorSpec((3, 2), default=given).default.tolist() == given.tolist()


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("float32", 1.1),
        ("float32", 1e-50),
        ("float32", float("nan")),
        ("float16", -float("inf")),
        ("float32", 3),
        ("float32", True),
        ("int8", -128),
        ("uint8", 255),
        ("int32", 2.0),
        ("bool", True),
        ("complex64", 1.5),
        ("complex64", 1),
    ],
)
def test_a_python_value_that_the_dtype_holds_is_a_default(dtype, value):
    default = TensorSpec((), dtype, default=value).default
    np.testing.assert_allclose(default, value, rtol=1e-6, atol=1e-45)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int8", 128),
        ("uint8", -1),
        ("uint8", 256),
        ("int32", 2**40),
        ("int32", 1.5),
        ("bool", 2),
        ("float32", "1.5"),
        ("float32", b"1.5"),
        ("int32", "7"),
        ("string", 5),
        ("string", [b"a", None]),
        ("string", [[b"a"], [b"b", b"c"]]),
        ("string", "\ud800"),
    ],
    ids=ascii,
)
def test_a_python_value_that_the_dtype_does_not_hold_is_no_default(dtype, value):
    with pytest.raises(ValueError, match="^default "):
        TensorSpec(None, dtype, default=value)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("float32", 1e300),
        ("float32", 1 + 2j),
        ("int32", float("nan")),
        ("int32", float("inf")),
        ("int64", 2**70),
        ("uint64", -(2**70)),
        pytest.param("float32", 10**400, id="float32-401 digits"),
    ],
    ids=ascii,
)
@pytest.mark.filterwarnings("ignore")
def test_a_number_that_numpy_would_change_with_a_warning_is_no_default(dtype, value):
    with pytest.raises(ValueError, match="^default "):
        TensorSpec((), dtype, default=value)


@pytest.mark.parametrize(
    "items",
    [[0, 2**63 + 1], [2**64 - 1, 1], [-1, 2**63 - 1], [2**53 + 1, 0]],
    ids=["small", "largest", "signed", "2**53"],
)
def test_integers_of_a_default_survive_exactly(items):
    """NumPy makes floats of integers of which some fit int64 alone and others uint64 alone."""
    dtype = "int64" if -1 in items else "uint64"
    assert TensorSpec((2,), dtype, default=items).default.tolist() == items


@pytest.mark.parametrize("value", [1e300, 1 + 2j], ids=ascii)
def test_a_refused_default_warns_of_nothing(value):
    """As warnings are errors here, one would take the ValueError's place."""
    with pytest.raises(ValueError, match="^default "):
        TensorSpec((), default=value)


def test_none_is_no_default():
    with pytest.raises(TypeError) as caught:
        TensorSpec((), default=None)
    assert str(caught.value) == "default is None, which is no tensor; leave it out, or say optional=True"


@pytest.mark.parametrize("value", [object(), [object()], {}, {1: 2}, lambda: 0], ids=lambda value: type(value).__name__)
def test_an_object_that_is_no_number_is_no_default(value):
    with pytest.raises((TypeError, ValueError)):
        TensorSpec(None, default=value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros(3, np.float32), "default has the shape [3], the spec [2]"),
        (np.zeros((2, 1), np.float32), "default has the shape [2, 1], the spec [2]"),
        (np.float32(1), "default has the shape [], the spec [2]"),
        (np.zeros(2), "default is float64, the spec float32"),
        (np.zeros(2, ">f4"), "default is big-endian float32"),
        (np.ma.zeros(2, np.float32), "default is a masked array"),
        (np.zeros(2, "M8[s]"), "default is datetime64[s], the spec float32"),
    ],
    ids=["long", "rank", "scalar", "dtype", "byte order", "masked", "datetime"],
)
def test_an_array_that_is_no_tensor_of_the_spec_is_no_default(given, message):
    with pytest.raises(ValueError, match="^default ") as caught:
        TensorSpec((2,), default=given)
    assert str(caught.value) == message


def test_a_default_must_keep_the_specs_own_named_dimensions_equal():
    with pytest.raises(ValueError, match="^default "):
        TensorSpec(("n", "n"), default=np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("dtype", ["resource", "variant"])
def test_a_handle_has_no_default(dtype):
    with pytest.raises(ValueError, match=f"^a {dtype} tensor has no values that a contract could hold$"):
        TensorSpec((), dtype, default=0)


@pytest.mark.parametrize(("value", "kept"), [([1, -128], True), ([1.7], False), (["3"], False), ([300], False)])
def test_a_quantized_default_keeps_its_integers(value, kept):
    if kept:
        spec = TensorSpec((None,), "qint8", default=value)
        assert spec.default["qint8"].tolist() == value
        assert eval(repr(spec)) == spec
    else:
        with pytest.raises(ValueError, match="^default "):
            TensorSpec((None,), "qint8", default=value)


def test_an_empty_quantized_default_evaluates():
    spec = TensorSpec(None, "quint8", default=np.zeros((0, 3), [("quint8", "u1")]))
    assert eval(repr(spec)) == spec
