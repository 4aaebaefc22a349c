"""Datasets that are checked: what is refused before the first step, and what becomes of bad elements on the way."""

import collections
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tensorgate as tg
from tensorgate.tf.datasets import check_dataset

IDS = tg.Signature({"ids": tg.TensorSpec(("batch",), "int64", minimum=0)})
MODES = ("raise", "drop", "count")
Pair = collections.namedtuple("Pair", ["right", "left"])


def ids(*rows):
    return tf.data.Dataset.from_tensor_slices({"ids": tf.constant(rows, tf.int64)})


def listed(ds):
    return [element["ids"].numpy().tolist() for element in ds]


def refusal(make):
    with pytest.raises(tg.ValidationError) as caught:
        make()
    return caught.value


def lines(error):
    """What an error of TensorFlow's Assert says, which escapes it."""
    text = str(error).partition("assertion failed: [")[2].partition("]\n\t")[0].replace("\\'", "'")
    title, _, found = text.partition(": ")
    return [title, *found.split(" | ")]


def failure(ds):
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        list(ds)
    return lines(caught.value)


# Before the first step


def test_a_wrong_dtype_trains_in_silence_and_is_refused_before_the_first_step():
    inputs = {"ids": keras.Input((2,), name="ids", dtype="float32")}
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs["ids"]))
    model.compile(loss="mse")
    ds = tf.data.Dataset.from_tensors(({"ids": tf.constant([[2**40, 1]], tf.int64)}, tf.zeros((1, 1))))
    model.fit(ds, shuffle=False, verbose=0)
    error = refusal(lambda: check_dataset(ds, tg.Signature.from_keras(model)))
    assert [(violation.path, violation.code) for violation in error.violations] == [("inputs['ids']", "dtype")]


def test_an_error_names_the_contract_and_all_that_is_wrong():
    inputs = {"ids": tg.TensorSpec((None,), "float32"), "mask": tg.TensorSpec((None,))}
    sig = tg.Signature(inputs, source="models/ranker/3")
    assert str(refusal(lambda: check_dataset(ids(1, 2).batch(2), sig))).splitlines() == [
        "2 violations of signature 'serving_default' (models/ranker/3)",
        "  inputs['ids']   dtype: expected float32, got int64; cast it to float32",
        "  inputs['mask']  missing; expected float32 [None]",
    ]


def test_rows_are_to_be_batched():
    error = refusal(lambda: check_dataset(ids(1, 2), IDS))
    assert error.violations[0].hint == "batch the dataset: ds.batch(n)"


def test_rows_of_a_contract_with_a_fixed_batch_are_to_be_batched_without_a_remainder():
    error = refusal(lambda: check_dataset(ids(1, 2), {"ids": tg.TensorSpec((8,), "int64")}))
    assert error.violations[0].hint == "batch the dataset: ds.batch(8, drop_remainder=True)"


def test_rows_of_a_ragged_input_are_to_be_batched_raggedly():
    rows = tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[1], [2, 3]], tf.int64)).map(lambda row: {"ids": row})
    sig = {"ids": tg.RaggedTensorSpec((None, None), "int64")}
    error = refusal(lambda: check_dataset(rows, sig))
    assert error.violations[0].hint == "batch the dataset: ds.ragged_batch(n)"
    assert len(list(check_dataset(rows.ragged_batch(2), sig))) == 1


def test_only_what_batching_mends_has_the_hint_to_batch():
    error = refusal(lambda: check_dataset(ids(1, 2), {"ids": tg.TensorSpec((None,), "int32")}))
    hints = {violation.code: violation.hint for violation in error.violations}
    assert hints["rank"] == "batch the dataset: ds.batch(n)"
    assert "cast" in hints["dtype"]


def test_what_batching_does_not_mend_has_no_such_hint():
    error = refusal(lambda: check_dataset(ids(1, 2).batch(2).batch(2), IDS))
    assert "ds.batch" not in (error.violations[0].hint or "")


