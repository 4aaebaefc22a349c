"""REST bodies written in every way, against Python's own reading of them; and damaged ones."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorgate as tg
from tensorgate import _core
from tensorgate.serving import Limits, decode_rest

from .effort import examples

DTYPES = ["float32", "float64", "float16", "int8", "uint8", "int32", "int64", "uint64", "bool", "string"]
SPACES = st.sampled_from(["", "", "", " ", "  ", "\n", "\r\n\t "])


def numbers(dtype):
    if dtype == "bool":
        return st.booleans().map(json.dumps)
    if dtype == "string":
        return st.text(max_size=12).map(json.dumps) | st.text(max_size=12).map(
            lambda s: json.dumps(s, ensure_ascii=False)
        )
    if dtype.startswith("float"):
        most = float(np.finfo(dtype).max)
        floats = st.floats(-most, most)
        forms = (repr, "{:e}".format, "{:.3f}".format, "{:.25g}".format, "{:E}".format)
        return st.builds(lambda form, number: form(number), st.sampled_from(forms), floats) | st.integers(
            -999, 999
        ).map(str)
    info = np.iinfo(dtype)
    return st.integers(int(info.min), int(info.max)).map(str)


@st.composite
def written_tensors(draw, dtype, rows=None):
    """Draw the text of a tensor, and what NumPy makes of it."""
    shape = (
        draw(st.lists(st.integers(1, 4), max_size=3))
        if rows is None
        else [rows, *draw(st.lists(st.integers(1, 4), max_size=2))]
    )
    some = draw(st.lists(numbers(dtype), min_size=1, max_size=7))
    space = draw(SPACES)
    texts = [some[i % len(some)] for i in range(int(np.prod(shape)))]

    def nested(place, depth):
        if depth == len(shape):
            return texts[place]
        step = int(np.prod(shape[depth + 1 :]))
        parts = (nested(place + i * step, depth + 1) for i in range(shape[depth]))
        return f"[{space}{f'{space},{space}'.join(parts)}{space}]"

    if dtype == "string":
        values = np.array([json.loads(text).encode() for text in texts], object)
    elif dtype.startswith("float"):
        with np.errstate(over="ignore"):
            values = np.array([float(text) for text in texts]).astype(dtype)
    else:
        values = np.array([json.loads(text) for text in texts], dtype)
    return nested(0, 0), values.reshape(shape), nested


@st.composite
def bodies(draw):
    """Draw a body of one to three inputs in either format, its signature and its batch."""
    names = draw(st.lists(st.sampled_from(["x", "y", "é", 'a"b']), min_size=1, max_size=3, unique=True))
    by_row = draw(st.booleans())
    rows = draw(st.integers(1, 5)) if by_row else None
    tensors, batch, specs = {}, {}, {}
    for name in names:
        dtype = draw(st.sampled_from(DTYPES))
        text, batch[name], nested = draw(written_tensors(dtype, rows))
        tensors[name] = nested
        specs[name] = tg.TensorSpec(None, dtype)
        if not by_row:
            tensors[name] = text
    space = draw(SPACES)

    def an_object(texts):
        order = draw(st.permutations(list(texts)))
        members = (
            f"{json.dumps(name, ensure_ascii=draw(st.booleans()))}{space}:{space}{texts[name]}" for name in order
        )
        return f"{{{space}{f'{space},'.join(members)}{space}}}"

    if by_row:
        steps = {name: int(np.prod(batch[name].shape[1:])) for name in names}
        instances = [an_object({name: tensors[name](row * steps[name], 1) for name in names}) for row in range(rows)]
        body = f'{{"instances":{space}[{",".join(instances)}]}}'
    else:
        body = f'{{"inputs":{space}{an_object(tensors)}}}'
    return body + draw(st.sampled_from(["", " " * 80])), tg.Signature(specs), batch


def is_overflowing(batch):
    return any(array.dtype.kind == "f" and not np.isfinite(array).all() for array in batch.values())


@pytest.mark.parametrize("kernels", _core.json_kernels())
@examples(150)
@given(bodies())
def test_bodies_are_read_as_python_reads_them(kernels, drawn):
    body, sig, want = drawn
    if is_overflowing(want):
        with pytest.raises(tg.ValidationError, match="not_representable"):
            decode_rest(body, sig)
        return
    got = _core.decode_rest(body, sig, None, kernels)[0]
    assert list(got) == list(want)
    for name, array in want.items():
        assert got[name].dtype == array.dtype
        assert got[name].shape == array.shape
        assert got[name].tolist() == array.tolist()
        if array.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(got[name]), np.signbit(array))


def damaged(draw, body):
    data = bytearray(body.encode("utf-8"))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["replace", "insert", "delete", "repeat", "cut"]))
        byte = draw(st.integers(0, 255) | st.sampled_from(list(b'[]{},:"\\-.eE019 \nNItfn')))
        if kind == "insert":
            data.insert(place, byte)
        elif kind == "cut":
            del data[place:]
        elif kind == "repeat":
            data[place:place] = data[max(0, place - 20) : place]
        elif place < len(data):
            data[place : place + 1] = bytes([byte]) if kind == "replace" else b""
    return bytes(data)


@examples(200)
@given(st.data())
def test_damaged_bodies_are_read_or_refused(data):
    body, sig, _ = data.draw(bodies())
    bad = damaged(data.draw, body)
    limits = Limits(max_depth=20, max_tensor_bytes=1 << 16)
    outcomes = []
    for kernels in _core.json_kernels():
        try:
            batch = _core.decode_rest(bad, sig, limits, kernels)[0]
        except tg.ValidationError as error:
            outcomes.append([(v.code, v.offset) for v in error.violations])
        else:
            assert sig.accepts(batch)
            outcomes.append(repr(batch))
    assert outcomes[0]
    if isinstance(outcomes[0], list):
        assert all(offset is None or 0 <= offset <= len(bad) for _, offset in outcomes[0])
    assert all(outcome == outcomes[0] for outcome in outcomes)
