"""Batches made to meet their contract, as far as that changes no value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from tensorgate._core import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, Violation
from tensorgate.arrays.casting import WORDS, ConversionError
from tensorgate.arrays.composites import Steps, as_ragged, as_sparse
from tensorgate.arrays.dense import as_tensor
from tensorgate.batch_axis import with_batch_dim
from tensorgate.errors import ValidationError
from tensorgate.leaves import ABSENT, Leaf, Trail, has_default, leaves_of, replaced
from tensorgate.padding import Padding, shared_sizes, with_padding

MAX_KEPT = 64  # as in every ValidationError
Done = tuple[Any, Steps]
Step = Callable[[Leaf], Done]
# What `check` says of a tensor whose conversion failed, for which there is a better reason.
_EXPLAINED = ("byte_order", "dtype", "not_utf8", "structure", "unsupported")


class Conversion(NamedTuple):
    """One thing that `Signature.conform` did to a batch.

    Attributes:
        path: where, as violations write it.
        what: what was done.

    >>> str(Conversion("inputs['ids']", "int32 cast to int64"))
    "inputs['ids']: int32 cast to int64"
    """

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


class Conformed(NamedTuple):
    """A batch that meets its contract, and what was done for it.

    Attributes:
        batch: the very one that was given where nothing was done; else a new one, which shares with it all tensors to
            which nothing was done.
        changes: what was done, in order.

    >>> Conformed({"n": 3}, ()).changes
    ()
    """

    batch: Any
    changes: tuple[Conversion, ...]


def conform(
    signature: Signature,
    batch: Any,
    casting: str = "same_kind",
    *,
    pad: Any = None,
    add_batch_dim: bool = False,
) -> Conformed:
    """Return a batch that meets the contract, made of one that nearly does.

    Lists, Python's numbers and strings become arrays of the contract's dtype; big-endian arrays become native; arrays
    of other dtypes are cast as far as `casting` allows, masked ones where nothing is masked; nested lists become ragged
    tensors; absent inputs get their defaults. Floats may round, but never overflow; integers and all else survive
    exactly, under every word. A batch that `check` accepts, and that lacks no default, is given back as it is.

    Args:
        signature: the contract.
        batch: anything. It is not changed.
        casting: NumPy's words for what may be cast to what: "no", "equiv" (byte order alone), "safe", "same_kind" or
            "unsafe". Lists and Python's numbers have no dtype to cast, but that a float becomes an integer, a complex
            number a real one and a number a bool only by "unsafe", a bool a number by "safe".
        pad: a value to be put at the end of axes that are too short: up to a fixed size, to the next size that a Dim
            allows, and to the largest size among the inputs that share a name. Of a mapping, each input (by its name;
            or a tensor, by its path) gets its own value, the others none. The first axis is never padded, and nothing
            is cut.
        add_batch_dim: whether an input that lacks just the batch dimension gets it as an axis of one row. That is the
            first one, where the signature's `batch_dim` names it, or where it has none and the size may be one.

    Raises:
        ValidationError: it can't be done; has all that is left to be said against the batch.
        ValueError: casting is no such word, or pad names an input that the contract does not have.
        TypeError: what is to be padded with is no single value.

    >>> sig = Signature({"ids": TensorSpec(("batch", None), "int32")})
    >>> batch, changes = conform(sig, {"ids": [[1, 2], [3, 4]]})
    >>> batch["ids"].dtype, [str(change) for change in changes]
    (dtype('int32'), ["inputs['ids']: a Python list made int32 [2, 2]"])
    """
    if casting not in WORDS:
        raise ValueError(f"casting={casting!r} is none of {', '.join(map(repr, WORDS))}")
    padding = None if pad is None else Padding(pad, leaves_of(signature.inputs, signature.inputs))
    if signature.accepts(batch) and not _has_default(signature):
        return Conformed(batch, ())
    repair = _Repair(signature, batch)
    repair.apply(_fill_in)
    repair.apply(lambda leaf: _convert(leaf, casting))
    if add_batch_dim:
        repair.apply(lambda leaf: _add_batch_dim(leaf, signature.batch_dim))
    if padding is not None:
        sizes = shared_sizes((leaf.value, leaf.spec) for leaf in repair.leaves if isinstance(leaf.spec, TensorSpec))
        repair.apply(lambda leaf: _pad(leaf, padding.value(leaf), sizes))
    return repair.result()


def completed(signature: Signature, batch: Any, *, is_judged: bool = False) -> Any:
    """Return a batch with its absent inputs' defaults, and with Python's numbers and strings for scalars as arrays.

    Args:
        signature: the contract.
        batch: anything. It is not changed.
        is_judged: whether the batch has to meet the contract then.

    Raises:
        ValidationError: it is judged, and does not; or a number or string is none that the dtype holds exactly.

    >>> completed(Signature({"n": TensorSpec((), "int32"), "m": TensorSpec((), default=1)}), {"n": 3})
    {'n': array(3, dtype=int32), 'm': array(1., dtype=float32)}
    """
    repair = _Repair(signature, batch)
    repair.apply(_fill_in)
    repair.apply(_convert_scalar)
    if is_judged:
        return repair.result().batch
    repair.require_no_faults()
    return repair.mended()


class _Repair:
    """The tensors of one batch under repair."""

    def __init__(self, signature: Signature, batch: Any) -> None:
        self.signature = signature
        self.batch = batch
        self.values: dict[Trail, Any] = {}
        self.changes: list[Conversion] = []
        self.faults: dict[str, ConversionError] = {}
        try:
            self.leaves = list(leaves_of(signature.inputs, batch))
        except MemoryError:
            raise
        except Exception:  # of the batch's own code, which `check` meets as well
            self.leaves = []
        self.absent = {leaf.path for leaf in self.leaves if leaf.value is ABSENT}

    def apply(self, step: Step) -> None:
        """Let a step change each tensor."""
        for leaf in self.leaves:
            try:
                value, done = step(leaf)
            except ConversionError as fault:
                self.faults.setdefault(leaf.path + fault.part, fault)
            except MemoryError:
                raise
            except Exception:  # likewise of the tensor's own code
                continue
            else:
                if value is not leaf.value:
                    leaf.value = self.values[leaf.trail] = value
                    self.changes += [Conversion(leaf.path + part, what) for part, what in done]

    def mended(self) -> Any:
        """Return the batch with what the steps made of its tensors."""
        return replaced(self.batch, self.values) if self.values else self.batch

    def require_no_faults(self) -> None:
        """Raise ValidationError where a step could not do its part."""
        if self.faults:
            found = [_violation(path, fault) for path, fault in self.faults.items()]
            raise ValidationError(f"signature {self.signature.name!r}", found[:MAX_KEPT], len(found[MAX_KEPT:]))

    def result(self) -> Conformed:
        batch = self.mended()
        try:
            self.signature.check(batch)
        except ValidationError as error:
            found = self._explained(self.signature.violations(batch))
            raise ValidationError(error.subject, found[:MAX_KEPT], len(found[MAX_KEPT:])) from None
        return Conformed(batch, tuple(self.changes))

    def _explained(self, found: Sequence[Violation]) -> list[Violation]:
        """What is wrong with the batch, with why it could not be mended."""
        told: list[Violation] = []
        reasons = {path: _violation(path, fault) for path, fault in self.faults.items()}
        for violation in found:
            if violation.path in reasons:
                told.append(reasons.pop(violation.path))
            if violation.path in self.absent:
                told.append(_with_hint(violation, "the default of this absent input does not fit the others: send it"))
            elif violation.path not in self.faults or violation.code not in _EXPLAINED:
                told.append(violation)
        return told


def _fill_in(leaf: Leaf) -> Done:
    return (leaf.spec.default, [("", "absent: given its default")]) if leaf.value is ABSENT else (leaf.value, [])


def _convert(leaf: Leaf, casting: str) -> Done:
    if isinstance(leaf.spec, RaggedTensorSpec):
        return as_ragged(leaf.value, leaf.spec, casting)
    if isinstance(leaf.spec, SparseTensorSpec):
        return as_sparse(leaf.value, leaf.spec, casting)
    return _whole(as_tensor(leaf.value, leaf.spec.dtype, casting))


def _convert_scalar(leaf: Leaf) -> Done:
    is_scalar = isinstance(leaf.spec, TensorSpec) and leaf.spec.shape == ()
    if not is_scalar or type(leaf.value) not in (bool, int, float, complex, str, bytes):
        return leaf.value, []
    return _whole(as_tensor(leaf.value, leaf.spec.dtype, "unsafe"))


def _add_batch_dim(leaf: Leaf, name: str | None) -> Done:
    if not isinstance(leaf.spec, TensorSpec):
        return leaf.value, []
    return _whole(with_batch_dim(leaf.value, leaf.spec, name))


def _pad(leaf: Leaf, fill: Any, sizes: Mapping[str, int]) -> Done:
    if fill is None or not isinstance(leaf.spec, TensorSpec):
        return leaf.value, []
    return _whole(with_padding(leaf.value, leaf.spec, fill, sizes))


def _whole(done: tuple[Any, str | None]) -> Done:
    """What was done to a whole tensor."""
    value, what = done
    return value, [("", what)] if what else []


@lru_cache(maxsize=256)
def _has_default(signature: Signature) -> bool:
    return has_default(signature.inputs)


def _with_hint(told: Violation, hint: str) -> Violation:
    return Violation(told.path, told.code, told.expected, told.got, hint, told.index, told.count)


def _violation(path: str, fault: ConversionError) -> Violation:
    return Violation(path, fault.code, fault.expected, fault.got, fault.hint, fault.index, fault.count)
