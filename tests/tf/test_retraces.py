"""Which argument made a tf.function trace anew, against TensorFlow's own count of traces."""

# What the functions are given matters here, and not what they do with it.
# ruff: noqa: ARG001, ARG005

import collections
import copy
import dataclasses
import gc
import logging
import random
import re
import threading
import time
import warnings
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from tensorgate import TensorSpec, ValidationError
from tensorgate.tf import retraces
from tensorgate.tf.guard import guard
from tensorgate.tf.retraces import RetraceError, RetraceWarning, watch_retraces

Pair = collections.namedtuple("Pair", "left right")
FLOATS = np.zeros((2, 3), np.float32)


class Config:
    pass


class Named:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return isinstance(other, Named) and self.name == other.name

    def __hash__(self):
        return hash(self.name)


def body(x, n=1):
    return tf.constant(0)


def watched(function=body, *, limit=1000, **options):
    return watch_retraces(tf.function(function, autograph=False, **options), limit=limit)


def causes(f):
    return [str(retrace).partition(": ")[2] for retrace in f.report().retraces]


def changes_between(*calls):
    """What the last of some calls' arguments, each for x, is said to have changed."""
    f = watched()
    for x in calls:
        f(x)
    assert f.experimental_get_tracing_count() == len(calls)
    return causes(f)[-1]


class Heard(logging.Handler):
    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


@pytest.fixture
def tensorflow_says():
    """What TensorFlow logs meanwhile."""
    logger = logging.getLogger("tensorflow")
    heard = Heard()
    logger.addHandler(heard)
    yield heard.texts
    logger.removeHandler(heard)


def test_tensorflows_own_warning_comes_twice_at_most_and_names_no_argument(tensorflow_says):
    def traced(image, scale):
        return image * scale

    f = tf.function(traced)
    for size in range(1, 21):
        f(np.zeros((size, 3)), 1.0)
    assert len(tensorflow_says) == 2
    assert "5 out of the last 5 calls" in tensorflow_says[0]
    assert "6 out of the last 6 calls" in tensorflow_says[1]
    for text in tensorflow_says:
        assert "image" not in text
        assert "scale" not in text


def test_the_warning_at_the_limit_names_the_argument_the_change_and_the_remedy():
    def scaled(image, scale):
        return image * scale

    f = watched(scaled, limit=4)
    for size in range(1, 4):
        f(np.zeros((size, 3), np.float32), 1.0)
    with pytest.warns(RetraceWarning) as told:
        f(np.zeros((4, 3), np.float32), 1.0)
    text = str(told[0].message)
    assert "scaled' was traced 4 times" in text
    assert "image: shape, 3 times" in text
    assert "scale: Python value 1.0" in text
    assert told[0].filename == __file__


def test_a_warning_holds_the_input_signature_where_one_ends_it():
    f = watched(limit=2)
    f(FLOATS)
    with pytest.warns(RetraceWarning, match=re.escape("tf.TensorSpec([None, 3], tf.float32, name='x')")):
        f(FLOATS[:1])


def test_warnings_come_again_each_time_the_traces_have_doubled():
    f = watched(limit=2)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for size in range(16):
            f(np.zeros(size))
    assert [int(re.search(r"traced (\d+) times", str(one.message))[1]) for one in told] == [2, 4, 8, 16]


FIRST, SECOND = tf.Variable([1.0]), tf.Variable([2.0])
RAGGED = tf.ragged.constant([[1], [2, 3]])


