"""decode_examples: what it makes of Examples, and how it says what is wrong with them."""

import numpy as np
import pytest

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, ValidationError
from tensorgate.serving import Limits, decode_examples

from . import example_wire as pb
from .example_outcomes import IDS, RAGGED, SPARSE, decode, faults, refusal
from .wire import bytes_field


def equal(batch, expected):
    """Whether two batches have the same arrays, dtype and all, in the same order."""
    if isinstance(expected, dict):
        return list(batch) == list(expected) and all(equal(batch[name], expected[name]) for name in expected)
    return batch.dtype == expected.dtype and np.array_equal(batch, expected)


# What becomes of good ones.


def test_each_example_is_a_row_of_every_input():
    specs = {
        "image": TensorSpec(("batch", 2, 2)),
        "id": TensorSpec(("batch",), "int64"),
        "words": TensorSpec(("batch", 2), "string"),
    }
    rows = [
        pb.example(id=[7], image=[1.0, 2.0, 3.0, 4.0], words=["a", b"\xff\0"]),
        pb.example(words=["", "b"], image=[5.0, 6.0, 7.0, 8.0], id=[-(2**63)]),
    ]
    batch = decode(specs, *rows)
    expected = {
        "image": np.arange(1, 9, dtype=np.float32).reshape(2, 2, 2),
        "id": np.array([7, -(2**63)]),
        "words": np.array([[b"a", b"\xff\0"], [b"", b"b"]], object),
    }
    assert equal(batch, expected)
    assert all(array.flags.writeable and array.flags.c_contiguous for array in batch.values())


def test_no_examples_are_an_empty_batch():
    specs = IDS | {"text": TensorSpec((None,), "string"), "seq": TensorSpec((None, None), "float32")}
    assert {name: array.shape for name, array in decode(specs).items()} == {"ids": (0, 2), "text": (0,), "seq": (0, 0)}


def test_the_contract_may_forbid_an_empty_batch():
    assert faults({"x": TensorSpec((Dim("batch", min=1),))}) == [("inputs['x']", "dim", "[batch (at least 1)]", "[0]")]


def test_one_unknown_dimension_is_as_long_as_all_rows_are():
    specs = {"x": TensorSpec((None, "seq", 2), "int64")}
    assert decode(specs, pb.example(x=[1, 2, 3, 4]), pb.example(x=[5, 6, 7, 8]))["x"].shape == (2, 2, 2)
    assert decode(specs, pb.example(x=pb.int64_list()))["x"].shape == (1, 0, 2)


def test_ragged_rows_are_values_and_row_splits():
    batch = decode(RAGGED, pb.example(ids=[1, 2]), pb.example(ids=pb.int64_list()), pb.example(ids=[3]))
    assert equal(batch, {"ids": {"values": np.array([1, 2, 3]), "row_splits": np.array([0, 2, 2, 3])}})


def test_row_splits_have_the_contracts_dtype_and_values_its_inner_dimensions():
    specs = {"x": RaggedTensorSpec((None, None, 2), "float32", 1, "int32")}
    batch = decode(specs, pb.example(x=[1.0, 2.0, 3.0, 4.0]), pb.example(x=[5.0, 6.0]))
    values = np.arange(1, 7, dtype=np.float32).reshape(3, 2)
    assert equal(batch, {"x": {"values": values, "row_splits": np.array([0, 2, 3], np.int32)}})


def test_sparse_rows_are_indices_values_and_a_dense_shape():
    batch = decode(SPARSE, pb.example(ids=[7, 8]), b"", pb.example(ids=[9]))
    expected = {
        "indices": np.array([[0, 0], [0, 1], [2, 0]]),
        "values": np.array([7, 8, 9]),
        "dense_shape": np.array([3, 2]),
    }
    assert equal(batch, {"ids": expected})


