"""SavedModels with their contract: what is written, what TensorFlow makes of it, and what comes back."""

import errno
import json
import os
import pathlib
import tempfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import tensorgate as tg
from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, ValidationError
from tensorgate.serving import load_signatures
from tensorgate.tf.export import export

PREDICT = "tensorflow/serving/predict"
CONTRACT = Signature(
    {
        "ids": TensorSpec(("batch", Dim("seq", min=1, max=8)), "int64", minimum=0, maximum=99),
        "weight": TensorSpec(("batch",), finite=True),
    },
    batch_dim="batch",
)
GOOD = {"ids": np.array([[1, 2], [3, 4]]), "weight": np.array([0.5, 1.0], np.float32)}


class Ranker(tf.Module):
    """A module whose call takes its inputs by name."""

    def __init__(self):
        super().__init__(name="ranker")
        self.scale = tf.Variable(2.0)
        self.words = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([1, 2], tf.int64)), -1
        )

    def __call__(self, ids, weight):
        return {"score": self.scale * weight * tf.cast(tf.reduce_sum(ids, 1), tf.float32)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def look_up(self, word):
        return self.words.lookup(word)


def two_inputs(compiled=False):
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    model = keras.Model([left, right], keras.layers.Dense(1)(keras.layers.Concatenate()([left, right])), name="two")
    if compiled:
        model.compile("adam", "mse")
        model.fit([np.ones((4, 3)), np.ones((4, 2))], np.ones((4, 1)), verbose=0)
    return model


def served(path, name="serving_default"):
    return tf.saved_model.load(str(path)).signatures[name]


def definition(path, name="serving_default"):
    """The SignatureDef, as TensorFlow Serving reads it."""
    data = (path / "saved_model.pb").read_bytes()
    (graph,) = saved_model_pb2.SavedModel.FromString(data).meta_graphs
    assert list(graph.meta_info_def.tags) == ["serve"]
    return graph.signature_def[name]


def left_behind(path):
    """Everything in the directory above, hidden or not."""
    return sorted(entry.name for entry in path.parent.iterdir())


def test_the_whole_contract_comes_back(tmp_path):
    exported = export(Ranker(), tmp_path / "1", CONTRACT)
    read = Signature.from_saved_model(tmp_path)
    assert read == exported == load_signatures(tmp_path)["serving_default"]
    assert read.fingerprint == exported.fingerprint
    assert read.inputs == CONTRACT.inputs
    assert read.outputs == {"score": TensorSpec((None,))}
    assert (read.name, read.method_name, read.batch_dim) == ("serving_default", PREDICT, "batch")
    assert read.source == str(tmp_path / "1")
    assert Signature(CONTRACT.inputs, read.outputs, method_name=PREDICT, batch_dim="batch") == read


def test_what_saved_model_pb_alone_says_is_less(tmp_path):
    """The hole: TensorFlow's own file has neither names of dimensions nor rules."""
    export(Ranker(), tmp_path / "1", CONTRACT)
    (tmp_path / "1/assets.extra/tensorgate.json").unlink()
    bad = GOOD | {"ids": np.full((3, 20), -1)}
    assert Signature.from_saved_model(tmp_path).accepts(bad)
    export(Ranker(), tmp_path / "2", CONTRACT)
    assert [violation.code for violation in Signature.from_saved_model(tmp_path).violations(bad)] == [
        "dim",
        "dim_mismatch",
    ]


def test_plain_tensorflow_loads_it_and_gives_the_same_outputs(tmp_path):
    model = Ranker()
    export(model, tmp_path / "1", CONTRACT)
    found = served(tmp_path / "1")(**{name: tf.constant(array) for name, array in GOOD.items()})
    np.testing.assert_array_equal(found["score"], model(**GOOD)["score"])
    assert set(definition(tmp_path / "1").inputs) == set(CONTRACT.inputs)


def test_the_model_is_saved_with_what_else_it_has(tmp_path):
    export(Ranker(), tmp_path / "1", CONTRACT)
    assert tf.saved_model.load(str(tmp_path / "1")).look_up(tf.constant(["b"])).numpy() == 2


def test_several_signatures_are_served_by_the_methods_of_their_names(tmp_path):
    contracts = {"serving_default": CONTRACT, "look_up": Signature({"word": TensorSpec(("n",), "string", max_bytes=3)})}
    exported = export(Ranker(), tmp_path / "1", contracts)
    assert load_signatures(tmp_path) == exported
    assert exported["look_up"].name == "look_up"
    assert served(tmp_path / "1", "look_up")(tf.constant(["b", "z"]))["output_0"].numpy().tolist() == [2, -1]


X = Signature({"x": TensorSpec((None,))})


class Coder(tf.Module):
    """A module that has other methods than its call."""

    def __init__(self):
        super().__init__()
        self.scaled = keras.layers.Rescaling(1000.0)

    def __call__(self, x):
        return {"y": x}

    def plain(self, x):
        return {"code": 10 * x}

    @tf.function
    def traced(self, x):
        return {"code": 100 * x}


class KerasCoder(keras.Model):
    """The same of Keras."""

    def call(self, x, training=True):
        return {"y": 7 * x if training else x}

    plain = Coder.plain
    traced = Coder.traced


@pytest.mark.parametrize("model", [Coder, KerasCoder])
def test_a_method_of_a_signatures_name_is_served_and_not_the_call(tmp_path, model):
    """Whether it is a tf.function or not, and the model one of Keras or not."""
    told = {
        "serving_default": {"y": 1},
        "predict": {"y": 1},  # Keras' own, which calls
        "plain": {"code": 10},
        "traced": {"code": 100},
    }
    export(model(), tmp_path / "1", dict.fromkeys(told, X))
    found = {name: served(tmp_path / "1", name)(x=tf.constant([1.0])) for name in told}
    assert {name: {key: value.numpy() for key, value in each.items()} for name, each in found.items()} == told


def test_a_part_of_a_signatures_name_is_served_and_not_the_call(tmp_path):
    export(Coder(), tmp_path / "1", {"scaled": Signature(TensorSpec((None,), name="x"))})
    assert served(tmp_path / "1", "scaled")(x=tf.constant([1.0]))["output_0"].numpy() == 1000


def test_the_call_of_a_keras_model_is_served_as_keras_calls_it(tmp_path):
    export(KerasCoder(), tmp_path / "1", {"call": X})
    assert served(tmp_path / "1", "call")(x=tf.constant([1.0]))["y"].numpy() == 1


RULED = TensorSpec(("n",), minimum=0)


def test_the_contract_of_a_guard_is_written(tmp_path):
    @tg.tf.function(input_signature=[RULED])
    def double(x):
        return 2 * x

    exported = export(double, tmp_path / "1")
    assert exported.inputs == {"x": RULED} == Signature.from_saved_model(tmp_path / "1").inputs
    assert served(tmp_path / "1")(x=tf.constant([-1.0]))["output_0"].numpy() == -2  # as asked: not in the graph
    export(double, tmp_path / "2", in_graph=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match="below_minimum"):
        served(tmp_path / "2")(x=tf.constant([-1.0]))


def test_a_guard_holds_what_another_contract_lacks(tmp_path):
    guard = tg.tf.guard(tf.function(lambda x: 2 * x), {"x": RULED})
    export(guard, tmp_path / "1", X)
    with pytest.raises(tf.errors.InvalidArgumentError, match="below_minimum"):
        served(tmp_path / "1")(x=tf.constant([-1.0]))


class Guarding(tf.Module):
    """A module with a guarded method."""

    @tg.tf.function(input_signature=RULED)
    def serving_default(self, x):
        return 2 * x


GUARDS = {
    "lone": (lambda: tg.tf.guard(tf.function(lambda x: 2 * x), RULED), {"x": RULED}),
    "dict": (lambda: tg.tf.function(lambda x: 2 * x["x"], input_signature=Signature({"x": RULED})), {"x": RULED}),
    "plain": (lambda: tg.tf.guard(lambda x: 2 * x, {"x": RULED}), {"x": RULED}),
    "method": (Guarding, {"x": RULED}),
    "watched": (lambda: tg.tf.watch_retraces(tg.tf.guard(tf.function(lambda x: 2 * x), RULED)), {"x": RULED}),
    "keras": (
        lambda: tg.tf.guard(
            keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)]),
            Signature(TensorSpec(("n", 1), name="x", minimum=0)),
        ),
        {"x": TensorSpec(("n", 1), name="x", minimum=0)},
    ),
}


