"""Random arrays: tensorgate's verdict on each, against TensorFlow's verdict on the same data made a tensor."""

import random

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

import tensorgate as tg

ARRAYS_PER_SEED = 5_000
SEEDS = range(4)

EXTENSION_DTYPES = [
    np.dtype(member)
    for member in vars(ml_dtypes).values()
    if isinstance(member, type) and issubclass(member, np.generic)
]
QUANTIZED_DTYPES = [np.dtype(getattr(tf, name).as_numpy_dtype) for name in ("qint8", "quint8", "qint16", "qint32")]
PLAIN_DTYPES = [np.dtype(character) for character in "?bhilqBHILQefdgFDG"]
FOREIGN_DTYPES = [np.dtype("M8[s]"), np.dtype("m8[s]"), np.dtype("V3"), np.dtype([("a", "f4"), ("b", "i4")])]
STRING_DTYPES = [np.dtype("S4"), np.dtype("U4"), np.dtype(object), np.dtypes.StringDType()]
SPEC_DTYPES = [tf.as_dtype(number) for number in range(1, 34)]
TEXTS = ["", "a", "bé", "日本", "nul\0"]
NO_TEXTS = [1, 1.5, None, True, bytearray(b"x"), ["a"], np.zeros(2)]


class Subclass(np.ndarray):
    pass


def random_dtype(rng):
    dtype = rng.choice(
        rng.choice([PLAIN_DTYPES, PLAIN_DTYPES, EXTENSION_DTYPES, STRING_DTYPES, QUANTIZED_DTYPES, FOREIGN_DTYPES])
    )
    if rng.random() < 0.1 and dtype.kind in "iufcU":
        return dtype.newbyteorder(">")
    return dtype


def random_element(rng, dtype):
    """One that `dtype` holds; for object, U and StringDType now and then one that TensorFlow refuses."""
    if dtype.kind == "S":
        return rng.choice(TEXTS).encode()[:4]
    if dtype.kind == "O" and rng.random() < 0.3:
        return rng.choice(NO_TEXTS if rng.random() < 0.1 else [b"\xff\0", np.str_("x")])
    return "\ud800" if dtype.kind in "OU" and rng.random() < 0.03 else rng.choice(TEXTS)


def random_array(rng, dtype):
    shape = tuple(rng.choice([0, 1, 2, 3, 4]) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4])))
    array = np.zeros(shape, dtype)
    if dtype.kind in "SUOT":
        flat = array.reshape(-1)
        for i in range(flat.size):
            flat[i : i + 1].fill(random_element(rng, dtype))
    return rearranged(rng, array)


def rearranged(rng, array):
    """The array as callers have it: strided, reversed, read-only, of a subclass, a scalar ..."""
    for _ in range(rng.randrange(3)):
        kind = rng.choice(["fortran", "reverse", "step", "transpose", "read_only", "subclass", "broadcast", "masked"])
        if kind == "fortran":
            array = np.asanyarray(array, order="F")
        elif kind == "reverse" and array.ndim > 0:
            array = array[::-1]
        elif kind == "step" and array.ndim > 0:
            array = array[..., ::2]
        elif kind == "transpose":
            array = array.T
        elif kind == "read_only":
            array = array.view()
            array.flags.writeable = False
        elif kind == "subclass" and not isinstance(array, np.ma.MaskedArray):
            array = array.view(Subclass)
        elif kind == "broadcast" and array.ndim < 4:
            array = np.broadcast_to(array, (2, *array.shape), subok=True)
        elif kind == "masked" and rng.random() < 0.3 and array.dtype.kind in "?iuf":
            array = np.ma.masked_array(array)
    if array.ndim == 0 and rng.random() < 0.5 and type(array) is np.ndarray and array.dtype.kind not in "OT":
        return array[()]  # a NumPy scalar
    return array


def to_tensor(array):
    """None where TensorFlow takes the data for no tensor."""
    try:
        return tf.convert_to_tensor(array)
    except (ValueError, TypeError):
        return None


def random_shape_near(rng, shape):
    near = [rng.choice([size, size, size, None, None, 2]) for size in shape]
    return rng.choice([near, near, near, near, near, None, [*near, None], near[1:]])


def random_spec_near(rng, tensor, array):
    dtype = rng.choice(SPEC_DTYPES) if tensor is None or rng.random() < 0.1 else tensor.dtype
    return tf.TensorSpec(random_shape_near(rng, array.shape), dtype)


def to_tg(spec):
    return tg.TensorSpec(spec.shape, spec.dtype)