def test_a_sparse_input_is_as_wide_as_the_contract_says():
    specs = {"x": SparseTensorSpec((None, 5), "int64")}
    assert decode(specs, pb.example(x=[1]))["x"]["dense_shape"].tolist() == [1, 5]
    assert faults(specs, pb.example(x=[1] * 6)) == [("examples[0]['x']", "dim", "at most 5 values", "6 values")]


def test_a_missing_ragged_or_sparse_feature_is_an_empty_row():
    assert decode(RAGGED, b"", pb.example(ids=[1]))["ids"]["row_splits"].tolist() == [0, 0, 1]
    assert decode(SPARSE, b"")["ids"]["dense_shape"].tolist() == [1, 0]


def test_strings_can_be_ragged_and_sparse():
    rows = [pb.example(x=["a", "b"]), pb.example(x=["c"])]
    ragged = decode({"x": RaggedTensorSpec((None, None), "string")}, *rows)
    sparse = decode({"x": SparseTensorSpec((None, None), "string")}, *rows)
    assert ragged["x"]["values"].tolist() == sparse["x"]["values"].tolist() == [b"a", b"b", b"c"]


def test_inputs_come_in_the_contracts_order_whatever_that_of_the_features():
    specs = {name: TensorSpec((None,), "int64") for name in "abcdefghijklmnopqrst"}
    rows = [pb.example(**{name: [ord(name)] for name in order}) for order in ("tsrqponmlkjihgfedcba", sorted(specs))]
    batch = decode(specs, *rows)
    assert list(batch) == list(specs)
    assert all(batch[name].tolist() == [ord(name)] * 2 for name in specs)


def test_features_that_the_contract_does_not_name_are_left_out():
    row = pb.example(more=[1.0], ids=[1, 2], other=["x"], third=[3])
    assert decode(IDS, row, pb.example(ids=[3, 4]))["ids"].tolist() == [[1, 2], [3, 4]]


def test_a_default_stands_for_the_row_of_each_example_that_lacks_the_feature():
    specs = {
        "a": TensorSpec((None, 2), "int64", default=[[7, 8]]),
        "b": TensorSpec((None,), "string", default=["none"]),
        "c": TensorSpec((None, None), "float32", default=[[1.5, 2.5, 3.5]]),
    }
    batch = decode(specs, pb.example(a=[1, 2]), pb.example(b=["x"]), pb.example(c=[0.0, 0.0, 0.0]))
    assert batch["a"].tolist() == [[1, 2], [7, 8], [7, 8]]
    assert batch["b"].tolist() == [b"none", b"x", b"none"]
    assert batch["c"].tolist() == [[1.5, 2.5, 3.5], [1.5, 2.5, 3.5], [0.0, 0.0, 0.0]]


def test_a_feature_without_a_list_is_a_missing_one():
    specs = {"x": TensorSpec((None,), "int64", default=[5])}
    assert decode(specs, pb.example(x=b""), pb.features(bytes_field(1, bytes_field(1, "x"))))["x"].tolist() == [5, 5]


def test_a_scalar_feature_may_have_the_empty_name():
    assert decode({"": TensorSpec((None,), "int64")}, pb.features(pb.entry("", pb.int64_list(1))))[""].tolist() == [1]


# What the caller may pass.


@pytest.mark.parametrize(
    "of",
    [
        list,
        tuple,
        iter,
        lambda rows: [bytearray(row) for row in rows],
        lambda rows: [memoryview(row) for row in rows],
        lambda rows: [np.frombuffer(row, np.uint8) for row in rows],
        lambda rows: np.array(rows, object),
        np.array,
        lambda rows: np.repeat(np.array(rows), 2)[::2],
    ],
)
def test_examples_may_come_as_any_sequence_of_bytes(of):
    rows = [pb.example(ids=[0, 0]), pb.example(ids=[300, 1 << 40])]
    batch = decode_examples(of(rows), Signature(IDS))
    assert batch["ids"].tolist() == [[0, 0], [300, 1 << 40]]


