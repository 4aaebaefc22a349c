"""A small Keras model that reads digits."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from tensorgate.demo.digits import Digits

SEED = 7
EPOCHS = 18
BATCH = 32


def trained(digits: Digits) -> keras.Model:
    """Train a convolutional network. Its global average at the end, common as it is, lets it run on any image size."""
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    image = keras.Input((8, 8, 1), name="image", dtype="float32")
    scanner = keras.Input((), name="scanner", dtype="int32")
    way_up = layers.Reshape((1, 1, 32))(layers.Embedding(2, 32)(scanner))
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(image)
    x = layers.Conv2D(32, 3, padding="same")(x)
    x = layers.Activation("relu")(layers.Add()([x, way_up]))
    x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(96, 3, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    digit = layers.Dense(10, activation="softmax", name="digit")(x)
    model = keras.Model({"image": image, "scanner": scanner}, {"digit": digit})
    rate = keras.optimizers.schedules.CosineDecay(4e-3, EPOCHS * -(-len(digits) // BATCH))
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(digits.batch(), digits.digit, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return model


def read(model: keras.Model, digits: Digits) -> npt.NDArray[np.intp]:
    """Return the digit that the model sees in each image."""
    seen: npt.NDArray[np.intp] = np.argmax(model.predict(digits.batch(), verbose=0)["digit"], axis=1)
    return seen


def export(model: keras.Model, version_directory: Path) -> None:
    """Save the model as TensorFlow Serving takes it."""
    model.export(version_directory, verbose=False)
