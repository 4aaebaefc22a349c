"""What a guarded call gives is what the call itself gives, by the short way and by every other."""

import gc
import resource
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

import tensorgate as tg
from tensorgate.tf import flat_call

DTYPES = [
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64",
    "complex64", "complex128", ml_dtypes.bfloat16, ml_dtypes.float8_e5m2, ml_dtypes.int4,
]  # fmt: skip
SHAPES = [(), (0,), (3,), (2, 0, 3), (4, 3)]
SPECS = {"a": tf.TensorSpec([None, 3]), "b": tf.TensorSpec([None, 3])}


def batch(rows=2):
    return {"a": np.full((rows, 3), 2, np.float32), "b": np.full((rows, 3), 3, np.float32)}


@pytest.fixture
def short_ways(monkeypatch):
    """The calls that take the short way."""
    calls = []
    run = flat_call.FlatCall.__call__
    monkeypatch.setattr(flat_call.FlatCall, "__call__", lambda self, tensors: calls.append(self) or run(self, tensors))
    return calls


def product(**options):
    return tf.function(lambda batch: batch["a"] * batch["b"], input_signature=[SPECS], **options)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_arrays_of_every_dtype_arrive_unchanged(dtype, shape, short_ways):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    guarded = tg.tf.guard(tf.function(lambda x: tf.identity(x), input_signature=[tf.TensorSpec(shape, dtype)]))
    for _ in range(3):
        result = guarded(array)
        assert result.dtype == tf.as_dtype(np.dtype(dtype))
        assert result.shape == shape
        np.testing.assert_array_equal(result.numpy(), array)
    assert len(short_ways) == 2


@pytest.mark.parametrize(
    "array",
    [np.array(["a", "bé"], object), np.array([b"a\0", b""], object), np.array(["a", "bé"]), np.array([b"a", b"b"])],
    ids=["str", "bytes", "U", "S"],
)
def test_strings_arrive_unchanged(array, short_ways):
    function = tf.function(lambda x: tf.identity(x), input_signature=[tf.TensorSpec([None], tf.string)])
    guarded = tg.tf.guard(function)
    for _ in range(3):
        assert guarded(array).numpy().tolist() == function(array).numpy().tolist()
    assert len(short_ways) == 2


def test_arrays_of_every_layout_arrive_unchanged(short_ways):
    whole = np.arange(48, dtype=np.float32).reshape(8, 6)
    frozen = whole.copy()
    frozen.flags.writeable = False
    misaligned = np.frombuffer(b"\0" + whole.tobytes(), np.float32, offset=1).reshape(8, 6)
    views = [whole[::2], whole[:, ::-1], whole.T, whole[1:, 1:], frozen, misaligned, np.broadcast_to(whole[0], (4, 6))]
    guarded = tg.tf.guard(tf.function(lambda x: tf.identity(x), input_signature=[tf.TensorSpec([None, None])]))
    guarded(whole)
    for view in views:
        np.testing.assert_array_equal(guarded(view).numpy(), view)
    assert len(short_ways) == len(views)