@pytest.mark.parametrize("shape", [(), (3,)])
def test_batches_of_what_a_contract_of_rows_takes_are_not_to_be_batched(shape):
    ds = tf.data.Dataset.from_tensor_slices(({"x": np.zeros((4, *shape), np.float32)}, np.zeros(4)))
    row = {"x": tg.TensorSpec(shape)}
    assert check_dataset(ds, row)
    hint = "the contract is for rows: check them before they are batched, or ds.unbatch()"
    for batched in (ds.batch(2), ds.batch(1), ds.batch(1, drop_remainder=True)):
        assert refusal(lambda batched=batched: check_dataset(batched, row)).violations[0].hint == hint
        assert check_dataset(batched.unbatch(), row)


def test_no_rows_are_advised_of_what_has_none():
    ds = tf.data.Dataset.from_tensors({"x": tf.zeros([1, 3]), "y": 0.0})
    error = refusal(lambda: check_dataset(ds, {"x": tg.TensorSpec((3,)), "y": tg.TensorSpec(())}))
    assert error.violations[0].hint == "one dimension too many: drop the leading 1, [3]"


def test_ragged_rows_which_can_not_be_checked_are_not_advised():
    ds = tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[1], [2, 3]], tf.int64)).batch(2)
    error = refusal(lambda: check_dataset(ds, tg.TensorSpec((None,), "int64")))
    assert "unbatch" not in (error.violations[0].hint or "")


def test_a_contract_of_rows_is_met_by_rows():
    row = {"ids": tg.TensorSpec((), "int64", minimum=0)}
    assert listed(check_dataset(ids(1, -2, 3), row, "drop")) == [1, 3]


def test_fixed_sizes_meet_a_contract_that_leaves_them_open():
    assert len(check_dataset(ids(1, 2, 3, 4).batch(2, drop_remainder=True), IDS)) == 2


def test_rows_of_ragged_tensors_are_not_made_dense_in_silence():
    rows = tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[1], [2, 3]], tf.int64))
    assert rows.map(lambda row: row).element_spec != rows.element_spec
    with pytest.raises(ValueError, match="batch the dataset before it"):
        check_dataset(rows, tg.TensorSpec((None,), "int64"))


@pytest.mark.parametrize("ds", [[1, 2], {"ids": np.zeros(2)}, iter(())])
def test_what_is_no_dataset_is_refused(ds):
    with pytest.raises(TypeError, match=f"of type {type(ds).__name__}; a tf.data.Dataset goes here"):
        check_dataset(ds, IDS)


def test_another_word_for_what_is_to_happen_is_refused():
    with pytest.raises(ValueError, match="on_violation is 'skip'; it is one of 'raise', 'drop' and 'count'"):
        check_dataset(ids(1).batch(1), IDS, "skip")


# What of an element is the batch

X = tf.constant([1, -2], tf.int64)
Y = tf.constant([[0.5], [1.5]])


@pytest.mark.parametrize("element", [({"ids": X},), ({"ids": X}, Y), ({"ids": X}, Y, Y), ({"ids": X}, None)])
def test_of_what_fit_takes_the_first_is_judged_and_all_of_it_goes_on(element):
    ds = tf.data.Dataset.from_tensors(element)
    checked = check_dataset(ds, IDS, "count")
    assert checked.element_spec == ds.element_spec
    (given,) = checked
    assert len(given) == len(element)
    assert checked.tally.bad == 1


def test_a_lone_spec_is_that_of_the_first_of_a_tuple():
    assert check_dataset(tf.data.Dataset.from_tensors((X, Y)), tg.TensorSpec((2,), "int64"))
    assert check_dataset(tf.data.Dataset.from_tensors(X), tg.TensorSpec((2,), "int64"))


def test_a_contract_of_two_is_that_of_a_pair_or_of_the_first_of_a_pair():
    sig = (tg.TensorSpec((2,), "int64"), tg.TensorSpec((2, 1)))
    assert check_dataset(tf.data.Dataset.from_tensors((X, Y)), sig)
    assert check_dataset(tf.data.Dataset.from_tensors(((X, Y), Y)), sig)
    error = refusal(lambda: check_dataset(tf.data.Dataset.from_tensors(((X, X), Y)), sig))
    assert error.violations[0].path == "inputs[1]"


