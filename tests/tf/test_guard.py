"""What is refused before a function runs, for every kind of function, with TensorFlow's hole beside it."""

import collections
import copy
import inspect
import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf

import tensorgate as tg

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in cast:RuntimeWarning", "ignore:Casting complex values")

X = tg.TensorSpec(("batch", 3))


def refusal(call, *args, **kwargs):
    with pytest.raises(tg.ValidationError) as caught:
        call(*args, **kwargs)
    return [(violation.path, violation.code) for violation in caught.value.violations]


def floats(*shape):
    return np.ones(shape, np.float32)


def traced(counter=None, **options):
    @tf.function(input_signature=[tf.TensorSpec([None, 3])], **options)
    def double(x):
        if counter is not None:
            counter.append(x)
        return 2 * x

    return double


CASTS = {
    "float64 rounds": ("float32", np.array([0.1]), "dtype"),
    "float64 overflows": ("float32", np.array([1e300]), "dtype"),
    "the imaginary part is dropped": ("float32", np.array([1 + 2j], np.complex64), "dtype"),
    "text is parsed": ("float32", np.array(["1.5"]), "dtype"),
    "None becomes nan": ("float32", np.array([None, 1.0], object), "dtype"),
    "a date becomes a number": ("int64", np.array(["2020-01-01"], "M8[D]"), "dtype"),
    "a record becomes its field": ("float32", np.array([(1.5,)], [("a", "f4")]), "dtype"),
    "a fraction is cut off": ("int32", np.array([1.7], np.float32), "dtype"),
    "2**40 becomes 0": ("int32", np.array([2**40]), "dtype"),
    "300 becomes 44": ("uint8", np.array([300]), "dtype"),
    "2**64 - 1 becomes -1": ("int64", np.array([2**64 - 1], np.uint64), "dtype"),
    "integers become bool": ("bool", np.array([0, 2]), "dtype"),
    "a mask is dropped": ("float32", np.ma.masked_array(np.float32([1, 2]), [0, 1]), "unsupported"),
    "bytes are swapped": ("float32", np.array([1.5], ">f4"), "byte_order"),
    "a list is converted": ("int32", [2**40], "unsupported"),
}


@pytest.mark.parametrize("cast", CASTS)
def test_what_a_tf_function_casts_in_silence_is_refused(cast):
    dtype, value, code = CASTS[cast]
    calls = []

    @tf.function(input_signature=[tf.TensorSpec([None], dtype)])
    def function(x):
        calls.append(x)
        return tf.identity(x)

    assert function(value).dtype == dtype
    calls.clear()

    @tg.tf.function(input_signature=[tg.TensorSpec((None,), dtype)])
    def guarded(x):
        calls.append(x)
        return tf.identity(x)

    assert refusal(guarded, value) == [("inputs['x']", code)]
    assert refusal(tg.tf.guard(function), value) == [("inputs['x']", code)]
    assert not calls  # before any trace


def test_python_integer_that_tensorflow_wraps_is_refused_and_one_that_fits_is_taken():
    function = tf.function(lambda n: n + 1, input_signature=[tf.TensorSpec([], tf.int32)])
    assert function(2**40) == 1
    guarded = tg.tf.guard(function)
    assert refusal(guarded, 2**40) == [("inputs['n']", "not_representable")]
    assert refusal(guarded, 1.5) == [("inputs['n']", "not_representable")]
    outer = tf.function(lambda: guarded(2**40))
    assert refusal(outer) == [("inputs['n']", "not_representable")]
    assert guarded(41) == 42
    assert guarded(n=41).dtype == tf.int32


@pytest.mark.parametrize(
    ("value", "dtype"), [(1, "float32"), (0.5, "float64"), (True, "bool"), ("a", "string"), (b"a", "string")]
)
def test_python_scalar_is_taken_where_the_contract_has_a_scalar(value, dtype):
    guarded = tg.tf.function(lambda x: tf.identity(x), input_signature=[tg.TensorSpec((), dtype)])
    for _ in range(2):
        result = guarded(value)
        assert result.dtype == dtype
        assert result == value


def test_python_scalar_is_no_vector():
    assert refusal(tg.tf.guard(traced()), 1.0) == [("inputs['x']", "unsupported")]


