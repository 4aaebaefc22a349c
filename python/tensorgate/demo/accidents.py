"""What goes wrong with batches, one function an accident, each made from a good batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

Batch = dict[str, Any]
PIXEL = (0, 3, 4, 0)


class Door(StrEnum):
    """A way into a TensorFlow model."""

    function = "tf.function"
    concrete = "ConcreteFunction"
    loaded = "loaded.signatures"


class Form(StrEnum):
    """What a caller hands over."""

    arrays = "arrays"
    tensors = "tensors"
    lists = "lists"


@dataclass(frozen=True)
class Accident:
    """A batch that a caller sends by mistake.

    Attributes:
        sent: what is in the batch.
        door: where it is sent in; the other doors are mentioned.
        spoil: makes it of a good batch.
        form: what the values are handed over as.
        watched: the input and the element whose fate tells the story.
        legal: why tensorgate takes it, where it does.
    """

    name: str
    sent: str
    door: Door
    spoil: Callable[[Batch], Batch]
    form: Form = Form.arrays
    watched: tuple[str, tuple[int, ...]] | None = None
    legal: str = ""


def good(batch: Batch) -> Batch:
    """Change nothing."""
    return batch


def float64(batch: Batch) -> Batch:
    """Send NumPy's default dtype, with a value that float32 can't hold."""
    return {**batch, "image": with_pixel(batch["image"].astype(np.float64), 1e300)}


def strings(batch: Batch) -> Batch:
    """Send what a CSV reader gives without a dtype."""
    return {**batch, "image": batch["image"].astype(str)}


def long_id(batch: Batch) -> Batch:
    """Send an id that int32 can't hold."""
    ids = batch["scanner"].astype(np.int64)
    ids[0] = 2**40
    return {**batch, "scanner": ids}


def none(batch: Batch) -> Batch:
    """Send what a data frame has for a missing value."""
    return {**batch, "image": with_pixel(batch["image"].astype(object), None)}


def masked(batch: Batch) -> Batch:
    """Send a masked array with a sentinel under the mask."""
    image = with_pixel(batch["image"], -999.0)
    return {**batch, "image": np.ma.masked_equal(image, -999.0)}


def raw_bytes(batch: Batch) -> Batch:
    """Send bytes to a model that was trained with fractions."""
    return {**batch, "image": (batch["image"] * 255).astype(np.uint8)}


def doubled(batch: Batch) -> Batch:
    """Send images of twice the size."""
    return {**batch, "image": batch["image"].repeat(2, axis=1).repeat(2, axis=2)}


def padded(batch: Batch) -> Batch:
    """Send images as large as MNIST's."""
    return {**batch, "image": np.pad(batch["image"], [(0, 0), (10, 10), (10, 10), (0, 0)])}


def channels_first(batch: Batch) -> Batch:
    """Send images as PyTorch has them."""
    return {**batch, "image": np.ascontiguousarray(batch["image"].transpose(0, 3, 1, 2))}


def no_batch_dimension(batch: Batch) -> Batch:
    """Send one image as it is."""
    return {"image": batch["image"][0], "scanner": batch["scanner"][:1]}


def one_id(batch: Batch) -> Batch:
    """Send an id for the first image alone."""
    return {**batch, "scanner": batch["scanner"][:1]}


def typo(batch: Batch) -> Batch:
    """Misspell an input."""
    return {"imgae": batch["image"], "scanner": batch["scanner"]}


def lists(batch: Batch) -> Batch:
    """Send what json.loads gives."""
    return {name: array.tolist() for name, array in batch.items()}


def nan(batch: Batch) -> Batch:
    """Send a number that is none."""
    return {**batch, "image": with_pixel(batch["image"], np.nan)}


def with_pixel(image: Any, value: Any) -> Any:
    """Copy the images and change one pixel of the first."""
    spoiled = image.copy()
    spoiled[PIXEL] = value
    return spoiled


PIXEL_OF_IMAGE = ("image", PIXEL)

# The good batch comes first: the others' answers are compared with its answers.
ACCIDENTS = (
    Accident("a good batch", "3 images, 3 scanner ids", Door.loaded, good),
    Accident("float64 for float32", "one pixel is 1e300", Door.function, float64, watched=PIXEL_OF_IMAGE),
    Accident("2**40 for an int32", "an id of 64 bits", Door.function, long_id, watched=("scanner", (0,))),
    Accident("numbers as strings", "image.astype(str)", Door.function, strings, watched=PIXEL_OF_IMAGE),
    Accident("a missing number", "one pixel is None", Door.function, none, watched=PIXEL_OF_IMAGE),
    Accident("a masked array", "a dead pixel masked out", Door.function, masked, watched=PIXEL_OF_IMAGE),
    Accident("raw bytes", "uint8 from 0 to 255", Door.loaded, raw_bytes),
    Accident("images of 16x16", "each pixel twice", Door.concrete, doubled, form=Form.tensors),
    Accident("images of 28x28", "padded, as MNIST's", Door.loaded, padded, form=Form.tensors),
    Accident("NCHW for NHWC", "[3, 1, 8, 8]", Door.loaded, channels_first, form=Form.tensors),
    Accident("no batch dimension", "one image, [8, 8, 1]", Door.loaded, no_batch_dimension, form=Form.tensors),
    Accident("unequal batch sizes", "3 images, 1 scanner id", Door.loaded, one_id),
    Accident("a typo in a name", "'imgae'", Door.loaded, typo),
    Accident("nested lists", "image.tolist()", Door.concrete, lists, form=Form.lists),
    Accident(
        "NaN",
        "one pixel is NaN",
        Door.function,
        nan,
        legal="legal: NaN is a float32, and this contract says nothing of values",
    ),
)
