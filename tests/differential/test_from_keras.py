"""Contracts of Keras' models: what they accept, the model runs, and nothing more than it was made for."""

import keras
import numpy as np
import pytest

from tensorgate import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

X = TensorSpec((None, 3))


class Doubling(keras.Model):
    """A subclassed model: Keras knows its inputs only once it has been called."""

    def __init__(self):
        super().__init__(name="doubling")
        self.dense = keras.layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs["x"] if isinstance(inputs, dict) else inputs)


class OfTwo(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def build(self, left_shape, right_shape):
        assert left_shape == right_shape
        self.dense.build(left_shape)

    def call(self, left, right):
        return self.dense(left) + self.dense(right)


def named_inputs():
    return {
        "image": keras.Input((8, 8, 3), name="image"),
        "ids": keras.Input((None,), dtype="int32", name="ids"),
        "words": keras.Input((), dtype="string", name="words"),
    }


def functional(inputs):
    return keras.Model(inputs, keras.layers.Dense(2)(keras.tree.flatten(inputs)[0]))


def inputs_of(model):
    return Signature.from_keras(model).inputs


# Functional models


def test_one_input_is_a_lone_tensor():
    signature = Signature.from_keras(functional(keras.Input((3,))))
    assert signature == Signature(X, TensorSpec((None, 2)))
    assert "Keras" in signature.source


def test_a_list_a_tuple_and_a_dict_of_inputs_stay_so():
    a, b = keras.Input((3,), name="a"), keras.Input((), dtype="int64", name="b")
    ours_a, ours_b = TensorSpec((None, 3), name="a"), TensorSpec((None,), "int64", "b")
    assert inputs_of(functional([a, b])) == [ours_a, ours_b]
    assert inputs_of(functional((a, b))) == (ours_a, ours_b)
    assert inputs_of(functional([a])) == [ours_a]
    assert inputs_of(functional({"a": a, "b": b})) == {"a": X, "b": TensorSpec((None,), "int64")}
    assert inputs_of(functional({"a": a, "rest": [b]})) == {"a": X, "rest": [ours_b]}


def test_unknown_dimensions_and_dtypes():
    inputs = named_inputs()
    model = keras.Model(inputs, {"logits": keras.layers.Dense(4)(keras.layers.Flatten()(inputs["image"]))})
    signature = Signature.from_keras(model)
    assert signature.inputs == {
        "image": TensorSpec((None, 8, 8, 3)),
        "ids": TensorSpec((None, None), "int32"),
        "words": TensorSpec((None,), "string"),
    }
    assert signature.outputs == {"logits": TensorSpec((None, 4))}


def test_several_outputs():
    x = keras.Input((3,), name="x")
    heads = [keras.layers.Dense(1)(x), {"b": keras.layers.Dense(2)(x)}]
    assert Signature.from_keras(keras.Model(x, heads)).outputs == [TensorSpec((None, 1)), {"b": TensorSpec((None, 2))}]


def test_a_batch_size_that_was_asked_for_is_kept():
    assert inputs_of(functional(keras.Input((3,), batch_size=8))) == TensorSpec((8, 3))


def test_sparse_and_ragged_inputs():
    sparse = keras.Input((4,), sparse=True)
    ragged = keras.Input((None, 4), ragged=True)
    deep = keras.KerasTensor((None, None, None), "int32", ragged=True, ragged_rank=1, row_splits_dtype="int32")
    assert inputs_of([sparse, ragged, deep]) == [
        SparseTensorSpec((None, 4)),
        RaggedTensorSpec((None, None, 4), ragged_rank=1),
        RaggedTensorSpec((None, None, None), "int32", 1, "int32"),
    ]


def test_an_optional_input_is_optional():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b", optional=True)
    signature = Signature.from_keras(functional({"a": a, "b": b}))
    assert signature.inputs == {"a": X, "b": TensorSpec((None, 3), optional=True)}
    assert signature.accepts({"a": np.zeros((2, 3), np.float32)})


def test_a_subclass_with_functional_inputs_is_functional():
    class Sub(keras.Model):
        def __init__(self):
            x = keras.Input((3,))
            super().__init__(x, keras.layers.Dense(2)(x))

    assert Signature.from_keras(Sub()) == Signature(X, TensorSpec((None, 2)))


# Sequential and subclassed models


def test_a_sequential_model():
    layers = [keras.layers.Dense(5, activation="relu"), keras.layers.Dense(2)]
    want = Signature(X, TensorSpec((None, 2)))
    assert Signature.from_keras(keras.Sequential([keras.Input((3,)), *layers])) == want
    model = keras.Sequential(layers)
    with pytest.raises(ValueError, match="does not know its inputs yet: call it on a batch first"):
        Signature.from_keras(model)
    model(np.zeros((4, 3), np.float32))
    assert Signature.from_keras(model) == want


@pytest.mark.parametrize("layers", [[keras.Input(batch_shape=(2, 3, 4))], []], ids=["told", "called"])
def test_a_state_keeps_its_batch_size(layers):
    model = keras.Sequential([*layers, keras.layers.LSTM(2, stateful=True)])
    model(np.zeros((2, 3, 4), np.float32))
    assert Signature.from_keras(model) == Signature(TensorSpec((2, 3, 4)), TensorSpec((2, 2)))


def test_a_subclassed_model_that_was_called():
    model = Doubling()
    with pytest.raises(ValueError, match="Keras model 'doubling' does not know its inputs yet"):
        Signature.from_keras(model)
    model(np.zeros((4, 3), np.float32))
    assert Signature.from_keras(model) == Signature(X)


def test_a_subclassed_model_of_a_dict():
    model = Doubling()
    model({"x": np.zeros((4, 3), np.float32), "rest": [np.zeros((4, 2, 2), np.float32)]})
    assert inputs_of(model) == {"x": X, "rest": [TensorSpec((None, 2, 2))]}


def test_a_subclassed_model_of_two_arguments():
    model = OfTwo()
    model(np.zeros((4, 3), np.float32), np.zeros((4, 3), np.float32))
    assert inputs_of(model) == {"left": X, "right": X}


def test_a_model_that_was_saved_and_loaded(tmp_path):
    inputs = named_inputs()
    model = keras.Model(inputs, keras.layers.Flatten()(inputs["image"]))
    model.save(tmp_path / "model.keras")
    assert Signature.from_keras(keras.models.load_model(tmp_path / "model.keras")) == Signature.from_keras(model)


# Layers, specs and symbolic tensors


@pytest.mark.parametrize(
    ("spec", "ours"),
    [
        (keras.InputSpec(shape=(None, 28, 28)), TensorSpec((None, 28, 28))),
        (keras.InputSpec(shape=(2, None), dtype="int8", name="ids"), TensorSpec((2, None), "int8", "ids")),
        (keras.InputSpec(ndim=3), TensorSpec((None, None, None))),
        (keras.InputSpec(ndim=3, axes={-1: 4, 1: 5}), TensorSpec((None, 5, 4))),
        (keras.InputSpec(ndim=0), TensorSpec(())),
        (keras.InputSpec(min_ndim=2, axes={-1: 4}), TensorSpec(None)),
        (keras.InputSpec(dtype="string", optional=True), TensorSpec(None, "string", optional=True)),
        (keras.KerasTensor((None, None, 4), "bfloat16"), TensorSpec((None, None, 4), "bfloat16")),
        (keras.KerasTensor((), name="keras_tensor_of_mine"), TensorSpec((), name="keras_tensor_of_mine")),
        ({"a": keras.KerasTensor((3,), name="a")}, {"a": TensorSpec((3,))}),
    ],
    ids=repr,
)
def test_specs_and_symbolic_tensors(spec, ours):
    assert inputs_of(spec) == ours
    assert inputs_of([spec]) == [ours]


def test_an_input_spec_has_keras_floatx():
    keras.config.set_floatx("float16")
    try:
        assert inputs_of(keras.InputSpec(ndim=1)) == TensorSpec((None,), "float16")
    finally:
        keras.config.set_floatx("float32")


def test_a_layer_is_its_input_spec():
    assert inputs_of(keras.layers.LSTM(2)) == TensorSpec((None, None, None))
    with pytest.raises(ValueError, match="Keras layer 'attention' has no input_spec"):
        Signature.from_keras(keras.layers.Attention(name="attention"))


@pytest.mark.parametrize("x", [None, Doubling, np.zeros(3), [keras.KerasTensor((3,)), "x"]], ids=repr)
def test_anything_else_is_refused(x):
    with pytest.raises(
        TypeError, match=r"inputs(\[1\])? is of type \w+; a Keras model, layer, InputSpec or KerasTensor"
    ):
        Signature.from_keras(x)


# Against Keras itself


def test_what_the_contract_accepts_the_model_runs():
    inputs = {"image": keras.Input((8, 8, 3), name="image"), "scale": keras.Input((1,), name="scale")}
    pooled = keras.layers.GlobalAveragePooling2D()(inputs["image"])
    model = keras.Model(inputs, {"y": keras.layers.Multiply()([keras.layers.Dense(4)(pooled), inputs["scale"]])})
    signature = Signature.from_keras(model)
    batch = {"image": np.zeros((2, 8, 8, 3), np.float32), "scale": np.ones((2, 1), np.float32)}
    signature.check(batch)
    Signature(signature.outputs).check(model(batch))
    wrong = batch | {"image": np.zeros((2, 8, 8, 1), np.float32)}
    assert not signature.accepts(wrong)
    with pytest.raises(ValueError, match="incompatible"):
        model(wrong)


@pytest.mark.parametrize("kind", ["functional", "sequential", "subclassed"])
def test_the_contract_is_that_of_the_exported_model(kind, tmp_path):
    model = {
        "functional": functional(keras.Input((3,))),
        "sequential": keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]),
        "subclassed": Doubling(),
    }[kind]
    model(np.zeros((4, 3), np.float32))
    model.export(tmp_path, verbose=False)
    exported = Signature.from_saved_model(tmp_path)
    (name,) = exported.inputs
    assert exported.inputs[name] == Signature.from_keras(model).inputs