WRONG_SHAPES = [((2, 4), "dim"), ((3,), "rank")]


@pytest.mark.parametrize(("shape", "code"), WRONG_SHAPES)
def test_shape_that_a_concrete_function_ignores_is_refused(shape, code):
    concrete = traced().get_concrete_function()
    assert concrete(tf.zeros(shape)).shape == shape
    guarded = tg.tf.guard(concrete)
    for value in (tf.zeros(shape), floats(*shape)):
        assert refusal(guarded, value) == [("inputs['x']", code)]
    assert guarded(tf.ones((1, 3))).numpy().tolist() == [[2.0, 2.0, 2.0]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("saved"))
    module = tf.Module()
    module.double = traced()
    tf.saved_model.save(module, path, module.double)
    return tf.saved_model.load(path)


@pytest.mark.parametrize(("shape", "code"), WRONG_SHAPES)
def test_shape_that_a_loaded_signature_ignores_is_refused(loaded, shape, code):
    signature = loaded.signatures["serving_default"]
    assert signature(x=tf.zeros(shape))["output_0"].shape == shape
    guarded = tg.tf.guard(signature)
    assert refusal(guarded, x=tf.zeros(shape)) == [("inputs['x']", code)]
    assert refusal(guarded, x=floats(*shape)) == [("inputs['x']", code)]
    for _ in range(3):
        for value in (floats(2, 3), tf.ones((2, 3))):
            assert guarded(x=value)["output_0"].numpy().tolist() == [[2.0] * 3] * 2
            assert guarded(value)["output_0"].shape == (2, 3)


def test_dtype_that_a_loaded_signature_casts_is_refused(loaded):
    signature = loaded.signatures["serving_default"]
    assert np.isinf(signature(x=np.full((1, 3), 1e300))["output_0"]).all()
    assert refusal(tg.tf.guard(signature), x=np.full((1, 3), 1e300)) == [("inputs['x']", "dtype")]


@pytest.mark.parametrize(("shape", "code"), WRONG_SHAPES)
def test_function_of_a_loaded_model_is_guarded(loaded, shape, code):
    guarded = tg.tf.guard(loaded.double)
    assert refusal(guarded, floats(*shape)) == [("inputs['x']", code)]
    for _ in range(3):
        assert guarded(floats(2, 3)).numpy().tolist() == [[2.0] * 3] * 2


def test_contract_read_from_the_saved_model_guards_the_loaded_signature(tmp_path):
    module = tf.Module()
    spec = tf.TensorSpec([None, 3], name="image/x")
    module.f = tf.function(lambda x: {"y": 2 * x})
    tf.saved_model.save(module, tmp_path, module.f.get_concrete_function(spec))
    signature = tf.saved_model.load(tmp_path).signatures["serving_default"]
    contract = tg.Signature.from_saved_model(tmp_path, batch_dim="batch")
    assert list(contract.inputs) == ["image/x"]
    guarded = tg.tf.guard(signature, contract)
    for _ in range(3):
        assert guarded(**{"image/x": floats(2, 3)})["y"].shape == (2, 3)
        assert guarded(floats(2, 3))["y"].shape == (2, 3)
    assert refusal(guarded, **{"image/x": floats(2, 4)}) == [("inputs['image/x']", "dim")]


def test_served_endpoint_of_an_exported_keras_model_is_guarded(tmp_path):
    model = keras_model()
    model.export(tmp_path, verbose=False)
    loaded = tf.saved_model.load(tmp_path)  # its functions do not keep its variables
    serve = loaded.serve
    guarded = tg.tf.guard(serve, tg.Signature.from_keras(model))
    batch = {"image": floats(2, 3), "weight": floats(2, 2)}
    for _ in range(3):
        np.testing.assert_allclose(guarded(batch), model(batch), rtol=1e-6)
    assert refusal(guarded, batch | {"weight": floats(2, 3)}) == [("inputs['weight']", "dim")]
    assert refusal(tg.tf.guard(serve), batch | {"weight": floats(2, 3)}) == [("inputs['args_0']['weight']", "dim")]


def keras_model():
    inputs = {"image": keras.Input((3,), name="image"), "weight": keras.Input((2,), name="weight")}
    return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Concatenate()(list(inputs.values()))))