@pytest.mark.parametrize("kind", GUARDS)
def test_a_guard_of_any_kind_is_served_with_its_contract(tmp_path, kind):
    make, inputs = GUARDS[kind]
    assert export(make(), tmp_path / "1").inputs == inputs
    x = tf.fill([1] * len(inputs["x"].shape), -1.0)
    assert served(tmp_path / "1")(x=x)["output_0"].numpy().item() == -2


def test_without_a_signature_it_is_what_the_model_says_of_itself(tmp_path):
    exported = export(two_inputs(), tmp_path / "1")
    assert list(exported.inputs) == ["left", "right"]
    assert exported.outputs == {"output_0": TensorSpec((None, 1))}


@pytest.mark.parametrize("contract", ["dict", "list"])
def test_a_functional_model_takes_its_inputs_by_name_or_in_order(tmp_path, contract):
    model = two_inputs()
    specs = {"left": TensorSpec(("batch", 3)), "right": TensorSpec(("batch", 2))}
    inputs = specs if contract == "dict" else [TensorSpec(s.shape, name=name) for name, s in specs.items()]
    exported = export(model, tmp_path / "1", Signature(inputs))
    assert Signature.from_saved_model(tmp_path) == exported
    batch = {"left": np.ones((2, 3), np.float32), "right": np.zeros((2, 2), np.float32)}
    exported.check(batch)
    found = served(tmp_path / "1")(**{name: tf.constant(array) for name, array in batch.items()})
    np.testing.assert_allclose(found["output_0"], model(list(batch.values())), rtol=1e-6)


