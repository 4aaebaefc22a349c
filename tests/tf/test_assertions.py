"""A graph refuses by itself what the check refuses, and says the same of it."""

import re

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, ValidationError, nests
from tensorgate.tf.assertions import assert_spec, rules
from tensorgate.tf.static import static_violations

from .batches import known_dtypes, loosened, signatures_with_tensors

REFUSED = tf.errors.InvalidArgumentError
POSITIVE = TensorSpec((None, 3), minimum=0, finite=True)
GOOD, BAD = np.ones((2, 3), np.float32), np.array([[1, 2, 3], [-1, 2, 3]], np.float32)


def asserting(spec, input_signature=None):
    """A graph that does nothing but assert."""
    return tf.function(lambda value: assert_spec(value, spec), input_signature=input_signature)


def any_shape(value):
    """What a graph knows of a tensor that may have any shape."""
    return tf.TensorSpec(None, tf.convert_to_tensor(value).dtype)


def refusal(function, *arguments):
    """What a graph says of a bad batch, a line a violation. TensorFlow escapes quotes."""
    with pytest.raises(REFUSED) as caught:
        function(*arguments)
    told = re.search(r"assertion failed: \[(.*)\]", str(caught.value)).group(1)
    return told.replace("\\'", "'").replace('\\"', '"').split(" | ")


def line(violation):
    """A violation as a graph tells it: without a hint, and with U+FFFD for what can't be shown."""
    return re.sub(r"\\x..", "\ufffd", str(violation).split("; ")[0])


# The same verdicts


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(signatures_with_tensors(), st.data())
def test_a_graph_finds_what_the_check_finds_and_says_the_same_of_it(pair, data):
    signature, batch = pair
    specs = nests.mapped(lambda _, leaf: data.draw(loosened(tf.type_spec_from_value(leaf))), batch)
    if static_violations(signature, specs):
        assert signature.violations(batch)
        return
    assert_told_alike(signature, batch, specs)


def assert_told_alike(signature, batch, specs):
    """That a graph which knows no more than the specs finds what the check finds, and says the same of it."""
    expected = signature.violations(batch)
    judged, graph = judging(signature, batch, specs)
    broken = [
        (rule, text.numpy().decode())
        for rule, (holds, text) in zip(judged, graph(*nests.leaves(batch)), strict=True)
        if not holds
    ]
    assert {rule.holds.shape.rank for rule in judged} <= {0}
    assert sorted((rule.path, rule.code) for rule, _ in broken) == sorted((v.path, v.code) for v in expected)
    assert sorted(text for _, text in broken) == sorted(map(line, expected))


def judging(signature, batch, specs):
    """Rules, and a graph that judges by them batches of the same structure."""
    judged = []

    @tf.function(input_signature=nests.leaves(specs), autograph=False)
    def verdicts(*leaves):
        rest = iter(leaves)
        judged[:] = rules(nests.mapped(lambda *_: next(rest), batch), signature)
        return [(rule.holds, rule.message()) for rule in judged]

    verdicts.get_concrete_function()
    return judged, verdicts


TINY = {np.float32: 1e-45, np.float64: 5e-324}
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan, -np.nan]


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64, ml_dtypes.float8_e5m2])
@pytest.mark.parametrize(
    "given_rules",
    [
        {"minimum": 0.0},
        {"maximum": 0.0},
        {"minimum": -np.inf},
        {"maximum": np.inf},
        {"minimum": 0.5, "maximum": 1.0, "finite": True},
        {"one_of": [0.0, 1.0]},
        {"one_of": [np.nan, 1.0]},
        {"one_of": np.arange(-8, 8, 0.5)},
        {"finite": True},
    ],
    ids=repr,
)
def test_each_float_is_judged_as_the_check_judges_it(dtype, given_rules):
    subnormal = np.array([np.finfo(dtype).smallest_subnormal if dtype in TINY else 0.0], dtype)
    values = np.concatenate([np.array(FLOATS, dtype), subnormal, -subnormal])
    name = np.dtype(dtype).name
    assert_each_is_judged_alike(TensorSpec((), name, **given_rules), values)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_subnormal_numbers_are_no_zeros(dtype):
    tiny = np.array(np.finfo(dtype).smallest_subnormal, dtype)
    compared = tf.function(lambda x: x >= 0)(tf.constant([-tiny] * 64))
    assert bool(tf.reduce_all(compared)), "TensorFlow's own comparison takes them for zeros"
    values = np.array([-2 * tiny, -tiny, 0, tiny, 2 * tiny], dtype)
    least = float(tiny)
    for given_rules in ({"minimum": 0}, {"maximum": 0}, {"minimum": least}, {"one_of": [0]}, {"one_of": [least, 1]}):
        assert_each_is_judged_alike(TensorSpec((), dtype, **given_rules), values)