def test_keras_model_is_guarded_by_its_own_inputs():
    model = keras_model()
    batch = {"image": floats(2, 3), "weight": floats(2, 2)}
    guarded = tg.tf.guard(model)
    np.testing.assert_array_equal(guarded(batch), model(batch))
    np.testing.assert_array_equal(guarded(batch, training=False), model(batch))
    np.testing.assert_array_equal(guarded(inputs=batch), model(batch))
    assert model(batch | {"image": floats(2, 3).astype(np.float64)}).shape == (2, 1)
    assert refusal(guarded, batch | {"image": np.ones((2, 3))}) == [("inputs['image']", "dtype")]
    assert refusal(guarded, {"imgae": floats(2, 3), "weight": floats(2, 2)}) == [
        ("inputs['imgae']", "unexpected"),
        ("inputs['image']", "missing"),
    ]


def test_keras_model_takes_a_contract_that_demands_more():
    contract = tg.Signature({"image": tg.TensorSpec(("batch", 3), finite=True), "weight": tg.TensorSpec(("batch", 2))})
    guarded = tg.tf.guard(keras_model(), contract)
    batch = {"image": floats(2, 3), "weight": floats(2, 2)}
    guarded(batch)
    assert refusal(guarded, batch | {"weight": floats(1, 2)}) == [("inputs['weight']", "dim_mismatch")]
    assert refusal(guarded, batch | {"image": floats(2, 3) * np.nan}) == [("inputs['image']", "not_finite")]


class Scaler(tf.Module):
    def __init__(self, factor):
        self.factor = tf.Variable(factor)

    @tg.tf.function(input_signature=[X])
    def scale(self, x):
        return self.factor * x

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def plain(self, x):
        return self.factor * x


def test_method_is_guarded_for_each_instance():
    two, three = Scaler(2.0), Scaler(3.0)
    for _ in range(3):
        assert two.scale(floats(1, 3))[0, 0] == 2
        assert three.scale(x=floats(1, 3))[0, 0] == 3
    assert refusal(two.scale, floats(1, 4)) == [("inputs['x']", "dim")]
    two.factor.assign(5.0)
    assert two.scale(floats(1, 3))[0, 0] == 5


def test_bound_method_that_is_a_tf_function_is_guarded():
    scaler = Scaler(2.0)
    guarded = tg.tf.guard(scaler.plain)
    for _ in range(3):
        assert guarded(floats(1, 3))[0, 0] == 2
    assert refusal(guarded, floats(1, 4)) == [("inputs['x']", "dim")]


class Classic:
    @tg.tf.guard
    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def double(self, x):
        return 2 * x


def test_guard_decorates_a_method_that_is_a_tf_function():
    assert tg.Signature.from_tf(Classic.__dict__["double"].__wrapped__).inputs == {"x": tg.TensorSpec((None, 3))}
    one = Classic()
    for _ in range(3):
        assert one.double(floats(1, 3))[0, 0] == 2
    assert refusal(one.double, floats(1, 4)) == [("inputs['x']", "dim")]


def test_guard_of_what_is_no_method_may_be_an_attribute_of_a_class():
    concrete = traced().get_concrete_function()
    holder = type("Holder", (), {"double": tg.tf.guard(concrete)})()
    assert holder.double(x=tf.ones((1, 3)))[0, 0] == 2


def test_module_that_is_called_is_guarded_by_its_call():
    class Doubler(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3])])
        def __call__(self, x):
            return 2 * x

    guarded = tg.tf.guard(Doubler())
    assert guarded(floats(1, 3))[0, 0] == 2
    assert refusal(guarded, floats(1, 4)) == [("inputs['x']", "dim")]


def test_guarded_method_does_not_keep_its_instance_alive():
    import gc
    import weakref

    scaler = Scaler(2.0)
    scaler.scale(floats(1, 3))
    scaler.scale(floats(1, 3))
    gone = weakref.ref(scaler)
    del scaler
    gc.collect()
    assert gone() is None