def test_a_tuple_in_neither_structure_is_told_by_what_it_is():
    sig = (tg.TensorSpec((2,), "int64"), tg.TensorSpec((2, 1)))
    error = refusal(lambda: check_dataset(tf.data.Dataset.from_tensors((X, Y, Y)), sig))
    assert (error.violations[0].expected, error.violations[0].got) == ("a tuple of 2 inputs", "a tuple of 3")


def test_a_tuple_of_four_is_a_batch():
    error = refusal(lambda: check_dataset(tf.data.Dataset.from_tensors((X, X, X, X)), IDS))
    assert [violation.code for violation in error.violations] == ["structure"]


def test_a_list_of_inputs_stands_for_the_tuple_that_a_dataset_has():
    sig = [tg.TensorSpec((2,), "int64", minimum=0), {"y": [tg.TensorSpec((2, 1))]}]
    ds = tf.data.Dataset.from_tensors(((X, {"y": (Y,)}), Y))
    assert failure(check_dataset(ds, sig))[1:] == ["inputs[0]  below_minimum: expected at least 0, got -2 at [1]"]


def test_named_tuples_are_a_batch_or_hold_one():
    ds = tf.data.Dataset.from_tensors(Pair(right=X, left=Y))
    sig = Pair(right=tg.TensorSpec((2,), "int64"), left=tg.TensorSpec((2, 1)))
    (element,) = check_dataset(ds, sig)
    assert type(element) is Pair
    (element,) = check_dataset(ds, sig.right)
    assert type(element) is Pair


def test_an_optional_input_may_be_missing():
    sig = {"ids": tg.TensorSpec((None,), "int64"), "mask": tg.TensorSpec((None,), "bool", optional=True)}
    assert listed(check_dataset(ids(1, 2).batch(2), sig)) == [[1, 2]]


# In the pipeline


def test_an_error_says_what_is_wrong_and_how_many_elements_came_before_in_each_pass():
    sig = {
        "ids": tg.TensorSpec(("batch",), "int64", minimum=0),
        "scores": tg.TensorSpec(("batch",), finite=True, maximum=1),
    }
    batches = ([1, 2], [0.5, 1]), ([3, -4], [np.nan, 2])
    ds = tf.data.Dataset.from_generator(
        lambda: ({"ids": x, "scores": y} for x, y in batches),
        output_signature={"ids": tf.TensorSpec([None], tf.int64), "scores": tf.TensorSpec([None])},
    )
    checked = check_dataset(ds, sig)
    for _ in range(2):
        assert failure(checked) == [
            "3 violations of signature 'serving_default' in element 1",
            "inputs['ids']  below_minimum: expected at least 0, got -4 at [1]",
            "inputs['scores']  not_finite: expected finite values, got nan at [0]",
            "inputs['scores']  above_maximum: expected at most 1.0, got 2.0 at [1]",
        ]


def test_good_elements_come_before_the_error():
    elements = iter(check_dataset(ids(1, 2, -3, 4).batch(2), IDS))
    assert next(elements)["ids"].numpy().tolist() == [1, 2]
    with pytest.raises(tf.errors.InvalidArgumentError):
        next(elements)


def test_drop_leaves_bad_elements_out_as_a_whole():
    checked = check_dataset(ids(1, 2, -3, 4, 5, 6).batch(2), IDS, "drop")
    assert listed(checked) == [[1, 2], [5, 6]]
    assert (checked.tally.seen, checked.tally.bad) == (3, 1)


def test_rows_are_dropped_before_they_are_batched():
    row = {"ids": tg.TensorSpec((), "int64", minimum=0)}
    assert listed(check_dataset(ids(1, 2, -3, 4), row, "drop").batch(2)) == [[1, 2], [4]]


def test_count_passes_all_elements_on():
    checked = check_dataset(ids(1, 2, -3, 4).batch(2), IDS, "count")
    assert listed(checked) == [[1, 2], [-3, 4]]
    assert (checked.tally.seen, checked.tally.bad) == (2, 1)


