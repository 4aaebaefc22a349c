"""collate: whatever it returns meets the contract, and each request is in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

from .rows import WIDTH, ragged, sparse

DIMS = st.sampled_from(
    [
        None,
        "seq",
        Dim("seq", multiple_of=4),
        Dim("seq", min=2, max=6),
        Dim(multiple_of=2),
        Dim("seq", min=3, multiple_of=3),
    ]
)
FILLS = {"ids": -7, "mask": True, "text": "-"}


@st.composite
def contracts(draw):
    dim = draw(DIMS)
    inputs = {
        "text": TensorSpec(("batch", dim), "string", optional=True),
        "ids": TensorSpec(("batch", dim), "int64", maximum=9),
        "mask": TensorSpec(("batch", dim, 2), "bool"),
        "fixed": TensorSpec(("batch", 2)),
        "ragged": RaggedTensorSpec(("batch", None), "int64"),
        "sparse": SparseTensorSpec(("batch", WIDTH)),
    }
    names = draw(st.permutations(sorted(inputs)))
    return Signature({name: inputs[name] for name in ["ids", *names[: draw(st.integers(0, 5))]]}, batch_dim="batch")


@st.composite
def requests_for(draw, signature):
    """A request, mostly good, and how its dense rows come: in a batch, or as a single one."""
    is_row = draw(st.booleans())
    count = 1 if is_row else draw(st.integers(0, 3))
    seq = draw(st.integers(0, 5))
    number = st.integers(0, 10 if draw(st.integers(0, 5)) == 0 else 9)
    makers = {
        "text": lambda: np.full(
            (count, seq), draw(st.sampled_from(["a", b"b"])), draw(st.sampled_from([object, None]))
        ),
        "ids": lambda: np.full((count, seq), draw(number)),
        "mask": lambda: np.zeros((count, seq, 2), np.bool_),
        "fixed": lambda: np.full((count, 2), draw(number), draw(st.sampled_from([np.float32] * 9 + [np.float64]))),
        "ragged": lambda: ragged([[draw(number)] * draw(st.integers(0, 2)) for _ in range(count)]),
        "sparse": lambda: sparse([{draw(st.integers(0, 2)): 1.0} for _ in range(count)]),
    }
    request = {}
    for name in draw(st.permutations(list(signature.inputs))):
        value = makers[name]()
        request[name] = value[0] if is_row and isinstance(value, np.ndarray) else value
    return request


@st.composite
def signatures_with_requests(draw):
    signature = draw(contracts())
    return signature, draw(st.lists(requests_for(signature), min_size=1, max_size=5))


def as_batch(request):
    """The request with the batch axis."""
    if np.ndim(request["ids"]) == 2:
        return request
    return {name: value[None] if isinstance(value, np.ndarray) else value for name, value in request.items()}


@given(signatures_with_requests())
def test_each_request_is_in_the_batch_and_the_rest_is_filled_up(drawn):
    signature, requests = drawn
    fills = {name: fill for name, fill in FILLS.items() if name in signature.inputs}
    batch, sizes, lengths, report = signature.collate(requests, pad=fills)
    assert len(sizes) == len(report) == len(requests)
    if batch is None:
        assert not report.ok.any()
        return
    signature.check(batch)
    assert len(batch["ids"]) == sizes.sum()
    row_lengths = lengths.get("seq", lengths.get("inputs['ids'].shape[1]"))
    start = 0
    for request, ok, size in zip(map(as_batch, requests), report.ok, sizes, strict=True):
        assert ok or size == 0
        if not ok:
            continue
        rows = slice(start, start + size)
        seq = request["ids"].shape[1]
        assert row_lengths[rows].tolist() == [seq] * size
        for name in request.keys() & {"ids", "mask", "text"}:
            assert batch[name][rows, :seq].tolist() == request[name].tolist()
            fill = FILLS[name].encode() if name == "text" else FILLS[name]
            assert (batch[name][rows, seq:] == fill).all()
        if "fixed" in request:
            assert np.array_equal(batch["fixed"][rows], request["fixed"])
        if "ragged" in request:
            splits = batch["ragged"]["row_splits"]
            assert (
                np.diff(splits[start : start + size + 1]).tolist() == np.diff(request["ragged"]["row_splits"]).tolist()
            )
            own = batch["ragged"]["values"][splits[start] : splits[start + size]]
            assert own.tolist() == request["ragged"]["values"].tolist()
        if "sparse" in request:
            indices, values, _ = request["sparse"]
            own = batch["sparse"]["indices"][:, 0]
            inside = (own >= start) & (own < start + size)
            assert (batch["sparse"]["indices"][inside] - [start, 0]).tolist() == indices.tolist()
            assert batch["sparse"]["values"][inside].tolist() == values.tolist()
        start += size


@given(signatures_with_requests())
def test_without_padding_the_good_requests_are_those_that_check_accepts(drawn):
    signature, requests = drawn
    good = [signature.accepts(as_batch(request)) for request in requests]
    sizes = {request["ids"].shape[-1] for request, ok in zip(requests, good, strict=True) if ok}
    if len(sizes) > 1:
        with pytest.raises(ValueError, match="pass pad= to fill up"):
            signature.collate(requests)
        return
    batch, _, _, report = signature.collate(requests)
    assert report.ok.tolist() == good
    if batch is not None:
        signature.check(batch)