def test_module_with_a_guarded_method_is_saved_like_any_other(tmp_path):
    scaler = Scaler(2.0)
    tf.saved_model.save(scaler, tmp_path, signatures=scaler.scale.get_concrete_function())
    loaded = tf.saved_model.load(tmp_path)
    assert loaded.scale(floats(1, 3))[0, 0] == 2
    assert loaded.signatures["serving_default"](x=tf.ones((1, 3)))["output_0"][0, 0] == 2


def test_guarded_function_passes_for_what_it_wraps():
    function = traced()
    guarded = tg.tf.guard(function)
    assert isinstance(guarded, tf.types.experimental.PolymorphicFunction)
    assert guarded.__wrapped__ is function
    assert guarded.__name__ == "double"
    assert guarded.input_signature == function.input_signature
    assert guarded.experimental_get_tracing_count() == 0
    assert guarded.get_concrete_function() is function.get_concrete_function()
    assert guarded.signature == tg.Signature.from_tf(function)
    assert tg.Signature.from_tf(guarded) == guarded.signature
    assert repr(guarded).startswith("<guard of <")
    assert list(inspect.signature(guarded).parameters) == ["x"]


def test_guard_needs_a_contract():
    with pytest.raises(ValueError, match="has no input_signature"):
        tg.tf.guard(tf.function(lambda x: x))
    with pytest.raises(ValueError, match="has no contract of its own: give a signature"):
        tg.tf.guard(print)
    with pytest.raises(TypeError, match="int can't be called: give a tf.function"):
        tg.tf.guard(3)
    with pytest.raises(ValueError, match="is guarded already"):
        tg.tf.guard(tg.tf.guard(traced()))


def test_plain_callable_is_guarded_by_the_contract_that_it_is_given():
    guarded = tg.tf.guard(lambda x, y=1: (x, y), [X])
    value = floats(2, 3)
    assert guarded(value, y=5) == (value, 5)
    assert guarded(value)[0] is value
    assert refusal(guarded, floats(2, 4)) == [("inputs['x']", "dim")]


def two(**options):
    @tf.function(**options)
    def combine(features, scale, training=False):
        return {"sum": features["a"] + features["b"] * scale, "training": tf.constant(training)}

    return combine


NEST = {"a": tg.TensorSpec(("batch", 2)), "b": tg.TensorSpec(("batch", 2))}
FEATURES = {"b": floats(4, 2), "a": floats(4, 2)}


def own_signature():
    return [{key: tf.TensorSpec([None, 2]) for key in "ab"}, tf.TensorSpec([])]


@pytest.mark.parametrize("options", [{}, {"input_signature": own_signature()}], ids=["free", "with input_signature"])
@pytest.mark.parametrize(
    "contract",
    [
        [NEST, tg.TensorSpec(())],
        (tg.Signature(NEST), tg.TensorSpec(())),
        {"features": NEST, "scale": tg.TensorSpec(())},
        tg.Signature({"scale": tg.TensorSpec(()), "features": NEST}),
    ],
    ids=["list", "tuple with a Signature", "dict", "Signature by name"],
)
def test_contract_may_be_given_by_position_or_by_name(options, contract):
    guarded = tg.tf.guard(two(**options), contract)
    scale = np.float32(2)
    for _ in range(3):
        for result in (
            guarded(FEATURES, scale),
            guarded(FEATURES, scale=scale),
            guarded(scale=scale, features=FEATURES),
            guarded(FEATURES, 2),
            guarded(FEATURES, tf.constant(2.0)),
        ):
            assert result["sum"].numpy().tolist() == [[3.0, 3.0]] * 4
            assert not result["training"]
    ((path, code),) = refusal(guarded, FEATURES | {"a": floats(5, 2)}, scale)
    assert path.startswith("inputs['features']")
    assert code == "dim_mismatch"
    assert refusal(guarded, FEATURES) == [("inputs['scale']", "missing")]
    assert refusal(guarded, FEATURES, scal=scale) == [("inputs['scal']", "unexpected"), ("inputs['scale']", "missing")]
    assert refusal(guarded, {"a": FEATURES["a"]}, scale) == [("inputs['features']['b']", "missing")]