def test_what_the_contract_asks_of_values_is_all_that_is_left_of_known_shapes():
    checked = check_dataset(ids(1, 2).batch(2, drop_remainder=True), {"ids": tg.TensorSpec((2,), "int64")}, "drop")
    assert listed(checked) == [[1, 2]]
    assert checked.tally.seen == 1


def test_the_last_batch_of_a_fixed_size_is_judged_when_it_comes_and_the_hint_says_what_to_do():
    sig = {"ids": tg.TensorSpec((2,), "int64")}
    checked = check_dataset(ids(1, 2, 3).batch(2), sig)
    assert failure(checked) == [
        "1 violation of signature 'serving_default' in element 1",
        "inputs['ids']  dim: expected [2], got [1]; if it is the last batch, ds.batch(n, drop_remainder=True) leaves "
        "it out",
    ]
    assert listed(check_dataset(ids(1, 2, 3).batch(2, drop_remainder=True), sig)) == [[1, 2]]


@pytest.mark.parametrize(
    ("dim", "rows", "is_hinted"),
    [
        (tg.Dim(min=3), 2, True),
        (tg.Dim(multiple_of=4), 2, True),
        (tg.Dim(max=1), 2, False),
        (1, 2, False),
        (3, 2, True),
    ],
)
def test_the_last_batch_explains_too_few_rows_alone(dim, rows, is_hinted):
    checked = check_dataset(ids(*range(rows)).batch(9), {"ids": tg.TensorSpec((dim,), "int64")})
    assert ("drop_remainder" in failure(checked)[1]) is is_hinted


def test_another_dimension_has_no_hint_of_the_last_batch():
    ds = tf.data.Dataset.from_generator(lambda: [np.zeros((4, 2))], output_signature=tf.TensorSpec([None, None]))
    assert "drop_remainder" not in failure(check_dataset(ds, tg.TensorSpec((4, 3))))[1]


def test_elements_of_unknown_rank_are_judged_when_they_come():
    ds = tf.data.Dataset.from_generator(
        lambda: [np.float32(1), np.zeros((2, 3)), np.zeros((4, 3))], output_signature=tf.TensorSpec(None)
    )
    checked = check_dataset(ds, tg.TensorSpec((4, 3)), "drop")
    assert [element.shape for element in checked] == [(4, 3)]
    assert set(checked.tally.violations) == {("inputs", "rank"), ("inputs", "dim")}


def ragged(*rows):
    return tf.data.Dataset.from_tensor_slices(tf.ragged.constant(rows, tf.int64, ragged_rank=1)).batch(2)


def sparse(*rows):
    return tf.data.Dataset.from_tensor_slices(tf.sparse.from_dense(tf.constant(rows, tf.int64))).batch(2)


def strings(*rows):
    return tf.data.Dataset.from_tensor_slices(list(rows)).batch(2)


@pytest.mark.parametrize(
    ("ds", "spec", "code"),
    [
        (ragged([1], [2, 3], [4], [-1, 5]), tg.RaggedTensorSpec((None, None), "int64", minimum=0), "below_minimum"),
        (ragged([1], [2, 3], [4], [5, 6, 7]), tg.RaggedTensorSpec((None, tg.Dim(max=2)), "int64"), "dim"),
        (sparse([1, 0], [0, 2], [0, 0], [0, 9]), tg.SparseTensorSpec((None, 2), "int64", maximum=5), "above_maximum"),
        (strings("a", "b", "c", "long"), tg.TensorSpec((None,), "string", max_bytes=3), "too_long"),
        (strings("a", "b", "c", b"\xff"), tg.TensorSpec((None,), "string", utf8=True), "not_utf8"),
    ],
)
def test_ragged_sparse_and_string_elements(ds, spec, code):
    assert failure(check_dataset(ds, spec))[0] == "1 violation of signature 'serving_default' in element 1"
    counted, dropped = check_dataset(ds, spec, "count"), check_dataset(ds, spec, "drop")
    assert len(list(counted)) == 2
    assert len(list(dropped)) == 1
    for checked in (counted, dropped):
        assert checked.element_spec == ds.element_spec
        assert [found for _, found in checked.tally.violations] == [code]