def test_later_write_to_an_array_changes_no_tensor(short_ways):
    # TensorFlow shares the memory of an array that happens to be aligned, where it is let to.
    space = np.zeros(64 + 16, np.float32)
    first = (-space.ctypes.data // 4) % 16
    aligned = space[first : first + 64]
    assert aligned.ctypes.data % 64 == 0
    guarded = tg.tf.guard(tf.function(lambda x: tf.identity(x), input_signature=[tf.TensorSpec([None])]))
    for _ in range(3):
        aligned[:] = 1
        result = guarded(aligned)
        aligned[:] = 7
        np.testing.assert_array_equal(result.numpy(), np.ones(64, np.float32))
    assert len(short_ways) == 2


def test_tensors_live_on_after_their_arrays():
    guarded = tg.tf.guard(tf.function(lambda x: tf.identity(x), input_signature=[tf.TensorSpec([None])]))
    results = [guarded(np.full(1000, i, np.float32)) for i in range(100)]
    gc.collect()
    assert all((result.numpy() == i).all() for i, result in enumerate(results))


def test_dict_order_and_kind_of_argument_do_not_matter(short_ways):
    function = product()
    guarded = tg.tf.guard(function)
    arrays = batch()
    tensors = {key: tf.constant(value) for key, value in arrays.items()}
    mixed = {"b": arrays["b"], "a": tensors["a"]}
    for value in (arrays, tensors, mixed, dict(reversed(arrays.items()))):
        np.testing.assert_array_equal(guarded(value), function(value))
        np.testing.assert_array_equal(guarded(batch=value), function(value))
    assert len(short_ways) == 7


def test_one_tensor_may_stand_in_two_places(short_ways):
    function = tf.function(lambda x, y: x - 2 * y, input_signature=[tf.TensorSpec([None])] * 2)
    guarded = tg.tf.guard(function)
    one = tf.constant([1.0])
    for _ in range(3):
        assert guarded(one, one).numpy() == [-1]
        assert guarded(y=one, x=np.float32([5])).numpy() == [3]
    assert len(short_ways) == 5


def test_arguments_keep_their_places_whatever_their_names():
    names = ["zeta", "alpha", "m_10", "m_9", "Beta"]
    source = f"lambda {', '.join(names)}: tf.stack([{', '.join(names)}])"
    function = tf.function(eval(source, {"tf": tf}), input_signature=[tf.TensorSpec([])] * 5, autograph=False)
    guarded = tg.tf.guard(function)
    values = [np.array(i, np.float32) for i in range(5)]
    for _ in range(3):
        assert guarded(*values).numpy().tolist() == [0, 1, 2, 3, 4]
        assert guarded(**dict(reversed(list(zip(names, values, strict=True))))).numpy().tolist() == [0, 1, 2, 3, 4]


RESULTS = {
    "nothing": lambda _: None,
    "a nest": lambda x: {"b": (x, [x + 1]), "a": None},
    "a Python value": lambda _: 5,
    "a ragged tensor": lambda x: tf.RaggedTensor.from_row_lengths(x, [1, 2]),
    "a sparse tensor": lambda x: tf.sparse.from_dense(x),
    "a dataset": lambda x: tf.data.Dataset.from_tensor_slices(x),
    "its argument": lambda x: x,
}


@pytest.mark.parametrize("kind", RESULTS)
def test_result_has_the_functions_own_structure(kind):
    function = tf.function(RESULTS[kind], input_signature=[tf.TensorSpec([3])])
    guarded = tg.tf.guard(function)
    value = np.float32([1, 2, 3])
    for _ in range(3):
        want, got = function(value), guarded(value)
        assert type(got) is type(want)
        if kind == "a dataset":
            assert [x.numpy() for x in got] == [x.numpy() for x in want]
        elif isinstance(want, tf.SparseTensor):
            np.testing.assert_array_equal(tf.sparse.to_dense(got), value)
        else:
            tf.nest.assert_same_structure(want, got, expand_composites=True)
            for one, other in zip(*(tf.nest.flatten(x, expand_composites=True) for x in (want, got)), strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.filterwarnings("ignore:Calling GradientTape.gradient on a persistent tape")
@pytest.mark.parametrize("persistent", [False, True])
def test_gradients_are_the_same(persistent):
    factor = tf.Variable(5.0)
    function = tf.function(lambda batch: tf.reduce_sum(batch["a"] * factor * batch["b"]), input_signature=[SPECS])
    guarded = tg.tf.guard(function)
    guarded(batch())
    guarded(batch())
    found = []
    for call in (function, guarded):
        a = tf.constant(batch()["a"])
        with tf.GradientTape(persistent=persistent) as tape:
            tape.watch(a)
            result = call({"a": a, "b": batch()["b"]})
        found.append([gradient.numpy() for gradient in tape.gradient(result, [a, factor])])
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1] == 36


def test_variable_that_is_only_captured_gets_its_gradient():
    factor = tf.Variable(5.0)
    guarded = tg.tf.guard(tf.function(lambda x: x * factor, input_signature=[tf.TensorSpec([])]))
    for _ in range(3):
        with tf.GradientTape() as tape:
            result = guarded(np.float32(3))
        assert tape.gradient(result, factor) == 3


def test_second_derivatives_and_forward_accumulators_go_through():
    guarded = tg.tf.guard(tf.function(lambda x: x**3, input_signature=[tf.TensorSpec([])]))
    x = tf.constant(2.0)
    guarded(x)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = guarded(x)
        first = inner.gradient(y, x)
    assert first == 12
    assert outer.gradient(first, x) == 12
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as accumulator:
        y = guarded(x)
    assert accumulator.jvp(y) == 12


def test_training_step_behind_the_gate_learns():
    weight = tf.Variable(0.0)

    @tg.tf.function(input_signature=[tg.TensorSpec(("batch",)), tg.TensorSpec(("batch",))])
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((weight * x - y) ** 2)
        weight.assign_sub(0.1 * tape.gradient(loss, weight))
        return loss

    x = np.linspace(-1, 1, 32, dtype=np.float32)
    losses = [float(step(x, 3 * x)) for _ in range(100)]
    assert losses[-1] < 1e-3 < losses[0]
    assert abs(float(weight) - 3) < 0.05


def test_captured_variable_is_read_at_each_call(short_ways):
    factor = tf.Variable(2.0)
    guarded = tg.tf.guard(tf.function(lambda x: factor * x, input_signature=[tf.TensorSpec([])]))
    one = np.float32(1)
    assert [float(guarded(np.asarray(one))) for _ in range(3)] == [2, 2, 2]
    factor.assign(9.0)
    assert guarded(np.asarray(one)) == 9
    assert len(short_ways) == 3


class Lazy(tf.Module):
    """Makes its variable at the first call."""

    weight = None

    @tg.tf.function(input_signature=[tg.TensorSpec((None, 3))])
    def __call__(self, x):
        if self.weight is None:
            self.weight = tf.Variable(tf.ones((3, 1)))
        return x @ self.weight


def test_variables_may_be_made_at_the_first_call(short_ways):
    layer = Lazy()
    for _ in range(4):
        assert layer(np.ones((2, 3), np.float32)).numpy().tolist() == [[3], [3]]
    assert len(short_ways) == 3


def test_nothing_is_traced_twice():
    traces = []

    @tf.function(input_signature=[SPECS])
    def function(batch):
        traces.append(batch)
        return batch["a"]

    guarded = tg.tf.guard(function)
    for rows in range(1, 6):
        guarded(batch(rows))
    assert len(traces) == function.experimental_get_tracing_count() == 1


def test_inside_another_function_the_contract_is_part_of_the_graph():
    inner = product()

    @tf.function(input_signature=[tf.TensorSpec([None, None])])
    def unguarded_outer(x):
        return inner({"a": x, "b": x})

    assert unguarded_outer(tf.ones((2, 4))).shape == (2, 4)  # TensorFlow's hole

    contract = tg.Signature({"a": tg.TensorSpec(("n", 3), minimum=0), "b": tg.TensorSpec(("n", 3))})
    guarded = tg.tf.guard(inner, contract)

    @tf.function(input_signature=[tf.TensorSpec([None, None])])
    def outer(x):
        return guarded({"a": x, "b": x})

    assert outer(tf.ones((2, 3))).numpy().tolist() == [[1.0] * 3] * 2
    with pytest.raises(tf.errors.InvalidArgumentError, match="inputs.*a.*expected .n, 3., got .2, 4."):
        outer(tf.ones((2, 4)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="inputs.*a.*below_minimum"):
        outer(-tf.ones((2, 3)))

    @tf.function(input_signature=[tf.TensorSpec([None, 4])])
    def wrong(x):
        return guarded({"a": x, "b": x})

    with pytest.raises(tg.ValidationError, match=r"inputs\['a'\]"):
        wrong(tf.ones((2, 4)))


def test_functions_own_contract_is_part_of_the_graph_beside_a_wider_one():
    concrete = tf.function(lambda x: x, input_signature=[tf.TensorSpec([None, 3])]).get_concrete_function()
    guarded = tg.tf.guard(concrete, [tg.TensorSpec((None, None), finite=True)])
    outer = tf.function(lambda x: guarded(x), input_signature=[tf.TensorSpec([None, None])])
    assert outer(tf.ones((2, 3))).shape == (2, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected .None, 3., got .2, 4."):
        outer(tf.ones((2, 4)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not_finite"):
        outer(tf.ones((2, 3)) * np.nan)


def test_function_works_in_graphs_after_a_guarded_call(tmp_path):
    module = tf.Module()
    module.f = function = product()
    guarded = tg.tf.guard(function)
    for _ in range(3):
        guarded(batch())
    for call in (function, guarded):
        assert tf.function(lambda b, call=call: call(b))(batch()).shape == (2, 3)
        mapped = tf.data.Dataset.from_tensors(batch()).map(call)
        assert next(iter(mapped)).shape == (2, 3)
    tf.saved_model.save(module, str(tmp_path), signatures=function.get_concrete_function())
    assert tf.saved_model.load(str(tmp_path)).f(batch()).shape == (2, 3)


def test_plain_function_behind_the_gate_is_read_by_autograph():
    def flipped(x):
        if tf.reduce_sum(x) > 0:
            return x
        return -x

    guarded = tg.tf.guard(flipped, [tg.TensorSpec((None,))])
    outer = tf.function(lambda x: guarded(x), input_signature=[tf.TensorSpec([None])])
    assert outer(tf.constant([-1.0])) == 1
    assert outer(tf.constant([2.0])) == 2


def test_variable_arrives_as_a_variable_in_a_graph():
    guarded = tg.tf.guard(tf.function(lambda v: v.assign_add(tf.ones(3))), [tg.TensorSpec((3,))])
    total = tf.Variable(tf.zeros(3))
    guarded(total)
    tf.function(lambda: guarded(total))()
    assert total.numpy().tolist() == [2, 2, 2]


def test_short_way_is_taken_with_python_scalars_and_after_a_call_without_a_default(short_ways):
    function = tf.function(lambda x, y=2.0: x * y, input_signature=[tf.TensorSpec([]), tf.TensorSpec([])])
    guarded = tg.tf.guard(function)
    assert guarded(3) == 6
    assert [float(guarded(3, 5)) for _ in range(3)] == [15, 15, 15]
    assert len(short_ways) == 2


def test_captures_that_are_taken_away_are_missed_as_ever():
    factor = tf.constant(2.0)
    concrete = tf.function(lambda x: x * factor, input_signature=[tf.TensorSpec([])]).get_concrete_function()
    guarded = tg.tf.guard(concrete)
    one = tf.constant(1.0)
    assert [float(guarded(one)) for _ in range(2)] == [2, 2]
    concrete.set_external_captures([])
    with pytest.raises(ValueError, match="Signature specifies 2 arguments, got: 1"):
        guarded(one)


def test_tensorflow_can_be_configured_after_tf_is_loaded():
    configured = "tf.config.threading.set_inter_op_parallelism_threads(1)"
    code = f"import tensorflow as tf, tensorgate as tg; tg.tf.guard; {configured}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_gradient_flows_through_an_enclosing_function():
    guarded = tg.tf.guard(tf.function(lambda x: x**2, input_signature=[tf.TensorSpec([])]))

    @tf.function
    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = guarded(x)
        return tape.gradient(y, x)

    assert slope(tf.constant(3.0)) == 6


def test_guarded_function_maps_a_dataset():
    guarded = tg.tf.guard(tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([], tf.int64)]))
    assert list(tf.data.Dataset.range(3).map(guarded).as_numpy_iterator()) == [0, 2, 4]


def test_xla_compiled_functions_are_called_as_they_are(short_ways):
    guarded = tg.tf.guard(product(jit_compile=True))
    for _ in range(3):
        assert guarded(batch()).numpy().tolist() == [[6.0] * 3] * 2
    assert not short_ways


def test_functions_that_are_to_run_eagerly_do(short_ways):
    seen = []

    @tf.function(input_signature=[tf.TensorSpec([])])
    def function(x):
        seen.append(tf.executing_eagerly())
        return x

    guarded = tg.tf.guard(function)
    value = np.array(1, np.float32)
    guarded(value)
    guarded(value)
    assert seen == [False]
    tf.config.run_functions_eagerly(True)
    try:
        guarded(value)
    finally:
        tf.config.run_functions_eagerly(False)
    assert seen == [False, True]
    assert len(short_ways) == 1


def test_scopes_of_strategies_and_devices_are_respected(short_ways):
    guarded = tg.tf.guard(product())
    guarded(batch())
    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    with strategy.scope():
        assert guarded(batch()).shape == (2, 3)
        result = strategy.run(guarded, args=(batch(),))
    assert strategy.experimental_local_results(result)[0].shape == (2, 3)
    with tf.device("/cpu:0"):
        assert guarded(batch()).shape == (2, 3)
    assert not short_ways
    guarded(batch())
    assert len(short_ways) == 1


def test_captures_that_are_found_out_at_each_call_are(short_ways):
    value = [1.0]
    function = tf.function(lambda x: x + capture(lambda: value[0]), input_signature=[tf.TensorSpec([])])

    def capture(closure):
        return tf.compat.v1.get_default_graph().capture_call_time_value(closure, tf.TensorSpec([]))

    guarded = tg.tf.guard(function)
    results = []
    for number in (1.0, 2.0, 3.0):
        value[0] = number
        results.append(float(guarded(np.array(0, np.float32))))
    assert results == [1, 2, 3]
    assert not short_ways


def test_without_tensorflows_internals_functions_are_called_as_they_are(monkeypatch, short_ways):
    monkeypatch.setattr(flat_call, "context", None)
    guarded = tg.tf.guard(product())
    for _ in range(3):
        assert guarded(batch()).numpy().tolist() == [[6.0] * 3] * 2
    assert not short_ways


@pytest.mark.parametrize("missing", ["_captured_inputs", "_inference_function", "function_type", "function_def"])
def test_trace_of_another_make_is_called_as_it_is(missing, monkeypatch, short_ways):
    concrete = product().get_concrete_function()

    class OtherMake:
        def __getattr__(self, name):
            if name == missing:
                raise AttributeError(name)
            return getattr(concrete, name)

    monkeypatch.setattr("tensorgate.tf.gate.sole_trace", lambda _: OtherMake())
    guarded = tg.tf.guard(concrete)
    for _ in range(3):
        assert guarded(batch()).numpy().tolist() == [[6.0] * 3] * 2
    assert not short_ways


def positive():
    @tf.function(input_signature=[tf.TensorSpec([])])
    def function(x):
        tf.debugging.assert_greater(x, 0.0, "must be positive")
        return x

    return function


def test_errors_of_the_function_are_tensorflows_own(short_ways):
    function = positive()
    guarded = tg.tf.guard(function)
    guarded(np.array(1, np.float32))
    told = []
    for call in (function, guarded):
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be positive") as caught:
            call(np.array(-1, np.float32))
        told.append(str(caught.value))
    assert len(short_ways) == 1
    assert "Detected at node" in told[0]
    assert "Detected at node" in told[1]


def test_first_call_that_fails_is_no_last_one(short_ways):
    guarded = tg.tf.guard(positive())
    for value in (-1, 1, 1, -1):
        try:
            guarded(np.array(value, np.float32))
        except tf.errors.InvalidArgumentError:
            assert value == -1
    assert len(short_ways) == 2


def test_four_threads_get_their_own_results():
    factor = tf.Variable(2.0)
    contract = tg.Signature({key: tg.TensorSpec(("batch", 3), finite=True) for key in "ab"})
    guarded = tg.tf.guard(
        tf.function(lambda batch: batch["a"] * factor + batch["b"], input_signature=[SPECS]), contract
    )
    together = threading.Barrier(4)

    def work(number):
        together.wait()
        for i in range(200):
            rows = number + i % 5 + 1
            value = {"a": np.full((rows, 3), number, np.float32), "b": np.full((rows, 3), i, np.float32)}
            np.testing.assert_array_equal(guarded(value).numpy(), np.full((rows, 3), 2 * number + i, np.float32))
            with pytest.raises(tg.ValidationError):
                guarded(value | {"b": np.zeros((rows, 4), np.float32)})
        return number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 1, 2, 3]


def test_memory_does_not_grow_with_calls():
    guarded = tg.tf.guard(tf.function(lambda x: tf.reduce_sum(x), input_signature=[tf.TensorSpec([None])]))
    value = np.ones(250_000, np.float32)
    for _ in range(50):
        guarded(value)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(300):  # 300 MB
        guarded(value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # KB