@pytest.mark.parametrize(
    ("calls", "change"),
    [
        ([np.zeros((8, 3)), np.zeros((9, 3))], "x: shape [8, 3] -> [9, 3]"),
        ([np.zeros(3), np.zeros((3, 1))], "x: shape [3] -> [3, 1]"),
        ([np.zeros(3, np.int32), np.zeros(3, np.int64)], "x: dtype int32 -> int64"),
        ([np.zeros(2, np.int32), np.zeros(3, np.int64)], "x: dtype int32 -> int64; x: shape [2] -> [3]"),
        ([{"ids": np.zeros(2)}, {"ids": np.zeros(3)}], "x['ids']: shape [2] -> [3]"),
        ([{"a": [1, FLOATS]}, {"a": [1, FLOATS[:1]]}], "x['a'][1]: shape [2, 3] -> [1, 3]"),
        ([1, 2], "x: Python value 1 -> 2"),
        ([True, False], "x: Python value True -> False"),
        (["a", "b"], "x: Python value 'a' -> 'b'"),
        ([[1, 2, 3], [1, 2, 3, 4]], "x: list of 3 -> list of 4"),
        ([(1, 2), [1, 2]], "x: tuple of 2 -> list of 2"),
        ([{"a": 1}, {"b": 1}], "x: keys 'a' -> 'b'"),
        ([Pair(1, 2), Pair(1, 3)], "x.right: Python value 2 -> 3"),
        ([None, FLOATS], "x: Python value None -> tensor float32 [2, 3]"),
        ([3.0, FLOATS], "x: Python value 3.0 -> tensor float32 [2, 3]"),
        ([tf.constant([1.0]), FIRST], "x: tensor float32 [1] -> tf.Variable float32 [1]"),
        (
            [[FIRST, SECOND], [FIRST, FIRST]],
            "x[1]: a variable of its own -> one that came before in the same call",
        ),
        ([np.zeros(2), {"a": 1}], "x: tensor float64 [2] -> dict with 'a'"),
        ([RAGGED, RAGGED.to_tensor()], "x: ragged int32 [2, None] -> tensor int32 [2, 2]"),
        ([tf.sparse.from_dense([[1.0]]), tf.constant([[1.0]])], "x: sparse float32 [1, 1] -> tensor float32 [1, 1]"),
        (["a" * 100, "b"], f"x: Python value '{'a' * 56}... -> 'b'"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_a_trace_tells_the_argument_and_the_change(calls, change):
    assert changes_between(*calls) == change


def test_an_object_is_told_by_its_type():
    one, other = Config(), Config()
    assert changes_between(one, other) == "x: object Config -> another Config; objects are told apart by identity"
    assert changes_between(one, Named("a")).startswith("x: object Config -> Named")


def test_objects_that_are_equal_share_a_trace():
    f = watched()
    one, other = Named("a"), Named("a")
    f(one), f(other)
    assert len(f.report().retraces) == f.experimental_get_tracing_count() == 1


def test_a_change_is_told_against_the_nearest_earlier_trace():
    f = watched()
    f(np.zeros((2, 3)), 1)
    f(np.zeros((9, 9), np.int32), 2)
    f(np.zeros((2, 3)), 2)
    last = f.report().retraces[-1]
    assert (last.against, [str(change) for change in last.changes]) == (1, ["n: Python value 1 -> 2"])


def test_arguments_have_the_names_of_their_parameters():
    def f(first, *args, flag=False, **kwargs):
        return tf.constant(0)

    g = watched(f)
    g(1, FLOATS, FLOATS, flag=True, extra=FLOATS)
    g(1, FLOATS, FLOATS[:1], flag=True, extra=FLOATS)
    g(1, FLOATS, FLOATS, flag=False, extra=FLOATS[:1])
    g(1, FLOATS)
    assert causes(g)[1:] == [
        "args[1]: shape [2, 3] -> [1, 3]",
        "flag: Python value True -> False; kwargs['extra']: shape [2, 3] -> [1, 3]",
        "args: tuple of 2 -> tuple of 1; kwargs: keys 'extra' -> ",
    ]


def test_a_default_and_the_same_value_given_are_one():
    f = watched()
    f(FLOATS), f(FLOATS, 1), f(x=FLOATS, n=1)
    assert causes(f) == ["the first trace"]


def test_a_trace_has_the_cost_and_the_line_of_its_call():
    def slow(x):
        time.sleep(0.05)
        return x

    f = watched(slow)
    f(FLOATS)
    first = f.report().retraces[0]
    assert 0.05 <= first.seconds < 5
    assert f.report().seconds == first.seconds
    assert first.caller.startswith(f"{__file__}:")


def test_what_was_traced_past_the_watch_is_counted_too():
    inner = tf.function(body, autograph=False)
    inner(FLOATS)
    f = watch_retraces(inner)
    inner(FLOATS[:1])
    f.get_concrete_function(tf.TensorSpec([None, 3]))
    assert causes(f) == ["the first trace", "x: shape [2, 3] -> [1, 3]", "x: shape [1, 3] -> [None, 3]"]
    assert [retrace.caller is None for retrace in f.report().retraces] == [True, True, False]


def test_the_two_traces_of_a_call_that_makes_variables_are_told():
    made = []

    def f(x):
        if not made:
            made.append(tf.Variable(1.0))
        return x * made[0]

    g = watched(f)
    g(FLOATS)
    assert g.experimental_get_tracing_count() == 2
    assert causes(g) == ["the first trace", "once more, as the first call makes variables"]


def test_a_trace_that_no_argument_caused_says_so():
    f = watched()
    f(1)
    with tf.Graph().as_default():
        f(1)
    assert f.experimental_get_tracing_count() == 2
    assert causes(f)[1].startswith("no argument, as in trace 1: another graph")
    assert f.report().advice == "No argument changed, so that an input_signature changes nothing."


def test_a_call_that_fails_keeps_its_error_and_its_trace():
    def f(x):
        tf.debugging.assert_less(x, np.int64(1))
        return x

    g = watched(f)
    with pytest.raises(tf.errors.InvalidArgumentError):
        g(np.int64(5))
    with pytest.raises(TypeError, match="missing a required argument"):
        g()
    with pytest.raises(ZeroDivisionError):
        watched(lambda x: 1 / 0)(1)
    assert g.report().retraces[0].seconds is not None


class Model(tf.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = tf.Variable(factor)

    @watch_retraces
    @tf.function
    def scale(self, x):
        """Scale."""
        return self.factor * x


def test_a_method_is_watched_for_each_object():
    two, three = Model(2.0), Model(3.0)
    assert two.scale(tf.ones([2])).numpy().tolist() == [2, 2]
    assert two.scale(tf.ones([3])).numpy().tolist() == [2, 2, 2]
    assert three.scale(tf.ones([2])).numpy().tolist() == [3, 3]
    assert causes(two.scale) == ["the first trace", "x: shape [2] -> [3]"]
    assert causes(three.scale) == ["the first trace"]
    assert two.scale is two.scale
    assert "'Model.scale': 2 traces" in str(two.scale.report())


def test_a_watched_method_is_saved_with_its_module(tmp_path):
    model = Model(2.0)
    model.scale(tf.ones([2]))
    model.other = watched(lambda x: x + 1)
    model.other(tf.ones([2]))
    tf.saved_model.save(model, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    assert loaded.scale(tf.ones([2])).numpy().tolist() == [2, 2]
    assert loaded.other(tf.ones([2])).numpy().tolist() == [2, 2]
    assert causes(watch_retraces(loaded.scale)) == ["the first trace"]


def test_a_keras_models_call_is_watched():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    f = watched(model.call)
    for size in (1, 2):
        assert f(np.ones((size, 3), np.float32)).shape == (size, 2)
    assert causes(f)[1] == "inputs: shape [1, 3] -> [2, 3]"


def test_neither_the_object_nor_its_argument_lives_longer_for_being_watched():
    model, argument = Model(2.0), Config()
    f = watched()
    f(argument), model.scale(tf.ones([2]))
    gone = [weakref.ref(model), weakref.ref(argument)]
    del model, argument
    gc.collect()
    assert [one() for one in gone] == [None, None]
    assert causes(f) == ["the first trace"]


def test_it_passes_for_the_function_it_watches():
    f = tf.function(body, autograph=False)
    w = watch_retraces(f)
    assert (w.__name__, w.__wrapped__, w.python_function) == ("body", f, f.python_function)
    assert isinstance(w, tf.types.experimental.PolymorphicFunction)
    assert w.input_signature is None
    assert isinstance(w.get_concrete_function(FLOATS), tf.types.experimental.ConcreteFunction)
    with pytest.raises(AttributeError):
        w.no_such_thing  # noqa: B018


def test_a_copy_is_watched_by_itself():
    w = watched()
    w(FLOATS)
    twin = copy.copy(w)
    assert twin.report().count == 1


def test_behind_a_guard_and_before_one_the_line_is_the_callers():
    contract = [TensorSpec((None, 3))]
    inner = watched()
    behind, before = guard(inner, contract), watch_retraces(guard(tf.function(body, autograph=False), contract))
    behind(FLOATS), before(FLOATS)
    for f in (inner, before):
        assert f.report().retraces[0].caller.startswith(f"{__file__}:")
    with pytest.raises(ValidationError):
        before(FLOATS[0])
    assert before.report().count == 1


def test_gradients_flow_through():
    f = watched(lambda x: x * x)
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = f(x)
    assert tape.gradient(y, x).numpy() == 6


def test_inside_another_function_it_is_traced_as_ever():
    inner = watch_retraces(tf.function(lambda x: x + 1))

    @tf.function
    def outer(x):
        return inner(x) + inner(2 * x)

    assert outer(tf.ones([2])).numpy().tolist() == [5, 5]
    assert causes(inner) == ["the first trace"]
    assert inner.report().retraces[0].caller.startswith(f"{__file__}:")
    assert list(tf.data.Dataset.range(3).map(inner).as_numpy_iterator()) == [1, 2, 3]
    assert inner.experimental_get_tracing_count() == len(inner.report().retraces) == 2


def test_a_function_that_calls_itself_is_told_once():
    def halved(x):
        return x if x.shape[0] == 1 else f(x[: x.shape[0] // 2])

    f = watch_retraces(tf.function(halved))
    assert f(tf.range(8)).numpy().tolist() == [0]
    assert len(f.report().retraces) == f.experimental_get_tracing_count() == 4


def test_run_eagerly_nothing_is_traced():
    f = watched(lambda x: x + 1, limit=1)
    g = watch_retraces(tf.function(lambda x: x + 1), limit=1, on_limit="raise")
    tf.config.run_functions_eagerly(True)
    try:
        assert f(tf.constant(1)).numpy() == 2
        assert g(tf.constant(1)).numpy() == 2
        assert g(tf.constant([1])).numpy() == 2
    finally:
        tf.config.run_functions_eagerly(False)
    assert f.report().count == 0
    assert "0 traces" in str(f.report())


def test_threads_lose_no_trace_and_count_none_twice():
    f = watched(lambda x, n: x + n)
    start = threading.Barrier(4)
    results = []

    def work(seed):
        rng = random.Random(seed)
        start.wait()
        for _ in range(60):
            size, n = rng.randrange(6), rng.randrange(6)
            results.append(f(np.zeros(size), n).shape == (size,))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = f.report().retraces
    assert all(results)
    assert len(results) == 240
    assert [retrace.number for retrace in found] == list(range(1, f.experimental_get_tracing_count() + 1))
    assert all(retrace.caller and retrace.seconds for retrace in found)
    assert all(retrace.changes for retrace in found[1:])


def test_at_most_a_hundred_traces_are_remembered_and_all_are_counted():
    f = watched()
    for size in range(130):
        f(np.zeros((size, 3), np.float32))
    report = f.report()
    assert (report.count, len(report.retraces), report.retraces[-1].number) == (130, 100, 130)
    assert report.input_signature == (tf.TensorSpec([None, 3], tf.float32, "x"),)
    assert len(str(report).splitlines()) < 30


def test_a_change_is_told_against_the_last_hundred_traces_whatever_the_limit():
    f = watched(limit=1000)
    f(FLOATS, 0)
    for size in range(101):
        f(np.zeros(size), size)
    f(FLOATS[:1], 0)
    assert f.report().retraces[-1].against > 1


def test_a_report_fits_a_terminal_and_shows_the_calls():
    f = watched(lambda batch, training=False: batch["ids"])
    f({"ids": np.zeros((8, 3), np.int64)})
    f({"ids": np.zeros((9, 3), np.int64)})
    f({"ids": np.zeros((9, 3), np.int64)}, training=True)
    text = re.sub(r"\d\.\d+", "0.1", str(f.report()))
    text = re.sub(r"test_retraces.py:\d+", "line", re.sub(" +", " ", text))
    assert text.splitlines() == [
        "'<lambda>': 3 traces, made in 0.1 s of calls",
        " trace argument change seconds called from",
        " 1 the first trace 0.1 line",
        " 2 batch['ids'] shape [8, 3] -> [9, 3] 0.1 line",
        " 3 training Python value False -> True 0.1 line",
        "No input_signature makes it one trace yet:",
        " training: Python value False and Python value True; have a tf.function for each",
    ]


def body_of_all(x, batch, pair, more=0.5, scale=2.0, *, flag=None):
    parts = [tf.cast(tf.reduce_sum(part), tf.float32) for part in (x, batch["ids"], batch["rows"][0], *pair)]
    return tf.add_n(parts) * more * scale


def calls_of_all():
    for size in (1, 2, 5):
        batch = {"ids": np.arange(size), "rows": [tf.ragged.constant([[1], [2, 3]] * size)]}
        yield (
            (np.ones((size, 3), np.float32), batch, Pair(np.ones(2), np.ones((2,) * size))),
            {"scale": np.float32(size)},
        )


def test_the_input_signature_pasted_makes_it_one_trace():
    f = watched(body_of_all)
    calls = [((*args, np.float32(0.5)), kwargs) for args, kwargs in calls_of_all()]
    expected = [f(*args, **kwargs).numpy() for args, kwargs in calls]
    report = f.report()
    assert report.count == 3
    code = report.advice.partition("\n")[2]
    pasted = eval(f"dict({code})", {"tf": tf, "Pair": Pair})["input_signature"]
    assert pasted[0] == report.input_signature[0]
    for signature in (pasted, report.input_signature):
        g = watch_retraces(tf.function(body_of_all, input_signature=signature))
        assert [g(*args, **kwargs).numpy() for args, kwargs in calls] == expected
        assert g.experimental_get_tracing_count() == 1
        assert g.report().input_signature is None
        assert g.report().advice == "It has an input_signature, and needs no other."


def test_constant_defaults_stay_out_of_the_input_signature():
    f = watched()
    f(FLOATS), f(FLOATS[:1], 1)
    assert f.report().input_signature == (tf.TensorSpec([None, 3], tf.float32, "x"),)


def test_a_rank_that_varies_is_open():
    f = watched()
    f(FLOATS), f(FLOATS[0])
    assert "tf.TensorSpec(None, tf.float32, name='x')" in f.report().advice


@pytest.mark.parametrize(
    ("calls", "path", "advice"),
    [
        ([1, 2], "x", "pass a tensor, such as tf.constant(1)"),
        ([1.5, FLOATS], "x", "pass a tensor always, such as tf.constant(1.5)"),
        (["a", "b"], "x", "have a tf.function for each"),
        ([np.zeros(1, np.int32), np.zeros(1, np.int64)], "x", "cast it to one dtype"),
        ([{"a": FLOATS, "b": 1}, {"a": FLOATS, "b": 2}], "x['b']", "pass a tensor"),
        ([[FLOATS], [FLOATS, FLOATS]], "x", "stack or pad them into one tensor"),
        ([{"a": FLOATS}, {"b": FLOATS}], "x", "give every call one structure"),
        ([[FLOATS], (FLOATS,)], "x", "give every call one structure"),
        ([FIRST, tf.constant([1.0])], "x", "pass tensors, as tf.convert_to_tensor makes"),
        ([FIRST, tf.Variable([1.0, 2.0])], "x", "pass tensors, as tf.convert_to_tensor makes"),
        ([RAGGED, RAGGED.to_tensor()], "x", "convert it to one kind"),
        ([Config(), Config()], "x", "let the function close over it"),
        ([None, FLOATS], "x", "have a tf.function for each"),
        ([[FLOATS, 7], [FLOATS[:1], 7]], "x[1]", "Python value 7; make it the default"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_input_signature_takes_is_named_with_what_to_do(calls, path, advice):
    f = watched()
    for x in calls:
        f(x)
    report = f.report()
    assert report.input_signature is None
    assert [obstacle.path for obstacle in report.obstacles] == [path]
    assert advice in str(report.obstacles[0])
    assert f"  {path}: " in report.advice


@pytest.mark.parametrize(
    ("function", "call", "path", "advice"),
    [
        (lambda **named: tf.constant(0), lambda f, x: f(a=x), "named", "takes no **named"),
        (lambda *parts: tf.constant(0), lambda f, x: f(*[x] * len(x)), "parts", "tuple of 2 and tuple of 1"),
        (lambda n=3, x=None: tf.constant(0), lambda f, x: f(x=x), "n", "Python value 3 before 'x'"),
        (lambda *, x=1: tf.constant(0), lambda f, x: f(x=x), "x", "tensor float32 [None, 3], by keyword only"),
        (lambda x, *, flag: tf.constant(0), lambda f, x: f(x, flag="on"), "flag", "'on'; make it the default"),
    ],
    ids=["kwargs", "args", "order", "keyword", "flag"],
)
def test_parameters_that_an_input_signature_cannot_serve_are_named(function, call, path, advice):
    f = watched(function)
    call(f, FLOATS), call(f, FLOATS[:1])
    assert [obstacle.path for obstacle in f.report().obstacles] == [path]
    assert advice in str(f.report())


def test_reduce_retracing_is_told_truthfully():
    f = watched(reduce_retracing=True)
    for size in range(1, 8):
        f(np.zeros((size, 3), np.float32))
    assert f.experimental_get_tracing_count() == 2
    assert causes(f)[1] == "x: shape [1, 3] -> [2, 3]"
    assert f.report().input_signature == (tf.TensorSpec([None, 3], tf.float32, "x"),)
    assert "reduce_retracing=True widens shapes" in str(f.report())


def strict(limit, function=body, **options):
    return watch_retraces(tf.function(function, autograph=False, **options), limit=limit, on_limit="raise")


def test_memory_that_grows_with_each_new_shape_is_stopped_before_the_trace():
    plain = tf.function(body, autograph=False)
    f = strict(3)
    refused = 0
    for size in range(20):
        plain(np.zeros(size))
        try:
            f(np.zeros(size))
        except RetraceError as error:
            refused += 1
            text = str(error)
    assert plain.experimental_get_tracing_count() == 20
    assert f.experimental_get_tracing_count() == 3
    assert refused == 17
    assert "body' has 3 traces, its limit; this call needs another: x: shape [2] -> [19]" in text


def test_at_the_limit_what_has_a_trace_goes_on():
    f = strict(2)
    one, other = Config(), Config()
    f({"x": FLOATS, "of": one})
    f.get_concrete_function({"x": tf.TensorSpec([None, 3]), "of": other})
    for _ in range(3):
        f({"x": FLOATS, "of": one})
        f({"of": other, "x": tf.zeros([7, 3])}, n=True)
        with pytest.raises(RetraceError, match=r"x\['of'\]: object Config -> another Config"):
            f({"x": FLOATS, "of": Config()})
    assert f.experimental_get_tracing_count() == 2
    with pytest.raises(TypeError, match="missing a required argument"):
        f()


def test_a_concrete_function_beyond_the_limit_is_refused_too():
    f = strict(1)
    f(FLOATS)
    with pytest.raises(RetraceError, match=r"x: shape \[2, 3\] -> \[None, 3\]"):
        f.get_concrete_function(tf.TensorSpec([None, 3]))
    assert f.get_concrete_function(tf.TensorSpec([2, 3])) is f.get_concrete_function(FLOATS)
    assert f.experimental_get_tracing_count() == 1


def test_what_has_a_trace_goes_on_whatever_else_has_made_traces_since():
    f = strict(101)
    for size in range(101):
        f(np.zeros(size))
    with tf.Graph().as_default():
        f(np.zeros(100))
    assert f.experimental_get_tracing_count() == 102
    f(np.zeros(0))
    with pytest.raises(RetraceError):
        f(np.zeros(101))


def typed(x, n=1, *, flag=False):
    return tf.add_n(tf.nest.flatten(x))


@pytest.mark.parametrize(
    ("spec", "calls"),
    [
        (tf.TensorSpec([None]), [tf.ones([1]), [1.0, 2.0], (1.0,), np.ones(2), FIRST, SECOND]),
        (tf.TensorSpec([]), [tf.constant(1.0), 1, 2.0, True, np.float64(3)]),
        ({"a": tf.TensorSpec([None])}, [{"a": tf.ones([1])}, {"a": [1.0]}, collections.OrderedDict(a=np.ones(3))]),
    ],
    ids=["vector", "scalar", "dict"],
)
@pytest.mark.parametrize("reduced", [False, True])
def test_under_an_input_signature_no_argument_is_refused(spec, calls, reduced):
    f = strict(1, typed, input_signature=[spec], reduce_retracing=reduced)
    for x in calls:
        f(x)
        f(x, 1, flag=False)
        f.get_concrete_function(x)
    # What could need a trace of its own, as another default does, TensorFlow refuses.
    for arguments in ({"n": 2}, {"flag": True}, {"n": tf.constant(1)}):
        with pytest.raises(TypeError):
            f(calls[0], **arguments)
    assert f.experimental_get_tracing_count() == 1


def test_with_reduce_retracing_nothing_can_be_foreseen():
    with pytest.raises(ValueError, match="give the function an input_signature"):
        strict(2, reduce_retracing=True)


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        (body, r"f is a function, .* give watch_retraces\(tf.function\(body\)\)"),
        (tf.function(body, autograph=False).get_concrete_function(FLOATS), "is one trace"),
        (3, "f is a int; give what tf.function returns"),
    ],
    ids=["function", "concrete", "number"],
)
def test_what_is_no_tf_function_is_refused_with_what_goes_here(given, advice):
    with pytest.raises(TypeError, match=advice):
        watch_retraces(given)


def test_words_that_mean_nothing_are_refused():
    f = tf.function(body)
    with pytest.raises(ValueError, match="limit is 0"):
        watch_retraces(f, limit=0)
    with pytest.raises(ValueError, match="on_limit is 'stop'"):
        watch_retraces(f, on_limit="stop")


@pytest.mark.parametrize("limit", ["3", None, 1.5, True, [2]])
def test_a_limit_that_is_no_whole_number_is_refused(limit):
    with pytest.raises(TypeError, match=f"limit is of type {type(limit).__name__}; it is a whole number of traces"):
        watch_retraces(tf.function(body), limit=limit)


def test_without_tensorflows_list_of_traces_the_calls_tell():
    class Other:
        """A tf.function of a TensorFlow that keeps its traces elsewhere."""

        def __init__(self, function):
            self.function = function

        def __getattr__(self, name):
            if name == "_function_cache":
                raise AttributeError(name)
            return getattr(self.function, name)

        def __call__(self, *args, **kwargs):
            return self.function(*args, **kwargs)

    f = retraces.WatchedFunction(Other(tf.function(body, autograph=False)), 8, "warn")
    f(np.zeros(2)), f(np.zeros(3)), f(np.zeros(3))
    assert causes(f) == ["the first trace", "x: shape [2] -> [3]"]
    assert f.report().input_signature == (tf.TensorSpec([None], tf.float64, "x"),)


def random_values():
    values = [np.zeros(shape, dtype) for shape in [(), (1,), (2,), (2, 3)] for dtype in ("f4", "i8")]
    values += [tf.constant(value) for value in values]
    values += [0, 1, 1.0, True, 2.5, float("nan"), "a", b"a", None, np.float32(1), FIRST, SECOND, RAGGED]
    values += [Named("a"), Named("a"), Named("b"), Config(), dataclasses.make_dataclass("Plain", [], frozen=True)()]
    return values


def random_nest(rng, values, depth=0):
    if depth == 2 or rng.random() < 0.6:
        return rng.choice(values)
    parts = [random_nest(rng, values, depth + 1) for _ in range(rng.randrange(3))]
    return rng.choice(
        [
            lambda: parts,
            lambda: tuple(parts),
            lambda: dict(zip("abc", parts, strict=False)),
            lambda: collections.OrderedDict(zip("abc", parts, strict=False)),
            lambda: Pair(rng.choice(values), 1),
        ]
    )()


@pytest.mark.parametrize("reduced", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_there_is_a_record_for_each_trace_and_none_else(seed, reduced):
    rng = random.Random(seed)
    values = random_values()
    f = watched(reduce_retracing=reduced)
    for _ in range(80):
        before = f.experimental_get_tracing_count()
        f(random_nest(rng, values), *([rng.choice(values)] if rng.random() < 0.2 else []))
        found = f.report()
        assert found.count == f.experimental_get_tracing_count()
        assert len(found.retraces) == min(found.count, 100)
        for retrace in found.retraces[before:] if found.count <= 100 else ():
            assert retrace.number == 1 or retrace.changes, str(retrace)
            assert retrace.seconds is not None


@pytest.mark.parametrize("seed", range(4))
def test_at_the_limit_exactly_the_calls_that_would_be_traced_are_refused(seed):
    rng = random.Random(seed)
    values = random_values()
    calls = [random_nest(rng, values) for _ in range(60)]
    f = strict(1)
    f(calls[0])
    for x in calls:
        plain = tf.function(body, autograph=False)
        plain(calls[0]), plain(x)
        if plain.experimental_get_tracing_count() == 1:
            f(x)
        else:
            with pytest.raises(RetraceError):
                f(x)
    assert f.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("seed", range(6))
def test_a_random_functions_input_signature_makes_it_one_trace(seed):
    rng = random.Random(seed)

    def tensor(sizes, kind):
        shape = [rng.randrange(4) if size is None else size for size in sizes]
        return kind(np.full(shape, rng.randrange(100), np.float32))

    def made(form):
        if isinstance(form, dict):
            return {key: made(part) for key, part in form.items()}
        if isinstance(form, list):
            return [made(part) for part in form]
        return tensor(form, rng.choice([np.asarray, tf.constant]))

    def form(depth=0):
        if depth < 2 and rng.random() < 0.5:
            parts = [form(depth + 1) for _ in range(rng.randrange(1, 4))]
            return parts if rng.random() < 0.5 else dict(zip("abc", parts, strict=False))
        return tuple(rng.choice([None, 1, 3]) for _ in range(rng.randrange(4)))

    def total(x, y):
        return tf.add_n([tf.reduce_sum(part) for part in tf.nest.flatten([x, y])])

    forms = [form(), form()]
    calls = [[made(one) for one in forms] for _ in range(8)]
    f = watched(total)
    expected = [f(*call).numpy() for call in calls]
    report = f.report()
    one = tf.function(total, input_signature=report.input_signature)
    assert [one(*call).numpy() for call in calls] == expected
    assert one.experimental_get_tracing_count() == 1
    if report.count > 1:
        code = report.advice.partition("\n")[2]
        pasted = tf.function(total, input_signature=eval(f"dict({code})", {"tf": tf})["input_signature"])
        assert [pasted(*call).numpy() for call in calls] == expected
        assert pasted.experimental_get_tracing_count() == 1


def test_refusal_in_a_graph_is_of_its_own_type():
    inner = watch_retraces(tf.function(lambda x: x + 1), limit=1, on_limit="raise")
    inner(tf.zeros([1]))
    outer = tf.function(lambda x: inner(tf.concat([x, x], 0)), input_signature=[tf.TensorSpec([1])])
    with pytest.raises(RetraceError):
        outer(tf.zeros([1]))