def test_what_is_no_text_is_told_all_the_same():
    checked = check_dataset(strings(b"\xff\xfe"), tg.TensorSpec((None,), "string", one_of=["a"]), "count")
    list(checked)
    assert "not_one_of" in checked.tally.latest[0].violations[0]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(-2, 4), max_size=5), min_size=1, max_size=6))
def test_the_pipeline_keeps_what_check_accepts(batches):
    sig = tg.Signature(tg.TensorSpec((tg.Dim(min=1, max=4),), "int64", minimum=0, maximum=3))
    ds = tf.data.Dataset.from_generator(lambda: batches, output_signature=tf.TensorSpec([None], tf.int64))
    checked = check_dataset(ds, sig, "drop")
    good = [batch for batch in batches if sig.accepts(np.array(batch, np.int64))]
    assert [batch.numpy().tolist() for batch in checked] == good
    assert (checked.tally.seen, checked.tally.bad) == (len(batches), len(batches) - len(good))


# The tally


def test_a_tally_reads_well():
    sig = {"ids": tg.TensorSpec((2,), "int64", minimum=0)}
    checked = check_dataset(ids(-1, -2, 3, -4, 5).batch(2), sig, "count")
    assert repr(checked.tally) == "0 of 0 elements broke the contract"
    list(checked)
    assert repr(checked.tally).splitlines() == [
        "3 of 3 elements broke the contract",
        "  inputs['ids']  below_minimum: 2",
        "  inputs['ids']  dim: 1",
    ]


def test_a_tally_goes_on_over_passes_and_keeps_the_latest():
    checked = check_dataset(ids(*range(-20, 0)).batch(1), IDS, "count")
    for _ in range(2):
        list(checked)
    tally = checked.tally
    assert (tally.seen, tally.bad, tally.violations) == (40, 40, {("inputs['ids']", "below_minimum"): 40})
    assert [element.number for element in tally.latest] == list(range(4, 20))
    assert tally.latest[-1].violations == ("inputs['ids']  below_minimum: expected at least 0, got -1 at [0]",)


def test_behind_a_cache_a_tally_counts_one_pass():
    checked = check_dataset(ids(1, -2, 3, 4).batch(2), IDS, "drop")
    assert listed(checked.cache().repeat(3)) == [[3, 4]] * 3
    assert (checked.tally.seen, checked.tally.bad) == (2, 1)


def test_a_dataset_made_of_a_checked_one_has_no_tally():
    assert not hasattr(check_dataset(ids(1).batch(1), IDS, "drop").prefetch(1), "tally")
    assert not hasattr(check_dataset(ids(1).batch(1), IDS), "tally")


def test_each_check_has_a_tally_of_its_own():
    once = check_dataset(ids(1, -2).batch(1), IDS, "count")
    twice = check_dataset(once, IDS, "drop")
    list(twice)
    assert (once.tally.bad, twice.tally.bad) == (1, 1)
    assert (once.tally.seen, twice.tally.seen) == (2, 2)


