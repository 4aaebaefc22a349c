import collections
import dataclasses

import numpy as np
import pytest

from tensorgate import Dim, Signature, TensorSpec

Point = collections.namedtuple("Point", ["x", "y"])


@dataclasses.dataclass
class Query:
    words: object
    user: object


def zeros(*shape, dtype=np.float32):
    return np.zeros(shape, dtype)


def inputs_of(*batches, **options):
    signature = Signature.from_batches(list(batches), **options)
    for batch in batches:
        signature.check(batch)
    return signature.inputs


def shapes_of(*batches, **options):
    return {name: spec.shape for name, spec in inputs_of(*batches, **options).items()}


def test_a_contract_of_examples():
    batches = [
        {"image": zeros(n, 8, 8, 3, dtype=np.uint8), "ids": zeros(n, m, dtype=np.int64)} for n, m in [(2, 5), (4, 7)]
    ]
    assert Signature.from_batches(batches) == Signature(
        {"image": TensorSpec(("batch", 8, 8, 3), "uint8"), "ids": TensorSpec(("batch", None), "int64")},
        batch_dim="batch",
    )


def test_the_name_may_be_chosen():
    assert Signature.from_batches([zeros(2)]).name == "serving_default"
    assert Signature.from_batches([zeros(2)], name="rank").name == "rank"


# Dimensions


def test_what_varies_together_shares_a_name():
    batches = [{"a": zeros(n, k), "b": zeros(n, m), "c": zeros(m, k)} for n, m, k in [(2, 2, 3), (2, 4, 5), (3, 4, 5)]]
    assert shapes_of(*batches) == {"a": ("batch", "dim_1"), "b": ("batch", "dim_2"), "c": ("dim_2", "dim_1")}


def test_what_varies_alone_has_no_name():
    assert shapes_of({"a": zeros(2, 3), "b": zeros(2)}, {"a": zeros(4, 5), "b": zeros(4)}) == {
        "a": ("batch", None),
        "b": ("batch",),
    }


def test_what_never_varies_is_fixed():
    assert shapes_of({"a": zeros(2, 3), "b": zeros(2, 3, 3)}, {"a": zeros(4, 3), "b": zeros(4, 3, 3)}) == {
        "a": ("batch", 3),
        "b": ("batch", 3, 3),
    }


def test_the_batch_dimension_of_a_single_example_is_open():
    assert shapes_of({"a": zeros(4, 4), "b": zeros(4), "table": zeros(100, 4)}) == {
        "a": ("batch", 4),
        "b": ("batch",),
        "table": (100, 4),
    }


def test_the_batch_dimension_of_examples_of_one_size_is_open():
    assert shapes_of({"a": zeros(4, 3)}, {"a": zeros(4, 5)}) == {"a": ("batch", None)}


def test_the_batch_dimension_is_the_one_that_most_inputs_share():
    batches = [{"tokens": zeros(k), "a": zeros(4, 2), "b": zeros(4)} for k in (7, 8)]
    assert shapes_of(*batches) == {"tokens": (None,), "a": ("batch", 2), "b": ("batch",)}
    batches = [{"w": zeros(9), "v": zeros(9), "u": zeros(9), "a": zeros(n, 2), "b": zeros(n)} for n in (7, 8)]
    assert shapes_of(*batches) == {"w": (9,), "v": (9,), "u": (9,), "a": ("batch", 2), "b": ("batch",)}


def test_the_batch_dimension_may_have_another_name_or_none():
    batches = [{"a": zeros(n, 3), "b": zeros(n)} for n in (2, 4)]
    named = Signature.from_batches(batches, batch_dim="dim_1")
    assert (named.batch_dim, named.inputs["b"].shape) == ("dim_1", ("dim_1",))
    unnamed = Signature.from_batches(batches, batch_dim=None)
    assert (unnamed.batch_dim, unnamed.inputs["b"].shape) == (None, ("dim_1",))
    assert shapes_of(batches[0], batch_dim=None) == {"a": (2, 3), "b": (2,)}


def test_scalars_have_no_batch_dimension():
    signature = Signature.from_batches([{"a": np.float32(1), "b": zeros()}])
    assert signature == Signature({"a": TensorSpec(()), "b": TensorSpec(())})


