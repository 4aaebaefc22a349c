"""collate: many requests become one batch."""

import array
import collections
import dataclasses

import numpy as np
import pytest

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

IDS = Signature({"ids": TensorSpec(("batch", "seq"), "int64")})


def ids(*sizes):
    """A row of each size, numbered."""
    return [{"ids": np.full(size, number)} for number, size in enumerate(sizes)]


def collated(signature, requests, **kwargs):
    """The batch, which meets the contract."""
    batch = signature.collate(requests, **kwargs).batch
    signature.check(batch)
    return batch


def test_single_rows_become_a_batch():
    batch, sizes, lengths, report = IDS.collate([{"ids": np.array([1, 2])}, {"ids": np.array([3, 4])}])
    assert batch["ids"].tolist() == [[1, 2], [3, 4]]
    assert batch["ids"].flags.c_contiguous
    assert sizes.tolist() == [1, 1]
    assert sizes.dtype == np.int64
    assert {key: each.tolist() for key, each in lengths.items()} == {"seq": [2, 2]}
    assert report.ok.all()


def test_batches_become_a_batch():
    requests = [{"ids": np.array([[1, 2], [3, 4]])}, {"ids": np.zeros((0, 2), np.int64)}, {"ids": np.array([[5, 6]])}]
    batch, sizes, lengths, _ = IDS.collate(requests)
    assert batch["ids"].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert sizes.tolist() == [2, 0, 1]
    assert lengths["seq"].tolist() == [2, 2, 2]


def test_rows_and_batches_may_be_mixed():
    batch = collated(IDS, [{"ids": np.array([1, 2])}, {"ids": np.array([[3, 4], [5, 6]])}, {"ids": np.array([7, 8])}])
    assert batch["ids"].tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_refused_requests_are_left_out_and_told():
    batch, sizes, lengths, report = IDS.collate([{}, *ids(2, 2), {"ids": np.zeros(2)}, 5])
    assert batch["ids"].tolist() == [[0, 0], [1, 1]]
    assert sizes.tolist() == [0, 1, 1, 0, 0]
    assert lengths["seq"].tolist() == [2, 2]
    assert report.ok.tolist() == [False, True, True, False, False]
    assert [(v.request, v.code) for v in report.violations] == [(0, "missing"), (3, "dtype"), (4, "structure")]


@pytest.mark.parametrize("requests", [[], [{}], [{}, None]])
def test_without_a_good_request_there_is_no_batch(requests):
    batch, sizes, lengths, report = IDS.collate(requests)
    assert batch is None
    assert sizes.tolist() == [0] * len(requests)
    assert {key: each.tolist() for key, each in lengths.items()} == {"seq": []}
    assert not report.ok.any()


def test_requests_may_come_from_a_generator():
    assert collated(IDS, (request for request in ids(2, 2)))["ids"].tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize("single", [ids(2)[0], "x", 5])
def test_a_single_request_is_refused(single):
    with pytest.raises(TypeError, match=r"^requests is of type \w+; it must be an iterable of batches"):
        IDS.collate(single)


def test_padding_fills_up_to_the_largest():
    batch, sizes, lengths, _ = IDS.collate(ids(2, 0, 3), pad=-1)
    assert batch["ids"].tolist() == [[0, 0, -1], [-1, -1, -1], [2, 2, 2]]
    assert sizes.tolist() == [1, 1, 1]
    assert lengths["seq"].tolist() == [2, 0, 3]


def test_lengths_are_those_of_rows():
    requests = [{"ids": np.ones((2, 3), np.int64)}, {"ids": np.zeros((0, 7), np.int64)}, *ids(5)]
    batch, sizes, lengths, _ = IDS.collate(requests, pad=0)
    assert batch["ids"].shape == (3, 7)
    assert sizes.tolist() == [2, 0, 1]
    assert lengths["seq"].tolist() == [3, 3, 5]


def test_without_padding_differing_sizes_are_refused():
    message = (
        r"^axis 1 of inputs\['ids'\] has size 2 in request 1 and 3 in request 3: pass pad= to fill up the smaller ones$"
    )
    with pytest.raises(ValueError, match=message):
        IDS.collate([{}, *ids(2, 2, 3)])


SEQ = Dim("seq", min=2, max=10, multiple_of=4)
RULED = Signature({"ids": TensorSpec(("batch", SEQ), "int64"), "mask": TensorSpec(("batch", SEQ), "bool")})


def ruled(*sizes):
    return [{"ids": np.ones(size, np.int64), "mask": np.ones(size, np.bool_)} for size in sizes]