@pytest.mark.parametrize(
    ("dtype", "values", "given_rules"),
    [
        ("int64", [-(2**63), -(2**63) + 1, 2**53 + 1, 2**63 - 1], {"minimum": -(2**63) + 1, "maximum": 2**63 - 2}),
        ("int64", [2**53, 2**53 + 1], {"one_of": [2**53 + 1]}),
        ("uint64", [0, 2**63, 2**64 - 1], {"minimum": 1, "maximum": 2**64 - 2}),
        ("uint64", [0, 2**63, 2**64 - 1], {"one_of": [*range(1, 40), 2**64 - 1]}),
        ("uint32", [0, 2**32 - 1], {"maximum": 2**31}),
        ("uint16", [0, 2**16 - 1], {"minimum": 1}),
        ("int8", [-128, 127], {"one_of": range(-128, 127)}),
        ("int8", [-128, 127], {"one_of": range(-128, 128)}),
        ("int4", [-8, 7], {"maximum": 6}),
        ("qint8", [-8, 7], {"maximum": 6}),
        ("bool", [False, True], {"one_of": [True]}),
        ("bool", [False, True], {"one_of": [True, False]}),
        ("complex64", [0, 1j, complex(1, np.nan), complex(np.inf, 0), 1e-45j], {"finite": True}),
        ("complex64", [0, 1j, complex(1, np.nan), complex(np.inf, 0), 1e-45j], {"one_of": [0, np.nan]}),
        ("complex128", [0, 1j, complex(1, np.nan)], {"one_of": [1j]}),
    ],
    ids=repr,
)
def test_each_number_is_judged_as_the_check_judges_it(dtype, values, given_rules):
    numpy_dtype = np.dtype(tf.as_dtype(dtype).as_numpy_dtype)
    array = np.array([(v,) for v in values], numpy_dtype) if numpy_dtype.names else np.array(values, numpy_dtype)
    assert_each_is_judged_alike(TensorSpec((), dtype, **given_rules), array)


