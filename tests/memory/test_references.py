"""Who holds what, and for how long."""

import gc
import itertools
import sys
import tracemalloc
import weakref

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import Dim, Signature, TensorSpec

NAMES = ("image", "ids", "mask", "weights")
SIGNATURE = Signature(
    {
        "image": TensorSpec(("batch", 8, 8, 3)),
        "ids": TensorSpec(("batch", None), "int64"),
        "mask": TensorSpec(("batch", None), "bool"),
        "weights": TensorSpec((None,)),
    }
)
ROUNDS = 10_000
CALLS = 100


def batch():
    return {
        "image": np.zeros((2, 8, 8, 3), np.float32),
        "ids": np.zeros((2, 5), np.int64),
        "mask": np.zeros((2, 5), np.bool_),
        "weights": np.zeros(7, np.float32),
    }


class Array(np.ndarray):
    """Weakly referenced, and not NumPy's own type."""


def counts(objects):
    return [sys.getrefcount(found) for found in objects]


@pytest.mark.parametrize("method", ["check", "accepts", "violations"])
@pytest.mark.parametrize("verdict", ["good", "wrong shape", "extra key", "missing key"])
def test_a_check_takes_and_leaves_no_reference(method, verdict):
    given = batch()
    if verdict == "wrong shape":
        given["image"] = np.zeros((3, 3), np.float32)
    elif verdict == "extra key":
        given["".join(["ext", "ra"])] = object()
    elif verdict == "missing key":
        del given["ids"]
    call = getattr(SIGNATURE, method)
    watched = [SIGNATURE, given, *given, *given.values(), np.dtype(np.float32), Signature, TensorSpec, tg.Violation]
    gc.collect()  # what other tests left in cycles may hold the watched, too
    before = counts(watched)
    for _ in range(CALLS):
        try:
            call(given)
        except tg.ValidationError:
            continue
    gc.collect()
    # Names and types are the interpreter's as well, which takes and leaves a reference when it likes; a call that does
    # so shows a hundred times.
    moved = [after - count for after, count in zip(counts(watched), before, strict=True)]
    assert all(abs(change) < CALLS // 2 for change in moved), moved


def test_a_batch_is_freed_as_soon_as_it_is_let_go():
    array = np.zeros((2, 3)).view(Array)
    alive = weakref.ref(array)
    spec = TensorSpec((None, 3))
    with pytest.raises(tg.ValidationError) as caught:
        spec.check(array)
    error = caught.value.with_traceback(None)
    found = spec.violations(array)
    del array, caught
    gc.collect()
    assert alive() is None
    assert found == list(error.violations)


def test_violations_outlive_the_contract_and_the_batch():
    contract, given = TensorSpec((None, 3), name="x" * 50), np.zeros((2, 4))
    found = contract.violations(given)
    told = [str(violation) for violation in found]
    del contract, given
    gc.collect()
    junk = [bytes(100) for _ in range(1_000)]
    assert [str(violation) for violation in found] == told
    del junk


def test_a_specs_default_outlives_the_spec():
    spec = TensorSpec((1_000,), "int64", default=np.arange(1_000))
    strings = TensorSpec((2,), "string", default=[b"a" * 1_000, b"b"])
    default, texts = spec.default, strings.default
    del spec, strings
    gc.collect()
    junk = [np.full(1_000, -1) for _ in range(100)]
    assert default.tolist() == list(range(1_000))
    assert texts.tolist() == [b"a" * 1_000, b"b"]
    del junk


def test_a_specs_rules_outlive_the_spec():
    spec = TensorSpec((1_000,), "int64", minimum=np.arange(1_000), one_of=np.arange(1_000, 0, -1))
    strings = TensorSpec((2,), "string", one_of=[b"a" * 1_000, b"b"])
    minimum, one_of, texts = spec.minimum, spec.one_of, strings.one_of
    del spec, strings
    gc.collect()
    junk = [np.full(1_000, -1) for _ in range(100)]
    assert minimum.tolist() == list(range(1_000))
    assert one_of.tolist() == list(range(1, 1_001))
    assert texts.tolist() == [b"a" * 1_000, b"b"]
    del junk


def test_a_batch_whose_values_were_judged_is_freed_as_soon_as_it_is_let_go():
    spec = TensorSpec((None,), minimum=0)
    for size in (3, 1 << 20):
        array = np.full(size, -1, np.float32).view(Array)
        alive = weakref.ref(array)
        assert not spec.accepts(array)
        found = spec.violations(array)
        del array
        gc.collect()
        assert alive() is None
        assert len(found) == 1


def test_a_signatures_specs_outlive_the_signature():
    signature = Signature({"x": TensorSpec(("batch", 3), name="x" * 50)})
    inputs = signature.inputs
    del signature
    gc.collect()
    assert inputs["x"] == TensorSpec(("batch", 3), name="x" * 50)


def test_contracts_are_freed():
    """They hold no cycle that only the collector would break."""
    rounds = 1_000
    gc.collect()
    gc.disable()
    try:
        before = sys.getallocatedblocks()
        for _ in range(rounds):
            Signature({name: TensorSpec((name, 3), name=name) for name in NAMES}).accepts(batch())
        # Caches of NumPy and the interpreter fill up; a leak grows by a block a round at the least.
        assert sys.getallocatedblocks() - before < rounds // 2
    finally:
        gc.enable()


RULED = Signature(
    {
        "finite": TensorSpec(("n", 8), finite=True, minimum=-1, maximum=1),
        "by element": TensorSpec(("n", 8), minimum=[-1] * 8, maximum=[[2] * 8]),
        "one of": TensorSpec(("n",), "int64", one_of=[0, 5, 7]),
        "vocabulary": TensorSpec(("n",), "int32", one_of=np.arange(0, 2_000, 2)),
        "halves": TensorSpec((Dim(min=1),), "float16", maximum=3),
    }
)


def values(rows=5):
    return {
        "finite": np.zeros((rows, 8), np.float32),
        "by element": np.zeros((rows, 16), np.float32)[:, ::2],
        "one of": np.zeros(rows, np.int64)[::-1],
        "vocabulary": np.zeros(rows, np.int32),
        "halves": np.zeros(rows, np.float16),
    }


HOT = {
    "in the signature's order": (SIGNATURE, batch()),
    "in another order": (SIGNATURE, dict(reversed(batch().items()))),
    "with names made at run time": (SIGNATURE, {"".join(list(name)): array for name, array in batch().items()}),
    "of one array": (TensorSpec(("n", 8, None, 3)), batch()["image"]),
    "of values": (RULED, values()),
    "of values of one array": (RULED.inputs["finite"], values()["finite"]),
    "of values of a large array": (RULED.inputs["finite"], np.zeros((1 << 16, 8), np.float32)),
    "of a nest": (Signature([RULED.inputs, (SIGNATURE.inputs,)]), [values(), (batch(),)]),
}


@pytest.mark.parametrize("name", HOT)
@pytest.mark.parametrize("method", ["check", "accepts"])
def test_a_successful_check_allocates_nothing(name, method):
    contract, given = HOT[name]
    call = getattr(contract, method)
    call(given)
    gc.collect()
    tracemalloc.start()
    try:
        rounds = itertools.repeat(None, ROUNDS)
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        blocks = sys.getallocatedblocks()
        for _ in rounds:
            call(given)
        blocks = sys.getallocatedblocks() - blocks
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The tuples and ints of the measurement itself; an object a check that is freed at once would raise the peak.
    assert blocks < 10
    assert after - before < 500
    assert peak - before < 500


def test_what_a_check_allocates_would_be_seen():
    """The measure measures: violations() makes a list, were it for a good batch."""
    given = batch()
    tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        kept = [SIGNATURE.violations(given) for _ in range(100)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept[0] == []
    assert peak - before > 500
