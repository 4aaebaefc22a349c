"""decode_examples against rows that one knows, however they are written, and against bytes of any kind."""

import contextlib
import struct
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, ValidationError
from tensorgate.serving import decode_examples

from ..serving import example_wire as pb
from ..serving.wire import bytes_field

VALUES = {
    "int64": st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 300),
    "float32": st.floats(width=32),
    "string": st.binary(max_size=20),
}
LISTS = {
    "int64": (3, pb.int64_list, pb.unpacked_int64_list),
    "float32": (2, pb.float_list, pb.unpacked_float_list),
    "string": (1, pb.bytes_list, pb.bytes_list),
}
NAMES = ["a", "b", "", "é", "a longer name of a feature", "a longer name of a Feature"]


@st.composite
def features(draw, dtype, values):
    """A Feature of the values: one list, or several in one field or many, in every way that it may be written."""
    number, *writers = LISTS[dtype]
    if draw(st.booleans()):
        return writers[0](*values)
    cuts = sorted(draw(st.lists(st.integers(0, len(values)), max_size=3)))
    pieces = [values[start:end] for start, end in zip([0, *cuts], [*cuts, len(values)], strict=True)]
    lists = [draw(st.sampled_from(writers))(*piece) for piece in pieces]
    if draw(st.booleans()) and all(len(each) < 130 for each in lists):
        # One list of what they hold, behind a tag and a length of a byte each.
        return bytes_field(number, b"".join(each[2:] for each in lists))
    return b"".join(lists)


@st.composite
def columns(draw):
    """Rows of values by name: the dtype, the length that all have or None, and the rows."""
    count = draw(st.integers(0, 5))
    out = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)):
        dtype = draw(st.sampled_from(list(VALUES)))
        length = draw(st.none() | st.integers(0, 3))
        sizes = {"min_size": length, "max_size": length} if length is not None else {"max_size": 20}
        out[name] = dtype, length, [draw(st.lists(VALUES[dtype], **sizes)) for _ in range(count)]
    return count, out


@st.composite
def examples(draw, count, named):
    """The rows as Examples, each with its entries in an order of its own, strangers and overwritten ones among them."""
    out = []
    for row in range(count):
        entries = []
        for name, (dtype, _, rows) in named.items():
            entries.append(pb.entry(name, draw(features(dtype, rows[row]))))
        entries = draw(st.permutations(entries))
        for _ in range(draw(st.integers(0, 2))):
            other = draw(st.sampled_from([*named, "stranger"]))
            dtype = draw(st.sampled_from(list(VALUES)))
            entries.insert(0, pb.entry(other, draw(features(dtype, draw(st.lists(VALUES[dtype], max_size=3))))))
        out.append(pb.features(*entries))
    return out


def bits(array):
    return [struct.pack("<f", value) for value in array] if array.dtype == np.float32 else array.tolist()


def spec_of(kind, dtype, length):
    if length is not None:
        return TensorSpec((None, length), dtype)
    return kind((None, None), dtype)


@given(st.data(), columns(), st.sampled_from([RaggedTensorSpec, SparseTensorSpec]))
def test_rows_come_back_however_they_were_written(data, drawn, kind):
    count, named = drawn
    signature = Signature({name: spec_of(kind, dtype, length) for name, (dtype, length, _) in named.items()})
    batch = decode_examples(data.draw(examples(count, named)), signature)
    signature.check(batch)
    assert list(batch) == list(named)
    for name, (dtype, length, rows) in named.items():
        flat = np.array([value for row in rows for value in row], object if dtype == "string" else dtype)
        if length is not None:
            assert batch[name].shape == (count, length)
            assert bits(batch[name].ravel()) == bits(flat)
        else:
            assert bits(batch[name]["values"]) == bits(flat)
            assert lengths_of(batch[name], count) == [len(row) for row in rows]


def lengths_of(parts, count):
    if "row_splits" in parts:
        return np.diff(parts["row_splits"]).tolist()
    found = Counter(parts["indices"][:, 0].tolist())
    assert parts["dense_shape"].tolist() == [count, max(found.values(), default=0)]
    return [found[row] for row in range(count)]


@given(st.data(), columns())
def test_what_is_wrong_is_told_by_example(data, drawn):
    count, named = drawn
    wanted = data.draw(st.integers(0, 3))
    signature = Signature({name: TensorSpec((None, wanted), dtype) for name, (dtype, _, _) in named.items()})
    faulty = {
        f"examples[{row}]['{name}']"
        for name, (_, _, rows) in named.items()
        for row in range(count)
        if len(rows[row]) != wanted
    }
    serialized = [
        pb.features(*(pb.entry(name, LISTS[dtype][1](*rows[row])) for name, (dtype, _, rows) in named.items()))
        for row in range(count)
    ]
    assert faults(serialized, signature) == {(path, "dim") for path in faulty}


def faults(serialized, signature):
    try:
        decode_examples(serialized, signature)
    except ValidationError as error:
        return {(violation.path, str(violation.code)) for violation in error.violations}
    return set()


SPECS = {
    "a": TensorSpec((None, 2), "int64", default=[[1, 2]]),
    "b": RaggedTensorSpec((None, None), "float32"),
    "c": SparseTensorSpec((None, None), "string"),
}


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_bytes_of_any_kind_are_a_batch_or_a_refusal(serialized):
    signature = Signature(SPECS)
    with contextlib.suppress(ValidationError):
        signature.check(decode_examples(serialized, signature))


@given(st.lists(st.binary(max_size=30), max_size=5))
def test_zeros_that_numpy_adds_change_nothing(serialized):
    signature = Signature(SPECS)

    def outcome(rows):
        try:
            return str(decode_examples(rows, signature))
        except ValidationError as error:
            return str(error)

    whole = [pb.features(pb.entry("z", pb.bytes_list(each))) for each in serialized] or [b""]
    assert outcome(np.array(whole)) == outcome(whole)