STRINGS = [b"", b"a", b"abc", "é".encode(), b"\xff", b"a\x00", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbfa"]


@pytest.mark.parametrize(
    "given_rules",
    [{"utf8": True}, {"max_bytes": 2}, {"one_of": ["a", "é"]}, {"one_of": map(str, range(40))}, {"max_bytes": 2**40}],
    ids=repr,
)
def test_each_string_is_judged_as_the_check_judges_it(given_rules):
    assert_each_is_judged_alike(TensorSpec((), "string", **given_rules), [*STRINGS, b"7", b"39", b"40"])


def assert_each_is_judged_alike(spec, values):
    graph = asserting(spec)
    for value in values:
        element = tf.constant(value)
        found = spec.violations(element)
        if found:
            (told,) = refusal(graph, element)[1:]
            assert told.split(": expected")[0] == f"inputs  {found[0].code}"
            assert found[0].expected in told or "e" in found[0].expected
        else:
            graph(element)


def test_bounds_that_are_arrays_hold_for_their_own_elements():
    spec = TensorSpec((None, 2, 3), "int32", minimum=[[0, 1, 2]], maximum=[[5], [9]])
    graph = asserting(spec, [any_shape(0)])
    graph(np.full((4, 2, 3), 5, np.int32))
    graph(np.zeros((0, 2, 3), np.int32))
    bad = np.full((2, 2, 3), 5, np.int32)
    bad[1, 1] = [10, -1, 9]
    assert refusal(graph, bad)[1:] == [str(v).replace("input ", "inputs ", 1) for v in spec.violations(bad)]
    assert refusal(graph, bad[..., :2])[1:] == ["inputs  dim: expected [None, 2, 3], got [2, 2, 2]"]


# Shapes

NAMED = Signature({"x": TensorSpec(("batch", Dim("seq", min=1, max=8, multiple_of=2))), "y": TensorSpec(("batch",))})


@pytest.mark.parametrize("known", ["nothing", "ranks", "all"])
@pytest.mark.parametrize(
    ("x", "y"), [((2, 4), (2,)), ((2, 4), (3,)), ((2, 3), (2,)), ((2, 10), (2,)), ((2, 0), (2,)), ((2,), (2,))]
)
def test_sizes_are_asked_for_where_the_graph_does_not_know_them(x, y, known):
    batch = {"x": np.zeros(x, np.float32), "y": np.zeros(y, np.float32)}
    shapes = {
        name: {"nothing": None, "ranks": [None] * array.ndim, "all": array.shape}[known]
        for name, array in batch.items()
    }
    graph = asserting(NAMED, [{name: tf.TensorSpec(shape) for name, shape in shapes.items()}])
    expected = NAMED.violations(batch)
    if not expected:
        graph(batch)
        return
    try:
        told = refusal(graph, batch)[1:]
    except ValidationError as error:
        told = [line(violation) for violation in error.violations]
    shown = [line(violation) for violation in expected]
    # A rank that differs is told when only ranks are known.
    assert told == [text.replace("got [2]", "got [None]") if known == "ranks" else text for text in shown]


def test_the_graph_learns_the_sizes_that_the_contract_makes_known():
    seen = {}

    @tf.function(input_signature=[tf.TensorSpec(None), tf.TensorSpec([5, None])])
    def graph(a, b):
        seen.update(assert_spec({"a": a, "b": b}, {"a": TensorSpec(("n", None, 3)), "b": TensorSpec(("n", 7))}))
        return seen

    graph.get_concrete_function()
    assert seen["a"].shape.as_list() == [5, None, 3]
    assert seen["b"].shape.as_list() == [5, 7]


# Ragged and sparse tensors


def test_corrupt_row_splits_are_found_in_the_graph():
    spec = RaggedTensorSpec((None, Dim(max=2)), "int32", minimum=0)
    specs = [tf.RaggedTensorSpec([None, None], tf.int32)]
    corrupt = tf.RaggedTensor.from_row_splits([1, 2, 3], tf.constant([1, 0, 2], tf.int64), validate=False)
    tf.function(tf.identity, input_signature=specs)(corrupt)  # TensorFlow lets it through
    assert refusal(asserting(spec, specs), corrupt)[1:] == [
        "inputs.row_splits  row_splits: expected 0 at the start, got 1 at [0]",
        "inputs.row_splits  row_splits: expected at least 1 as before it, got 0 at [1]",
        "inputs.row_splits  row_splits: expected the number of values, 3, at the end, got 2 at [2]",
    ]
    good = tf.ragged.constant([[1], [], [2, 3]], dtype=tf.int32)
    assert asserting(spec, specs)(good).to_list() == good.to_list()


def test_a_sparse_shape_that_tensorflow_does_not_enforce_is_asked_for():
    spec = SparseTensorSpec((None, 3), maximum=1)
    specs = [tf.SparseTensorSpec([None, None])]
    wide = tf.SparseTensor([[1, 5], [0, 7]], [1.0, 2.0], [2, 7])
    assert refusal(asserting(spec, specs), wide)[1:] == [
        "inputs.values  above_maximum: expected at most 1.0, got 2.0 at [1]",
        "inputs  dim: expected [None, 3], got [2, 7]",
        "inputs.indices  sparse_indices: expected indices within [2, 7], got [0, 7] at [1]",
        "inputs.indices  sparse_indices: expected indices in row-major order, each once: after [1, 5], got [0, 7] at "
        "[1]",
    ]
    good = tf.sparse.from_dense([[1.0, 0, 0], [0, 0, 1]])
    assert tf.sparse.to_dense(asserting(spec, specs)(good)).numpy().tolist() == [[1, 0, 0], [0, 0, 1]]


def assert_all_told_alike(spec, build, parts_of_each):
    """As above, of tensors that are made in the graph of parts that TensorFlow itself would not put together."""
    signature = Signature([spec])
    judged = []

    @tf.function(reduce_retracing=True, autograph=False)
    def verdicts(parts):
        judged[:] = rules([build(parts)], signature)
        return [(rule.holds, rule.message()) for rule in judged]

    passed = 0
    for parts in parts_of_each:
        results = verdicts(tf.nest.map_structure(tf.constant, parts))
        told = [text.numpy().decode() for holds, text in results if not holds]
        assert sorted(told) == sorted(line(violation) for violation in signature.violations([parts]))
        passed += not told
    assert 0 < passed < len(parts_of_each)


def test_random_row_splits_are_judged_as_the_check_judges_them():
    random = np.random.default_rng(0)

    def splits(count):
        cuts = random.integers(0, 5, random.integers(0, 5))
        cuts = np.sort(cuts) if random.random() < 0.8 else cuts
        return np.array([0, *np.minimum(cuts, count), count] if random.random() < 0.8 else cuts, np.int64)

    def parts():
        inner = splits(4)
        values = {"values": np.zeros((4, 2), np.float32), "row_splits": inner}
        return {"values": values, "row_splits": splits(max(len(inner) - 1, 0))}

    def build(parts):
        inner = parts["values"]
        values = tf.RaggedTensor.from_row_splits(inner["values"], inner["row_splits"], validate=False)
        return tf.RaggedTensor.from_row_splits(values, parts["row_splits"], validate=False)

    spec = RaggedTensorSpec((None, Dim(max=3), Dim(max=3), 2), ragged_rank=2)
    assert_all_told_alike(spec, build, [parts() for _ in range(300)])


def test_random_indices_are_judged_as_the_check_judges_them():
    random = np.random.default_rng(0)

    def parts():
        width, rank = random.integers(0, 4, 2) if random.random() < 0.2 else (2, 2)
        indices = random.integers(0, 4, (random.integers(0, 5), width))
        if random.random() < 0.8:
            indices = np.unique(indices, axis=0) if width else indices[:1]
        count = len(indices) + (random.random() < 0.1)
        sizes = random.integers(-1 if random.random() < 0.1 else 2, 6, rank)
        return {"indices": indices, "values": np.zeros(count, np.float32), "dense_shape": sizes}

    def build(parts):
        indices, sizes = (tf.identity(parts[name]) for name in ("indices", "dense_shape"))
        return tf.SparseTensor(indices, parts["values"], sizes)

    assert_all_told_alike(SparseTensorSpec((None, Dim(max=4))), build, [parts() for _ in range(300)])


# Messages


def test_all_that_is_wrong_is_told_at_once():
    signature = Signature({"x": POSITIVE, "s": TensorSpec((None,), "string", one_of=["a", "b"])}, name="predict")
    graph = asserting(signature)
    batch = {"x": tf.constant([[np.nan, -1.5, 0.1], [np.inf, 1, 1]]), "s": tf.constant(["a", "it's", "c"])}
    assert refusal(graph, batch) == [
        "3 violations of signature 'predict'",
        "inputs['x']  not_finite: expected finite values, got nan at [0, 0], 2 in all",
        "inputs['x']  below_minimum: expected at least 0.0, got -1.5 at [0, 1]",
        "inputs['s']  not_one_of: expected one of 'a', 'b', got 'it's' at [1], 2 in all",
    ]


def test_at_most_64_violations_are_told():
    signature = {str(i): TensorSpec((), minimum=0) for i in range(70)}
    told = refusal(asserting(signature), {str(i): tf.constant(-1.0) for i in range(70)})
    assert told[0] == "70 violations of signature 'assert_spec'"
    assert len(told) == 65


@pytest.mark.parametrize(
    ("dtype", "value", "shown"),
    [
        ("float32", 0.1, "0.1"),
        ("float32", 16777217.0, "16777216.0"),
        ("float64", 1 / 3, "0.33333333333333331"),
        ("float64", -1e300, "-1e+300"),
        ("float16", -2, "-2.0"),
        ("float32", -np.nan, "nan"),
        ("float32", -np.inf, "-inf"),
        ("complex64", 1 - 2.5j, "(1.0-2.5j)"),
        ("complex64", 1 + 2.5j, "(1.0+2.5j)"),
        ("bool", True, "True"),
        ("uint64", 2**64 - 1, "18446744073709551615"),
        ("string", "é" * 100, "'" + "é" * 80 + "...'"),
        ("string", b"a\x1b[2J\xff", "'a\ufffd[2J\ufffd'"),
    ],
)
def test_the_first_bad_element_is_shown(dtype, value, shown):
    other = {"string": "other", "bool": False}.get(dtype, 5)
    (told,) = refusal(asserting(TensorSpec((), dtype, one_of=[other])), tf.constant(value, dtype))[1:]
    assert told.endswith(f"got {shown}")


def test_the_name_is_that_of_the_operations_and_the_contract():
    function = tf.function(lambda x: assert_spec(x, POSITIVE, name="pixels"))
    assert refusal(function, BAD)[0] == "1 violation of signature 'pixels'"
    graph = function.get_concrete_function(tf.TensorSpec([2, 3])).graph
    assert any(operation.name.startswith("pixels/") for operation in graph.get_operations())


# Where it may stand


def test_eager_values_are_checked_and_given_back():
    assert assert_spec(GOOD, POSITIVE) is GOOD
    with pytest.raises(ValidationError, match="below_minimum"):
        assert_spec(BAD, POSITIVE)


@pytest.mark.parametrize("autograph", [True, False])
def test_what_is_wrong_for_certain_is_told_when_the_graph_is_traced(autograph):
    function = tf.function(lambda x: assert_spec({"x": x}, {"x": POSITIVE}), autograph=autograph)
    with pytest.raises(ValidationError, match="expected \\[None, 3\\], got \\[None, 4\\]"):
        function.get_concrete_function(tf.TensorSpec([None, 4]))


def test_an_absent_optional_input_passes():
    signature = Signature({"x": POSITIVE, "y": TensorSpec((), "int32", default=3, minimum=0)})
    assert set(asserting(signature)({"x": GOOD})) == {"x"}
    assert refusal(asserting(signature), {"x": GOOD, "y": tf.constant(-1)})[1:] == [
        "inputs['y']  below_minimum: expected at least 0, got -1"
    ]


def test_variables_and_arrays_become_tensors_in_a_graph():
    variable = tf.Variable(GOOD)
    graph = tf.function(lambda: assert_spec([variable, GOOD], [POSITIVE, POSITIVE]))
    graph()
    variable.assign(BAD)
    assert refusal(graph)[1:] == ["inputs[0]  below_minimum: expected at least 0.0, got -1.0 at [1, 0]"]


def test_gradients_pass_through_unchanged():
    def loss(x):
        return tf.reduce_sum(assert_spec(x, POSITIVE) ** 3)

    def gradients(function):
        x = tf.constant(GOOD * 2)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = function(x)
            first = inner.gradient(y, x)
        return first.numpy().tolist(), outer.gradient(first, x).numpy().tolist()

    assert gradients(tf.function(loss)) == gradients(lambda x: tf.reduce_sum(x**3))


def test_it_survives_a_saved_model(tmp_path):
    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec(None), tf.TensorSpec(None, tf.string)])
        def serve(self, x, s):
            batch = assert_spec(
                {"x": x, "s": s},
                {"x": POSITIVE, "s": TensorSpec((None,), "string", utf8=True, one_of=map(str, range(20)))},
            )
            return {"sum": tf.reduce_sum(batch["x"])}

    model = Model()
    tf.saved_model.save(model, tmp_path, signatures=model.serve)
    served = tf.saved_model.load(tmp_path).signatures["serving_default"]
    good = {"x": tf.constant(GOOD), "s": tf.constant(["7"])}
    assert served(**good)["sum"] == 6
    assert refusal(lambda: served(**good | {"x": tf.constant(BAD)}))[1:] == [
        "inputs['x']  below_minimum: expected at least 0.0, got -1.0 at [1, 0]"
    ]
    assert refusal(lambda: served(**good | {"x": tf.zeros([3])}))[1:] == [
        "inputs['x']  rank: expected [None, 3], got [3]"
    ]
    assert refusal(lambda: served(**good | {"s": tf.constant(["20"])}))[1:] == [
        "inputs['s']  not_one_of: expected one of '0', '1', '10', '11' ... (20 values), got '20' at [0]"
    ]