@pytest.mark.parametrize(("sizes", "padded"), [([1], 4), ([0, 1], 4), ([4], 4), ([5, 1], 8), ([8], 8)])
def test_padding_goes_up_to_a_size_that_the_dimension_allows(sizes, padded):
    out = RULED.collate(ruled(*sizes), pad=0)
    RULED.check(out.batch)
    assert out.batch["ids"].shape == out.batch["mask"].shape == (len(sizes), padded)
    assert out.batch["ids"].sum() == sum(sizes)
    assert out.lengths["seq"].tolist() == sizes


def test_sizes_that_no_padding_makes_right_are_refused():
    out = RULED.collate(ruled(9, 3), pad=0)
    assert out.report.ok.tolist() == [False, True]
    assert out.batch["ids"].shape == (1, 4)


def test_without_padding_sizes_must_be_right_by_themselves():
    assert RULED.collate(ruled(3, 4)).report.ok.tolist() == [False, True]


def test_dimensions_without_a_name_are_named_by_their_place():
    signature = Signature({"x": TensorSpec((None, None, 2, Dim(multiple_of=2)))})
    out = signature.collate([{"x": np.ones((1, 2, 1), np.float32)}, {"x": np.ones((3, 2, 0), np.float32)}], pad=0)
    assert out.batch["x"].shape == (2, 3, 2, 2)
    assert out.batch["x"].sum() == 2
    assert {key: each.tolist() for key, each in out.lengths.items()} == {
        "inputs['x'].shape[1]": [1, 3],
        "inputs['x'].shape[3]": [1, 0],
    }


TWO = Signature({"ids": TensorSpec(("batch", "seq"), "int64"), "text": TensorSpec(("batch", "seq"), "string")})


def two(*sizes):
    return [{"ids": np.ones(size, np.int64), "text": np.full(size, "a")} for size in sizes]


@pytest.mark.parametrize("pad", [{"ids": 7, "text": "-"}, {"inputs['ids']": 7, "inputs['text']": b"-"}])
def test_each_input_may_be_filled_up_with_its_own_value(pad):
    batch = collated(TWO, two(1, 2), pad=pad)
    assert batch["ids"].tolist() == [[1, 7], [1, 1]]
    assert batch["text"].tolist() == [["a", b"-"], ["a", "a"]]


def test_a_value_is_asked_for_where_one_is_needed():
    assert collated(TWO, two(2, 2), pad={})["ids"].tolist() == [[1, 1], [1, 1]]
    with pytest.raises(ValueError, match=r"^inputs\['text'\] must be filled up, and pad has no value for it$"):
        TWO.collate(two(1, 2), pad={"ids": 0})


def test_a_value_for_no_input_is_refused():
    with pytest.raises(ValueError, match="pad names 'idz', which is no input"):
        TWO.collate(two(1, 1), pad={"idz": 0})


@pytest.mark.parametrize("pad", [[0], (0,), np.zeros(1), {"ids": [0]}])
def test_only_a_single_value_fills_up(pad):
    with pytest.raises(TypeError, match="pad is .*; it must be a single value"):
        IDS.collate(ids(1, 2), pad=pad)


@pytest.mark.parametrize("pad", [0, np.int8(0), np.float32(0), False])
def test_scalars_of_any_type_fill_up_where_they_are_held_exactly(pad):
    signature = Signature({"x": TensorSpec((None, None))})
    batch = collated(signature, [{"x": np.ones(1, np.float32)}, {"x": np.ones(2, np.float32)}], pad=pad)
    assert batch["x"].tolist() == [[1, 0], [1, 1]]


def test_zeros_keep_their_sign():
    signature = Signature({"x": TensorSpec((None, None))})
    requests = [{"x": np.ones(size, np.float32)} for size in (1, 2)]
    for pad in (0.0, -0.0):
        assert np.signbit(collated(signature, requests, pad=pad)["x"][0, 1]) == np.signbit(pad)


@pytest.mark.parametrize("pad", [2**63, 0.5, "a", 1e300, {0}])
def test_a_value_that_the_dtype_does_not_hold_is_refused(pad):
    with pytest.raises(ValueError, match=r"can't be held by inputs\['ids'\], which is int64"):
        IDS.collate(ids(1, 2), pad=pad)


