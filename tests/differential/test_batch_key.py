"""Keys and specs of random batches, against the traces of a real tf.function."""

import collections
import random

import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from tensorgate import Signature

from ..containers import Attributes, Nest

SIGNATURE = Signature({})
SEEDS = range(6)
BATCHES_PER_SEED = 250
Point = collections.namedtuple("Point", "x y")
Line = collections.namedtuple("Line", "x y")


class Tracer:
    """A tf.function of one argument, and how often it was traced."""

    def __init__(self):
        self.traces = 0
        self.function = tf.function(self.body, autograph=False)

    def body(self, _batch):
        self.traces += 1
        return tf.constant(0)

    def traces_for(self, batch):
        before = self.traces
        self.function(batch)
        return self.traces - before


def values():
    """What is put into batches, few of each kind, so that some batches are traced as others were."""
    arrays = [np.zeros(shape, dtype) for shape in [(), (1,), (2, 1)] for dtype in ["f4", ">f4", "f8", "i8", "?", "i1"]]
    arrays += [np.zeros((1,), ml_dtypes.bfloat16), np.zeros((1, 2, 3, 4, 5), "f4"), np.zeros((3000, 0), "f4")]
    strings = [np.array(["a"]), np.array([b"b"]), np.array(["abc"], object), np.array("a"), np.bytes_(b"a")]
    scalars = [np.float32(1), np.float64(1), np.int64(3), np.bool_(True)]
    numbers = [0, 1, 1.0, True, False, -0.0, 1 + 0j, 1j, -1, -2, 2**61 - 1, 2**70, float(2**70), 0.5, float("nan")]
    texts = ["", "a", "1", b"a", np.str_("a"), None]
    variables = [tf.Variable([1.0]), tf.Variable([2.0]), tf.Variable([3.0], trainable=False), tf.Variable([1.0, 2.0])]
    composites = [
        *(tf.ragged.constant(rows) for rows in ([[1], [2, 3]], [[1, 2, 3], []], [[1]], [["a"], []])),
        tf.ragged.constant([[1], [2, 3]], row_splits_dtype=tf.int32),
        *(tf.SparseTensor([[0, i]], [1.0], [1, size]) for i, size in ((0, 2), (1, 2), (1, 3))),
        tf.IndexedSlices(tf.constant([1.0]), tf.constant([0])),
    ]
    kinds = [arrays, arrays, strings, scalars, numbers, texts, variables, composites]
    return [*kinds, [tf.constant(array) for array in arrays + strings]]


def container(rng, children):
    if len(children) != 2:
        return rng.choice([list, tuple])(children)
    x, y = children
    pairs = [("a", x), ("b", y)]
    rng.shuffle(pairs)
    return rng.choice(
        [
            *(lambda: [x, y], lambda: (x, y), lambda: dict(pairs), lambda: dict(pairs), lambda: {"a": x, "c": y}),
            *(lambda: collections.OrderedDict(pairs), lambda: collections.UserDict(pairs)),
            *(lambda: Point(x, y), lambda: Line(x, y), lambda: Attributes(x, y)),
            *(lambda: Nest("a", [x, y]), lambda: Nest("b", [x, y]), lambda: {True: x}, lambda: {1.0: y}),
        ]
    )()


def random_batch(rng, kinds, depth=0):
    if depth < 3 and rng.random() < (0.85, 0.35, 0.2)[depth]:
        return container(rng, [random_batch(rng, kinds, depth + 1) for _ in range(rng.choice([0, 1, 2, 2, 2]))])
    return rng.choice(rng.choice(kinds))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_trace_is_made_exactly_for_a_new_key_and_a_new_spec(seed):
    rng = random.Random(seed)
    kinds = values()
    # Each call of a seed goes to one function, so each batch is compared with all before it.
    tracer = Tracer()
    keys, specs = set(), set()
    for number in range(BATCHES_PER_SEED):
        batch = random_batch(rng, kinds)
        traced = tracer.traces_for(batch)
        key, spec = SIGNATURE.batch_key(batch), SIGNATURE.batch_spec(batch)
        assert (spec not in specs) == traced, (seed, number, spec)
        assert (key not in keys) == traced, (seed, number, spec)
        keys.add(key)
        specs.add(spec)
    # Both verdicts come up often enough to mean something.
    assert BATCHES_PER_SEED / 4 < len(specs) < BATCHES_PER_SEED * 0.95


