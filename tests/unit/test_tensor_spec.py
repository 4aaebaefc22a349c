import collections.abc
import copy
import pickle

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import TensorSpec

DTYPES = (
    *("float16", "float32", "float64", "bfloat16"),
    *("float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz", "float4_e2m1fn"),
    *("int2", "int4", "int8", "int16", "int32", "int64", "uint2", "uint4", "uint8", "uint16", "uint32", "uint64"),
    *("complex64", "complex128", "bool", "string", "resource", "variant"),
    *("qint8", "quint8", "qint16", "quint16", "qint32"),
)

NUMPY_DTYPES = {
    "bool": np.bool_,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "uint8": np.uint8,
    "uint16": np.uint16,
    "uint32": np.uint32,
    "uint64": np.uint64,
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
    "complex64": np.complex64,
    "complex128": np.complex128,
    "string": np.object_,
}

SPECS = [
    TensorSpec(None),
    TensorSpec(()),
    TensorSpec((None, 3)),
    TensorSpec(("batch", None, 0, 2**63 - 1), "int64", "ids"),
    TensorSpec((None,), "string", 'it\'s "quoted" \\ \n \u202e \x00 \U0001f600'),
    TensorSpec((None,), optional=True),
    TensorSpec((2,), default=[0.1, float("nan")]),
    TensorSpec((2,), default=[float("inf"), -0.0]),
    TensorSpec((), "float64", default=1e-320),
    TensorSpec((), "int64", default=-(2**63)),
    TensorSpec((), "uint64", default=2**64 - 1),
    TensorSpec((1, 2), "bool", default=[[True, False]]),
    TensorSpec((2,), "complex64", default=[1 + 2j, 3]),
    TensorSpec((3,), "string", default=[b"\x00\xff", "ü", b""]),
    TensorSpec((), "string", default="one"),
    TensorSpec((2,), "qint8", default=np.array([(1,), (-2,)], [("qint8", np.int8)])),
    TensorSpec((None,), default=[]),
]


@pytest.fixture(params=SPECS, ids=str)
def spec(request):
    return request.param


def test_only_the_shape_must_be_given():
    spec = TensorSpec((None, 3))
    assert (spec.shape, spec.dtype, spec.name, spec.optional, spec.default) == ((None, 3), "float32", None, False, None)


def test_arguments_by_position_and_by_name_make_equal_specs():
    assert TensorSpec((1,), "int32", "x") == TensorSpec(shape=(1,), dtype="int32", name="x")


@pytest.mark.parametrize(("args", "kwargs"), [((), {}), (((), "int32", "x", True), {}), (((),), {"rank": 1})])
def test_a_missing_surplus_or_unknown_argument_is_a_type_error(args, kwargs):
    with pytest.raises(TypeError):
        TensorSpec(*args, **kwargs)


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        (None, None),
        ((), ()),
        ([], ()),
        ([None, 3], (None, 3)),
        (("batch", None, 3), ("batch", None, 3)),
        (range(3), (0, 1, 2)),
        ((np.int64(2), np.uint8(3)), (2, 3)),
        ((0, 2**63 - 1), (0, 2**63 - 1)),
        ((1,) * 254, (1,) * 254),
        (("größe", "\N{SNOWMAN}"), ("größe", "\N{SNOWMAN}")),
    ],
)
def test_shape_is_a_tuple_of_what_was_given(given, shape):
    assert TensorSpec(given).shape == shape


class Index:
    def __index__(self):
        return 7


def test_a_dimension_may_be_anything_with_an_index():
    shape = TensorSpec((Index(),)).shape
    assert shape == (7,)
    assert type(shape[0]) is int


class BrokenIndex:
    def __index__(self):
        raise ZeroDivisionError("from the dimension")


def test_the_exception_of_a_dimensions_own_index_comes_through():
    with pytest.raises(ZeroDivisionError, match="from the dimension"):
        TensorSpec((BrokenIndex(),))


MUST_BE = "it must be an int, None, a name or a Dim"


