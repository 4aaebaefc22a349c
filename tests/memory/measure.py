"""Runs code in a process of its own and tells what memory and time it took."""

import os
import subprocess
import sys

# A build with sanitizers keeps freed memory back and shadows the rest, and takes its time.
INSTRUMENTED = "TENSORGATE_SANITIZED" in os.environ

HELPERS = '''
import gc, os, pathlib, resource, statistics, sys, time

STATUS = pathlib.Path("/proc/self/status")

def status(key):
    "A line of Linux's status of this process, in bytes."
    for line in STATUS.read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024

def most():
    "The most memory that this process ever held. (rusage counts what its parent held before exec, too.)"
    if STATUS.exists():
        return status("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

def held():
    gc.collect()
    return status("VmRSS") if STATUS.exists() else most()

def growth(action, rounds, warmup):
    """By how many bytes and Python objects the process grows when `action` runs `rounds` times.

    The least of two such stretches: a leak grows in both, a cache (NumPy's, of small buffers) only until it is full.
    """
    for _ in range(warmup):
        action()
    grown = []
    for _ in range(2):
        before = held(), sys.getallocatedblocks()
        for _ in range(rounds):
            action()
        grown.append((held() - before[0], sys.getallocatedblocks() - before[1]))
    return map(min, zip(*grown))
'''


def run(code, *args, options=(), environment=None):
    """What the code prints, as a list of words. It must end well and say nothing on stderr."""
    command = [sys.executable, *options, "-c", HELPERS + code, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | (environment or {}))
    assert done.stderr == "", done.stderr
    assert done.returncode == 0
    return done.stdout.split()


def wire():
    """The serving tests' writer of SavedModels."""
    from tests.serving import wire

    return wire