@pytest.mark.parametrize(
    ("rules", "pad", "reason"),
    [
        ({"minimum": 1}, 0, "below_minimum, at least 1"),
        ({"maximum": 1}, 2, "above_maximum, at most 1"),
        ({"finite": True}, float("nan"), "not_finite"),
        ({"one_of": [1, 3]}, 2, "not_one_of"),
    ],
)
def test_a_value_that_breaks_the_inputs_own_rules_is_refused(rules, pad, reason):
    signature = Signature({"x": TensorSpec((None, None), **rules)})
    requests = [{"x": np.ones(1, np.float32)}, {"x": np.ones(2, np.float32)}]
    with pytest.raises(ValueError, match=rf"can't stand in inputs\['x'\]: {reason}"):
        signature.collate(requests, pad=pad)
    assert collated(signature, requests, pad=1)["x"].tolist() == [[1, 1], [1, 1]]


def test_a_value_must_meet_the_bounds_of_all_places():
    signature = Signature({"x": TensorSpec((None, None, 2), minimum=[0, 5])})
    requests = [{"x": np.full((n, 2), 5, np.float32)} for n in (1, 2)]
    with pytest.raises(ValueError, match="below_minimum, at least 5"):
        signature.collate(requests, pad=0)
    assert collated(signature, requests, pad=5)["x"].shape == (2, 2, 2)


def test_inputs_without_rows_are_taken_over():
    signature = Signature({"x": TensorSpec(("batch",), "int64"), "table": TensorSpec((2,))})
    table = np.array([1, np.nan], np.float32)
    requests = [{"x": np.array([i]), "table": array} for i, array in enumerate([table, table, table.copy()])]
    batch = collated(signature, requests)
    assert batch["table"] is table
    assert batch["x"].tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"inputs\['table'\] has no rows, .*: requests 0 and 2 differ"):
        signature.collate([*requests[:2], {"x": np.array([1]), "table": np.ones(2, np.float32)}])


def test_inputs_without_rows_share_the_padded_size_of_a_name():
    signature = Signature(
        {
            "ids": TensorSpec(("batch", SEQ), "int64"),
            "weights": TensorSpec((SEQ,)),
            "names": TensorSpec((SEQ,), "string"),
        },
        batch_dim="batch",
    )
    request = {"ids": np.ones(3, np.int64), "weights": np.ones(3, np.float32), "names": np.full(3, "a")}
    batch = collated(signature, [request, request], pad={"ids": 0, "weights": 2, "names": ""})
    assert batch["weights"].tolist() == [1, 1, 1, 2]
    assert batch["names"].tolist() == ["a", "a", "a", b""]


def test_an_optional_input_is_in_all_requests_or_in_none():
    signature = Signature({"x": TensorSpec((None,)), "y": TensorSpec((None, None), "string", optional=True)})
    x, y = np.ones(1, np.float32), np.array([["a"]])
    assert list(collated(signature, [{"x": x}, {"x": x}])) == ["x"]
    assert collated(signature, [{"x": x, "y": y}, {"x": x, "y": y}])["y"].tolist() == [["a"], ["a"]]
    with pytest.raises(ValueError, match=r"inputs\['y'\] is in request 2 and not in request 0"):
        signature.collate([{"x": x}, {}, {"x": x, "y": y}])


@pytest.mark.parametrize(
    "make",
    [
        lambda *texts: np.array(texts),
        lambda *texts: np.array(texts).astype("S"),
        lambda *texts: np.array(texts, object),
        lambda *texts: (
            np.array(texts, np.dtypes.StringDType()) if hasattr(np.dtypes, "StringDType") else np.array(texts)
        ),
    ],
    ids=["U", "S", "O", "StringDType"],
)
def test_strings_become_objects(make):
    signature = Signature({"x": TensorSpec((None, None), "string")})
    batch = collated(signature, [{"x": make("a", "größe"[:2])}, {"x": make("x")}], pad="")
    assert batch["x"].dtype == object
    assert [[str(each).strip("b'") for each in row] for row in batch["x"].tolist()] == [["a", "gr"], ["x", ""]]


def test_a_single_string_is_a_row():
    signature = Signature({"x": TensorSpec((None,), "string")})
    batch = collated(signature, [{"x": np.array("a")}, {"x": np.str_("b")}, {"x": np.array(["c", "d"])}])
    assert batch["x"].tolist() == ["a", "b", "c", "d"]


def test_a_single_number_is_a_row():
    signature = Signature({"x": TensorSpec((None,), "int64")})
    batch = collated(signature, [{"x": np.int64(1)}, {"x": np.array(2)}, {"x": array.array("q", [3, 4])}])
    assert batch["x"].tolist() == [1, 2, 3, 4]


def ragged(*rows, dtype=np.float32, splits=np.int64):
    return {
        "values": np.array([value for row in rows for value in row], dtype),
        "row_splits": np.cumsum([0, *map(len, rows)]).astype(splits),
    }


