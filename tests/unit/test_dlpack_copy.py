"""Copies of arrays as DLPack capsules, which TensorFlow makes tensors of."""

import gc
import resource

import numpy as np
import pytest

from tensorgate import _core


class Exporter:
    """What NumPy reads a capsule from."""

    def __init__(self, capsule):
        self.capsule = capsule

    def __dlpack__(self, **_):
        return self.capsule

    def __dlpack_device__(self):
        return (1, 0)


def copied(array):
    return np.from_dlpack(Exporter(_core.dlpack_copy(array)))


@pytest.mark.parametrize("dtype", list("?bBhHiIlLqQefdFD"))
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 0, 3), (3, 4)], ids=str)
def test_copy_has_the_arrays_dtype_shape_and_elements(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    copy = copied(array)
    assert copy.dtype == array.dtype
    assert copy.shape == shape
    np.testing.assert_array_equal(copy, array)


def test_copy_is_aligned_to_64_bytes_and_shares_no_memory():
    for offset in range(4):
        array = np.arange(100, dtype=np.float32)[offset:]
        copy = copied(array)
        assert copy.ctypes.data % 64 == 0
        assert not np.shares_memory(copy, array)
        array[:] = -1
        assert copy[0] == offset


def test_layout_becomes_row_major():
    whole = np.arange(24).reshape(4, 6)
    for view in (whole.T, whole[::2], whole[:, ::-2], np.broadcast_to(whole[0], (3, 6)), whole[1:, 2:]):
        copy = copied(view)
        assert copy.flags.c_contiguous
        np.testing.assert_array_equal(copy, view)


@pytest.mark.parametrize(
    "value",
    [
        [1.0],
        1.0,
        None,
        np.float32(1),
        np.array(["a"]),
        np.array(["a"], object),
        np.array([1.0], ">f4"),
        np.array(["2020-01-01"], "M8[D]"),
        np.array([(1,)], [("a", "i4")]),
        np.longdouble([1]),
        np.ma.masked_array([1.0], [True]),
        np.array([1.0]).view(np.recarray),
        memoryview(b"a"),
    ],
    ids=lambda value: f"{type(value).__name__}-{getattr(value, 'dtype', '')}",
)
def test_there_is_none_of_what_is_no_plain_array_of_numbers(value):
    assert _core.dlpack_copy(value) is None


def test_copy_that_nobody_takes_is_freed():
    array = np.zeros(1_000_000)
    _core.dlpack_copy(array)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(100):
        _core.dlpack_copy(array)
    for _ in range(100):
        copied(array)
    gc.collect()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000_000 // 1024