def test_an_iterator_is_asked_for_no_more_than_is_allowed():
    for limits, most in ((Limits(max_request_bytes=1000), 11), (Limits(max_examples=5), 6)):
        asked = []
        endless = (asked.append(None) or b"\x12\x62" + bytes(98) for _ in range(100_000))
        with pytest.raises(ValidationError, match=r"examples  too_large: expected at most .*, got more"):
            decode_examples(endless, Signature(IDS), limits=limits)
        assert len(asked) == most


def test_the_contracts_own_names_are_shown_whole():
    specs = {"temperature": TensorSpec((None,), minimum=0)}
    for row in (b"", pb.example(temperature=[1]), pb.example(temperature=[-1.0])):
        with pytest.raises(ValidationError, match=r"examples\[0\]\['temperature'\]"):
            decode_examples([row], Signature(specs), limits=Limits(max_name_characters=3))


def test_an_array_of_padded_bytes_loses_no_zero():
    rows = [pb.example(x=[0.0, 0.0]), b"", pb.example(x=[0.0, 1.0], more=["long", "and long"])]
    array = np.array(rows)
    assert array[0] != rows[0]
    assert decode({"x": TensorSpec((None, 2), default=[[2, 2]])}, *array.tolist()[1:])
    batch = decode_examples(array, Signature({"x": TensorSpec((None, 2), default=[[2, 2]])}))
    assert batch["x"].tolist() == [[0, 0], [2, 2], [0, 1]]


@pytest.mark.parametrize("junk", [b"\0x", b"\0\0x\0"])
def test_zeros_before_anything_else_are_no_padding(junk):
    row = pb.example(x=[1.0])
    array = np.array([row + junk])
    with pytest.raises(ValidationError, match="not a field number"):
        decode_examples(array, Signature({"x": TensorSpec((None,))}))


@pytest.mark.parametrize(
    ("serialized", "error", "message"),
    [
        (b"abc", TypeError, "serialized is a bytes; it must be a sequence of serialized Examples"),
        ("abc", TypeError, "serialized is a str; it must be a sequence"),
        (3, TypeError, "not iterable"),
        ([b"", "text"], TypeError, r"examples\[1\] is a str; it must be bytes, a bytearray or a memoryview"),
        ([memoryview(b"abcd")[::2]], ValueError, r"examples\[0\] is a memoryview whose bytes are not contiguous"),
        (np.zeros((1, 1), "S3"), ValueError, "an array of 2 dimensions"),
        (np.zeros(3), TypeError, "an array of float64; it must be of dtype object"),
        (np.array(["a"]), TypeError, "an array of <U1"),
    ],
)
def test_other_arguments_are_the_callers_mistake(serialized, error, message):
    with pytest.raises(error, match=message):
        decode_examples(serialized, Signature(IDS))


def test_a_signature_is_needed():
    with pytest.raises(TypeError, match="sig is a dict; it must be a tensorgate.Signature"):
        decode_examples([], IDS)
    with pytest.raises(TypeError, match=r"tensorgate\.serving\.Limits"):
        decode_examples([], Signature(IDS), limits=3)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"x": TensorSpec((None,), "int32")}, r"inputs\['x'\] can't be read from Examples: int32; they hold float32"),
        ({"x": TensorSpec((None,), "float64")}, "float64"),
        ({"x": TensorSpec(None)}, "its rank is unknown"),
        ({"x": TensorSpec(())}, "it has no batch dimension"),
        ({"x": TensorSpec((None, 3, None))}, "only the first may be unknown"),
        ({"x": TensorSpec((None, None, 0))}, "no number of values says how long a row is"),
        ({"x": TensorSpec((None, 1 << 40, 1 << 40))}, "a row is too large"),
        ({"x": TensorSpec((None, 2), default=[[1, 2], [3, 4]])}, "its default has 2 rows; it must have one"),
        ({"x": SparseTensorSpec((None, 2, 2))}, "a sparse input must have rank 2"),
        ({"x": RaggedTensorSpec((None, None, None), ragged_rank=2)}, "a ragged input must have ragged_rank 1"),
        ({"x": {"y": TensorSpec((None,))}}, "features have no structure"),
        (TensorSpec((None,)), "Examples need a dict of specs"),
        ([TensorSpec((None,))], "Examples need a dict of specs by the features' names; .* are a list of 1 input"),
    ],
)
def test_a_contract_that_examples_cannot_meet_is_refused_at_once(inputs, message):
    with pytest.raises(ValueError, match=message):
        decode_examples([], Signature(inputs))


