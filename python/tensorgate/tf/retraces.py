"""Which argument made a tf.function trace anew, and the input_signature that would end it."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import threading
import types
import warnings
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from numbers import Integral
from time import perf_counter
from typing import Any, Literal

import tensorflow as tf

from tensorgate._core import Signature
from tensorgate.tf import call_arguments
from tensorgate.tf.assertions import as_it_is
from tensorgate.tf.call_arguments import Arguments
from tensorgate.tf.function_proxy import FunctionProxy
from tensorgate.tf.one_trace import OneTrace, merged, one_trace
from tensorgate.tf.retrace_report import Retrace, RetraceReport

# Of the traces beyond, the number and the input_signature are kept up, and no more.
_KEPT = 100

_KEYS = Signature({})
_NO_LIMIT = sys.maxsize


class RetraceWarning(UserWarning):
    """A tf.function has reached its limit of traces.

    >>> import tensorflow as tf
    >>> f = watch_retraces(tf.function(lambda x: x + 1), limit=2)
    >>> import warnings
    >>> with warnings.catch_warnings(record=True, action="always") as told:
    ...     results = [f(tf.zeros([n, 3])) for n in (1, 2)]
    >>> print(told[0].message)
    '<lambda>' was traced 2 times, and each trace stays in memory. What changed:
      x: shape, 1 time
    One trace takes all these arguments with
    input_signature=[
        tf.TensorSpec([None, 3], tf.float32, name='x'),
    ]
    """

    __module__ = "tensorgate.tf"


class RetraceError(RuntimeError):
    """A call was refused, as it would have made one trace more than the limit.

    >>> import tensorflow as tf
    >>> f = watch_retraces(tf.function(lambda x: x + 1), limit=1, on_limit="raise")
    >>> for n in (1, 2):
    ...     result = f(tf.zeros([n, 3]))
    Traceback (most recent call last):
    tensorgate.tf.RetraceError: '<lambda>' has 1 trace, its limit; this call needs another: x: shape [1, 3] -> [2, 3]
    """

    __module__ = "tensorgate.tf"


def watch_retraces(f: Any, *, limit: int = 8, on_limit: Literal["warn", "raise"] = "warn") -> WatchedFunction:
    """Return the tf.function as it is, but watched: it tells which argument made it trace anew.

    Each trace takes the time of many calls, and its graph stays in memory as long as the function. TensorFlow's own
    warning names no argument. When there are `limit` traces, and each time that their number has doubled since, a
    RetraceWarning tells what changed. `report()` lists the traces, with the input_signature that would have made them
    one. A method is watched for each of its objects, as tf.function traces it: `obj.method.report()`.

    A call costs well under a microsecond more, or a few where "raise" has reached the limit. The last 100 traces are
    remembered; of the others the number is, and what they mean for the input_signature. With "raise" the arguments of
    each are, as they tell what has a trace.

    Args:
        f: what tf.function returns, also as a decorator above `@tf.function`.
        limit: how many traces are fine.
        on_limit: "raise" refuses a call that would make a trace beyond the limit, before it is traced, and
            `get_concrete_function` likewise; for services, whose memory it bounds. A trace that no argument causes, or
            nothing but the name of a TensorSpec, is not foreseen, and threads that call at once can make one more each.
            Where f has an input_signature, no argument makes a second trace, and nothing is refused.

    Raises:
        TypeError: f is no tf.function, and the message says what to give; or the limit is no whole number.
        ValueError: the limit is below 1, or on_limit another word. With "raise", f has reduce_retracing=True and no
            input_signature, so that arguments do not tell whether a call is traced.

    >>> import tensorflow as tf
    >>> double = watch_retraces(tf.function(lambda x: 2 * x))
    >>> results = [double(tf.zeros([size])) for size in (2, 3)]
    >>> print(double.report().retraces[1])
    trace 2: x: shape [2] -> [3]
    >>> double.report().input_signature
    (TensorSpec(shape=(None,), dtype=tf.float32, name='x'),)
    """
    if not isinstance(f, tf.types.experimental.PolymorphicFunction):
        raise TypeError(_what_goes_here(f))
    if isinstance(limit, bool) or not isinstance(limit, Integral):
        raise TypeError(f"limit is of type {type(limit).__name__}; it is a whole number of traces")
    if limit < 1:
        raise ValueError(f"limit is {limit}; the first call needs a trace, so it is at least 1")
    if on_limit not in ("warn", "raise"):
        raise ValueError(f"on_limit is {on_limit!r}; it may be 'warn' or 'raise'")
    if on_limit == "raise" and f.input_signature is None and getattr(f, "_reduce_retracing", False):
        raise ValueError(
            "with reduce_retracing=True the arguments do not tell whether a call is traced: give the function an "
            "input_signature instead, or on_limit='warn'"
        )
    return WatchedFunction(f, limit, on_limit)


def _what_goes_here(f: object) -> str:
    if isinstance(f, tf.types.experimental.ConcreteFunction):
        return "f is a ConcreteFunction, which is one trace and makes no others; give what tf.function returns"
    if callable(f):
        name = getattr(f, "__name__", "f")
        return f"f is a {type(f).__name__}, which is not traced; give watch_retraces(tf.function({name}))"
    return f"f is a {type(f).__name__}; give what tf.function returns"


@dataclasses.dataclass
class _Trace:
    """A trace, and the arguments that it takes."""

    arguments: Arguments
    retrace: Retrace


class WatchedFunction(FunctionProxy):
    """A tf.function that is watched: a tf.function in all else, its attributes included."""

    __module__ = "tensorgate.tf"

    def __init__(self, function: Any, limit: int, on_limit: str) -> None:
        super().__init__(function)
        self._function = function
        self._limit = limit
        self._on_limit = on_limit
        self._count: Callable[[], int] = function.experimental_get_tracing_count
        self._signature = inspect.signature(function.python_function)
        # Whether a call has a trace, all of them tell.
        self._traces: deque[_Trace] = deque(maxlen=None if on_limit == "raise" else _KEPT)
        self._merged: Arguments | None = None
        self._differs = False  # whether an argument ever changed
        self._seen = 0
        self._seconds = 0.0
        self._warn_at = limit if on_limit == "warn" else _NO_LIMIT
        # Under an input_signature, what fits has the trace, and TensorFlow refuses all else.
        self._refuse_at = limit if on_limit == "raise" and function.input_signature is None else _NO_LIMIT
        self._taken: set[int] = set()  # keys of calls that no trace had to be made for
        self._lock = threading.RLock()
        self._sweep(None)

    def __reduce__(self) -> tuple[Any, ...]:
        return WatchedFunction, (self._function, self._limit, self._on_limit)

    def __repr__(self) -> str:
        return f"watch_retraces({self._function!r})"

    def _of_method(self, method: Any) -> WatchedFunction:
        return WatchedFunction(method, self._limit, self._on_limit)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return self._run(self._function, args, kwargs)

    def get_concrete_function(self, /, *args: Any, **kwargs: Any) -> Any:
        """Return the function's trace for these arguments, and make it where there is none."""
        return self._run(self._function.get_concrete_function, args, kwargs)

    def report(self) -> RetraceReport:
        """Return what was traced, and why. Also what was traced past the watch is in it.

        >>> import tensorflow as tf
        >>> f = watch_retraces(tf.function(lambda x, n: x * n))
        >>> results = [f(tf.zeros([2]), n) for n in (1, 2)]
        >>> print(f.report().advice)
        No input_signature makes it one trace yet:
          n: Python values 1 and 2; pass a tensor, such as tf.constant(1)
        """
        with self._lock:
            self._sweep(None)
            retraces = tuple(trace.retrace for trace in self._traces)[-_KEPT:]
            found = OneTrace((), None, ())
            if self._merged is not None and self._function.input_signature is None:
                found = one_trace(self._signature, self._merged)
            return RetraceReport(
                self._name(), self._seen, self._seconds, retraces, found.specs, found.obstacles, self._advice()
            )

    def _name(self) -> str:
        qualified: str = getattr(self, "__qualname__", type(self._function).__name__)
        return qualified.rpartition("<locals>.")[2]

    def _arguments(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments

    def _run(self, call: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        before = self._count()
        if before >= self._refuse_at:
            self._refuse_new(args, kwargs)
        start = perf_counter()
        try:
            return call(*args, **kwargs)
        finally:
            if not (before == self._count() == self._seen):
                self._note(args, kwargs, before, perf_counter() - start)

    def _note(self, args: Sequence[Any], kwargs: Mapping[str, Any], before: int, seconds: float) -> None:
        try:
            call = call_arguments.described(self._arguments(args, kwargs))
        except Exception:  # TensorFlow refused the arguments, too, and its error is on the way to the caller
            return
        caller, depth = _caller()
        message = None
        with self._lock:
            self._sweep(call)
            self._claim(call, before, seconds, caller)
            if self._seen >= self._warn_at:
                self._warn_at = 2 * self._seen
                message = self._warning()
        if message is not None:
            warnings.warn(message, RetraceWarning, stacklevel=depth)

    def _sweep(self, call: Arguments | None) -> None:
        """Put down the traces that are new, whoever made them."""
        for arguments in self._new(call):
            self._seen += 1
            self._merged = arguments if self._merged is None else merged(self._merged, arguments)
            retrace = self._retrace(self._seen, arguments)
            self._differs |= bool(retrace.changes)
            self._traces.append(_Trace(arguments, retrace))

    def _new(self, call: Arguments | None) -> list[Arguments]:
        missing = self._count() - self._seen
        cache = getattr(self._function, "_function_cache", None)
        if missing <= 0:
            return []
        if cache is None:  # no part of TensorFlow's API: without it, what this call makes is all there is to see
            return [] if call is None else [call] * missing
        traces = [trace.structured_input_signature for trace in cache.values()[self._seen :]]
        return [call_arguments.described(self._arguments(args, kwargs)) for args, kwargs in traces]

    def _claim(self, call: Arguments, before: int, seconds: float, caller: str) -> None:
        """Put down whose call it was that made the new traces, if it was this one."""
        mine = [
            trace
            for trace in self._traces
            if trace.retrace.number > before
            and trace.retrace.seconds is None
            and call_arguments.takes(trace.arguments, call)
        ]
        for trace in mine:
            # What TensorFlow does not show of a trace, the call does.
            trace.arguments = call_arguments.completed(trace.arguments, call)
            self._merged = merged(self._merged or trace.arguments, trace.arguments)
            found = self._retrace(trace.retrace.number, call, same_call=trace is not mine[0])
            self._differs |= bool(found.changes)
            trace.retrace = dataclasses.replace(found, seconds=seconds, caller=caller)
        if mine:
            self._seconds += seconds

    def _retrace(self, number: int, arguments: Arguments, *, same_call: bool = False) -> Retrace:
        earlier = [trace for trace in islice(reversed(self._traces), _KEPT) if trace.retrace.number < number]
        if not earlier:
            return Retrace(number, (), None, "the first trace")
        found = [(call_arguments.differences(trace.arguments, arguments), trace.retrace.number) for trace in earlier]
        changes, against = min(found, key=lambda pair: (len(pair[0]), -pair[1]))
        if changes:
            return Retrace(number, tuple(changes), against, "")
        if same_call:
            return Retrace(number, (), against, "once more, as the first call makes variables")
        reason = f"no argument, as in trace {against}: another graph, strategy, device or capture"
        return Retrace(number, (), against, reason)

    def _refuse_new(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        if tf.config.functions_run_eagerly():
            return
        try:
            arguments = self._arguments(args, kwargs)
        except TypeError:
            return  # TensorFlow's to tell
        try:
            key = _KEYS.batch_key(arguments)
        except TypeError:  # an object, or a tensor of a graph
            key = None
        if key in self._taken:
            return
        call = call_arguments.described(arguments)
        with self._lock:
            self._sweep(None)
            if not any(call_arguments.takes(trace.arguments, call) for trace in self._traces):
                changes = "; ".join(map(str, self._retrace(self._seen + 1, call).changes))
                traces = "1 trace" if self._seen == 1 else f"{self._seen} traces"
                raise as_it_is(
                    RetraceError(f"{self._name()!r} has {traces}, its limit; this call needs another: {changes}")
                )
            if key is not None and len(self._taken) < _KEPT * self._limit:
                self._taken.add(key)

    def _warning(self) -> str:
        causes = Counter(
            f"{change.path}: {change.what}" for trace in self._traces for change in trace.retrace.changes
        ).most_common(5)
        lines = [f"{self._name()!r} was traced {self._seen} times, and each trace stays in memory. What changed:"]
        lines += [f"  {cause}, {times} time{'s' * (times != 1)}" for cause, times in causes]
        return "\n".join([*lines, self._advice()])

    def _advice(self) -> str:
        if self._function.input_signature is not None:
            return "It has an input_signature, and needs no other."
        if self._merged is None or self._seen < 2:
            return "Nothing was traced twice."
        if not self._differs:
            return "No argument changed, so that an input_signature changes nothing."
        found = one_trace(self._signature, self._merged)
        widens = getattr(self._function, "_reduce_retracing", False)
        note = "reduce_retracing=True widens shapes with each trace, and nothing but shapes.\n" if widens else ""
        if found.specs is not None:
            return f"{note}One trace takes all these arguments with\n{found.code()}"
        obstacles = "\n".join(f"  {obstacle}" for obstacle in found.obstacles)
        return f"{note}No input_signature makes it one trace yet:\n{obstacles}"


def _caller() -> tuple[str, int]:
    """The line that called a watched function, past what lies between, and its stack level."""
    frame, level = sys._getframe(4), 4  # of _note, _run, __call__ and then its caller
    while frame.f_back is not None and _is_inner(frame):
        frame, level = frame.f_back, level + 1
    return f"{frame.f_code.co_filename}:{frame.f_lineno}", level


def _is_inner(frame: types.FrameType) -> bool:
    package = str(frame.f_globals.get("__name__")).partition(".")[0]
    return package in ("tensorflow", "keras", "tensorgate") or "__autograph_generated_file" in frame.f_code.co_filename