def test_a_trained_model_is_saved_without_its_optimizer(tmp_path):
    export(two_inputs(compiled=True), tmp_path / "1")
    names = [name for name, _ in tf.train.list_variables(str(tmp_path / "1/variables/variables"))]
    assert len([name for name in names if name.endswith("VARIABLE_VALUE")]) == 2


def test_a_sequential_model_takes_any_name_for_its_only_input(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(2)])
    exported = export(model, tmp_path / "1", Signature({"features": TensorSpec(("batch", 3), finite=True)}))
    assert list(Signature.from_saved_model(tmp_path).inputs) == ["features"] == list(exported.inputs)
    x = np.ones((2, 3), np.float32)
    np.testing.assert_allclose(served(tmp_path / "1")(features=x)["output_0"], model(x, training=False), rtol=1e-6)


@pytest.mark.parametrize(("name", "alias"), [(None, "inputs"), ("image", "image")])
def test_a_lone_spec_is_served_under_its_name(tmp_path, name, alias):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    exported = export(model, tmp_path / "1", Signature(TensorSpec((None, 3), name=name)))
    assert list(exported.inputs) == [alias] == list(definition(tmp_path / "1").inputs)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="subclassed")
        self.lookup = keras.layers.StringLookup(vocabulary=["a", "b"])
        self.dense = keras.layers.Dense(1)

    def call(self, inputs):
        number = keras.ops.expand_dims(keras.ops.cast(self.lookup(inputs["word"]), "float32"), 1)
        return {"y": self.dense(number) + inputs["x"]}


def test_a_subclassed_model_brings_its_tables_along(tmp_path):
    model = Subclassed()
    batch = {"word": tf.constant(["a", "z"]), "x": tf.ones([2, 1])}
    expected = model(batch)["y"]
    export(model, tmp_path / "1", Signature({"word": TensorSpec(("n",), "string"), "x": TensorSpec(("n", 1))}))
    del model
    np.testing.assert_allclose(served(tmp_path / "1")(**batch)["y"], expected, rtol=1e-6)


class OfTwo(keras.Model):
    def call(self, left, right, training=False):
        return left + right + keras.ops.cast(training, "float32")


def test_a_model_with_two_arguments_takes_them_by_name(tmp_path):
    export(OfTwo(), tmp_path / "1", Signature({"left": TensorSpec((None,)), "right": TensorSpec((None,))}))
    assert served(tmp_path / "1")(left=tf.ones([1]), right=tf.ones([1]))["output_0"].numpy() == 2


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda x: 2 * x, TensorSpec((None,), name="x")),
        (lambda x: 2 * x, {"x": TensorSpec((None,))}),
        (lambda batch: 2 * batch["x"], {"x": TensorSpec((None,))}),
        (lambda x, scale=2.0: scale * x, {"x": TensorSpec((None,))}),
        (lambda x, y: x + y, [TensorSpec((None,), name="x"), TensorSpec((None,), name="y")]),
        (lambda x, y: x + y, {"y": TensorSpec((None,)), "x": TensorSpec((None,))}),
        (lambda pair: pair[0] + pair[1], [TensorSpec((None,), name="x"), TensorSpec((None,), name="y")]),
        (tf.function(lambda x: 2 * x), {"x": TensorSpec((None,))}),
        (tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([None])]), None),
    ],
)
def test_a_function_gets_its_inputs_as_its_parameters_want_them(tmp_path, function, inputs):
    export(function, tmp_path / "1", None if inputs is None else Signature(inputs))
    ones = {name: tf.ones([2]) for name in Signature.from_saved_model(tmp_path).inputs}
    assert served(tmp_path / "1")(**ones)["output_0"].numpy().tolist() == [2, 2]


PAIR = [TensorSpec((None,), name="x"), TensorSpec((None,), name="y")]


def test_a_list_that_can_be_taken_in_two_ways_is_told(tmp_path):
    """As the only argument it gave a product that nobody asked for."""
    scaled = tf.function(lambda a, scale=1.0: tf.multiply(a, scale))
    told = refused(tmp_path / "1", scaled, Signature(PAIR))
    assert told == (
        "tf.function '<lambda>' may take the signature's list as 'a', or a part of it as 'a' and another as 'scale': "
        "give a signature with a dict by parameter name"
    )
    export(scaled, tmp_path / "1", Signature({"a": PAIR[0], "scale": PAIR[1]}))
    found = served(tmp_path / "1")(a=tf.constant([1.0, 2.0]), scale=tf.constant([10.0, 10.0]))
    assert found["output_0"].numpy().tolist() == [10, 20]