# What is wrong with the rows.


def test_a_missing_feature_is_named_by_its_example():
    good = pb.example(ids=[1, 2])
    assert faults(IDS, good, b"", good, b"") == [
        ("examples[1]['ids']", "missing", "int64 [None, 2]", None),
        ("examples[3]['ids']", "missing", "int64 [None, 2]", None),
    ]


def test_an_optional_feature_without_a_default_is_missing():
    assert faults({"x": TensorSpec((None,), optional=True)}, b"")[0][:2] == ("examples[0]['x']", "missing")


def test_a_list_of_another_kind_is_a_wrong_dtype():
    error = refusal(IDS, pb.example(ids=[1, 2]), pb.example(other=[1], ids=[1.0, 2.0]))
    assert str(error).splitlines()[1:] == [
        "  examples[1]['ids']  dtype: expected int64, got float32 (byte 19); it holds a float_list; write an int64_list"
    ]
    assert faults(SPARSE, pb.example(ids=["x"])) == [("examples[0]['ids']", "dtype", "int64", "string")]
    assert faults(IDS, pb.example(ids=pb.float_list()))[0][1] == "dtype"


@pytest.mark.parametrize("count", [0, 1, 3, 1000])
def test_a_fixed_length_is_exact(count):
    got = "1 value" if count == 1 else f"{count} values"
    expected = [("examples[1]['ids']", "dim", "2 values", got)]
    assert faults(IDS, pb.example(ids=[1, 2]), pb.example(ids=pb.int64_list(*range(count)))) == expected
    strings = {"ids": TensorSpec((None, 2), "string")}
    assert faults(strings, pb.example(ids=["", ""]), pb.example(ids=pb.bytes_list(*[b""] * count))) == expected


def test_rows_of_different_lengths_are_ragged():
    specs = {"x": TensorSpec((None, "seq", 2), "int64")}
    rows = [b"", pb.example(x=[1, 2]), pb.example(x=[1, 2, 3, 4]), pb.example(x=[1, 2, 3])]
    assert faults(specs, *rows) == [
        ("examples[0]['x']", "missing", "int64 [None, seq, 2]", None),
        ("examples[2]['x']", "ragged", "2 values as in examples[1]", "4 values"),
        ("examples[3]['x']", "dim", "a multiple of 2 values", "3 values"),
    ]
    assert "make its spec a RaggedTensorSpec" in str(refusal(specs, *rows))


def test_ragged_rows_are_whole_steps():
    specs = {"x": RaggedTensorSpec((None, None, 2), ragged_rank=1)}
    assert faults(specs, pb.example(x=[1.0])) == [("examples[0]['x']", "dim", "a multiple of 2 values", "1 value")]


def test_all_that_is_wrong_is_said_and_the_rest_counted():
    error = refusal(IDS, *[b""] * 100)
    assert len(error.violations) == 64
    assert error.unlisted == 36
    assert error.violations[-1].path == "examples[63]['ids']"
    assert refusal(IDS, *[b""] * 100, limits=Limits(max_violations=3)).unlisted == 97


