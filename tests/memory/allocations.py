"""Counts the allocations of calls, in a process of its own."""

import os
import subprocess

from . import measure

# Counts each allocation of the process: Python's own come here too, as PYTHONMALLOC=malloc sends them.
_COUNTER = """
#include <stddef.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
static long count;
long allocations(void) { return count; }
void *malloc(size_t size) { ++count; return __libc_malloc(size); }
void *calloc(size_t number, size_t size) { ++count; return __libc_calloc(number, size); }
void *realloc(void *memory, size_t size) { ++count; return __libc_realloc(memory, size); }
"""
_COUNT = """
import ctypes, itertools
allocations = ctypes.PyDLL(None).allocations
allocations.restype = ctypes.c_long
ROUNDS = 1_000

def allocated(call, argument):
    "The allocations of a call, over a thousand of them: the bookkeeping of the measure itself is less than one in 100."
    for _ in itertools.repeat(None, 100):
        call(argument)
    before = allocations()
    for _ in itertools.repeat(None, ROUNDS):
        call(argument)
    return round((allocations() - before) / ROUNDS, 1)
"""

# It counts by functions of glibc; a build with sanitizers has an allocator of its own.
COUNTABLE = os.uname().sysname == "Linux" and not measure.INSTRUMENTED


def run(code, folder):
    """What the code prints, as a list of numbers; it has `allocated(call, argument)` at hand."""
    source = folder / "counter.c"
    library = folder / "counter.so"
    source.write_text(_COUNTER)
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", source, "-o", library], check=True)
    counting = {"LD_PRELOAD": str(library), "PYTHONMALLOC": "malloc"}
    return [float(word) for word in measure.run(_COUNT + code, environment=counting)]