def test_argument_that_the_contract_says_nothing_of_is_passed_on():
    guarded = tg.tf.guard(two(), [NEST, tg.TensorSpec(())])
    for _ in range(2):
        assert guarded(FEATURES, np.float32(2), True)["training"]
        assert guarded(FEATURES, np.float32(2), training=True)["training"]
        assert not guarded(FEATURES, np.float32(2))["training"]


def test_binding_errors_name_the_function():
    guarded = tg.tf.guard(traced())
    with pytest.raises(TypeError, match=r"double\(\) takes 1 argument without a name, 2 are given"):
        guarded(floats(1, 3), floats(1, 3))
    with pytest.raises(TypeError, match=r"double\(\) got two values for argument 'x'"):
        guarded(floats(1, 3), x=floats(1, 3))
    lone = tg.tf.function(lambda batch: batch["a"], input_signature=tg.Signature(NEST))
    with pytest.raises(TypeError, match=r"is missing argument 'batch'"):
        lone()


def test_lone_signature_means_one_parameter():
    @tg.tf.function(input_signature=tg.Signature(NEST, name="predict", source="models/ranker/3"))
    def rank(batch):
        return batch["a"] + batch["b"]

    for _ in range(3):
        assert rank(FEATURES).shape == (4, 2)
        assert rank(batch=FEATURES).shape == (4, 2)
    with pytest.raises(tg.ValidationError, match=r"signature 'predict' \(models/ranker/3\)\n  inputs\['a'\]  missing"):
        rank({"b": floats(4, 2)})


def test_lone_contract_does_not_fit_a_function_of_two_parameters():
    with pytest.raises(TypeError, match=r"describes one argument, but combine\(features, scale\) takes 2"):
        tg.tf.guard(two(), tg.Signature({"a": X, "b": X}))


def test_dict_with_the_key_of_the_only_parameter_is_told_by_the_functions_own_signature():
    nested = tf.function(lambda x: x["x"], input_signature=[{"x": tf.TensorSpec([None, 3])}])
    assert tg.tf.guard(nested, tg.Signature({"x": X}))({"x": floats(2, 3)}).shape == (2, 3)
    assert tg.tf.guard(traced(), tg.Signature({"x": X}))(floats(2, 3)).shape == (2, 3)


@pytest.mark.parametrize(
    ("contract", "says"),
    [
        ([tg.TensorSpec((None, 3), "float64")], r"inputs\['x'\] is TensorSpec\(shape=\(None, 3\), dtype='float64'\)"),
        ([tg.TensorSpec((None, 4))], r"no batch meets both the contract and double: inputs\['x'\]"),
        ([{"x": X}], "no batch meets both"),
        ({"x": X, "y": X}, r"it takes Signature\({'x': TensorSpec"),
        (tg.Signature({"y": X}), r"the contract is Signature\({'x': {'y': TensorSpec"),
    ],
)
def test_contract_that_no_argument_can_meet_is_refused_when_it_is_given(contract, says):
    with pytest.raises((ValueError, TypeError), match=says):
        tg.tf.guard(traced(), contract)


def test_too_many_entries_are_refused():
    with pytest.raises(TypeError, match=r"double\(\) takes 1 argument"):
        tg.tf.guard(traced(), [X, X])


def test_functions_own_contract_holds_beside_a_wider_one():
    concrete = traced().get_concrete_function()
    guarded = tg.tf.guard(concrete, [tg.TensorSpec((None, None), finite=True)])
    for _ in range(2):
        assert guarded(tf.ones((2, 3))).shape == (2, 3)
        assert refusal(guarded, tf.ones((2, 4))) == [("inputs['x']", "dim")]
        assert refusal(guarded, tf.ones((2, 3)) * np.nan) == [("inputs['x']", "not_finite")]


def test_absent_inputs_get_the_contracts_defaults():
    contract = tg.Signature({"a": X, "b": tg.TensorSpec((), default=2.0)})

    @tg.tf.function(input_signature=contract)
    def f(batch):
        return batch["a"] * batch["b"]

    for _ in range(3):
        assert f({"a": floats(1, 3)})[0, 0] == 2
        assert f({"a": floats(1, 3), "b": np.float32(5)})[0, 0] == 5
    by_name = tg.tf.guard(tf.function(lambda a, b: a * b), {"a": X, "b": tg.TensorSpec((), default=3.0)})
    assert by_name(floats(1, 3))[0, 0] == 3


