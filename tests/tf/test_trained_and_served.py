"""A Keras model with several inputs on its whole way: data checked, trained, exported, served behind the gate."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

import tensorgate as tg

CONTRACT = tg.Signature(
    {
        "image": tg.TensorSpec(("batch", 8, 8, 1), minimum=0, maximum=16, finite=True),
        "scale": tg.TensorSpec(("batch",), finite=True),
    },
    batch_dim="batch",
)


@pytest.fixture(scope="module")
def digits():
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype(np.float32)
    return {"image": images, "scale": np.full(len(images), 1 / 16, np.float32)}, labels.astype(np.int32)


@pytest.fixture(scope="module")
def model(digits):
    keras.utils.set_random_seed(0)
    image, scale = keras.Input((8, 8, 1), name="image"), keras.Input((), name="scale")
    scaled = image * keras.ops.reshape(scale, (-1, 1, 1, 1))
    hidden = keras.layers.Dense(32, "relu")(keras.layers.Flatten()(scaled))
    made = keras.Model({"image": image, "scale": scale}, {"digit": keras.layers.Dense(10)(hidden)})
    made.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])

    x, y = digits
    rows = tf.data.Dataset.from_tensor_slices((x, {"digit": y})).batch(64)
    broken = tf.data.Dataset.from_tensors(
        ({"image": np.full((64, 8, 8, 1), np.nan, np.float32), "scale": x["scale"][:64]}, {"digit": y[:64]})
    )
    # One batch of NaN would be enough to lose all weights.
    checked = tg.tf.check_dataset(rows.concatenate(broken), CONTRACT, "drop")
    with pytest.warns(UserWarning, match="ran out of data"):
        history = made.fit(checked, epochs=20, shuffle=False, verbose=0).history
    assert checked.tally.bad == 20
    assert history["accuracy"][-1] > 0.93
    return made


def test_one_unchecked_batch_of_nan_loses_all_weights(digits):
    _, y = digits
    made = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10)])
    made.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    made.fit(np.full((64, 64), np.nan, np.float32), y[:64], epochs=1, verbose=0)
    assert np.isnan(made.get_weights()[0]).all()


@pytest.mark.parametrize("in_graph", [False, True], ids=["contract beside", "contract in the graph"])
def test_exported_model_is_served_by_its_contract(model, digits, tmp_path, in_graph):
    tg.tf.export(model, tmp_path / "1", CONTRACT, in_graph=in_graph)
    read = tg.Signature.from_saved_model(tmp_path)
    assert read.inputs == CONTRACT.inputs
    assert read.batch_dim == "batch"

    loaded = tf.saved_model.load(str(tmp_path / "1"))
    serve = tg.tf.guard(loaded.signatures["serving_default"], read)
    x, y = digits
    good = {name: array[:100] for name, array in x.items()}
    want = model(good)["digit"].numpy()
    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(lambda _: serve(**good), range(40)):
            np.testing.assert_allclose(answer["digit"].numpy(), want, rtol=1e-4, atol=1e-4)
    assert (want.argmax(1) == y[:100]).mean() > 0.9

    bad = {
        "dtype": good | {"image": good["image"].astype(np.float64)},
        "rank": good | {"image": good["image"][..., 0]},
        "dim_mismatch": good | {"scale": good["scale"][:7]},
        "above_maximum": good | {"image": good["image"] * 255},
        "not_finite": good | {"scale": good["scale"] * np.nan},
    }
    for code, batch in bad.items():
        with pytest.raises(tg.ValidationError) as caught:
            serve(**batch)
        assert code in [violation.code for violation in caught.value.violations]

    values = {name: tf.constant(array) for name, array in bad["above_maximum"].items()}
    if in_graph:
        with pytest.raises(tf.errors.InvalidArgumentError, match="above_maximum: expected at most 16.0, got"):
            loaded.signatures["serving_default"](**values)
    else:
        assert loaded.signatures["serving_default"](**values)["digit"].shape == (100, 10)
