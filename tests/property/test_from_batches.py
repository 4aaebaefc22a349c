"""A contract inferred from batches accepts every one of them, whatever they are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import Signature

from .strategies import NUMERIC, SCALARS

LETTERS = ("n", "m", "k")
SHAPES = st.lists(st.one_of(st.sampled_from(LETTERS), st.integers(0, 2)), max_size=3)
INPUTS = st.tuples(SHAPES, st.sampled_from([*NUMERIC, "string"]), st.booleans())


@st.composite
def arrays(draw, shape, dtype):
    array = np.zeros(shape, object if dtype == "string" else dtype)
    scalars = SCALARS.get(dtype)
    if scalars is None:
        limits = np.iinfo(dtype)
        scalars = st.integers(int(limits.min), int(limits.max))
    # A few distinct values say as much as many.
    array[...] = draw(scalars)
    if array.size > 1:
        array[(0,) * array.ndim] = draw(scalars)
    return array


@st.composite
def examples(draw):
    inputs = draw(st.lists(INPUTS, max_size=4))
    layout = draw(st.sampled_from(["dict", "nested", "list"]))
    batches = []
    for _ in range(draw(st.integers(1, 4))):
        sizes = {letter: draw(st.integers(0, 3)) for letter in LETTERS}
        batch = {}
        for position, (shape, dtype, may_lack) in enumerate(inputs):
            # Now and then a size, or a rank, of its own.
            shape = [draw(st.integers(0, 3)) if draw(st.integers(0, 15)) == 0 else size for size in shape]
            shape = shape[1:] if draw(st.integers(0, 15)) == 0 else shape
            if not (may_lack and layout != "list" and draw(st.booleans())):
                batch[f"x{position}"] = draw(arrays([sizes.get(size, size) for size in shape], dtype))
        batches.append({"dict": batch, "nested": {"in": [batch]}, "list": list(batch.values())}[layout])
    return batches


OPTIONS = st.fixed_dictionaries(
    {},
    optional={"batch_dim": st.sampled_from([None, "rows", "dim_1"]), "sizes": st.booleans(), "values": st.booleans()},
)


@given(examples(), OPTIONS)
def test_every_batch_is_accepted(batches, options):
    signature = Signature.from_batches(batches, **options)
    for batch in batches:
        assert signature.violations(batch) == []


@given(examples(), OPTIONS)
def test_batches_seen_again_change_nothing(batches, options):
    assert Signature.from_batches(batches * 2, **options) == Signature.from_batches(batches, **options)


@given(examples(), OPTIONS)
def test_the_contract_is_no_wider_than_one_without_rules(batches, options):
    plain = {key: value for key, value in options.items() if key == "batch_dim"}
    assert Signature.from_batches(batches, **options).is_subtype_of(Signature.from_batches(batches, **plain))