def cases(seed):
    """Arrays, the tensor of each and a spec that is likely to fit."""
    rng = random.Random(seed)
    for number in range(ARRAYS_PER_SEED):
        array = random_array(rng, random_dtype(rng))
        # tf.convert_to_tensor has no StringDType yet, and the same strings as objects say what it will make of them.
        same = array.astype(object) if array.dtype.kind == "T" else array
        tensor = to_tensor(same)
        name = f"seed {seed}, array {number}: {array.dtype} {array.shape}"
        yield name, array, tensor, random_spec_near(rng, tensor, array)


def refused_on_purpose(array):
    return isinstance(array, np.ma.MaskedArray) or not array.dtype.isnative


@pytest.fixture(params=SEEDS, ids="seed={}".format)
def seed(request):
    return request.param


def test_arrays_are_judged_as_tensorflow_judges_their_tensors(seed):
    verdicts = []
    for name, array, tensor, spec in cases(seed):
        want = tensor is not None and spec.is_compatible_with(tensor) and not refused_on_purpose(array)
        assert to_tg(spec).accepts(array) is want, f"{name} for {spec}, a tensor of {tensor is not None}"
        assert (to_tg(spec).violations(array) == []) is want, f"{name} for {spec}"
        verdicts.append(want)
    assert 0.3 < np.mean(verdicts) < 0.7


def test_tensors_are_judged_as_tensorflow_judges_them(seed):
    verdicts = []
    for name, _, tensor, spec in cases(seed):
        if tensor is not None:
            want = spec.is_compatible_with(tensor)
            assert to_tg(spec).accepts(tensor) is want, f"{name} for {spec}"
            verdicts.append(want)
    assert len(verdicts) > ARRAYS_PER_SEED / 2
    assert 0.3 < np.mean(verdicts) < 0.9


def test_variables_are_judged_as_their_values_are(seed):
    verdicts = []
    for number, (name, _, tensor, spec) in enumerate(cases(seed)):
        if number % 5 == 0 and tensor is not None:
            want = spec.is_compatible_with(tensor)
            for shape in (tensor.shape, tf.TensorShape(None)):
                try:
                    variable = tf.Variable(tensor, shape=shape)
                except tf.errors.InvalidArgumentError:  # TensorFlow has no kernel that assigns some small dtypes
                    continue
                assert to_tg(spec).accepts(variable) is want, f"{name} for {spec}"
                verdicts.append(want)
    assert len(verdicts) > ARRAYS_PER_SEED / 5
    assert 0.3 < np.mean(verdicts) < 0.9


@pytest.mark.parametrize("dtype", EXTENSION_DTYPES, ids=str)
def test_extension_dtypes_are_those_that_tensorflow_takes(dtype):
    array = np.zeros((2, 3), dtype)
    tensor = to_tensor(array)
    accepted = [spec_dtype.name for spec_dtype in SPEC_DTYPES if tg.TensorSpec(None, spec_dtype).accepts(array)]
    assert accepted == ([] if tensor is None else [tensor.dtype.name])


@pytest.mark.parametrize("dtype", [*PLAIN_DTYPES, *QUANTIZED_DTYPES, *FOREIGN_DTYPES, *STRING_DTYPES], ids=str)
def test_each_dtype_is_accepted_by_its_own_spec_alone(dtype):
    array = np.zeros((2, 3), dtype)
    if dtype.kind in "OT":
        array[...] = "a"
    tensor = to_tensor(array.astype(object) if dtype.kind == "T" else array)
    accepted = [spec_dtype.name for spec_dtype in SPEC_DTYPES if tg.TensorSpec(None, spec_dtype).accepts(array)]
    assert accepted == ([] if tensor is None else [tensor.dtype.name])


@pytest.mark.parametrize("text", ["ascii", "é", "\ud800", "a\udfffb", "nul\0"], ids=ascii)
@pytest.mark.parametrize("make", [np.str_, np.array, lambda text: np.array([text], object)], ids=["scalar", "U", "O"])
def test_text_is_refused_where_tensorflow_finds_no_utf8_for_it(text, make):
    value = make(text)
    assert tg.TensorSpec(None, "string").accepts(value) is (to_tensor(value) is not None)


def test_misaligned_arrays_are_judged_by_their_dtype():
    array = np.frombuffer(bytearray(4 * 6 + 1), np.uint8)[1:].view(np.float32).reshape(2, 3)
    assert not array.flags.aligned
    assert tf.TensorSpec([None, 3]).is_compatible_with(tf.convert_to_tensor(array))
    assert tg.TensorSpec((None, 3)).accepts(array)