def test_several_iterators_at_once_are_all_counted():
    checked = check_dataset(ids(*([1, -1] * 50)).batch(1), IDS, "drop")
    threads = [threading.Thread(target=lambda: listed(checked)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (checked.tally.seen, checked.tally.bad) == (400, 200)
    assert checked.tally.violations == {("inputs['ids']", "below_minimum"): 200}


# As any other dataset


def every_kind():
    rows = {
        "z": tf.zeros((4, 3)),
        "a": tf.ragged.constant([[1], [2, 3], [], [4]], tf.int64),
        "s": tf.sparse.from_dense(tf.eye(4)),
        "p": Pair(right=tf.range(4), left=tf.constant(["a", "b", "c", "d"])),
    }
    return tf.data.Dataset.from_tensor_slices((rows, tf.range(4)))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("drop_remainder", [True, False])
def test_the_element_spec_stays(mode, drop_remainder):
    ds = every_kind().batch(2, drop_remainder=drop_remainder)
    checked = check_dataset(ds, tg.Signature.from_tf(ds.element_spec[0]), mode)
    assert checked.element_spec == ds.element_spec
    assert list(checked.element_spec[0]) == ["z", "a", "s", "p"]
    (x, y), _ = checked
    assert list(x) == ["z", "a", "s", "p"]
    assert x["a"].to_list() == [[1], [2, 3]]
    assert y.numpy().tolist() == [0, 1]


@pytest.mark.parametrize("mode", ["raise", "count"])
def test_the_cardinality_stays(mode):
    ds = ids(1, 2, 3).batch(2)
    assert len(check_dataset(ds, IDS, mode)) == 2
    assert check_dataset(ds.repeat(), IDS, mode).cardinality() == tf.data.INFINITE_CARDINALITY
    assert check_dataset(ds.filter(lambda _: True), IDS, mode).cardinality() == tf.data.UNKNOWN_CARDINALITY


@pytest.mark.parametrize("mode", MODES)
def test_the_options_stay(mode):
    options = tf.data.Options()
    options.deterministic = False
    options.threading.private_threadpool_size = 3
    ds = ids(1).batch(1).with_options(options)
    assert check_dataset(ds, IDS, mode).options() == ds.options()


@pytest.mark.parametrize("mode", MODES)
def test_what_comes_after_works_as_ever(mode):
    def next_ids(element):
        return {"ids": element["ids"] + 1}

    checked = check_dataset(ids(0, 1, 2, 3).batch(2), IDS, mode)
    after = checked.shuffle(4, seed=1).map(next_ids, num_parallel_calls=2).cache().repeat().prefetch(2).take(4)
    assert sorted(listed(after)) == [[1, 2], [1, 2], [3, 4], [3, 4]]
    assert listed(checked.skip(1)) == [[2, 3]]
    assert listed(checked.shard(2, 1)) == [[2, 3]]
    assert listed(checked.unbatch()) == [0, 1, 2, 3]


@pytest.mark.parametrize("mode", MODES)
def test_an_infinite_dataset(mode):
    assert listed(check_dataset(ids(1, 2).repeat().batch(2), IDS, mode).take(3)) == [[1, 2]] * 3


@pytest.mark.parametrize("mode", MODES)
def test_a_dataset_is_checked_in_a_graph(mode):
    checked = check_dataset(ids(1, 2, 3, 4).batch(2), IDS, mode)

    @tf.function
    def total():
        sums = tf.constant(0, tf.int64)
        for element in checked:
            sums += tf.reduce_sum(element["ids"])
        return sums

    assert total() == 10


def test_in_graphs_a_dataset_is_made_that_raises():
    @tf.function
    def total():
        sums = tf.constant(0, tf.int64)
        for element in check_dataset(ids(1, 2, 3, 4).batch(2), IDS):
            sums += tf.reduce_sum(element["ids"])
        return sums

    assert total() == 10
    starts = tf.data.Dataset.range(2)
    assert listed(starts.interleave(lambda _: check_dataset(ids(1, 2).batch(2), IDS))) == [[1, 2], [1, 2]]
    assert "element 1" in failure(starts.interleave(lambda _: check_dataset(ids(1, -2).batch(1), IDS)))[0]


@pytest.mark.parametrize("mode", ["drop", "count"])
def test_in_graphs_no_dataset_is_made_that_counts(mode):
    def make(_=None):
        return check_dataset(ids(1, 2).batch(2), IDS, mode)

    message = f"on_violation='{mode}' counts in Python: call check_dataset outside of the tf.function"
    with pytest.raises(ValueError, match=message):
        tf.function(make)()
    with pytest.raises(ValueError, match=message):
        tf.data.Dataset.range(2).interleave(make)
    made = make()
    assert listed(tf.data.Dataset.range(2).interleave(lambda _: made)) == [[1, 2], [1, 2]]


def test_an_iterator_of_one_that_raises_is_saved_and_restored(tmp_path):
    elements = iter(check_dataset(ids(1, 2, 3, -4).batch(1), IDS))
    next(elements)
    path = tf.train.Checkpoint(elements=elements).save(str(tmp_path / "elements"))
    restored = iter(check_dataset(ids(1, 2, 3, -4).batch(1), IDS))
    tf.train.Checkpoint(elements=restored).restore(path)
    assert next(restored)["ids"].numpy().tolist() == [2]
    next(restored)
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        next(restored)
    assert lines(caught.value)[0].endswith("in element 3")


@pytest.mark.parametrize("mode", ["drop", "count"])
def test_an_iterator_of_one_that_counts_is_not_saved(mode, tmp_path):
    elements = iter(check_dataset(ids(1, 2).batch(1), IDS, mode))
    with pytest.raises(tf.errors.FailedPreconditionError, match="is stateful"):
        tf.train.Checkpoint(elements=elements).save(str(tmp_path / "elements"))


@pytest.mark.parametrize("mode", MODES)
def test_a_strategy_distributes_it(mode):
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        checked = check_dataset(ids(1, 2, 3, 4).batch(2), IDS, mode)
    assert listed(strategy.experimental_distribute_dataset(checked)) == [[1, 2], [3, 4]]
    assert mode == "raise" or checked.tally.seen == 2


# In Model.fit


def ranker():
    inputs = {
        "ids": keras.Input((2,), name="ids", dtype="int64"),
        "scores": keras.Input((3,), name="scores"),
    }
    embedded = keras.layers.Flatten()(keras.layers.Embedding(5, 2)(inputs["ids"]))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Concatenate()([embedded, inputs["scores"]])))
    model.compile("sgd", loss="mse")
    return model