@pytest.mark.parametrize(
    ("dimension", "error", "message"),
    [
        (-1, ValueError, "dimension 1 of a shape is -1; None is an unknown one"),
        (-(2**63), ValueError, "dimension 1 of a shape is -9223372036854775808; None is an unknown one"),
        (-(2**63) - 1, ValueError, "dimension 1 of a shape is negative; None is an unknown one"),
        (np.int32(-3), ValueError, "dimension 1 of a shape is -3; None is an unknown one"),
        (2**63, ValueError, "dimension 1 of a shape is over 2**63 - 1"),
        (2**64 + 1, ValueError, "dimension 1 of a shape is over 2**63 - 1"),
        (np.uint64(2**63), ValueError, "dimension 1 of a shape is over 2**63 - 1"),
        pytest.param(10**5000, ValueError, "dimension 1 of a shape is over 2**63 - 1", id="of 5001 digits"),
        (True, TypeError, f"dimension 1 of a shape is a bool; {MUST_BE}"),
        (False, TypeError, f"dimension 1 of a shape is a bool; {MUST_BE}"),
        (1.0, TypeError, f"dimension 1 of a shape is a float; {MUST_BE}"),
        (
            np.float32(1),
            TypeError,
            f"dimension 1 of a shape is a numpy.float32; {MUST_BE}",
        ),
        (b"batch", TypeError, f"dimension 1 of a shape is a bytes; {MUST_BE}"),
        ((1,), TypeError, f"dimension 1 of a shape is a tuple; {MUST_BE}"),
        ("", ValueError, "the name of a dimension is empty; None is an unknown one"),
        ("\ud800", ValueError, "the name of a dimension holds a lone surrogate, which UTF-8 does not have"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_refused_dimension_says_which_and_why(dimension, error, message):
    with pytest.raises(error) as caught:
        TensorSpec((5, dimension))
    assert str(caught.value) == message


def test_a_numpy_bool_is_no_dimension():
    with pytest.raises(TypeError):
        TensorSpec((np.True_,))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (3, "shape is an int; it must be a sequence of dimensions, or None for unknown rank"),
        ("batch", "shape is a str; it must be a sequence of dimensions, or None for unknown rank"),
        (b"\x03", "shape is a bytes; it must be a sequence of dimensions, or None for unknown rank"),
        ({3}, "shape is a set; it must be a sequence of dimensions, or None for unknown rank"),
        ({3: 4}, "shape is a dict; it must be a sequence of dimensions, or None for unknown rank"),
        (iter((3,)), "shape is a tuple_iterator; it must be a sequence of dimensions, or None for unknown rank"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_shape_that_is_no_sequence_is_refused(shape, message):
    with pytest.raises(TypeError) as caught:
        TensorSpec(shape)
    assert str(caught.value) == message


def test_more_dimensions_than_tensorflow_has_are_refused():
    with pytest.raises(ValueError, match=r"^shape has 255 dimensions; TensorFlow's limit is 254$"):
        TensorSpec((1,) * 255)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_tensorflow_dtype_is_known_by_its_name(dtype):
    spec = TensorSpec((2,), dtype)
    assert spec.dtype == dtype
    assert eval(repr(spec)) == spec


def test_no_dtype_of_tensorflow_is_forgotten():
    assert len(set(DTYPES)) == 33


@pytest.mark.parametrize(("alias", "dtype"), [("float", "float32"), ("double", "float64"), ("half", "float16")])
def test_tensorflows_aliases_mean_what_they_mean_to_tensorflow(alias, dtype):
    assert TensorSpec((), alias).dtype == dtype


@pytest.mark.parametrize(("name", "scalar"), NUMPY_DTYPES.items())
def test_a_numpy_dtype_may_be_given_as_dtype_or_as_scalar_type(name, scalar):
    assert TensorSpec((), scalar).dtype == name
    assert TensorSpec((), np.dtype(scalar)).dtype == name


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (float, "float32"),
        (bool, "bool"),
        (int, np.dtype(int).name),
        (complex, "complex128"),
        (str, "string"),
        (bytes, "string"),
        (object, "string"),
        (np.longlong, "int64"),
        (np.ulonglong, "uint64"),
        (np.dtype(">f4"), "float32"),
        (np.dtype("U5"), "string"),
        (np.dtype("S5"), "string"),
        (np.dtype([("quint16", np.uint16)]), "quint16"),
    ],
    ids=repr,
)
def test_what_numpy_takes_as_a_dtype_is_taken(given, dtype):
    assert TensorSpec((), given).dtype == dtype


class StrSubclass(str):
    pass


def test_a_str_subclass_names_a_dtype():
    assert TensorSpec((), StrSubclass("int8")).dtype == "int8"


@pytest.mark.parametrize(
    "dtype",
    [
        *(
            "",
            "float31",
            "Float32",
            "float32 ",
            "int128",
            "tf.float32",
            "f4,f4",
            ",",
            "((",
            "\x00",
            "\x01",
            "a" * 10_000,
        ),
        *(None, 1, 1.5, "M8[ns]", np.datetime64, np.timedelta64, np.longdouble, np.clongdouble, np.void),
        np.dtype([("a", "f4"), ("b", "f4")]),
        np.dtype([("qint8", np.int16)]),
        np.dtype((np.float32, (2,))),
        *(object(), {}, [], type, type("Mine", (), {})),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_dtype_that_tensorflow_lacks_is_refused(dtype):
    with pytest.raises(TypeError, match=r"^dtype .* is not one that TensorFlow has; TensorFlow's dtypes run from"):
        TensorSpec((), dtype)


def test_the_message_of_a_refused_dtype_is_escaped_and_cut():
    with pytest.raises(TypeError) as caught:
        TensorSpec((), "\x1b[31m\n" + "x" * 10_000)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("dtype", ["float32_ref", "string_ref", "resource_ref", "nonsense_ref"])
def test_a_reference_dtype_is_refused_by_its_name(dtype):
    with pytest.raises(TypeError) as caught:
        TensorSpec((), dtype)
    assert str(caught.value) == f"dtype '{dtype}' is a reference type of TensorFlow 1, which no batch can hold"


def test_a_dtype_with_a_lone_surrogate_is_refused():
    with pytest.raises(ValueError, match="^dtype holds a lone surrogate"):
        TensorSpec((), "\ud800")


class LikeTensorFlowsDType:
    def __init__(self, number):
        self.as_datatype_enum = number

    def __str__(self):
        return "<dtype: mine>"


def test_an_object_with_tensorflows_number_is_a_dtype():
    assert TensorSpec((), LikeTensorFlowsDType(9)).dtype == "int64"


@pytest.mark.parametrize("number", [0, 34, 101, 133, 2**40])
def test_an_object_with_the_number_of_a_reference_type_or_of_none_is_refused(number):
    with pytest.raises(TypeError, match="<dtype: mine>"):
        TensorSpec((), LikeTensorFlowsDType(number))


def test_a_name_is_kept_and_not_looked_at_by_check():
    spec = TensorSpec((), name="größe")
    assert spec.name == "größe"
    assert spec.accepts(np.float32(1))


@pytest.mark.parametrize("name", [1, b"x", ("x",)])
def test_a_name_that_is_no_str_is_refused(name):
    with pytest.raises(TypeError, match=f"^name is an? {type(name).__name__}; it must be a str$"):
        TensorSpec((), name=name)


def test_a_name_with_a_lone_surrogate_is_refused():
    with pytest.raises(ValueError, match="^name holds a lone surrogate"):
        TensorSpec((), name="\udfff")


def test_the_empty_name_is_a_name():
    assert TensorSpec((), name="").name == ""
    assert TensorSpec((), name="") != TensorSpec(())


def test_repr_is_what_one_would_write():
    assert repr(TensorSpec(None)) == "TensorSpec(shape=None, dtype='float32')"
    assert repr(TensorSpec((1,), name="x")) == "TensorSpec(shape=(1,), dtype='float32', name='x')"
    assert repr(TensorSpec((), "int8", optional=True)) == "TensorSpec(shape=(), dtype='int8', optional=True)"
    assert repr(TensorSpec((2,), "int8", default=[1, 2])) == "TensorSpec(shape=(2,), dtype='int8', default=[1, 2])"


def test_repr_evaluates_to_an_equal_spec(spec):
    assert eval(repr(spec)) == spec


@pytest.mark.parametrize(
    ("shape", "dtype", "default"),
    [
        ((None, 3), "float32", np.zeros((0, 3), np.float32)),
        (None, "float32", np.zeros((2, 0, 3), np.float32)),
        ((), "complex64", complex("nan")),
        ((), "complex128", complex("-inf")),
        ((), "complex128", complex(-0.0, 1)),
        ((0, 2), "string", np.zeros((0, 2), object)),
    ],
    ids=str,
)
def test_repr_evaluates_where_a_list_does_not_tell_the_default(shape, dtype, default):
    spec = TensorSpec(shape, dtype, default=default)
    assert eval(repr(spec)) == spec


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_gives_an_equal_spec_in_every_protocol(spec, protocol):
    twin = pickle.loads(pickle.dumps(spec, protocol))
    assert twin == spec
    assert hash(twin) == hash(spec)
    assert repr(twin) == repr(spec)
    assert twin.optional == spec.optional


def test_a_copy_is_the_spec_itself(spec):
    assert copy.copy(spec) is spec
    assert copy.deepcopy(spec) is spec
    assert copy.deepcopy([spec])[0] is spec


@pytest.mark.parametrize("name", ["shape", "dtype", "name", "optional", "default", "other", "__dict__"])
def test_no_attribute_can_be_set_or_deleted(name):
    spec = TensorSpec(())
    with pytest.raises(AttributeError):
        setattr(spec, name, None)
    with pytest.raises(AttributeError):
        delattr(spec, name)


def test_the_type_can_be_neither_changed_nor_inherited():
    with pytest.raises(TypeError):
        TensorSpec.check = None
    with pytest.raises(TypeError):
        type("Mine", (TensorSpec,), {})
    with pytest.raises(TypeError):
        TensorSpec(()).__class__ = object


def test_calling_init_again_changes_nothing():
    spec = TensorSpec((1,))
    spec.__init__((2,))
    assert spec.shape == (1,)


DIFFERENT = [
    TensorSpec(None),
    TensorSpec(()),
    TensorSpec((None,)),
    TensorSpec((0,)),
    TensorSpec((1,)),
    TensorSpec(("a",)),
    TensorSpec(("b",)),
    TensorSpec((None, None)),
    TensorSpec((1,), "int32"),
    TensorSpec((1,), name="x"),
    TensorSpec((1,), name="y"),
    TensorSpec((1,), optional=True),
    TensorSpec((1,), default=[0.0]),
    TensorSpec((1,), default=[-0.0]),
    TensorSpec((1,), default=[1.0]),
    TensorSpec((None,), default=[1.0]),
    TensorSpec((None,), default=[1.0, 1.0]),
    TensorSpec((None,), "string", default=[b"ab", b"c"]),
    TensorSpec((None,), "string", default=[b"a", b"bc"]),
]


def test_specs_are_equal_exactly_when_every_part_is():
    twins = pickle.loads(pickle.dumps(DIFFERENT))
    for i, one in enumerate(DIFFERENT):
        for j, other in enumerate(twins):
            assert (one == other) is (i == j)
            assert (one != other) is (i != j)
    assert [hash(twin) for twin in twins] == [hash(spec) for spec in DIFFERENT]
    assert len({*DIFFERENT, *twins}) == len(DIFFERENT)


def test_a_nan_default_equals_itself():
    assert TensorSpec((), default=float("nan")) == TensorSpec((), default=float("nan"))


def test_a_spec_equals_nothing_of_another_type():
    spec = TensorSpec((1,))
    assert spec != (1,)
    assert spec != repr(spec)
    assert spec != tg.Signature({"x": spec})
    assert spec.__eq__(None) is NotImplemented


def test_specs_have_no_order():
    with pytest.raises(TypeError):
        _ = TensorSpec(()) < TensorSpec((1,))


@pytest.mark.parametrize("shape", [bytearray(b"ab"), memoryview(b"ab"), b"ab", "ab"], ids=lambda s: type(s).__name__)
def test_text_is_no_shape(shape):
    with pytest.raises(TypeError, match="^shape is a"):
        TensorSpec(shape)


class Longer(collections.abc.Sequence):
    """Claims one dimension and gives 300."""

    def __len__(self):
        return 1

    def __getitem__(self, index):
        if index < 300:
            return 1
        raise IndexError


def test_a_shape_that_lies_about_its_length_is_refused():
    with pytest.raises(ValueError, match="300 dimensions"):
        TensorSpec(Longer())