def test_the_error_names_the_contract_and_the_byte():
    with pytest.raises(ValidationError) as caught:
        decode_examples([pb.example(a=[1], ids=[1])], Signature(IDS, name="predict"))
    assert str(caught.value) == (
        "1 violation of signature 'predict'\n  examples[0]['ids']  dim: expected 2 values, got 1 value (byte 15)"
    )


def test_names_in_messages_are_quoted_and_cut():
    name = "x'\n" + "y" * 200
    path = faults({name: TensorSpec((None,))}, b"")[0][0]
    assert path.startswith("examples[0]['x\\'\\nyyy")
    assert len(path) < 120


# The whole contract, on the rows.


def test_values_are_held_against_the_contract_by_example():
    specs = {"x": TensorSpec((None, 2, 2), finite=True), "y": TensorSpec((None,), "int64", maximum=9)}
    nan = float("nan")
    error = refusal(specs, pb.example(x=[0.0] * 4, y=[3]), pb.example(x=[0.0, 0.0, nan, nan], y=[10]))
    assert [(each.path, each.code, each.got, each.count) for each in error.violations] == [
        ("examples[1]['x'][1][0]", "not_finite", "nan", 2),
        ("examples[1]['y']", "above_maximum", "10", 1),
    ]


def test_values_of_ragged_and_sparse_rows_are_named_by_example():
    rows = [pb.example(ids=[1, 2]), b"", pb.example(ids=[3, 4, -5])]
    for spec in (RaggedTensorSpec, SparseTensorSpec):
        specs = {"ids": spec((None, None), "int64", minimum=0)}
        assert faults(specs, *rows) == [("examples[2]['ids'][2]", "below_minimum", "at least 0", "-5")]


def test_strings_are_held_against_the_contract():
    specs = {"x": TensorSpec((None, 2), "string", max_bytes=3, utf8=True)}
    assert faults(specs, pb.example(x=["abc", "äb"]), pb.example(x=["abcd", b"\xff"])) == [
        ("examples[1]['x'][0]", "too_long", "at most 3 bytes", "4 bytes"),
        ("examples[1]['x'][1]", "not_utf8", "UTF-8", "bytes that are not UTF-8"),
    ]


def test_dimensions_of_one_name_are_equal():
    specs = {"ids": TensorSpec((None, "seq"), "int64"), "mask": TensorSpec((None, "seq"), "int64")}
    assert [fault[:2] for fault in faults(specs, pb.example(ids=[1, 2], mask=[1]))] == [
        ("inputs['mask']", "dim_mismatch")
    ]


def test_ragged_rows_have_the_lengths_that_the_contract_allows():
    specs = {"x": RaggedTensorSpec((None, Dim("seq", max=2)), "int64")}
    assert [fault[:2] for fault in faults(specs, pb.example(x=[1]), pb.example(x=[1, 2, 3]))] == [
        ("inputs['x']", "dim")
    ]


def test_more_value_faults_than_are_kept_are_counted():
    specs = {name: TensorSpec((None,), "int64", maximum=0) for name in "abc"}
    error = refusal(specs, pb.example(a=[1], b=[1], c=[1]), limits=Limits(max_violations=2))
    assert (len(error.violations), error.unlisted) == (2, 1)


# Limits.


def test_examples_and_their_bytes_are_limited():
    row = pb.example(ids=[1, 2])
    assert decode(IDS, *[row] * 3, limits=Limits(max_examples=3))["ids"].shape == (3, 2)
    expected = [("examples", "too_large", "at most 3 Examples", "more")]
    assert faults(IDS, *[row] * 4, limits=Limits(max_examples=3)) == expected
    total = len(row) * 2
    assert decode(IDS, row, row, limits=Limits(max_request_bytes=total))["ids"].shape == (2, 2)
    expected = [("examples", "too_large", f"at most {total - 1} bytes", "more")]
    assert faults(IDS, row, row, limits=Limits(max_request_bytes=total - 1)) == expected


