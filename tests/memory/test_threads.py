"""One contract, many threads."""

import sys
import threading

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
