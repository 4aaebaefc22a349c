"""The regression gate: how many instructions the hot path takes, against a committed baseline.

`python -m bench.instructions` counts by valgrind's callgrind, so that a busy machine changes nothing.
"""