def test_input_that_may_be_absent_needs_a_default():
    with pytest.raises(ValueError, match=r"inputs\['b'\] may be left out, .* give it a default"):
        tg.tf.function(lambda _: 1, input_signature=tg.Signature({"a": X, "b": tg.TensorSpec((), optional=True)}))


def test_defaults_of_parameters_are_the_functions_own():
    function = tf.function(lambda x, y=2.0: x * y, input_signature=[tf.TensorSpec([None, 3]), tf.TensorSpec([])])
    guarded = tg.tf.guard(function)
    for _ in range(3):
        assert guarded(floats(1, 3))[0, 0] == 2
        assert guarded(floats(1, 3), 3.0)[0, 0] == 3
        assert guarded(floats(1, 3), y=np.float32(4))[0, 0] == 4
    assert refusal(guarded, floats(1, 3), np.float64(4)) == [("inputs['y']", "dtype")]


def test_python_value_of_a_trace_is_no_input():
    concrete = two().get_concrete_function(own_signature()[0], tf.TensorSpec([]), True)
    guarded = tg.tf.guard(concrete)
    for _ in range(3):
        assert guarded(FEATURES, np.float32(2))["training"]
        assert guarded(FEATURES, np.float32(2), True)["training"]


def test_variable_arguments_are_numbered():
    function = tf.function(lambda *parts: tf.add_n(parts), input_signature=[tf.TensorSpec([None, 3])] * 2)
    guarded = tg.tf.guard(function, [X, X])
    for _ in range(3):
        assert guarded(floats(1, 3), floats(1, 3))[0, 0] == 2
    assert refusal(guarded, floats(1, 3), floats(1, 4)) == [("inputs['parts_1']", "dim")]


def test_function_that_takes_any_name_is_guarded_by_name():
    function = tf.function(lambda **inputs: inputs["a"] + inputs["b"])
    guarded = tg.tf.guard(function, {"a": X, "b": X})
    for _ in range(2):
        assert guarded(a=floats(1, 3), b=floats(1, 3))[0, 0] == 2
    assert refusal(guarded, a=floats(1, 3)) == [("inputs['b']", "missing")]
    assert refusal(guarded, a=floats(1, 3), b=floats(1, 3), c=1) == [("inputs['c']", "unexpected")]


def test_tensorflows_own_specs_are_taken_for_a_contract():
    @tg.tf.function(input_signature=[tf.TensorSpec([None, 3]), {"k": tf.TensorSpec([], tf.int32)}])
    def scaled(x, options):
        return x * tf.cast(options["k"], tf.float32)

    assert scaled(floats(1, 3), {"k": 2})[0, 0] == 2
    assert refusal(scaled, floats(1, 4), {"k": 2}) == [("inputs['x']", "dim")]


@pytest.mark.parametrize(
    ("contract", "error", "says"),
    [
        ([X, X, X], TypeError, r"f\(\) takes 2 arguments without a name, 3 are given"),
        ([X], ValueError, r"the contract says nothing of 'b', which f\(a, b\) can't be called without"),
        ({"a": X, "b": X}, TypeError, r"describes one argument, but f\(a, b\) takes 2: give a sequence"),
    ],
)
def test_contract_that_does_not_fit_the_parameters_is_refused_before_tensorflow_sees_it(contract, error, says):
    def f(a, b):
        return a + b

    with pytest.raises(error, match=says):
        tg.tf.function(f, input_signature=contract)


class FickleMapping:
    """Gives another array each time that it is read."""

    def __init__(self):
        self.reads = 0

    def keys(self):
        return ["x"]

    def items(self):
        return [("x", self["x"])]

    def __iter__(self):
        return iter(["x"])

    def __len__(self):
        return 1

    def __getitem__(self, key):
        self.reads += 1
        return floats(1, 3) if self.reads == 1 else np.full((1, 4), np.nan, np.float32)


def test_what_is_judged_is_what_is_passed_on():
    collections.abc.Mapping.register(FickleMapping)
    contract = tg.Signature({"x": tg.TensorSpec(("batch", 3), finite=True)})
    body = tf.function(lambda batch: batch["x"], input_signature=[{"x": tf.TensorSpec(None)}])
    for guarded in (tg.tf.guard(body, contract), tg.tf.guard(lambda batch: batch["x"], contract)):
        for _ in range(3):
            batch = FickleMapping()
            np.testing.assert_array_equal(guarded(batch), floats(1, 3))
            assert batch.reads == 1