def test_ragged_rows_are_joined_by_their_parts():
    signature = Signature({"x": RaggedTensorSpec((None, None), "float32", 1, "int32")})
    requests = [{"x": ragged([1, 2], [], splits=np.int32)}, {"x": tuple(ragged([3], splits=np.int32).values())}]
    out = signature.collate(requests)
    signature.check(out.batch)
    assert out.batch["x"]["values"].tolist() == [1, 2, 3]
    assert out.batch["x"]["row_splits"].tolist() == [0, 2, 2, 3]
    assert out.batch["x"]["row_splits"].dtype == np.int32
    assert out.sizes.tolist() == [2, 1]
    assert out.lengths == {}


def test_rows_of_rows_are_joined():
    signature = Signature({"x": RaggedTensorSpec((None, None, None), "string", 2)})
    one = {"values": ragged(["a"], ["b", "c"], dtype=object), "row_splits": np.array([0, 2])}
    batch = collated(signature, [{"x": one}, {"x": one}])
    assert batch["x"]["row_splits"].tolist() == [0, 2, 4]
    assert batch["x"]["values"]["row_splits"].tolist() == [0, 1, 3, 4, 6]
    assert batch["x"]["values"]["values"].tolist() == ["a", "b", "c", "a", "b", "c"]


def test_dimensions_within_ragged_rows_are_filled_up():
    signature = Signature({"x": RaggedTensorSpec((None, None, "d"), ragged_rank=1)})
    requests = [{"x": {"values": np.ones((2, width), np.float32), "row_splits": np.array([0, 2])}} for width in (1, 2)]
    batch = collated(signature, requests, pad=0)
    assert batch["x"]["values"].tolist() == [[1, 0], [1, 0], [1, 1], [1, 1]]
    with pytest.raises(ValueError, match=r"axis 2 of inputs\['x'\] has size 1 in request 0 and 2 in request 1"):
        signature.collate(requests)


def test_more_values_than_row_splits_can_count_are_refused():
    signature = Signature({"x": RaggedTensorSpec((None, None, 0), "float32", 1, "int32")})
    one = {"values": np.zeros((2**30, 0), np.float32), "row_splits": np.array([0, 2**30], np.int32)}
    with pytest.raises(ValueError, match="2147483648 values are more than row_splits of int32 can count"):
        signature.collate([{"x": one}, {"x": one}])


def sparse(indices, values, shape):
    return {
        "indices": np.array(indices, np.int64).reshape(-1, 2),
        "values": np.array(values, np.float32),
        "dense_shape": np.array(shape),
    }


def test_sparse_rows_are_joined_by_their_parts():
    signature = Signature({"x": SparseTensorSpec((None, None))})
    requests = [sparse([[0, 1], [1, 0]], [1, 2], [2, 3]), sparse([], [], [1, 5]), sparse([[0, 2]], [3], [1, 4])]
    out = signature.collate([{"x": requests[0]}, {"x": requests[1]}, {"x": tuple(requests[2].values())}])
    signature.check(out.batch)
    assert out.batch["x"]["indices"].tolist() == [[0, 1], [1, 0], [3, 2]]
    assert out.batch["x"]["values"].tolist() == [1, 2, 3]
    assert out.batch["x"]["dense_shape"].tolist() == [4, 5]
    assert out.sizes.tolist() == [2, 1, 1]


def test_sparse_rows_share_the_padded_size_of_a_name():
    seq = Dim("seq", multiple_of=4)
    signature = Signature(
        {"x": SparseTensorSpec(("batch", "n")), "y": TensorSpec(("batch", seq)), "z": TensorSpec(("batch", "n"))}
    )
    requests = [
        {"x": sparse([[0, 0]], [1], [1, n]), "y": np.ones((1, n), np.float32), "z": np.ones((1, n), np.float32)}
        for n in (1, 3)
    ]
    batch = collated(signature, requests, pad=0)
    assert batch["x"]["dense_shape"].tolist() == [2, 3]
    assert batch["y"].shape == (2, 4)


def test_ragged_and_sparse_inputs_without_rows_are_taken_over():
    signature = Signature(
        {
            "x": TensorSpec(("batch",)),
            "r": RaggedTensorSpec((2, None)),
            "s": SparseTensorSpec((2, 3)),
            "any": RaggedTensorSpec(None, ragged_rank=1),
        }
    )

    def request(last):
        x = np.ones(1, np.float32)
        return {"x": x, "r": ragged([1], [2]), "s": sparse([[0, 1]], [last], [2, 3]), "any": ragged([1])}

    batch = collated(signature, [request(1), request(1)])
    assert batch["r"]["row_splits"].tolist() == [0, 1, 2]
    assert batch["s"]["dense_shape"].tolist() == [2, 3]
    assert batch["any"]["values"].tolist() == [1]
    with pytest.raises(ValueError, match=r"inputs\['s'\] has no rows"):
        signature.collate([request(1), request(2)])