@pytest.mark.parametrize(
    "function",
    [
        tf.function(lambda pair, scale=1.0: scale * (pair[0] + pair[1]), input_signature=[[tf.TensorSpec([None])] * 2]),
        tf.function(lambda a, b=1.0: a + b, input_signature=[tf.TensorSpec([None])] * 2),
    ],
    ids=["a list", "two"],
)
def test_a_list_is_taken_as_the_functions_own_signature_says(tmp_path, function):
    export(function, tmp_path / "1", Signature(PAIR))
    assert served(tmp_path / "1")(x=tf.constant([1.0]), y=tf.constant([2.0]))["output_0"].numpy() == 3


def test_a_list_for_a_method_of_a_keras_model_is_read_as_that_of_a_function(tmp_path):
    class Scaling(keras.Model):
        def scaled(self, a, scale=1.0):
            return a * scale

    assert "may take the signature's list as 'a'" in refused(tmp_path / "1", Scaling(), {"scaled": Signature(PAIR)})


class OfPair(keras.Model):
    def call(self, pair, training=False):
        return pair[0] + pair[1] + keras.ops.cast(training, "float32")


def test_a_keras_model_takes_a_list_as_its_first_argument(tmp_path):
    export(OfPair(), tmp_path / "1", Signature(PAIR))
    assert served(tmp_path / "1")(x=tf.constant([1.0]), y=tf.constant([2.0]))["output_0"].numpy() == 3


def test_outputs_are_what_the_model_makes_and_not_what_keras_tells(tmp_path):
    word = keras.Input((), dtype="string", name="word")
    lookup = keras.layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")
    exported = export(keras.Model(word, lookup(word)), tmp_path / "1")
    found = served(tmp_path / "1")(word=tf.constant(["b"]))["output_0"]
    assert exported.outputs["output_0"].dtype == found.dtype.name


def test_the_variables_of_a_function_are_saved_with_it(tmp_path):
    model = Ranker()
    export(tf.function(lambda x: model.scale * x), tmp_path / "1", Signature({"x": TensorSpec(())}))
    assert served(tmp_path / "1")(tf.constant(4.0))["output_0"].numpy() == 8


def test_a_loaded_model_can_be_given_a_contract(tmp_path):
    export(Ranker(), tmp_path / "1", CONTRACT)
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    stricter = Signature({**CONTRACT.inputs, "weight": TensorSpec(("batch",), minimum=0)})
    export(loaded, tmp_path / "2", stricter, in_graph=True)
    assert Signature.from_saved_model(tmp_path).inputs == stricter.inputs
    with pytest.raises(tf.errors.InvalidArgumentError, match="weight"):
        served(tmp_path / "2")(ids=tf.constant(GOOD["ids"]), weight=tf.constant([-1.0, 1.0]))


def test_all_signatures_of_a_loaded_model_are_kept(tmp_path):
    contracts = {"serving_default": CONTRACT, "look_up": Signature({"word": TensorSpec(("n",), "string")})}
    export(Ranker(), tmp_path / "1", contracts)
    again = export(tf.saved_model.load(str(tmp_path / "1")), tmp_path / "2")
    assert sorted(again) == ["look_up", "serving_default"]
    assert again["look_up"].inputs == {"word": TensorSpec((None,), "string")}


def test_a_loaded_model_gets_its_rules_and_defaults_from_the_contract_beside_it(tmp_path):
    signature = Signature({"scale": TensorSpec((), default=3.0, maximum=9), "x": TensorSpec(("n",), finite=True)})
    export(lambda x, scale: x * scale, tmp_path / "1", signature)
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    assert not export(loaded, tmp_path / "2").inputs["scale"].optional  # nothing is left of them in what was loaded
    export(loaded, tmp_path / "3", load_signatures(tmp_path / "1"))
    assert Signature.from_saved_model(tmp_path / "3") == Signature.from_saved_model(tmp_path / "1")
    assert list(definition(tmp_path / "3").defaults) == ["scale"]


def test_nested_inputs_are_served_flat(tmp_path):
    nested = Signature({"user": {"age": TensorSpec(("n",)), "at": [TensorSpec(("n",))]}, "x": TensorSpec(("n",))})
    exported = export(
        lambda batch: {"y": batch["user"]["age"] + 10 * batch["user"]["at"][0] + 100 * batch["x"]},
        tmp_path / "1",
        nested,
    )
    assert list(exported.inputs) == ["user/age", "user/at/0", "x"]
    assert set(definition(tmp_path / "1").inputs) == set(exported.inputs)
    parts = {"user_age": 1.0, "user_at_0": 2.0, "x": 3.0}  # TensorFlow's names for Python
    found = served(tmp_path / "1")(**{name: tf.constant([value]) for name, value in parts.items()})
    assert found["y"].numpy() == 321


