"""Contracts of tf.data's datasets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any, Literal, get_args

import tensorflow as tf

from tensorgate import nests
from tensorgate._core import Dim, Signature, Violation, ViolationCode
from tensorgate.errors import ValidationError
from tensorgate.leaves import ABSENT, leaves_of
from tensorgate.tf import texts
from tensorgate.tf.assertions import as_it_is, rules, subject
from tensorgate.tf.rule import Rule, all_hold
from tensorgate.tf.static import static_violations
from tensorgate.tf.tally import Tally

_MAX_SHOWN = 64  # as in every ValidationError

_Mode = Literal["raise", "drop", "count"]

# Gives the batch of an element.
_Part = Callable[[Any], Any]

# What becomes of an element with faults: its number, the rules, and a line for each that does not hold, "" for others.
_Fail = Callable[[tf.Tensor, Sequence[Rule], tf.Tensor], tf.Tensor]


def check_dataset(ds: tf.data.Dataset, sig: Any, on_violation: _Mode = "raise") -> tf.data.Dataset:
    """Return the dataset with a check of each element, which is a batch of the contract.

    What its element_spec can't meet is refused at once. Values, and sizes that the element_spec leaves open, are judged
    in the pipeline by TensorFlow's operations; Python is entered for elements that break the contract alone, and only
    to count them. So the smaller last batch of `ds.batch(8)` fails a contract for 8 rows when it is reached, unless
    there is drop_remainder=True.

    The dataset keeps its element_spec, but for names in it, which `ds.map` loses too, its options and its cardinality.
    Under "drop" the cardinality is unknown, of which Model.fit warns.

    Args:
        ds: a dataset whose elements are batches, or tuples as Model.fit takes them, (x, y) or (x, y, sample_weight), of
            which x is the batch and the rest is not looked at: whichever has the structure of the contract. Where the
            contract has a list, elements have a tuple, as tf.data has no lists.
        sig: a Signature, or a spec or nest of specs for one.
        on_violation: what becomes of elements that break the contract:
            "raise": iteration raises tf.errors.InvalidArgumentError, which says what is wrong and how many elements
                came before in this pass.
            "drop": they are left out as a whole. For the good rows to go on, check before `ds.batch`.
            "count": they pass.
            The last two count them in the attribute `tally`, a Tally. Datasets made of this one do not have it. As
            Python counts, they run in this process alone, are made outside of graphs, and a tf.train.Checkpoint can't
            save their iterators.

    Raises:
        ValidationError: no element can meet the contract, by the element_spec.
        TypeError: ds is no dataset.
        ValueError: on_violation is another word; or it is "drop" or "count" within a tf.function or a function that
            ds.interleave is given; or ds has rows of a ragged tensor, which would come out dense.

    >>> import tensorflow as tf, tensorgate as tg
    >>> sig = tg.Signature({"x": tg.TensorSpec(("batch",), "int64", minimum=0)})
    >>> rows = tf.data.Dataset.from_tensor_slices({"x": tf.constant([3, 1, -4, 1], tf.int64)})
    >>> ds = tg.tf.check_dataset(rows.batch(2), sig, "drop")
    >>> [batch["x"].numpy().tolist() for batch in ds]
    [[3, 1]]
    >>> ds.tally
    1 of 2 elements broke the contract
      inputs['x']  below_minimum: 1
    >>> tg.tf.check_dataset(rows, sig)
    Traceback (most recent call last):
    tensorgate.ValidationError: 1 violation of signature 'serving_default'
      inputs['x']  rank: expected [batch], got []; batch the dataset: ds.batch(n)
    """
    if not isinstance(ds, tf.data.Dataset):
        raise TypeError(f"ds is of type {type(ds).__name__}; a tf.data.Dataset goes here, before it is distributed")
    if on_violation not in get_args(_Mode):
        raise ValueError(f"on_violation is {on_violation!r}; it is one of 'raise', 'drop' and 'count'")
    if on_violation != "raise" and not tf.executing_eagerly():
        raise ValueError(
            f"on_violation={on_violation!r} counts in Python: call check_dataset outside of the tf.function, or of the "
            "function that ds.interleave or ds.flat_map is given, or take 'raise'"
        )
    signature = sig if isinstance(sig, Signature) else Signature(sig)
    contract = subject(signature)
    signature = Signature(_tuples(signature.inputs))
    batch_of = _batch_of(signature.inputs, ds.element_spec)
    _require_fit(ds, contract, signature, batch_of)
    if on_violation == "raise":
        return _scanned(ds, signature, batch_of, _refusal(contract))
    tally = Tally()
    checked = _scanned(ds, signature, batch_of, tally.fail, tally.see, is_flagged=on_violation == "drop")
    if on_violation == "drop":
        checked = checked.filter(_is_good).map(_element)
    checked.tally = tally
    return checked


def _scanned(
    ds: tf.data.Dataset,
    signature: Signature,
    batch_of: _Part,
    fail: _Fail,
    see: Callable[[], object] = lambda: None,
    *,
    is_flagged: bool = False,
) -> tf.data.Dataset:
    """The dataset with each element judged, which is paired with the verdict if it is to be flagged."""

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def step(number: tf.Tensor, element: Any) -> tuple[tf.Tensor, Any]:
        see()
        verdict = _judged(number, batch_of(element), signature, fail)
        return number + 1, (verdict, element) if is_flagged else element

    # Unlike a map with a counter of its own, each pass counts from 0.
    return ds.scan(tf.constant(0, tf.int64), step)


@tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
def _is_good(verdict: tf.Tensor, _element: Any) -> tf.Tensor:
    return verdict


@tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
def _element(_verdict: tf.Tensor, element: Any) -> Any:
    return element


def _judged(number: tf.Tensor, batch: Any, signature: Signature, fail: _Fail) -> tf.Tensor:
    asked = rules(batch, signature)
    holds = all_hold(asked)
    if holds is None:
        return tf.constant(True)

    def failed() -> tf.Tensor:
        hints = _last_batch_hints(batch, signature)
        lines = [tf.where(rule.holds, "", _line(rule, hints)) for rule in asked]
        return fail(number, asked, tf.stack(lines))

    return tf.cond(holds, lambda: tf.constant(True), failed)


def _line(rule: Rule, hints: Mapping[str, tf.Tensor]) -> tf.Tensor:
    hint = hints.get(rule.path) if rule.code == ViolationCode.dim else None
    return rule.message() if hint is None else texts.joined(rule.message(), hint)


def _last_batch_hints(batch: Any, signature: Signature) -> dict[str, tf.Tensor]:
    """What may explain too few rows, by the path of the tensor; "" where there are enough."""
    hints = {}
    for leaf in leaves_of(signature.inputs, batch):
        dim = leaf.spec.shape[0] if leaf.spec.shape else None
        dim = Dim(min=dim) if isinstance(dim, int) else dim
        if isinstance(dim, Dim) and leaf.value is not ABSENT:
            rows = _rows(leaf.value)
            are_few = tf.reduce_any((rows < dim.min) | (rows % dim.multiple_of != 0))
            hints[leaf.path] = tf.where(
                are_few, "; if it is the last batch, ds.batch(n, drop_remainder=True) leaves it out", ""
            )
    return hints


def _rows(value: Any) -> tf.Tensor:
    """How many rows a tensor has, as a vector, which is empty for a scalar."""
    if isinstance(value, tf.RaggedTensor):
        return tf.cast(value.nrows(), tf.int64)[None]
    sizes = value.dense_shape if isinstance(value, tf.SparseTensor) else tf.shape(value, tf.int64)
    return sizes[:1]


def _refusal(contract: str) -> _Fail:
    def fail(number: tf.Tensor, _rules: Sequence[Rule], lines: tf.Tensor) -> tf.Tensor:
        lines = tf.boolean_mask(lines, tf.not_equal(lines, ""))
        count = tf.size(lines)
        title = texts.joined(
            tf.strings.as_string(count),
            tf.where(count == 1, " violation", " violations"),
            f" of {contract} in element ",
            tf.strings.as_string(number),
        )
        # A line each would be shown with its line breaks escaped.
        report = texts.joined(title, ": ", tf.strings.reduce_join(lines[:_MAX_SHOWN], separator=" | "))
        with tf.control_dependencies([tf.debugging.Assert(False, [report])]):
            return tf.constant(False)

    return fail


def _require_fit(ds: tf.data.Dataset, contract: str, signature: Signature, batch_of: _Part) -> None:
    found = static_violations(signature, batch_of(ds.element_spec))
    if found:
        raise as_it_is(ValidationError(contract, _with_remedies(found, ds, signature, batch_of)))
    if _has_ragged_rows(ds):
        raise ValueError("rows of a ragged tensor would leave the check as dense ones; batch the dataset before it")


def _has_ragged_rows(ds: tf.data.Dataset) -> bool:
    specs = tf.nest.flatten(ds.element_spec)
    return any(isinstance(spec, tf.RaggedTensorSpec) and spec.ragged_rank == 0 for spec in specs)


def _with_remedies(
    found: Sequence[Violation], ds: tf.data.Dataset, signature: Signature, batch_of: _Part
) -> list[Violation]:
    """The violations, with the advice to batch the dataset, or to check its rows, where that does away with them."""
    kinds = _kinds(found)
    size = _batch_arguments(signature)
    remedies: list[tuple[Callable[[], tf.data.Dataset], str]] = [
        (lambda: ds.batch(1), f"batch the dataset: ds.batch({size})"),
        (lambda: ds.ragged_batch(1), f"batch the dataset: ds.ragged_batch({size})"),
        (ds.unbatch, "the contract is for rows: check them before they are batched, or ds.unbatch()"),
    ]
    for remedy, hint in remedies:
        try:
            mended = remedy()
        except (TypeError, ValueError):  # of elements that have no such batches or rows
            continue
        left = _kinds(static_violations(signature, batch_of(mended.element_spec)))
        if left < kinds and not _has_ragged_rows(mended):
            return [_hinted(violation, hint, kinds - left) for violation in found]
    return list(found)


def _kinds(violations: Sequence[Violation]) -> set[tuple[str, ViolationCode]]:
    return {(violation.path, violation.code) for violation in violations}


def _hinted(violation: Violation, hint: str, kinds: Set[tuple[str, ViolationCode]]) -> Violation:
    path, code = violation.path, violation.code
    if (path, code) not in kinds:
        return violation
    return Violation(path, code, violation.expected, violation.got, hint, violation.index, violation.count)


def _batch_arguments(signature: Signature) -> str:
    leading = {leaf.spec.shape[0] for leaf in leaves_of(signature.inputs, signature.inputs) if leaf.spec.shape}
    size = leading.pop() if len(leading) == 1 else None
    return f"{size}, drop_remainder=True" if isinstance(size, int) else "n"


def _tuples(specs: Any) -> Any:
    """The specs with tuples for lists, of which tf.data makes tensors."""
    parts = nests.held(specs)
    if parts is None:
        return specs
    rebuilt = nests.rebuilt(specs, map(_tuples, parts.values()))
    return tuple(rebuilt) if isinstance(rebuilt, list) else rebuilt


def _batch_of(specs: Any, element_spec: Any) -> _Part:
    """What gives the batch of an element: all of it, or the x of a tuple (x, y, sample_weight)."""
    if not isinstance(element_spec, tuple) or not 1 <= len(element_spec) <= 3 or _are_alike(specs, element_spec):
        return lambda element: element
    if isinstance(specs, tuple) and not _are_alike(specs, element_spec[0]):
        return lambda element: element
    return lambda element: element[0]


def _are_alike(specs: Any, element_spec: Any) -> bool:
    """Whether the tuples of the one are where those of the other are."""
    if not isinstance(specs, tuple):
        return not isinstance(element_spec, tuple)
    return (
        isinstance(element_spec, tuple)
        and len(specs) == len(element_spec)
        and all(map(_are_alike, specs, element_spec))
    )
