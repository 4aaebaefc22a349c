"""The rows of docs/differences.md that no other file here asserts, and that each row has its test."""

import array
import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.tensor import BoundedTensorSpec

import tensorgate as tg

HERE = Path(__file__).parent
TABLE = (HERE.parents[1] / "docs" / "differences.md").read_text()


def codes(spec, value):
    return [violation.code for violation in spec.violations(value)]


def test_every_row_names_tests_that_exist():
    rows = [row for row in TABLE.splitlines() if row.startswith("| ") and not row.startswith("| **")][1:]
    sources = [path.read_text() for path in HERE.glob("test_*.py")]
    defined = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.MULTILINE)}
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    assert len(rows) > 20
    assert all(named)
    assert {name for names in named for name in names} <= defined


class DlpackExporter:
    def __init__(self, exported):
        self.exported = exported

    def __dlpack__(self, **options):
        return self.exported.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.exported.__dlpack_device__()


@pytest.mark.parametrize(
    "value",
    [array.array("f", [1, 2]), memoryview(np.ones(2, np.float32)), DlpackExporter(np.ones(2, np.float32))],
    ids=lambda value: type(value).__name__,
)
def test_exporters_of_memory_count_as_values(value):
    assert not tf.TensorSpec([None]).is_compatible_with(value)
    assert tg.TensorSpec((None,)).is_compatible_with(value)
    assert codes(tg.TensorSpec((3,)), value) == ["dim"]


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_bytes_like_objects_are_uint8_vectors(make):
    value = make(b"abc")
    assert tf.convert_to_tensor(value).dtype == (tf.string if make is bytes else tf.int32)
    assert tg.TensorSpec((3,), "uint8").accepts(value)
    assert codes(tg.TensorSpec((), "string"), value) == ["dtype", "rank"]


@pytest.mark.parametrize("value", [[1.0, 2.0], (1.0, 2.0), 1.0, 2**40, True, "text"], ids=repr)
def test_python_values_that_tensorflow_converts_are_refused(value):
    tensor = tf.convert_to_tensor(value)
    spec = tg.TensorSpec(tensor.shape, tensor.dtype)
    assert spec.accepts(tensor)
    assert codes(spec, value) == ["unsupported"]


@pytest.mark.parametrize("dtype", [">f4", ">i8", ">c16", ">U2"])
def test_big_endian_arrays_are_refused(dtype):
    value = np.array([1, 2]).astype(dtype)
    tensor = tf.convert_to_tensor(value)
    assert tensor.numpy().astype("U1").tolist() == value.astype("U1").tolist()
    assert codes(tg.TensorSpec(None, tensor.dtype), value) == ["byte_order"]


@pytest.mark.parametrize("mask", [[False, True], [False, False], np.ma.nomask], ids=str)
def test_masked_arrays_are_refused(mask):
    value = np.ma.masked_array(np.ones(2, np.float32), mask)
    assert tf.convert_to_tensor(value).numpy().tolist() == [1.0, 1.0]
    assert codes(tg.TensorSpec((2,)), value) == ["unsupported"]


def test_string_dtype_arrays_count_as_strings():
    value = np.array(["a", "é"], np.dtypes.StringDType())
    with pytest.raises(ValueError, match="Unsupported numpy type"):
        tf.convert_to_tensor(value)
    assert tf.as_dtype(value.dtype) == tf.string
    assert tg.TensorSpec((2,), "string").accepts(value)
    with_missing = np.array(["a", None], np.dtypes.StringDType(na_object=None))
    assert codes(tg.TensorSpec((2,), "string"), with_missing) == ["dtype"]


def test_object_arrays_are_looked_at_element_by_element():
    spec = tg.TensorSpec((2,), "string")
    text, other = np.array(["a", b"b"], object), np.array(["a", 1], object)
    assert tf.string.is_compatible_with(text.dtype)
    assert tf.string.is_compatible_with(other.dtype)
    assert spec.accepts(text)
    assert codes(spec, other) == ["dtype"]


@pytest.mark.parametrize(
    ("dtype", "name"),
    [("f4", "float32"), ("int", "int64"), ("<U5", "string"), ("O", "string"), (int, "int64"), (bytes, "string")],
)
def test_dtypes_may_be_named_as_in_numpy(dtype, name):
    with pytest.raises(TypeError, match="to a TensorFlow DType"):
        tf.as_dtype(dtype)
    assert tg.TensorSpec((), dtype).dtype == name


@pytest.mark.parametrize(("dtype", "name"), [(float, "float32"), ("float", "float32"), (bool, "bool")])
def test_dtypes_that_tensorflow_and_numpy_both_name_mean_what_they_mean_to_tensorflow(dtype, name):
    assert tf.as_dtype(dtype).name == tg.TensorSpec((), dtype).dtype == name


def test_number_is_no_dtype():
    assert tf.as_dtype(1) == tf.float32
    with pytest.raises(TypeError, match="not one that TensorFlow has"):
        tg.TensorSpec((), 1)


def test_rank_that_no_tensor_has_is_refused():
    assert tf.TensorSpec([1] * 255).shape.rank == 255
    with pytest.raises(tf.errors.InvalidArgumentError, match="Too many dimensions"):
        tf.zeros([1] * 255)
    with pytest.raises(ValueError, match="254"):
        tg.TensorSpec((1,) * 255)
    assert tg.TensorSpec((1,) * 254).shape == (1,) * 254


@pytest.mark.parametrize(
    ("shape", "meaning"), [(5, [5]), (b"ab", [97, 98]), ("", []), ({4}, [4]), ({2: 3}, [2]), (iter([1]), [1])], ids=str
)
def test_shape_must_be_a_sequence(shape, meaning):
    with pytest.raises(TypeError, match="must be a sequence of dimensions"):
        tg.TensorSpec(shape)
    assert tf.TensorSpec(shape).shape.as_list() == meaning