def test_it_holds_in_a_dataset():
    ds = tf.data.Dataset.from_tensor_slices([GOOD, BAD]).map(lambda x: assert_spec(x, POSITIVE))
    elements = iter(ds)
    next(elements)
    assert refusal(next, elements)[1:] == ["inputs  below_minimum: expected at least 0.0, got -1.0 at [1, 0]"]


def test_it_holds_for_each_of_a_vectorized_map():
    spec = TensorSpec((3,), minimum=-0.5, finite=True)  # no operation of which is put into a loop

    def each(x):
        return 2 * assert_spec(x, spec)

    assert tf.vectorized_map(each, GOOD).numpy().tolist() == (2 * GOOD).tolist()
    assert refusal(tf.vectorized_map, each, BAD)[1:] == [
        "inputs  below_minimum: expected at least -0.5, got -1.0 at [0]"
    ]


def test_xla_which_drops_assertions_is_refused():
    def careless(x):
        tf.debugging.Assert(tf.reduce_all(x >= 0), [x])
        return 2 * x

    assert tf.function(careless, jit_compile=True)(BAD)[1, 0] == -2
    with pytest.raises(ValueError, match="jit_compile=True: XLA drops assertions, so that inputs would not be checked"):
        tf.function(lambda x: assert_spec(x, POSITIVE), jit_compile=True)(GOOD)
    inner = asserting(POSITIVE, [tf.TensorSpec([None, 3])])
    inner.get_concrete_function()
    with pytest.raises(REFUSED, match="XLA_CPU_JIT"):
        tf.function(lambda x: inner(x), jit_compile=True)(GOOD)