def rated(*, bad):
    scores = np.ones((8, 3), np.float32)
    if bad:
        scores[5, 1] = np.nan
    rows = {"ids": np.tile(np.int64([1, 4]), (8, 1)), "scores": scores}
    return tf.data.Dataset.from_tensor_slices((rows, np.ones((8, 1), np.float32))).batch(2)


RATED = tg.Signature(
    {
        "ids": tg.TensorSpec(("batch", 2), "int64", minimum=0, maximum=4),
        "scores": tg.TensorSpec(("batch", 3), finite=True),
    }
)


# What Keras says of each dataset of unknown size, as filter makes them too.
ends_in_a_warning = pytest.mark.filterwarnings("ignore:Your input ran out of data")


def losses(model, ds, **arguments):
    history = model.fit(ds, epochs=2, shuffle=False, verbose=0, **arguments).history
    return np.concatenate(list(history.values()))


@ends_in_a_warning
def test_a_single_nan_spoils_a_model_in_silence_and_is_dropped():
    assert np.isnan(losses(ranker(), rated(bad=True))).all()
    checked = check_dataset(rated(bad=True), RATED, "drop")
    assert np.isfinite(losses(ranker(), checked)).all()
    assert set(checked.tally.violations) == {("inputs['scores']", "not_finite")}


def test_a_single_nan_ends_the_training():
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        ranker().fit(check_dataset(rated(bad=True), RATED), shuffle=False, verbose=0)
    assert lines(caught.value) == [
        "1 violation of signature 'serving_default' in element 2",
        "inputs['scores']  not_finite: expected finite values, got nan at [1, 1]",
    ]


def test_a_single_nan_is_counted():
    checked = check_dataset(rated(bad=True), RATED, "count")
    assert np.isnan(losses(ranker(), checked)).all()
    assert checked.tally.bad >= 2


@ends_in_a_warning
@pytest.mark.parametrize("mode", MODES)
def test_a_model_is_trained_and_validated(mode):
    good, held_out = (check_dataset(rated(bad=False), RATED, mode) for _ in range(2))
    found = losses(ranker(), good.shuffle(4).prefetch(1), validation_data=held_out)
    assert len(found) == 4
    assert np.isfinite(found).all()


def test_the_contract_of_a_model_itself():
    model = ranker()
    checked = check_dataset(rated(bad=False), tg.Signature.from_keras(model))
    assert np.isfinite(losses(model, checked)).all()