def test_an_endless_iterator_is_too_large():
    def rows():
        while True:
            yield b""

    with pytest.raises(ValidationError, match="at most 100000 Examples"):
        decode_examples(rows(), Signature(RAGGED))


def test_features_are_limited_known_or_not():
    row = pb.features(*(pb.entry(f"f{i}", pb.int64_list(i)) for i in range(3)))
    specs = {"f0": TensorSpec((None,), "int64")}
    assert decode(specs, row, limits=Limits(max_features=3))["f0"].tolist() == [0]
    offset = len(row) - len(pb.entry("f2", pb.int64_list(2))) + 1
    error = refusal(specs, row, row, limits=Limits(max_features=2))
    assert (
        str(error).splitlines()[1] == f"  examples[0]  too_large: expected at most 2 features, got more (byte {offset})"
    )
    assert len(error.violations) == 2


@pytest.mark.parametrize("dtype", ["int64", "float32", "string"])
def test_few_bytes_can_not_ask_for_much_memory(dtype):
    limits = Limits(max_tensor_bytes=1 << 20)
    fixed = {"x": TensorSpec((None, 1 << 20), dtype)}
    assert faults(fixed, b"", limits=limits) == [("inputs['x']", "too_large", "at most 1048576 bytes", "more")]
    value = {"int64": 0, "float32": 0.0, "string": "x" * 100}[dtype]
    long_row = {"x": TensorSpec((None, None), dtype, default=[[value] * 10_000])}
    assert faults(long_row, *[b""] * 100, limits=limits) == [
        ("inputs['x']", "too_large", "at most 1048576 bytes", "more")
    ]


def test_all_inputs_together_are_limited():
    specs = {"a": TensorSpec((None, 100), "int64"), "b": TensorSpec((None, 100), "float32")}
    row = pb.example(a=[1] * 100, b=[1.0] * 100)
    assert list(decode(specs, row, limits=Limits(max_tensor_bytes=1200))) == ["a", "b"]
    assert faults(specs, row, limits=Limits(max_tensor_bytes=1199))[0][:2] == ("inputs['b']", "too_large")


def test_memory_is_used_up_to_the_limit():
    row = pb.example(ids=[1] * 1000)
    splits, values, indices = 4 * 8, 3000 * 8, 3000 * 16
    assert decode(RAGGED, *[row] * 3, limits=Limits(max_tensor_bytes=splits + values))["ids"]["values"].shape == (3000,)
    assert faults(RAGGED, *[row] * 3, limits=Limits(max_tensor_bytes=splits + values - 1))[0][1] == "too_large"
    enough = Limits(max_tensor_bytes=splits + values + indices)
    assert decode(SPARSE, *[row] * 3, limits=enough)["ids"]["indices"].shape == (3000, 2)
    assert (
        faults(SPARSE, *[row] * 3, limits=Limits(max_tensor_bytes=splits + values + indices - 1))[0][1] == "too_large"
    )


def test_large_batches_are_read_without_the_gil_and_alike():
    rows = [pb.example(ids=[i, i + 1], text=["x" * 900]) for i in range(1500)]
    specs = {"ids": TensorSpec((None, 2), "int64"), "text": TensorSpec((None,), "string")}
    assert sum(map(len, rows)) > 1 << 20
    batch = decode(specs, *rows)
    assert batch["ids"][:, 0].tolist() == list(range(1500))
    assert set(batch["text"]) == {b"x" * 900}
    assert faults(specs, *rows[:-1], bytearray(rows[-1])[:-1])[0][0] == "examples[1499]"


def test_a_bytearray_can_not_be_resized_meanwhile():
    row = bytearray(pb.example(ids=[1, 2]))

    class Rows:
        def __iter__(self):
            yield row
            with pytest.raises(BufferError):
                row.extend(b"x")

    assert decode_examples(Rows(), Signature(IDS))["ids"].tolist() == [[1, 2]]
    row.extend(b"x")
