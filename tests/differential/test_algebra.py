"""The algebra on random specs: tensorgate against TensorFlow's own, on both orders of every pair."""

import random

import numpy as np
import pytest
import tensorflow as tf

import tensorgate as tg

DTYPES = [tf.as_dtype(number).name for number in range(1, 34)]
NAMES = (None, None, "", "a", "b")
DIMS = (None, None, 0, 1, 2, 3, 2**31, 2**63 - 1)
PAIRS_PER_SEED = 3_000


def random_parts(rng):
    shape = None if rng.random() < 0.1 else tuple(rng.choice(DIMS) for _ in range(rng.randrange(5)))
    return shape, rng.choice(DTYPES), rng.choice(NAMES)


def related_parts(rng, parts):
    """Near to `parts`, as two independent specs hardly ever have a relation."""
    shape, dtype, name = parts
    if shape is not None:
        shape = tuple(rng.choice(DIMS) if rng.random() < 0.3 else size for size in shape)
        shape = rng.choice([shape, shape, shape, shape, None, (*shape, 1), shape[1:]])
    return (
        shape,
        dtype if rng.random() < 0.9 else rng.choice(DTYPES),
        name if rng.random() < 0.6 else rng.choice(NAMES),
    )


def to_tf(parts):
    return tf.TensorSpec(*parts)


def to_tg(parts):
    return tg.TensorSpec(*parts)


def parts_of_tf(spec):
    if spec is None:
        return None
    return None if spec.shape.rank is None else tuple(spec.shape.as_list()), spec.dtype.name, spec.name


def parts_of_tg(spec):
    return None if spec is None else (spec.shape, spec.dtype, spec.name)


def random_pairs(seed):
    rng = random.Random(seed)
    for _ in range(PAIRS_PER_SEED):
        first = random_parts(rng)
        yield first, related_parts(rng, first) if rng.random() < 0.8 else random_parts(rng)


@pytest.fixture(params=range(4), ids="seed={}".format)
def pairs(request):
    return list(random_pairs(request.param))


def test_every_dtype_of_tensorflow_takes_part():
    assert set(DTYPES) >= {dtype.name for dtype in vars(tf.dtypes).values() if isinstance(dtype, tf.DType)}
    assert {dtype for seed in range(4) for pair in random_pairs(seed) for _, dtype, _ in pair} == set(DTYPES)


@pytest.mark.parametrize("relation", ["is_compatible_with", "is_subtype_of", "__eq__", "__ne__"])
def test_relations_agree_with_tensorflow(pairs, relation):
    verdicts = []
    for first, second in pairs:
        for a, b in ((first, second), (second, first)):
            want = getattr(to_tf(a), relation)(to_tf(b))
            got = getattr(to_tg(a), relation)(to_tg(b))
            assert got is want, f"{a} {relation} {b}"
            verdicts.append(want)
    # Both answers are common, or the pairs would show nothing.
    assert 0.05 < np.mean(verdicts) < 0.95


def test_common_supertype_of_a_pair_agrees_with_tensorflow(pairs):
    found = 0
    for first, second in pairs:
        want = parts_of_tf(to_tf(first).most_specific_common_supertype([to_tf(second)]))
        assert parts_of_tg(to_tg(first).most_specific_common_supertype([to_tg(second)])) == want, (first, second)
        found += want is not None
    assert PAIRS_PER_SEED / 4 < found < PAIRS_PER_SEED


def test_equal_specs_hash_equal_on_both_sides(pairs):
    equal = 0
    for first, second in pairs:
        if to_tf(first) == to_tf(second):
            equal += 1
            assert hash(to_tf(first)) == hash(to_tf(second)), (first, second)
            assert hash(to_tg(first)) == hash(to_tg(second)), (first, second)
        assert hash(to_tg(first)) == hash(to_tg(first)), first
    assert equal > 100


def test_hash_tells_specs_apart_that_tensorflow_does(pairs):
    specs = {parts for pair in pairs for parts in pair}
    assert len({hash(to_tg(parts)) for parts in specs}) >= len({hash(to_tf(parts)) for parts in specs}) > 100


@pytest.mark.parametrize("seed", range(4))
def test_common_supertype_of_many_agrees_with_tensorflow(seed):
    rng = random.Random(seed)
    found = 0
    for _ in range(PAIRS_PER_SEED):
        first = random_parts(rng)
        others = [related_parts(rng, first) for _ in range(rng.randrange(5))]
        if rng.random() < 0.7:
            others = [(shape, *first[1:]) for shape, _, _ in others]
        want = parts_of_tf(to_tf(first).most_specific_common_supertype([to_tf(other) for other in others]))
        got = parts_of_tg(to_tg(first).most_specific_common_supertype([to_tg(other) for other in others]))
        assert got == want, (first, others)
        found += want is not None
    assert PAIRS_PER_SEED / 4 < found < PAIRS_PER_SEED


@pytest.mark.parametrize("seed", range(4))
def test_spec_shows_the_parts_that_it_and_tensorflow_were_given(seed):
    rng = random.Random(seed)
    for _ in range(500):
        parts = random_parts(rng)
        assert parts_of_tg(to_tg(parts)) == parts_of_tf(to_tf(parts)) == parts