def test_a_rank_that_varies_is_unknown():
    assert shapes_of(
        {"a": zeros(2, 3), "b": zeros(2)}, {"a": zeros(4), "b": zeros(4)}, {"a": zeros(4, 3), "b": zeros(4)}
    ) == {
        "a": None,
        "b": ("batch",),
    }


def test_the_sizes_seen_bound_what_varied():
    batches = [{"a": zeros(n, m, 3), "b": zeros(n)} for n, m in [(2, 7), (4, 5)]]
    rows = Dim("batch", min=2, max=4)
    assert shapes_of(*batches, sizes=True) == {"a": (rows, Dim(min=5, max=7), 3), "b": (rows,)}
    # A single size is no range.
    assert shapes_of(batches[0], sizes=True) == {"a": ("batch", 7, 3), "b": ("batch",)}


# Inputs that are not always there


def test_an_input_that_some_batch_lacks_is_optional():
    few, all_of = {"a": zeros(2)}, {"a": zeros(3), "b": zeros(3, 3)}
    for batches in ([few, all_of], [all_of, few]):
        assert inputs_of(*batches) == {
            "a": TensorSpec(("batch",)),
            "b": TensorSpec(("batch", 3), optional=True),
        }


def test_an_input_seen_but_once_shares_the_batch_dimension():
    batches = [{"a": zeros(2)}, {"a": zeros(3), "b": zeros(3, 3)}, {"a": zeros(4)}]
    assert shapes_of(*batches, sizes=True) == {
        "a": (Dim("batch", min=2, max=4),),
        "b": (Dim("batch", min=2, max=4), 3),
    }


def test_inputs_that_were_never_together_may_differ():
    batches = [{"a": zeros(2), "b": zeros(2)}, {"a": zeros(3), "c": zeros(3)}, {"b": zeros(4), "c": zeros(5)}]
    inputs_of(*batches)


def test_what_a_lacking_dict_holds_is_optional():
    assert inputs_of({"a": zeros(2)}, {"a": zeros(3), "user": {"id": zeros(3)}}) == {
        "a": TensorSpec(("batch",)),
        "user": {"id": TensorSpec(("batch",), optional=True)},
    }


# Values


def test_the_values_seen_become_bounds():
    batches = [{"x": np.array(x, np.float32), "n": np.array(n)} for x, n in [([1, 5], [3]), ([0.1, 2], [-(2**63)])]]
    assert inputs_of(*batches, values=True, batch_dim=None) == {
        "x": TensorSpec((2,), minimum=np.float32(0.1), maximum=5, finite=True),
        "n": TensorSpec((1,), "int64", minimum=-(2**63), maximum=3),
    }


def test_values_are_asked_for():
    assert inputs_of(np.array([1.0, 2.0])) == TensorSpec(("batch",), "float64")


@pytest.mark.parametrize(
    ("array", "rules"),
    [
        (np.array([1, np.nan, 3], "f4"), {}),
        (np.array([1, np.inf], "f4"), {"minimum": 1, "maximum": np.inf}),
        (np.array([-np.inf, np.inf], "f8"), {"minimum": -np.inf, "maximum": np.inf}),
        (np.array([2**64 - 1, 5], "u8"), {"minimum": 5, "maximum": 2**64 - 1}),
        (np.array([0.0, 65504], "f2"), {"minimum": 0, "maximum": 65504, "finite": True}),
        (np.array([1j, 2]), {"finite": True}),
        (np.array([1j, complex(0, np.nan)]), {}),
        (np.array([True, False]), {}),
        (np.array(["a", "b"]), {}),
        (np.array([], "f4"), {}),
        (np.array([(-5,), (7,)], [("qint8", "i1")]), {"minimum": -5, "maximum": 7}),
    ],
    ids=repr,
)
def test_values_of_each_kind(array, rules):
    dtype = TensorSpec((), array.dtype).dtype
    assert inputs_of(array, values=True) == TensorSpec(("batch",), dtype, **rules)


def test_one_nan_in_any_batch_takes_the_bounds_away():
    clean, nan = np.array([1.0]), np.array([np.nan])
    for batches in ([clean, nan], [nan, clean], [clean, nan, clean]):
        assert inputs_of(*batches, values=True) == TensorSpec(("batch",), "float64")


