"""What does it cost to read a REST body into checked arrays, beside parsers of JSON that know no contract?

Bodies in TensorFlow Serving's row format: images of 8 x 64 x 64 x 3 floats and 32 rows of 128, their numbers written as
float32s (9 digits) and as float64s (17) at their shortest, and 32 rows of 128 token ids. Beside `decode_rest` stand
orjson with `np.asarray`, which gives an unchecked array, and simdjson's parse of the text alone, which gives none.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tensorgate as tg
from tensorgate import serving

from .agreement import require_results
from .conftest import Compare

orjson = pytest.importorskip("orjson", reason="not installed: pip install orjson")
simdjson = pytest.importorskip("simdjson", reason="not installed: pip install pysimdjson")

IMAGES, ROWS = (8, 64, 64, 3), (32, 128)
Array = npt.NDArray[Any]


def body_of(array: Array) -> bytes:
    """Write numbers at their shortest: float32s as such."""
    return bytes(orjson.dumps({"instances": array}, option=orjson.OPT_SERIALIZE_NUMPY))


def array_of(shape: tuple[int, ...], written: str) -> Array:
    rng = np.random.default_rng(0)
    return rng.integers(0, 30_000, shape) if written == "int64" else rng.random(shape).astype(written)


def named(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


@pytest.mark.parametrize(
    ("shape", "written", "goal"),
    [
        (IMAGES, "float32", 1 / 6),
        (IMAGES, "float64", 1 / 6),
        (ROWS, "float32", 1 / 2.8),
        (ROWS, "float64", 1 / 2.8),
        (ROWS, "int64", None),
    ],
)
def test_to_arrays(shape: tuple[int, ...], written: str, goal: float | None, compare: Compare) -> None:
    body = body_of(array_of(shape, written))
    dtype = "int64" if written == "int64" else "float32"
    sig = tg.Signature({"x": tg.TensorSpec((None, *shape[1:]), dtype)})
    compare(
        case=f"{named(shape)} written as {written}, to {dtype}",
        contenders={
            "tensorgate": lambda text: serving.decode_rest(text, sig)["x"],
            "orjson and np.asarray": lambda text: np.asarray(orjson.loads(text)["instances"], dtype),
        },
        argument=body,
        limit="orjson and np.asarray",
        agree=np.array_equal,
        goal=goal,
        panel="beside a parser and np.asarray",
        headline=f"a REST body of {named(shape)} float32s" if (shape, written) == (IMAGES, "float32") else "",
    )


@pytest.mark.parametrize("written", ["float32", "float64"])
@pytest.mark.parametrize("shape", [IMAGES, ROWS], ids=named)
def test_beside_a_parse_alone(shape: tuple[int, ...], written: str, compare: Compare) -> None:
    array = array_of(shape, written)
    body = body_of(array)
    sig = tg.Signature({"x": tg.TensorSpec((None, *shape[1:]), written)})
    parser = simdjson.Parser()
    readers = {
        "tensorgate": lambda text: serving.decode_rest(text, sig)["x"],
        "simdjson": lambda text: np.array(simdjson.Parser().parse(text)["instances"].as_list(), written),
        "json": lambda text: np.array(json.loads(text)["instances"], written),
    }
    require_results(readers, "json", [body], np.array_equal)

    def parsed(text: bytes) -> bool:
        # What it has parsed must be gone before the parser takes another text.
        parser.parse(text)
        return True

    def decoded(text: bytes) -> bool:
        serving.decode_rest(text, sig)
        return True

    compare(
        case=f"{named(shape)} written as {written}",
        contenders={"tensorgate": decoded, "simdjson's parse": parsed},
        argument=body,
        limit="simdjson's parse",
        goal=1.0 if shape == IMAGES else None,
        panel="beside a parse alone",
    )


def test_to_predict_request(compare: Compare) -> None:
    body = body_of(array_of(IMAGES, "float32"))
    sig = tg.Signature({"x": tg.TensorSpec((None, *IMAGES[1:]))})

    def decoded_and_copied(text: bytes) -> bytes:
        return bytes(serving.decode_rest(text, sig)["x"].data)

    compare(
        case=f"{named(IMAGES)} written as float32, to a PredictRequest",
        contenders={
            "tensorgate": lambda text: serving.rest_to_predict_request(text, sig, model_name="m"),
            "decode_rest and a copy": decoded_and_copied,
        },
        argument=body,
        limit="decode_rest and a copy",
        agree=lambda one, other: one.endswith(other) or other.endswith(one),
        goal=1.0,
        panel="to a PredictRequest",
    )