def test_xla_takes_a_contract_that_leaves_nothing_to_be_judged():
    compiled = tf.function(lambda x: assert_spec(x, TensorSpec((None, 3))), jit_compile=True)
    assert compiled(GOOD).numpy().tolist() == GOOD.tolist()
    with pytest.raises(ValidationError):
        compiled(np.ones((2, 4), np.float32))


@pytest.mark.parametrize("dtype", known_dtypes("float8_e4m3fnuz", "float8_e5m2fnuz", "int2", "float4_e2m1fn"))
def test_values_that_tensorflow_can_not_compare_are_refused_when_the_graph_is_traced(dtype):
    function = asserting({"x": TensorSpec((None,), dtype, minimum=0)})
    with pytest.raises(ValueError, match=f"inputs\\['x'\\] is of dtype {dtype}, whose values TensorFlow has no"):
        function.get_concrete_function({"x": tf.TensorSpec([None], dtype)})
    asserting(TensorSpec((None,), dtype)).get_concrete_function(tf.TensorSpec([None], dtype))


def test_it_holds_in_keras_models():
    import keras

    class Checked(keras.layers.Layer):
        def call(self, x):
            return assert_spec(x, POSITIVE)

    for layer in (Checked(), keras.layers.Lambda(lambda x: assert_spec(x, POSITIVE))):
        inputs = keras.Input((3,))
        model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
        model.compile("sgd", "mse", jit_compile=False)
        model.fit(GOOD, GOOD[:, 0], verbose=0)
        told = ["inputs  below_minimum: expected at least 0.0, got -1.0 at [1, 0]"]
        assert refusal(lambda fit=model.fit: fit(BAD, BAD[:, 0], verbose=0, shuffle=False))[1:] == told
        assert refusal(lambda predict=model.predict: predict(BAD, verbose=0))[1:] == told
        with pytest.raises(ValidationError, match="below_minimum"):
            model(BAD)