def test_an_empty_batch_says_nothing_of_values():
    assert inputs_of(zeros(0), np.array([3], "f4"), values=True) == TensorSpec(
        ("batch",), minimum=3, maximum=3, finite=True
    )


# Structures


def test_every_nest():
    for nest in (zeros(2), [zeros(2), (zeros(2),)], Point(zeros(2), {"a": zeros(2)}), Query([], zeros(2)), {}, ()):
        Signature.from_batches([nest]).check(nest)
    signature = Signature.from_batches([Point(zeros(n), [zeros(n, dtype=np.int32)]) for n in (2, 3)])
    assert signature.inputs == Point(TensorSpec(("batch",)), [TensorSpec(("batch",), "int32")])
    assert type(signature.inputs).__name__ == "Point"


def test_strings_scalars_and_buffers():
    batch = {"s": np.array(["a", b"b"], object), "u": np.array(["x"]), "n": np.int8(3), "m": memoryview(b"ab")}
    assert inputs_of(batch) == {
        "s": TensorSpec(("batch",), "string"),
        "u": TensorSpec((1,), "string"),
        "n": TensorSpec((), "int8"),
        "m": TensorSpec(("batch",), "uint8"),
    }


def test_batches_may_come_from_a_generator_that_is_read_once():
    signature = Signature.from_batches({"x": zeros(n, 3)} for n in range(1, 1000))
    assert signature.inputs == {"x": TensorSpec(("batch", 3))}


def test_no_batch_is_kept():
    class Array(np.ndarray):
        alive = 0

        def __array_finalize__(self, _):
            Array.alive += 1

        def __del__(self):
            Array.alive -= 1

    def batches():
        for size in range(1, 20):
            yield {"x": zeros(size).view(Array)}
            assert Array.alive <= 4

    Signature.from_batches(batches(), values=True)
    assert Array.alive == 0


@pytest.mark.parametrize(
    ("batches", "error", "message"),
    [
        ([], ValueError, "there is no batch"),
        (
            [{"x": zeros(2)}, {"x": zeros(2, dtype=np.float64)}],
            ValueError,
            r"inputs\['x'\] is float32 in one .* float64 in",
        ),
        (
            [{"x": zeros(2)}, {"x": [zeros(2)]}],
            ValueError,
            r"inputs\['x'\] is a tensor in one batch and a list of 1 in",
        ),
        (
            [[zeros(2)], [zeros(2), zeros(2)]],
            ValueError,
            "inputs is a list of 1 in one batch and a list of 2 in another",
        ),
        ([[zeros(2)], (zeros(2),)], ValueError, "inputs is a list of 1 in one batch and a tuple of 1 in another"),
        ([Point(zeros(1), zeros(1)), (zeros(1), zeros(1))], ValueError, r"inputs is a Point\(x, y\) in one batch"),
        ([{"x": zeros(2, dtype=">f4")}], ValueError, r"inputs\['x'\] .* byte_order: big-endian float32"),
        ([{"x": [1, 2]}], ValueError, r"inputs\['x'\]\[0\] .* unsupported: a Python int"),
        ([{"x": None}], ValueError, r"inputs\['x'\] .* unsupported: None"),
        ([{"x": np.ma.array([1])}], ValueError, r"inputs\['x'\] .* unsupported: a masked array"),
        ([{"x": np.array(["a", 1], object)}], ValueError, r"inputs\['x'\] .* dtype: an object array with an int"),
        ([{"x": zeros(2, dtype="M8[s]")}], TypeError, r"inputs\['x'\]: dtype .* is not one that TensorFlow has"),
        ([{1: zeros(2)}], TypeError, "the name of a tensor"),
        ({"x": zeros(2)}, TypeError, "batches is a single batch; put it into a list"),
        (zeros(2, 3), TypeError, "batches is a single batch; put it into a list"),
    ],
)
def test_bad_examples_are_refused_with_the_path(batches, error, message):
    with pytest.raises(error, match=message):
        Signature.from_batches(batches)


def test_a_batch_that_holds_itself_is_refused():
    batch = {}
    batch["x"] = batch
    with pytest.raises(ValueError, match="nested over 64 deep"):
        Signature.from_batches([batch])