@pytest.mark.parametrize("in_graph", [False, True])
def test_ragged_and_sparse_inputs_are_served_by_their_parts(tmp_path, in_graph):
    signature = Signature(
        {
            "r": RaggedTensorSpec(("n", Dim(max=3)), "int64", minimum=0),
            "rr": RaggedTensorSpec(("n", None, None, 2), ragged_rank=2),
            "s": SparseTensorSpec(("n", 4)),
        }
    )

    def sums(r, rr, s):
        return {"r": tf.reduce_sum(r, 1), "rr": tf.reduce_sum(rr), "s": tf.sparse.reduce_sum(s, 1), "back": r}

    exported = export(sums, tmp_path / "1", signature, in_graph=in_graph)
    assert Signature.from_saved_model(tmp_path) == exported
    assert exported.inputs == signature.inputs
    ragged = tf.ragged.constant([[1, 2], [3]], tf.int64)
    deep = tf.RaggedTensor.from_nested_row_splits(tf.ones([3, 2]), [[0, 2, 3], [0, 1, 2, 3]])
    sparse = tf.sparse.from_dense([[0.0, 1, 0, 2], [0, 0, 3, 0]])
    exported.check({"r": ragged, "rr": deep, "s": sparse})
    parts = {
        "r/values": ragged.values,
        "r/row_splits": ragged.row_splits,
        "rr/values/values": deep.values.values,
        "rr/values/row_splits": deep.values.row_splits,
        "rr/row_splits": deep.row_splits,
        "s/indices": sparse.indices,
        "s/values": sparse.values,
        "s/dense_shape": sparse.dense_shape,
    }
    assert set(definition(tmp_path / "1").inputs) == set(parts)
    call = served(tmp_path / "1")
    found = call(**{name.replace("/", "_"): part for name, part in parts.items()})
    assert found["r"].numpy().tolist() == [3, 3]
    assert found["rr"].numpy() == 6
    assert found["s"].numpy().tolist() == [3, 3]
    assert found["back/values"].numpy().tolist() == [1, 2, 3]
    assert found["back/row_splits"].numpy().tolist() == [0, 2, 3]


def test_a_default_is_the_saved_models_too(tmp_path):
    """TensorFlow Serving fills it in."""
    signature = Signature({"scale": TensorSpec((), default=3.0), "x": TensorSpec(("n",))})
    exported = export(lambda x, scale: x * scale, tmp_path / "1", signature)
    assert list(definition(tmp_path / "1").defaults) == ["scale"]
    assert tf.make_ndarray(definition(tmp_path / "1").defaults["scale"]) == 3
    assert Signature.from_saved_model(tmp_path) == exported
    assert exported.inputs == signature.inputs


@pytest.mark.parametrize("default", [["a", "b"], [b"\xff", b""]])
def test_a_default_of_strings_is_written(tmp_path, default):
    export(lambda x: x, tmp_path / "1", Signature({"x": TensorSpec((None,), "string", default=default)}))
    (tmp_path / "1/assets.extra/tensorgate.json").unlink()
    assert Signature.from_saved_model(tmp_path).inputs["x"].default.tolist() == [
        each if isinstance(each, bytes) else each.encode() for each in default
    ]


def test_an_optional_input_without_a_default_has_to_be_served(tmp_path):
    export(lambda x, y: x + y, tmp_path / "1", Signature({"x": TensorSpec(()), "y": TensorSpec((), optional=True)}))
    assert Signature.from_saved_model(tmp_path).inputs["y"].optional
    assert list(definition(tmp_path / "1").defaults) == []


BAD = {
    "ids": (GOOD | {"ids": np.array([[1, 2], [3, -4]])}, "below_minimum: expected at least 0, got -4 at [1, 1]"),
    "weight": (GOOD | {"weight": np.array([np.nan, 1], np.float32)}, "not_finite"),
    "mismatch": (GOOD | {"weight": np.ones(3, np.float32)}, "dim_mismatch"),
    "long": (GOOD | {"ids": np.ones((2, 9), np.int64)}, "dim"),
}


@pytest.mark.parametrize("case", BAD)
def test_tensorflow_itself_refuses_what_breaks_the_contract(tmp_path, case):
    batch, told = BAD[case]
    tensors = {name: tf.constant(array) for name, array in batch.items()}
    export(Ranker(), tmp_path / "1", CONTRACT)
    if case != "mismatch":  # which the model's own sum can't take
        served(tmp_path / "1")(**tensors)  # the hole
    export(Ranker(), tmp_path / "2", CONTRACT, in_graph=True)
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        served(tmp_path / "2")(**tensors)
    assert told in str(caught.value)
    path = "weight" if case == "mismatch" else case if case in GOOD else "ids"
    assert f"inputs[\\'{path}\\']" in str(caught.value)
    assert "signature \\'serving_default\\'" in str(caught.value)
    good = served(tmp_path / "2")(**{name: tf.constant(array) for name, array in GOOD.items()})
    assert good["score"].numpy().tolist() == [3, 14]