def test_guarded_callable_gets_the_very_batch():
    batch = collections.OrderedDict(x=floats(1, 3))
    guarded = tg.tf.guard(lambda batch: batch, tg.Signature({"x": X}))
    assert guarded(batch) is batch


def test_guarded_callable_can_be_pickled_and_copied():
    guarded = tg.tf.guard(np.sum, {"a": X})
    for twin in (pickle.loads(pickle.dumps(guarded)), copy.copy(guarded), copy.deepcopy(guarded)):
        assert twin.signature == guarded.signature
        assert twin(floats(2, 3)) == 6
        assert refusal(twin, floats(2, 4)) == [("inputs['a']", "dim")]


def test_tensors_of_other_libraries_are_read_as_the_contract_says():
    function = tf.function(lambda x: tf.identity(x), input_signature=[tf.TensorSpec([None], tf.uint8)])
    guarded = tg.tf.guard(function)
    for value in (b"ab", bytearray(b"ab"), memoryview(b"ab")):
        for _ in range(2):
            assert guarded(value).numpy().tolist() == [97, 98]


def test_ragged_and_sparse_arguments_are_checked():
    function = tf.function(lambda x: tf.sparse.reduce_sum(x), input_signature=[tf.SparseTensorSpec([None, 3])])
    good = tf.sparse.from_dense([[1.0, 2.0, 3.0]])
    wide = tf.sparse.from_dense(tf.ones((2, 7)))
    assert function(wide) == 14
    guarded = tg.tf.guard(function)
    assert refusal(guarded, wide) == [("inputs['x']", "dim")]
    for _ in range(2):
        assert guarded(good) == 6

    ragged = tf.function(lambda x: tf.reduce_sum(x), input_signature=[tf.RaggedTensorSpec([None, None], tf.float32)])
    corrupt = tf.RaggedTensor.from_row_splits(tf.ones(3), [0, 5], validate=False)
    guarded = tg.tf.guard(ragged)
    assert refusal(guarded, corrupt)[0][1] == "row_splits"
    for _ in range(2):
        assert guarded(tf.ragged.constant([[1.0], [2.0, 3.0]])) == 6


def test_bounds_that_tensorflow_never_checks_are_checked():
    from tensorflow.python.framework.tensor import BoundedTensorSpec  # no part of its API

    function = tf.function(lambda x: tf.identity(x), input_signature=[BoundedTensorSpec([2], tf.float32, 0.0, 2.0)])
    assert function(np.float32([9, 9])).numpy().tolist() == [9, 9]
    guarded = tg.tf.guard(function)
    assert refusal(guarded, np.float32([1, 9])) == [("inputs['x']", "above_maximum")]
    assert guarded(np.float32([1, 2])).numpy().tolist() == [1, 2]


def test_lone_ragged_argument_is_checked():
    function = tf.function(lambda x: tf.reduce_sum(x), input_signature=[tf.RaggedTensorSpec([None, None], tf.float32)])
    guarded = tg.tf.guard(function, tg.RaggedTensorSpec((None, None), minimum=0))
    for _ in range(2):
        assert guarded(tf.ragged.constant([[1.0], [2.0, 3.0]])) == 6
    assert refusal(guarded, tf.ragged.constant([[1.0], [-2.0]]))[0][1] == "below_minimum"


def test_error_says_which_argument_is_wrong():
    @tg.tf.function(input_signature=[tg.TensorSpec(("batch", 3)), tg.TensorSpec(("batch",), "int32")])
    def pick(x, column):
        return tf.gather(x, column, axis=1, batch_dims=1)

    with pytest.raises(tg.ValidationError) as caught:
        pick(np.ones((2, 3)), column=np.array([0, 2]))
    assert str(caught.value).splitlines()[:2] == [
        "2 violations of signature 'pick'",
        "  inputs['x']       dtype: expected float32, got float64; float64 is NumPy's default: cast it to float32",
    ]
