"""One contract, many threads."""

import sys
import threading
import time

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import Signature, TensorSpec

THREADS = 4
ROUNDS = 2_000


@pytest.fixture
def _hasty():
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


class Exporter:
    """Runs Python code in the middle of a check, where another thread may go on."""

    def __init__(self, array):
        self._array = array

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()

    def __dlpack__(self, **kwargs):
        return self._array.__dlpack__(**kwargs)


def in_threads(work):
    """Runs work(number) in all threads at once and hands on what any of them raised."""
    barrier = threading.Barrier(THREADS)
    raised = []

    def run(number):
        barrier.wait()
        try:
            work(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("wrap", [lambda array: array, Exporter, memoryview], ids=["arrays", "DLPack", "buffers"])
def test_threads_that_check_one_signature_get_their_own_verdicts(wrap):
    signature = Signature({name: TensorSpec(("n", None)) for name in "abcd"})

    def work(number):
        good = {name: wrap(np.zeros((number, 2), np.float32)) for name in "abcd"}
        bad = {**good, "c": wrap(np.zeros((number + 1, 2), np.float32))}
        for _ in range(ROUNDS):
            assert signature.accepts(good)
            assert not signature.accepts(bad)
            signature.check(good)
        for _ in range(ROUNDS // 10):
            (violation,) = signature.violations(bad)
            assert violation.expected == f"n = {number} as on axis 0 of inputs['a']"
            with pytest.raises(tg.ValidationError):
                signature.check(bad)

    in_threads(work)


@pytest.mark.usefixtures("_hasty")
def test_threads_may_share_one_batch():
    signature = Signature({name: TensorSpec(("n",)) for name in "abcd"})
    batch = {name: Exporter(np.zeros(3, np.float32)) for name in "abcd"}

    def work(_):
        for _ in range(ROUNDS):
            assert signature.accepts(batch)

    in_threads(work)


@pytest.mark.usefixtures("_hasty")
def test_a_thread_may_change_the_batch_that_another_checks():
    """The verdict is anyone's guess; the process lives."""
    signature = Signature({name: TensorSpec(("n",)) for name in "abcd"})
    batch = {name: Exporter(np.zeros(3, np.float32)) for name in "abcd"}

    def work(number):
        for i in range(ROUNDS):
            if number % 2:
                batch.pop("abcd"[i % 4], None)
                batch["abcd"[i % 4]] = Exporter(np.zeros(3, np.float32))
                batch[f"new{i % 100}"] = None
                batch.pop(f"new{i % 100}", None)
            else:
                assert signature.accepts(batch) in (True, False)
                assert isinstance(signature.violations(batch), list)

    in_threads(work)


LARGE = 1 << 19  # elements: the GIL is released while they are judged


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize(
    "rules",
    [
        {"finite": True, "minimum": -1, "maximum": 1},
        {"one_of": [0, 1]},
        {"one_of": list(range(0, 100, 3))},
        {"minimum": np.full(8, -1), "maximum": np.arange(8)},
    ],
    ids=["bounds", "one of two", "one of many", "by element"],
)
def test_a_thread_may_change_the_values_that_another_checks(rules):
    """The verdict is anyone's guess, and a fault that was told was there; the process lives."""
    spec = TensorSpec((None, 8), **rules)
    array = np.zeros((LARGE // 8, 8), np.float32)
    wrong = np.float32([np.nan, -7, 9, np.inf])

    def work(number):
        for i in range(ROUNDS // 40):
            if number % 2:
                array[i % len(array)] = wrong[i % 4]
                array[:] = 0
            else:
                assert spec.accepts(array) in (True, False)
                for violation in spec.violations(array):
                    assert violation.count >= 1
                    assert violation.got in ("nan", "-7.0", "9.0", "inf")

    in_threads(work)
    assert spec.accepts(array)


def test_other_threads_go_on_while_a_large_array_is_judged():
    spec = TensorSpec((None,), finite=True)
    array = np.zeros(LARGE << 5, np.float32)
    turns, done = [], threading.Event()

    def others():
        while not done.is_set():
            turns.append(None)
            time.sleep(0)

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=others)
    thread.start()
    try:
        # Nobody is asked to give the GIL up: only who does so by himself lets others go on.
        sys.setswitchinterval(1_000)
        before = len(turns)
        # A loaded machine may have no processor for the other thread just then.
        assert any(spec.accepts(array) and len(turns) > before for _ in range(200))
    finally:
        sys.setswitchinterval(interval)
        done.set()
        thread.join()


@pytest.mark.usefixtures("_hasty")
def test_threads_that_judge_values_get_their_own_verdicts():
    signature = Signature({"x": TensorSpec(("n",), minimum=0), "s": TensorSpec(("n",), "string", max_bytes=3)})

    def work(number):
        size = 1 << (17 + number)
        good = {"x": np.zeros(size, np.float32), "s": np.full(size, "abc")[:: size // 4]}
        good["x"] = good["x"][:: size // 4] if number == 0 else good["x"][:4]
        bad = np.zeros(size * 4, np.float32)
        bad[-1] = -number - 1
        for _ in range(ROUNDS // 40):
            assert signature.accepts(good)
            (violation,) = signature.inputs["x"].violations(bad)
            assert (violation.got, violation.index) == (f"-{number + 1}.0", (size * 4 - 1,))

    in_threads(work)


@pytest.mark.usefixtures("_hasty")
def test_threads_may_meet_new_types_at_once():
    spec = TensorSpec((3,))

    def work(_):
        for _ in range(ROUNDS // 4):
            good = type("Made", (Exporter,), {})(np.zeros(3, np.float32))
            bad = type("Made", (), {})()
            assert spec.accepts(good)
            assert not spec.accepts(bad)

    in_threads(work)


@pytest.mark.usefixtures("_hasty")
def test_threads_may_make_equal_contracts():
    def work(_):
        for i in range(ROUNDS // 4):
            spec = TensorSpec((f"n{i}", None), "int64", default=np.zeros((1, 1), np.int64))
            assert Signature({"x": spec}) == Signature({"x": spec})
            assert spec.default.shape == (1, 1)

    in_threads(work)


@pytest.mark.usefixtures("_hasty")
def test_a_thread_may_write_into_requests_that_others_judge():
    """What is judged while it changes may come out either way; what nobody writes to may not."""
    signature = Signature({"x": TensorSpec((None,), finite=True, minimum=0, maximum=1)})
    changing, good = ([{"x": np.zeros(size, np.float32)} for size in (10, 5_000, 300_000)] for _ in range(2))
    bad = {"x": np.full(5_000, np.nan, np.float32)}

    def work(number):
        for i in range(ROUNDS // 20):
            if number == 0:
                for request in changing:
                    request["x"][i % 10] = (np.nan, -1, 2, 0)[i % 4]
                continue
            report = signature.check_many([*changing, *good, bad], threads=number)
            assert report.ok[3:].tolist() == [True] * 3 + [False]
            assert report.violations[-1].request == 6
            assert isinstance(report.summary(), str)

    in_threads(work)


@pytest.mark.usefixtures("_hasty")
def test_a_thread_may_change_rows_that_others_take():
    signature = Signature({"x": TensorSpec(("n", 2), minimum=0), "s": TensorSpec(("n",), "string")})
    batch = {"x": np.zeros((100, 2), np.float32), "s": np.full(100, "a", object)}

    def work(number):
        for i in range(ROUNDS // 20):
            if number == 0:
                batch["x"][i % 100] = -(i % 3)
                batch["s"][i % 100] = (None, "b", b"c")[i % 3]
            elif number == 1:
                assert signature.bad_rows(batch).shape == (100,)
            elif number == 2:
                split = signature.split(batch)
                assert len(split.good["x"]) + len(split.bad["x"]) == 100
                assert len(split.violations) == len(split.rows)
            else:
                report = signature.collate([batch] * 3).report
                assert len(report) == 3

    in_threads(work)


@pytest.mark.usefixtures("_hasty")
def test_a_thread_may_change_the_requests_that_others_collate():
    signature = Signature({"x": TensorSpec(("n", None))})
    requests = [{"x": np.zeros((1, 3), np.float32)} for _ in range(8)]

    def work(number):
        for i in range(ROUNDS // 20):
            if number % 2:
                requests[i % 8]["x"] = np.zeros((1 + i % 2, 3 + i % 3), np.float32)
            else:
                batch = signature.collate(requests, pad=0).batch
                assert batch["x"].shape[1] in (3, 4, 5)
                assert not batch["x"].any()

    in_threads(work)
