"""What a run could have brought: a question with points, one without, and one that failed."""

from tensorgate.bench.answers import Answer
from tensorgate.bench.comparison import Comparison, Timing
from tensorgate.bench.results import Results


def comparison(question="dict", case="in order", ratio=1.05, goal=1.1, **more):
    timings = (
        Timing("tensorgate", 40.0 * ratio, ratio, (ratio - 0.02, ratio + 0.03)),
        Timing("hard-coded C", 40.0, 1.0, (1.0, 1.0)),
        Timing("by hand", 1200.0, 30.0, (29.0, 31.0)),
    )
    return Comparison(question, case, "hard-coded C", goal, timings, **more)


def results(fast=False):
    points = [comparison("growth", f"{x} inputs", x=x, unit="inputs") for x in (1, 8, 64)]
    answers = [
        Answer("dict", "What does a dict cost?", [comparison(headline="a dict, `check`"), comparison(ratio=1.5)]),
        Answer("growth", "How does the cost grow?", points, skipped={"test_growth[torch]": "not installed: torch"}),
        Answer("broken", "What fails?", failures={"test_a": "by hand | accepts\nbad input 3", "test_b": "late"}),
    ]
    answers[0].left_out = {"chex": "pip install chex"}
    machine = {"processor": "a processor", "Python": "CPython 3.11.7"}
    return Results("2026-01-31", fast, machine, {"tensorgate": "0.1.0"}, answers)