def is_shared(one, other):
    tracer = Tracer()
    return [tracer.traces_for(batch) for batch in (one, other)] == [1, 0]


def has_one_key(one, other):
    same = SIGNATURE.batch_spec(one) == SIGNATURE.batch_spec(other)
    assert (SIGNATURE.batch_key(one) == SIGNATURE.batch_key(other)) is same
    return same


FIRST, SECOND = (tf.Variable([1.0, 2.0]) for _ in range(2))
UNIFORM = tf.RaggedTensor.from_uniform_row_length(tf.constant([1, 2, 3, 4]), 2)
RAGGED = tf.ragged.constant([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FIRST, SECOND),
        (FIRST, tf.constant([1.0, 2.0])),
        ([FIRST, FIRST], [FIRST, SECOND]),
        ([FIRST, SECOND], [SECOND, FIRST]),
        ([FIRST, SECOND, FIRST], [FIRST, SECOND, SECOND]),
        # Variables are numbered in a dict's own order.
        ({"a": FIRST, "b": SECOND}, {"b": SECOND, "a": FIRST}),
        ({"a": FIRST, "b": 1}, {"b": 1, "a": FIRST}),
        (UNIFORM, tf.RaggedTensor.from_uniform_row_length(tf.constant([1, 2]), 1)),
        (tf.constant(["a"]), np.array(["bc"])),
        (keras.Variable(np.zeros(2, np.float32)), np.ones(2, np.float32)),
        (tf.zeros((2, 0)), np.zeros((2, 0), np.float32)),
    ],
)
def test_a_pair_shares_a_trace_exactly_where_it_shares_a_key(one, other):
    assert has_one_key(one, other) == is_shared(one, other) == is_shared(other, one)


@pytest.mark.parametrize(
    ("general", "narrow"),
    [(RAGGED, UNIFORM), (tf.Variable([1.0, 2.0], shape=[None]), tf.Variable([1.0, 2.0]))],
    ids=["ragged", "variable"],
)
def test_where_tensorflow_goes_by_the_order_of_calls_the_keys_differ(general, narrow):
    assert is_shared(general, narrow)
    assert not is_shared(narrow, general)
    assert not has_one_key(general, narrow)


def test_a_variable_of_unknown_rank():
    unknown, scalar = tf.Variable(1.0, shape=tf.TensorShape(None)), tf.Variable(1.0)
    assert has_one_key(unknown, tf.Variable([1.0], shape=tf.TensorShape(None)))
    assert not has_one_key(unknown, scalar)


def test_containers_that_a_module_tracks_are_what_they_wrap():
    plain = {"a": np.zeros(2), "b": [np.zeros(1)], "c": (1, "x")}
    module = tf.Module()
    module.tracked = plain
    assert type(module.tracked) is not dict
    assert has_one_key(plain, module.tracked)
    assert is_shared(plain, module.tracked)


@pytest.mark.parametrize(
    "stranger",
    [tf.TensorSpec([1]), tf.float32, FIRST.handle, tf.TensorShape([1]), tf.TensorArray(tf.float32, 1)],
    ids=lambda stranger: type(stranger).__name__,
)
def test_objects_of_tensorflow_that_hold_no_tensor_are_refused(stranger):
    for method in (SIGNATURE.batch_key, SIGNATURE.batch_spec):
        with pytest.raises(TypeError, match=r"^inputs\['x'\] is .*identity"):
            method({"x": stranger})


def test_a_symbolic_tensor_is_refused():
    def body(x):
        with pytest.raises(TypeError, match=r"^inputs\['x'\] is a symbolic"):
            SIGNATURE.batch_key({"x": x})
        return x

    tf.function(body, autograph=False)(tf.zeros(2))