def test_dimensions_may_have_names():
    with pytest.raises(TypeError, match="batch"):
        tf.TensorSpec(["batch", 3])
    square = tg.TensorSpec(("n", "n"))
    assert square.accepts(tf.zeros((2, 2)))
    assert codes(square, tf.zeros((2, 3))) == ["dim_mismatch"]


@pytest.mark.parametrize(("name", "error"), [(5, TypeError), (b"x", TypeError), ("\ud800", ValueError)], ids=ascii)
def test_name_must_be_text(name, error):
    assert tf.TensorSpec([1], name=name).name == name
    with pytest.raises(error, match="name"):
        tg.TensorSpec((1,), name=name)


def test_optional_and_default_are_part_of_a_spec():
    for argument in ({"optional": True}, {"default": [0.0]}):
        with pytest.raises(TypeError, match="unexpected keyword"):
            tf.TensorSpec([1], **argument)
        spec = tg.TensorSpec((1,), **argument)
        assert spec.optional
        assert spec != tg.TensorSpec((1,))
        assert hash(spec) != hash(tg.TensorSpec((1,)))
    assert tg.TensorSpec((1,), default=[0.0]) != tg.TensorSpec((1,), default=[1.0])


def test_shape_and_dtype_are_plain_values():
    shapes = [(None, 3), (), None]
    assert [tf.TensorSpec(shape).shape for shape in shapes] == [tf.TensorShape(shape) for shape in shapes]
    assert [tg.TensorSpec(shape).shape for shape in shapes] == shapes
    assert [type(tg.TensorSpec(shape).shape) for shape in shapes] == [tuple, tuple, type(None)]
    assert tg.TensorSpec(()).dtype == tf.TensorSpec(()).dtype.name == "float32"


def test_name_that_stands_once_counts_for_equality_alone():
    named, other, plain = tg.TensorSpec(("n", 3)), tg.TensorSpec(("m", 3)), tg.TensorSpec((None, 3))
    assert len({named, other, plain}) == 3
    assert len({hash(named), hash(other), hash(plain)}) == 3
    # As TensorFlow's relations of [None, 3] with itself.
    for a in (named, other, plain):
        for b in (named, other, plain):
            assert a.is_compatible_with(b)
            assert a.is_subtype_of(b)
            assert a.most_specific_common_supertype([b]) == (a if a == b else plain)
    assert tf.TensorSpec([None, 3]).is_subtype_of(tf.TensorSpec([None, 3]))


def test_name_that_stands_twice_requires_equal_sizes():
    square, other, plain = tg.TensorSpec(("n", "n")), tg.TensorSpec(("m", "m")), tg.TensorSpec((None, None))
    assert not square.accepts(np.zeros((2, 3), np.float32))
    assert not tg.TensorSpec((2, 3)).is_subtype_of(square)
    assert not plain.is_subtype_of(square)
    assert tg.TensorSpec((2, 2)).is_subtype_of(square)
    assert square.is_subtype_of(other)
    assert square.is_subtype_of(plain)
    assert square.most_specific_common_supertype([other]).is_subtype_of(square)
    assert tf.TensorSpec([2, 3]).is_subtype_of(tf.TensorSpec([None, None]))


def test_rules_take_part_in_every_relation():
    def bounded(low, high):
        return tg.TensorSpec((1,), minimum=low, maximum=high)

    assert tf.TensorSpec([1]).is_subtype_of(BoundedTensorSpec([1], tf.float32, 0, 2))
    assert not tg.TensorSpec((1,)).is_subtype_of(bounded(0, 2))
    assert bounded(0, 1).is_subtype_of(bounded(0, 2))
    assert BoundedTensorSpec([1], tf.float32, 0, 2).is_compatible_with(BoundedTensorSpec([1], tf.float32, 5, 9))
    assert not bounded(0, 2).is_compatible_with(bounded(5, 9))
    assert bounded(0, 2).most_specific_common_supertype([bounded(5, 9)]) == bounded(0, 9)
    assert not tg.TensorSpec((tg.Dim(max=3),)).is_compatible_with(tg.TensorSpec((4,)))


def test_bounds_are_checked():
    value = tf.constant([9.0, 9.0])
    assert BoundedTensorSpec([2], tf.float32, 0, 2).is_compatible_with(value)
    assert codes(tg.TensorSpec((2,), minimum=0, maximum=2), value) == ["above_maximum"]


def test_contradictory_bounds_are_refused():
    assert BoundedTensorSpec([2], tf.float32, 2, 0).minimum == 2
    with pytest.raises(ValueError, match=r"^minimum 2\.0 is over maximum 0\.0$"):
        tg.TensorSpec((2,), minimum=2, maximum=0)


def test_optional_spec_is_no_subtype_of_a_required_one():
    required, optional, default = (tg.TensorSpec((1,), **more) for more in ({}, {"optional": True}, {"default": [1.0]}))
    assert required.is_subtype_of(optional)
    assert required.is_subtype_of(default)
    assert not optional.is_subtype_of(required)
    assert not default.is_subtype_of(required)
    assert optional.is_subtype_of(default)
    assert default.is_subtype_of(optional)
    assert required.most_specific_common_supertype([default]) == optional
    assert default.most_specific_common_supertype([default]) == default


def test_supertype_reads_a_generator():
    def generated(spec_type):
        return (spec_type(shape) for shape in ([2], [3]))

    assert tf.TensorSpec([1]).most_specific_common_supertype(generated(tf.TensorSpec)) == tf.TensorSpec([1])
    assert tg.TensorSpec((1,)).most_specific_common_supertype(generated(tg.TensorSpec)) == tg.TensorSpec((None,))
