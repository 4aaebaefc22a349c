"""Random parts of ragged and sparse tensors pass exactly where the invariants hold."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import RaggedTensorSpec, Signature, SparseTensorSpec

from .effort import examples

SPLITS = st.one_of(
    st.lists(st.integers(-1, 4), max_size=4),
    st.lists(st.integers(0, 4), max_size=4).map(sorted),
    st.lists(st.integers(0, 4), max_size=3).map(lambda rest: [0, *sorted(rest)]),
)


def cuts(splits, count):
    """Whether row_splits cut so many values into rows."""
    return bool(splits) and splits[0] == 0 and all(a <= b for a, b in pairwise(splits)) and splits[-1] == count


def passes(spec, value):
    violations = spec.violations(value)
    assert spec.accepts(value) is Signature([spec]).accepts([value]) is (not violations)
    return not violations


@examples(1_000)
@given(st.lists(SPLITS, min_size=1, max_size=3), st.integers(0, 4), st.sampled_from(["int32", "int64"]))
def test_ragged_parts(levels, count, dtype):
    value = np.zeros(count, np.float32)
    good = True
    for splits in levels:
        good = good and cuts(splits, count)
        count = len(splits) - 1
        value = {"values": value, "row_splits": np.array(splits, dtype)}
    assert passes(RaggedTensorSpec((None,) * (len(levels) + 1), row_splits_dtype=dtype), value) is good


@st.composite
def sparse_parts(draw):
    shape = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    entry = st.tuples(*(st.integers(-1, 3) for _ in shape))
    indices = draw(st.lists(entry, max_size=4) | st.lists(entry, max_size=4, unique=True).map(sorted))
    return shape, indices, draw(st.sampled_from([len(indices)] * 4 + [0, 1]))


@examples(1_000)
@given(sparse_parts())
def test_sparse_parts(parts):
    shape, indices, count = parts
    value = {
        "indices": np.array(indices, np.int64).reshape(len(indices), len(shape)),
        "values": np.zeros(count, np.float32),
        "dense_shape": np.array(shape),
    }
    within = all(0 <= at < size for index in indices for at, size in zip(index, shape, strict=True))
    good = within and all(a < b for a, b in pairwise(indices)) and count == len(indices)
    assert passes(SparseTensorSpec((None,) * len(shape)), value) is good
    assert passes(SparseTensorSpec(None), value) is good