def test_a_session_refuses_as_well(tmp_path):
    """As TensorFlow Serving runs a signature: by the names of its tensors."""
    export(Ranker(), tmp_path / "1", CONTRACT, in_graph=True)
    signature = definition(tmp_path / "1")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.saved_model.load(session, ["serve"], str(tmp_path / "1"))
        fetch = signature.outputs["score"].name
        feeds = {signature.inputs[name].name: array for name, array in GOOD.items()}
        assert session.run(fetch, feeds).tolist() == [3, 14]
        feeds[signature.inputs["ids"].name] = np.array([[-1, 2], [3, 4]])
        with pytest.raises(tf.errors.InvalidArgumentError, match="below_minimum"):
            session.run(fetch, feeds)


def test_a_compiled_model_is_checked_before_it_runs(tmp_path):
    export(tf.function(lambda x: 2 * x, jit_compile=True), tmp_path / "1", Signature({"x": RULED}), in_graph=True)
    call = served(tmp_path / "1")
    with pytest.raises(tf.errors.InvalidArgumentError, match="below_minimum"):
        call(x=tf.constant([-1.0]))


def test_xla_drops_the_assertions_of_a_signature_that_it_compiles_as_a_whole(tmp_path):
    """A hole that the documents warn of."""
    export(lambda x: 2 * x, tmp_path / "1", Signature({"x": TensorSpec((Dim(max=1),))}), in_graph=True)
    call, x = served(tmp_path / "1"), tf.ones([2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 1"):
        call(x=x)
    assert tf.function(call, jit_compile=True)(x=x)["output_0"].numpy().tolist() == [2, 2]


def refused(where, model, signature=None, error=ValueError, path=None):
    """What is said; nothing is left of it."""
    before = left_behind(where)
    with pytest.raises(error) as caught:
        export(model, path or where, signature)
    assert left_behind(where) == before
    return str(caught.value)


def test_a_name_that_the_model_has_not_is_told_before_anything_is_written(tmp_path):
    batch = {"left": np.ones((1, 3)), "rihgt": np.ones((1, 2)), "right": np.ones((1, 2))}
    assert two_inputs()(batch).shape == (1, 1)  # the hole: Keras passes over the name
    specs = {"left": TensorSpec((None, 3)), "rihgt": TensorSpec((None, 2))}
    assert refused(tmp_path / "1", two_inputs(), Signature(specs), ValidationError) == (
        "2 violations of Keras Functional 'two' by signature 'serving_default'\n"
        "  inputs['rihgt']  unexpected input; did you mean 'right'?\n"
        "  inputs['right']  missing; expected float32 [None, 2]"
    )
    specs |= {"right": TensorSpec((None, 2))}
    assert "unexpected" in refused(tmp_path / "1", two_inputs(), Signature(specs), ValidationError)


def test_a_named_input_of_a_model_has_its_name_alone(tmp_path):
    model = keras.Sequential([keras.Input((3,), name="image"), keras.layers.Dense(2)])
    told = refused(tmp_path / "1", model, Signature({"imgae": TensorSpec((None, 3))}), ValidationError)
    assert "did you mean 'image'?" in told


def test_a_shape_that_the_model_does_not_take_is_told(tmp_path):
    specs = {"left": TensorSpec((None, 4)), "right": TensorSpec((None, 2))}
    told = refused(tmp_path / "1", two_inputs(), Signature(specs), ValidationError)
    assert "inputs['left']  dim: expected [None, 3], got [None, 4]" in told


@pytest.mark.parametrize(("dtype", "told"), [("string", "got string"), ("complex64", "got complex64")])
def test_a_dtype_that_keras_can_not_cast_is_told(tmp_path, dtype, told):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    said = refused(tmp_path / "1", model, Signature(TensorSpec((None, 3), dtype)), ValidationError)
    assert f"expected float32, {told}" in said
    words = keras.Input((3,), dtype="string")
    model = keras.Model(words, keras.layers.StringLookup(vocabulary=["a"])(words))
    said = refused(tmp_path / "1", model, Signature(TensorSpec((None, 3), "int64")), ValidationError)
    assert "expected string, got int64" in said


def test_a_dtype_that_keras_casts_is_taken(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    exported = export(model, tmp_path / "1", Signature({"x": TensorSpec((None, 3), "int64")}))
    assert exported.inputs["x"].dtype == "int64"


def test_a_model_that_is_not_built_is_told(tmp_path):
    model = keras.Sequential([keras.layers.Dense(2)])
    assert refused(tmp_path / "1", model, Signature({"x": TensorSpec((None, 3))})).endswith(
        "does not know its input yet: build it, or call it on a batch, first"
    )


def test_a_shape_that_a_loaded_signature_does_not_take_is_told(tmp_path):
    """TensorFlow's own ConcreteFunction would take it."""
    export(lambda x: tf.reduce_mean(x, 1), tmp_path / "1", Signature({"x": TensorSpec((None, 3))}))
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    loaded.signatures["serving_default"](tf.ones([2, 7]))  # the hole
    told = refused(tmp_path / "2", loaded, Signature({"x": TensorSpec((None, 7))}), ValidationError)
    assert "inputs['x']  dim: expected [None, 3], got [None, 7]" in told


def test_a_parameter_that_is_not_there_is_told(tmp_path):
    told = refused(tmp_path / "1", Ranker(), Signature({"ids": TensorSpec((None,)), "wieght": TensorSpec((None,))}))
    assert told == "Ranker 'ranker' takes (ids, weight), which are not the inputs of the signature: ids, wieght"


def test_a_model_that_fails_is_told(tmp_path):
    told = refused(tmp_path / "1", lambda batch: batch["y"], Signature({"z": TensorSpec(())}))
    assert told.startswith("function '<lambda>' can't serve signature 'serving_default': ")
    assert told.endswith(": KeyError: 'y'")


def test_a_keras_model_that_fails_is_told_without_its_traces(tmp_path):
    model = Subclassed()
    model({"word": tf.constant(["a"]), "x": tf.ones([1, 1])})
    told = refused(tmp_path / "1", model, Signature({"word": TensorSpec((None,), "string")}))
    assert told == (
        "Keras Subclassed 'subclassed' can't serve signature 'serving_default': "
        "KeyError: Exception encountered when calling Subclassed.call(). x"
    )


def test_a_module_that_can_not_be_called_is_told(tmp_path):
    told = refused(tmp_path / "1", tf.Module(name="empty"), CONTRACT)
    assert told.startswith("Module 'empty' has nothing to serve as 'serving_default'")


def test_outputs_that_the_model_has_not_are_told(tmp_path):
    for outputs, told in (
        ({"scores": TensorSpec((None,))}, "the model has no output 'scores'"),
        ({"score": TensorSpec((None,), "int64")}, "output 'score' is TensorSpec(shape=(None,), dtype='int64')"),
    ):
        signature = Signature(CONTRACT.inputs, outputs)
        assert told in refused(tmp_path / "1", Ranker(), signature)


def test_an_output_that_is_no_tensor_is_told(tmp_path):
    told = refused(tmp_path / "1", lambda x: {"x": x, "y": None}, Signature({"x": TensorSpec(())}))
    assert "its output 'y' is None" in told


@pytest.mark.parametrize("name", ["größe", "a b", "_x", "", "def", "self", "x\n"])
def test_a_name_that_tensorflow_can_not_write_is_told(tmp_path, name):
    told = refused(tmp_path / "1", lambda batch: batch[name], Signature({name: TensorSpec(())}))
    assert f"TensorFlow can't write an input of the name {name!r}" in told


@pytest.mark.parametrize("names", [("x", "X"), ("x/1", "x_1")])
def test_names_that_tensorflow_can_not_tell_apart_are_told(tmp_path, names):
    told = refused(tmp_path / "1", lambda batch: batch[names[0]], Signature(dict.fromkeys(names, TensorSpec(()))))
    assert "too alike" in told


@pytest.mark.parametrize("name", ["a-b", "a.b", "1x", "user/age", "serving_default_x", "name", "inputs", "x_1", "A"])
def test_a_name_that_tensorflow_can_write_is_kept(tmp_path, name):
    export(lambda batch: batch[name], tmp_path / "1", Signature({name: TensorSpec(())}))
    assert list(definition(tmp_path / "1").inputs) == [name]


def test_two_tensors_under_one_name_are_told(tmp_path):
    inputs = {"a/b": TensorSpec(()), "a": {"b": TensorSpec(())}}
    told = refused(tmp_path / "1", lambda batch: batch["a/b"], Signature(inputs))
    assert told == "two tensors would be served under the name 'a/b'"


def test_what_can_not_be_saved_is_told(tmp_path):
    table = Ranker().words
    told = refused(tmp_path / "1", lambda x: table.lookup(x), Signature({"x": TensorSpec((None,), "string")}))
    assert told.startswith(
        "function '<lambda>' can't be saved: it uses a table, or something else, that is no part of it"
    )
    assert refused(tmp_path / "1", object(), CONTRACT).startswith("object has nothing to serve")


def test_a_path_of_another_machine_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no directory of this machine" in refused(tmp_path / "1", Ranker(), CONTRACT, path="gs://models/ranker/1")


def test_a_signature_without_a_contract_is_told(tmp_path):
    told = refused(tmp_path / "1", tf.function(lambda x: x))
    assert "has no input_signature" in told
    assert told.endswith("; or give export a signature")
    for signature in ({"serving_default": {"x": TensorSpec(())}}, {3: CONTRACT}, CONTRACT.inputs):
        assert "signature must be a Signature" in refused(tmp_path / "1", Ranker(), signature, TypeError)
    assert "there is no signature" in refused(tmp_path / "1", Ranker(), {})


@pytest.mark.parametrize("name", ["__saved_model_init_op", "__saved_model_train_op"])
def test_a_signatures_name_that_tensorflow_keeps_for_itself_is_told(tmp_path, name):
    for signature in (Signature(CONTRACT.inputs, name=name), {name: CONTRACT}):
        assert f"TensorFlow keeps the name '{name}' for itself" in refused(tmp_path / "1", Ranker(), signature)


def test_a_contract_that_is_too_large_for_its_file_is_told(tmp_path):
    words = TensorSpec((None,), "string", one_of=[f"{number:040}" for number in range(200_000)])
    told = refused(tmp_path / "1", lambda x: x, Signature({"x": words}))
    assert told == "the contract can't be written to assets.extra/tensorgate.json: more than 8 MiB"


def test_nothing_is_written_over(tmp_path):
    export(Ranker(), tmp_path / "1", CONTRACT)
    before = (tmp_path / "1/saved_model.pb").stat()
    refused(tmp_path / "1", Ranker(), CONTRACT, FileExistsError)
    assert (tmp_path / "1/saved_model.pb").stat() == before
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", Ranker(), CONTRACT, FileExistsError)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    refused(tmp_path / "link", Ranker(), CONTRACT, FileExistsError)
    (tmp_path / "empty").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "empty")
    assert "there is a link" in refused(tmp_path / "linked", Ranker(), CONTRACT, FileExistsError)


@pytest.mark.parametrize("kind", ["directory", "file"])
def test_what_appears_meanwhile_is_not_written_over(tmp_path, monkeypatch, kind):
    rename = pathlib.Path.rename

    def late(unfinished, target):
        if kind == "directory":
            target.mkdir()
            (target / "other").write_text("x")
        else:
            target.write_text("x")
        return rename(unfinished, target)

    monkeypatch.setattr(pathlib.Path, "rename", late)
    with pytest.raises(FileExistsError) as caught:
        export(Ranker(), tmp_path / "1", CONTRACT)
    assert caught.value.filename == str(tmp_path / "1")
    assert left_behind(tmp_path / "1") == ["1"]


def test_a_directory_that_can_not_be_written_is_named(tmp_path, monkeypatch):
    def refuse(**_kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".tensorgate-abc"))

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(PermissionError) as caught:
        export(Ranker(), tmp_path / "models/1", CONTRACT)
    assert caught.value.filename == str(tmp_path)


def test_a_disk_that_fails_is_told_by_the_path_that_was_given(tmp_path, monkeypatch):
    def fail(unfinished, _target):
        raise OSError(errno.EIO, "Input/output error", str(unfinished))

    monkeypatch.setattr(pathlib.Path, "rename", fail)
    with pytest.raises(OSError, match="Input/output error") as caught:
        export(Ranker(), tmp_path / "1", CONTRACT)
    assert caught.value.filename == str(tmp_path / "1")


def test_a_path_may_be_of_bytes(tmp_path):
    exported = export(Ranker(), os.fsencode(tmp_path / "1"), CONTRACT)
    assert Signature.from_saved_model(tmp_path / "1") == exported


def test_an_empty_directory_is_filled_and_a_missing_one_made(tmp_path):
    (tmp_path / "1").mkdir()
    export(Ranker(), tmp_path / "1", CONTRACT)
    export(Ranker(), tmp_path / "a/b/2", CONTRACT)
    assert left_behind(tmp_path / "1") == ["1", "a"]
    assert Signature.from_saved_model(tmp_path / "a/b").inputs == CONTRACT.inputs


def test_a_version_directory_is_as_readable_as_any_other(tmp_path):
    """What is made for one user's eyes alone no server could read."""
    (tmp_path / "plain").mkdir()
    export(Ranker(), tmp_path / "1", CONTRACT)
    assert (tmp_path / "1").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_contract_says_nothing_of_the_machine_that_it_was_made_on(tmp_path):
    signature = Signature.from_json(CONTRACT.to_json().replace('"inputs"', '"source": "/home/me", "inputs"', 1))
    assert signature.source == "/home/me"
    export(Ranker(), tmp_path / "1", signature)
    document = json.loads((tmp_path / "1/assets.extra/tensorgate.json").read_text())
    assert document["format"] == 1
    assert "source" not in document["signatures"]["serving_default"]


def test_a_model_replaced_without_its_contract_is_refused(tmp_path):
    export(Ranker(), tmp_path / "1", CONTRACT)
    export(lambda ids: ids, tmp_path / "2", Signature({"ids": TensorSpec((None, None), "int64")}))
    (tmp_path / "2/saved_model.pb").replace(tmp_path / "1/saved_model.pb")
    for read in (tg.Signature.from_saved_model, load_signatures):
        with pytest.raises(ValueError, match="the model has no input 'weight'"):
            read(tmp_path, version=1)
