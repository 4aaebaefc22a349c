"""A key takes no memory but that of the int it is."""

import subprocess
import sys

import pytest

from . import measure

# Counts each allocation of the process: Python's own come here too, as PYTHONMALLOC=malloc sends them.
COUNTER = """
#include <stddef.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
static long count;
long allocations(void) { return count; }
void *malloc(size_t size) { ++count; return __libc_malloc(size); }
void *calloc(size_t number, size_t size) { ++count; return __libc_calloc(number, size); }
void *realloc(void *memory, size_t size) { ++count; return __libc_realloc(memory, size); }
"""
COUNT = """
import ctypes, itertools
import numpy as np
from tensorgate import Signature

signature = Signature({})
batches = {
    "arrays": {"image": np.zeros((2, 8, 8, 3), np.float32), "ids": np.zeros((2, 5), np.int64), "x": np.zeros(3, ">f4")},
    "strings": {"texts": np.array(["a"]), "objects": np.array([None])},
    "large": {"x": np.zeros((4096, 0, 1, 1, 1, 1)), "y": np.zeros((100_000, 0), np.int8)},
    "nested": {"a": {"b": np.zeros(1), "c": {}}, "d": {"e": {"f": np.zeros(2)}}},
    "lone": np.zeros(3),
}
allocations = ctypes.PyDLL(None).allocations
allocations.restype = ctypes.c_long
ROUNDS = 1_000

def count(call, argument):
    for _ in itertools.repeat(None, 100):
        call(argument)
    before = allocations()
    for _ in itertools.repeat(None, ROUNDS):
        call(argument)
    return allocations() - before

print(*(count(signature.batch_key, batch) for batch in batches.values()), count(signature.check, {}), count(bytes, 50))
"""


# Counts by a function of glibc; a build with sanitizers has an allocator of its own.
if sys.platform == "linux" and not measure.INSTRUMENTED:

    def test_a_key_is_one_allocation(tmp_path, monkeypatch):
        source = tmp_path / "counter.c"
        library = tmp_path / "counter.so"
        source.write_text(COUNTER)
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", source, "-o", library], check=True)
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("PYTHONMALLOC", "malloc")
        *keys, checks, bytestrings = map(int, measure.run(COUNT))
        # The bookkeeping of the measure itself is a few; a check takes none; new bytes take one.
        assert checks < 10
        assert bytestrings == pytest.approx(1_000, abs=10)
        assert keys == [pytest.approx(1_000, abs=10)] * len(keys)