def test_rows_that_padding_would_have_to_invent_are_refused():
    signature = Signature({"x": TensorSpec(("batch", SEQ)), "r": RaggedTensorSpec((SEQ, None))}, batch_dim="batch")
    request = {"x": np.ones((1, 3), np.float32), "r": ragged([1], [2], [3])}
    with pytest.raises(ValueError, match=r"inputs\['r'\] has 3 rows, and seq is 4 in all"):
        signature.collate([request], pad=0)


@dataclasses.dataclass
class Query:
    ids: np.ndarray
    more: list


Pair = collections.namedtuple("Pair", "b a")


def test_the_batch_has_the_containers_of_the_first_good_request():
    spec = TensorSpec(("batch",), "int64")
    signature = Signature({"query": Query(spec, [spec]), "pair": Pair(spec, (spec,)), "map": {"b": spec, "a": spec}})

    def request(i):
        x = [np.array([i + 10 * place]) for place in range(6)]
        return {"query": Query(x[0], [x[1]]), "pair": Pair(x[2], (x[3],)), "map": {"a": x[5], "b": x[4]}}

    requests = [None, request(1), request(2)]
    batch = collated(signature, requests)
    assert type(batch["query"]) is Query
    assert batch["query"].ids.tolist() == [1, 2]
    assert batch["query"].more[0].tolist() == [11, 12]
    assert type(batch["pair"]) is Pair
    assert batch["pair"].b.tolist() == [21, 22]
    assert batch["pair"].a[0].tolist() == [31, 32]
    assert list(batch["map"]) == ["a", "b"]
    assert batch["map"]["b"].tolist() == [41, 42]
    assert batch["map"]["a"].tolist() == [51, 52]
    assert requests[1]["query"].ids.tolist() == [1]


def test_equal_contracts_with_inputs_in_another_order_are_told_apart():
    specs = {"a": TensorSpec(("batch", 2)), "b": TensorSpec(("batch",), "int64")}
    request = {"a": np.ones(2, np.float32), "b": np.int64(3)}
    for names in ("ab", "ba"):
        batch = collated(Signature({name: specs[name] for name in names}), [request])
        assert batch["a"].tolist() == [[1, 1]]
        assert batch["b"].tolist() == [3]


def test_bare_tensors_become_a_bare_tensor():
    signature = Signature(TensorSpec((None, 2)))
    assert collated(signature, [np.zeros((1, 2), np.float32), np.ones(2, np.float32)]).tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize("make", [np.asfortranarray, lambda a: a[:, ::-1][:, ::-1], lambda a: a.repeat(2, 0)[::2]])
def test_strided_requests_become_contiguous(make):
    requests = [{"ids": make(np.arange(6).reshape(2, 3) + i)} for i in range(3)]
    batch = collated(IDS, requests)
    assert batch["ids"].tolist() == np.concatenate([request["ids"] for request in requests]).tolist()
    assert batch["ids"].flags.c_contiguous


def test_the_batch_shares_no_memory_with_its_requests():
    (request,) = ids(3)
    assert not np.shares_memory(collated(IDS, [request])["ids"], request["ids"])


def test_rows_that_disagree_on_their_number_are_refused():
    signature = Signature({"x": TensorSpec((None,)), "r": RaggedTensorSpec((None, None))})
    out = signature.collate([{"x": np.ones(2, np.float32), "r": ragged([1])}])
    assert [violation.code for violation in out.report.violations] == ["dim_mismatch"]


@pytest.mark.parametrize("dim", [Dim("batch", max=2), Dim("batch", multiple_of=2), Dim("batch", min=4)])
def test_a_number_of_rows_that_the_contract_does_not_allow_is_refused(dim):
    signature = Signature({"x": TensorSpec((dim,))})
    with pytest.raises(ValueError, match=r"the requests have 3 rows in all, and axis 0 of inputs\['x'\] is Dim\("):
        signature.collate([{"x": np.array(1, np.float32)}] * 3)


def test_without_a_batch_dimension_there_is_nothing_to_collate():
    with pytest.raises(ValueError, match="no input has a batch dimension"):
        Signature({"x": TensorSpec((3,))}).collate([{"x": np.zeros(3, np.float32)}])


def test_rows_that_need_all_others_are_refused():
    with pytest.raises(ValueError, match="dimension 'n' counts the rows and stands on axis 1"):
        Signature({"x": TensorSpec(("n", "n"))}).collate([])
