"""bad_rows and split against rows of which one knows whether they are good."""

from collections import Counter

from hypothesis import given

from tensorgate import Signature

from .rows import batch_of, batches_of_rows, equal, good_rows, specs_of


def picked(columns, wanted):
    """The batch of some rows."""
    return batch_of(
        {name: [row for row, keep in zip(rows, wanted, strict=True) if keep] for name, rows in columns.items()}
    )


@given(batches_of_rows())
def test_bad_rows_are_those_that_hold_a_fault(columns):
    bad = Signature(specs_of(columns)).bad_rows(batch_of(columns))
    assert bad.tolist() == [not good for good in good_rows(columns)]


@given(batches_of_rows())
def test_the_good_rows_pass_and_all_rows_are_there(columns):
    signature = Signature(specs_of(columns))
    good = good_rows(columns)
    split = signature.split(batch_of(columns))
    signature.check(split.good)
    assert equal(split.good, picked(columns, good))
    assert equal(split.bad, picked(columns, [not keep for keep in good]))
    assert split.rows.tolist() == [row for row, keep in enumerate(good) if not keep]


@given(batches_of_rows())
def test_splitting_leaves_the_batch_as_it_was(columns):
    batch = batch_of(columns)
    Signature(specs_of(columns)).split(batch)
    assert equal(batch, batch_of(columns))


def kind_of(violation):
    """What a rule says, apart from the place; the bounds of an array differ from place to place."""
    is_length = violation.code == "dim"
    return violation.path, violation.code, violation.expected if is_length else None


@given(batches_of_rows())
def test_violations_of_rows_are_those_of_the_batch(columns):
    signature = Signature(specs_of(columns))
    batch = batch_of(columns)
    split = signature.split(batch)
    assert all(split.violations)
    found = [violation for row in split.violations for violation in row]
    first = {}
    for violation in found:
        first.setdefault(kind_of(violation), violation)
    counts = Counter()
    for violation in found:
        counts[kind_of(violation)] += violation.count
    whole = {kind_of(violation): violation for violation in signature.violations(batch)}
    assert {kind: (violation.index, violation.got) for kind, violation in first.items()} == {
        kind: (violation.index, violation.got) for kind, violation in whole.items()
    }
    assert counts == {kind: violation.count for kind, violation in whole.items()}
