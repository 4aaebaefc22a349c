"""Objects whose own code changes them, or gets in the way, while a batch is looked at."""

import numpy as np
import pytest

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, ValidationError


class Growing:
    """Exports tensors, the first of them first; a class that DLPack alone knows."""

    def __init__(self, *tensors):
        self.tensors = list(tensors)

    def __dlpack_device__(self):
        return (1, 0)

    def __dlpack__(self, **options):
        exported = self.tensors.pop(0) if len(self.tensors) > 1 else self.tensors[0]
        return exported.__dlpack__()


class EagerTensor:
    """Says that it holds two strings, and holds many; looks like TensorFlow's."""

    __module__ = "tensorflow.strings"
    backing_device = "CPU:0"

    def _datatype_enum(self):
        return 7

    def _shape_tuple(self):
        return (2,)

    def _numpy_internal(self):
        return np.array(["too long"] * 100_000, object)


class Key(str):
    """A name that can't be compared."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        raise RuntimeError("compared")


def parts(dense_shape, indices=((2, 0),)):
    return {
        "indices": np.array(indices, np.int64).reshape(-1, 2),
        "values": np.ones(len(indices), np.float32),
        "dense_shape": dense_shape,
    }


def test_rows_that_came_since_the_check_are_not_marked():
    signature = Signature({"s": TensorSpec((None,), "string", max_bytes=1)})
    assert signature.bad_rows({"s": EagerTensor()}).tolist() == [True, True]


def test_indices_that_change_their_rank_are_refused():
    given = parts(np.array([4, 4])) | {"indices": Growing(np.zeros((1, 2), np.int64), np.zeros(3, np.int64))}
    (violation,) = SparseTensorSpec(None).violations(given)
    assert (violation.path, violation.code) == ("input.indices", "unsupported")


@pytest.mark.parametrize("contract", [RaggedTensorSpec((None, None)), SparseTensorSpec((None, None))])
def test_a_part_whose_name_cannot_be_compared_is_refused(contract):
    assert not contract.accepts({Key("values"): 1, Key("row_splits"): 2})
    assert not contract.accepts({Key("indices"): 1, Key("values"): 2, Key("dense_shape"): 3})


def test_a_request_whose_name_cannot_be_compared_is_refused():
    signature = Signature({"x": TensorSpec((None, 2))})
    collated = signature.collate([{Key("x"): np.zeros((1, 2), np.float32)}, {"x": np.ones(2, np.float32)}])
    assert collated.report.ok.tolist() == [False, True]
    assert [violation.request for violation in collated.report.violations] == [0]
    assert collated.batch["x"].tolist() == [[1, 1]]


def test_a_mapping_is_joined_by_the_items_that_were_checked():
    class Lying(dict):
        def __getitem__(self, key):
            return np.full((1, 2), 7, np.int32)

    signature = Signature({"x": TensorSpec((None, 2))})
    collated = signature.collate([Lying(x=np.ones((1, 2), np.float32))])
    assert collated.batch["x"].tolist() == [[1, 1]]


def test_rows_of_a_dense_shape_that_only_dlpack_shows_are_counted():
    signature = Signature({"x": SparseTensorSpec((None, 3))})
    given = {"x": parts(Growing(np.array([4, 3])))}
    assert signature.accepts(given)
    assert signature.bad_rows(given).tolist() == [False] * 4


def test_claimed_rows_take_no_memory():
    signature = Signature({"x": SparseTensorSpec((None, 3))})
    with pytest.raises(ValueError, match=r"^the batch claims 10000000000000 rows; the limit is 16777216$"):
        signature.bad_rows({"x": parts(np.array([10**13, 3]), ())})


def test_a_dense_shape_of_more_dimensions_than_tensorflow_has_is_refused():
    given = {
        "indices": np.zeros((0, 300), np.int64),
        "values": np.ones(0, np.float32),
        "dense_shape": np.ones(300, np.int64),
    }
    (violation,) = SparseTensorSpec(None).violations(given)
    assert str(violation) == "input.dense_shape  rank: expected at most 254 dimensions, got 300"


def doubled(value, times):
    for _ in range(times):
        value = [value, value]
    return value


def test_what_doubles_at_each_level_has_an_end():
    with pytest.raises(ValueError, match=r"^over 131072 tensors in one nest$"):
        Signature(doubled(TensorSpec(()), 40))
    with pytest.raises(TypeError, match="a batch of over 4194304 values"):
        Signature({}).batch_key(doubled(1.0, 40))
    signature = Signature({"x": TensorSpec((None,))})
    assert not signature.accepts({"x": doubled(1.0, 40)})
    with pytest.raises(ValidationError, match="lists of lists that share parts, of over 2097152 elements"):
        signature.conform({"x": doubled(1.0, 40)})


def test_one_name_has_one_set_of_rules_in_inputs_and_outputs():
    with pytest.raises(ValueError, match="has two sets of rules"):
        Signature({"x": TensorSpec((Dim("n", max=4),))}, {"y": TensorSpec(("n",))})


def test_a_dict_that_grows_while_it_is_looked_at_is_refused():
    class Adds:
        def __dlpack_device__(self):
            batch["c"] = np.zeros(1, np.float32)
            return (1, 0)

        def __dlpack__(self, **kwargs):
            return np.zeros(1, np.float32).__dlpack__()

    batch = {"a": Adds(), "b": np.zeros(1, np.float32)}
    signature = Signature({"a": TensorSpec((1,)), "b": TensorSpec((1,))})
    assert not signature.accepts(batch)
    assert list(batch) == ["a", "b", "c"]


def test_a_method_of_another_type_is_no_eager_tensors():
    class EagerTensor:
        __slots__ = ("shape",)
        _datatype_enum = list.reverse
        _shape_tuple = list.reverse

    EagerTensor.__module__ = "tensorflow.python.framework.ops"
    (violation,) = TensorSpec((None,), "int32").violations(EagerTensor())
    assert violation.code == "unsupported"
