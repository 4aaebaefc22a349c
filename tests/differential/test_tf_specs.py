"""Contracts to and from TensorFlow's specs, functions, models and datasets."""

import collections
import dataclasses
import random

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.tensor import BoundedTensorSpec

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

DTYPES = [tf.as_dtype(number).name for number in range(1, 34)]
Point = collections.namedtuple("Point", ["x", "y"])
F = tf.TensorSpec([None, 3])
G = TensorSpec((None, 3))


@dataclasses.dataclass
class Query:
    words: object


class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.scale = tf.Variable(2.0)

    @tf.function(input_signature=[F, {"n": tf.TensorSpec([], tf.int32, "count")}])
    def __call__(self, image, options):
        return {"scaled": image * self.scale, "n": options["n"]}

    @tf.function
    def traced(self, x, factor=3):
        return x * factor

    @tf.function
    def untraced(self, x):
        return x


@pytest.fixture(scope="module")
def model():
    return Model()


@pytest.fixture(scope="module")
def loaded(model, tmp_path_factory):
    @tf.function(input_signature=[F])
    def serve(image):
        return {"scaled": image * 2.0}

    model.traced(tf.zeros(3))
    model.untraced(tf.zeros(3))
    model.untraced(tf.zeros((2, 3)))
    path = str(tmp_path_factory.mktemp("model"))
    tf.saved_model.save(model, path, signatures={"serving_default": serve, "other": serve})
    return tf.saved_model.load(path)


def inputs_of(x):
    return Signature.from_tf(x).inputs


# Specs and nests of them


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (F, G),
        (tf.TensorSpec([], tf.string, "s"), TensorSpec((), "string", "s")),
        (tf.TensorSpec(None, tf.bfloat16), TensorSpec(None, "bfloat16")),
        (tf.TensorSpec([2**40, 0]), TensorSpec((2**40, 0))),
        (tf.SparseTensorSpec([None, 4], tf.int64), SparseTensorSpec((None, 4), "int64")),
        (tf.SparseTensorSpec(None), SparseTensorSpec(None)),
        (tf.RaggedTensorSpec([None, None]), RaggedTensorSpec((None, None))),
        (
            tf.RaggedTensorSpec([2, None, 3], tf.string, 1, tf.int32),
            RaggedTensorSpec((2, None, 3), "string", 1, "int32"),
        ),
        (tf.RaggedTensorSpec(None, tf.int8, 2), RaggedTensorSpec(None, "int8", 2)),
        ({"a": F, "b": [F, (F,)]}, {"a": G, "b": [G, (G,)]}),
        ([], []),
    ],
    ids=repr,
)
def test_both_ways(theirs, ours):
    signature = Signature(ours)
    assert Signature.from_tf(theirs) == signature
    assert signature.to_tf() == theirs
    assert Signature.from_tf(signature.to_tf()) == signature


def random_spec(rng):
    dtype = rng.choice(DTYPES)
    sizes = [rng.choice([None, 0, 1, 3, 2**31, 2**63 - 1]) for _ in range(rng.randrange(1, 5))]
    shape = rng.choice([None, sizes])
    kind = rng.randrange(4)
    if kind == 0:
        return SparseTensorSpec(shape, dtype)
    if kind == 1:
        rank = rng.randrange(1, 4)
        sizes += [None] * (rank + 1 - len(sizes))
        return RaggedTensorSpec(shape and sizes, dtype, rank, rng.choice(["int32", "int64"]))
    return TensorSpec(rng.choice([shape, ()]), dtype, rng.choice([None, "", "a"]))


def random_nest(rng, depth=3):
    if depth == 0 or rng.random() < 0.4:
        return random_spec(rng)
    parts = [random_nest(rng, depth - 1) for _ in range(rng.randrange(1, 4))]
    if rng.random() < 0.3:
        return {rng.choice(["a", "größe", "b c"]) + str(i): part for i, part in enumerate(parts)}
    if rng.random() < 0.3:
        return Point(parts[0], parts[-1])
    return parts if rng.random() < 0.5 else tuple(parts)


@pytest.mark.parametrize("seed", range(4), ids="seed={}".format)
def test_random_nests_both_ways(seed):
    rng = random.Random(seed)
    for _ in range(500):
        signature = Signature(random_nest(rng))
        theirs = signature.to_tf()
        assert Signature.from_tf(theirs) == signature
        flat = tf.nest.flatten(theirs)
        assert all(isinstance(spec, tf.TypeSpec) for spec in flat)
        assert [inputs_of(spec) for spec in flat] == signature.flatten(signature.inputs)


def test_a_namedtuple_stays_one_both_ways():
    theirs = Signature(Point(G, [G])).to_tf()
    tf.nest.assert_same_structure(theirs, Point(F, [F]))
    assert type(theirs).__name__ == "Point"
    assert Signature.from_tf(Point(F, [F])) == Signature(Point(G, [G]))


def test_a_dataclass_stays_one_both_ways():
    theirs = Signature(Query({"a": G})).to_tf()
    assert type(theirs).__name__ == "Query"
    assert theirs.words == {"a": F}
    assert Signature.from_tf(theirs) == Signature(Query({"a": G}))


def test_what_tensorflow_has_no_word_for_is_left_out():
    spec = TensorSpec(("batch", Dim("seq", max=8)), minimum=0, finite=True, default=np.ones((1, 2), np.float32))
    ragged = RaggedTensorSpec((None, Dim(min=1)), "string", name="r", max_bytes=3, optional=True)
    signature = Signature({"x": spec, "r": ragged}, {"y": spec}, batch_dim="batch")
    assert signature.to_tf() == {"x": tf.TensorSpec([None, None]), "r": tf.RaggedTensorSpec([None, None], tf.string)}


def test_a_contract_is_an_input_signature():
    signature = Signature({"a": [G], "r": RaggedTensorSpec((None, None)), "p": Point(G, SparseTensorSpec((None, 3)))})
    function = tf.function(lambda batch: batch["a"][0], input_signature=[signature.to_tf()])
    assert inputs_of(function) == {"batch": signature.inputs}


def test_bounds_become_rules():
    bounded = BoundedTensorSpec([2, 3], tf.float32, 0.0, [1.0, 2.0, 3.0], "b")
    assert inputs_of(bounded) == TensorSpec((2, 3), name="b", minimum=0.0, maximum=[1.0, 2.0, 3.0])
    assert inputs_of(BoundedTensorSpec([], tf.uint8, 0, 255)) == TensorSpec((), "uint8", minimum=0, maximum=255)


def test_bounds_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="minimum 2 is over maximum 1"):
        Signature.from_tf(BoundedTensorSpec([], tf.int32, 2, 1))


def test_a_variable_is_described_by_its_value():
    assert inputs_of([tf.type_spec_from_value(tf.Variable([[1, 2]]))]) == [TensorSpec((1, 2), "int32")]


def test_a_ragged_spec_without_ragged_dimensions_is_dense():
    assert inputs_of(tf.RaggedTensorSpec([2, 3], tf.int8, 0)) == TensorSpec((2, 3), "int8")


def test_tensorflow_s_own_containers_are_plain_ones():
    module = tf.Module()
    module.nest = {"a": [F], "b": (F,)}
    assert inputs_of(module.nest) == {"a": [G], "b": (G,)}


# Functions


def test_a_function_s_inputs_are_named_by_its_parameters(model):
    signature = Signature.from_tf(model.__call__)
    assert signature.inputs == {"image": G, "options": {"n": TensorSpec((), "int32", "count")}}
    assert signature.outputs is None
    assert "'__call__'" in signature.source


def test_a_single_parameter_is_named_too():
    assert inputs_of(tf.function(lambda x: x, input_signature=[F])) == {"x": G}


def test_a_parameter_with_a_default_is_optional():
    @tf.function(input_signature=[F, tf.TensorSpec([])])
    def f(x, y=2.5):
        return x * y

    assert f(np.zeros((1, 3), np.float32)).shape == (1, 3)
    assert inputs_of(f) == {"x": G, "y": TensorSpec((), optional=True)}
    # What was traced takes every tensor.
    assert inputs_of(f.get_concrete_function()) == {"x": G, "y": TensorSpec(())}


def test_parameters_beyond_the_input_signature_are_no_inputs():
    @tf.function(input_signature=[F])
    def f(x, training=False):
        return x if training else -x

    assert inputs_of(f) == inputs_of(f.get_concrete_function()) == {"x": G}


def test_a_name_that_says_no_more_than_the_parameter_is_left_out():
    f = tf.function(lambda x, y: x + y, input_signature=[tf.TensorSpec([], name="x"), tf.TensorSpec([], name="why")])
    want = {"x": TensorSpec(()), "y": TensorSpec((), name="why")}
    assert inputs_of(f) == inputs_of(f.get_concrete_function()) == want


def test_a_concrete_function_knows_its_outputs(model):
    signature = Signature.from_tf(model.__call__.get_concrete_function())
    assert signature.inputs == {"image": G, "options": {"n": TensorSpec((), "int32", "count")}}
    assert signature.outputs == {"scaled": G, "n": TensorSpec((), "int32")}


def test_a_concrete_function_of_every_kind_of_parameter():
    @tf.function
    def f(p, *rest, mode, q):
        assert (mode, len(rest), len(q)) == ("sum", 2, 1)
        return p.x, tf.sparse.add(p.y, p.y)

    sparse = tf.SparseTensorSpec([None, 4])
    ragged = tf.RaggedTensorSpec([None, None, 3], tf.int32, 1)
    signature = Signature.from_tf(
        f.get_concrete_function(Point(ragged, sparse), F, tf.zeros(2), mode="sum", q=[{"a b": F}])
    )
    assert signature.inputs == {
        "p": Point(RaggedTensorSpec((None, None, 3), "int32", 1), SparseTensorSpec((None, 4))),
        "rest_0": G,
        "rest_1": TensorSpec((2,)),
        "q": [{"a b": G}],
    }
    assert signature.outputs == (RaggedTensorSpec((None, None, 3), "int32", 1), SparseTensorSpec((None, None)))


def test_outputs_that_are_no_tensors_are_not_known():
    nothing = tf.function(lambda x: tf.assert_rank(x, 2) and None).get_concrete_function(F)
    partly = tf.function(lambda x: {"x": x, "none": None}).get_concrete_function(F)
    assert Signature.from_tf(nothing).outputs is None
    assert Signature.from_tf(partly).outputs is None


def test_a_variable_is_an_input():
    variable = tf.Variable([1.0, 2.0])
    traced = tf.function(lambda v: v + 1).get_concrete_function(variable)
    assert Signature.from_tf(traced) == Signature({"v": TensorSpec((2,))}, TensorSpec((2,)))


def test_a_wrapped_function_of_tensorflow_1():
    wrapped = tf.compat.v1.wrap_function(lambda x: x, [F])
    assert Signature.from_tf(wrapped).outputs == G
    assert [spec.shape for spec in inputs_of(wrapped).values()] == [(None, 3)]


# Models and datasets


def test_a_loaded_model_is_its_serving_signature(loaded):
    want = Signature({"image": G}, {"scaled": G})
    assert Signature.from_tf(loaded) == want
    assert Signature.from_tf(loaded.signatures["serving_default"]) == want


def test_a_loaded_model_s_functions_are_read(loaded):
    assert inputs_of(loaded.__call__) == {"image": G, "options": {"n": TensorSpec((), "int32", "count")}}
    assert inputs_of(loaded.traced) == {"x": TensorSpec((3,))}


def test_a_loaded_signature_is_what_the_saved_model_says(model, tmp_path):
    tf.saved_model.save(model, tmp_path, signatures=model.traced.get_concrete_function(tf.TensorSpec([None, 3])))
    loaded = tf.saved_model.load(tmp_path)
    assert Signature.from_tf(loaded) == Signature(
        Signature.from_saved_model(tmp_path).inputs, Signature.from_saved_model(tmp_path).outputs
    )


@pytest.mark.parametrize("batch", [{"a": np.zeros((5, 2)), "b": (np.zeros(5, np.int32), np.full(5, "s"))}, np.zeros(5)])
def test_a_dataset_is_its_elements(batch):
    dataset = tf.data.Dataset.from_tensor_slices(batch).batch(2)
    signature = Signature.from_tf(dataset)
    assert Signature.from_tf(iter(dataset)) == signature
    assert signature.to_tf() == dataset.element_spec
    for element in dataset:
        signature.check(element)
    for element in dataset.as_numpy_iterator():
        signature.check(element)


def test_a_dataset_s_tensors_are_examples():
    columns = {"a": np.arange(10, dtype=np.float32).reshape(5, 2), "s": np.array(["a", "b", "c", "d", "e"])}
    dataset = tf.data.Dataset.from_tensor_slices(columns).batch(2)
    signature = Signature.from_batches(dataset, sizes=True, values=True)
    rows = Dim("batch", min=1, max=2)
    assert signature.inputs == {
        "a": TensorSpec((rows, 2), minimum=0, maximum=9, finite=True),
        "s": TensorSpec((rows,), "string"),
    }
    assert signature.is_subtype_of(Signature.from_tf(dataset))


BOUNDS = {"minimum": 1, "maximum": 2}
FINITE = {"finite": True}


@pytest.mark.parametrize(
    ("dtype", "rules"),
    [
        (tf.bfloat16, BOUNDS | FINITE),
        (tf.dtypes.experimental.float8_e5m2, BOUNDS | FINITE),
        (tf.dtypes.experimental.int4, BOUNDS),
        (tf.qint8, BOUNDS),
        (tf.complex64, FINITE),
        (tf.bool, {}),
    ],
    ids=str,
)
def test_examples_of_tensorflow_s_dtypes(dtype, rules):
    tensor = tf.cast(tf.constant([1, 2], tf.float32 if dtype.is_floating else tf.int32), dtype)
    signature = Signature.from_batches([tensor], values=True)
    signature.check(tensor)
    assert signature.inputs == TensorSpec(("batch",), dtype, **rules)


@pytest.mark.parametrize(
    "tensor", [tf.ragged.constant([[1], []]), tf.sparse.from_dense([[0, 1]])], ids=["ragged", "sparse"]
)
def test_examples_that_are_not_dense_are_refused(tensor):
    with pytest.raises(ValueError, match=r"inputs\['x'\] .* a dense tensor goes here"):
        Signature.from_batches([{"x": tensor}])


# What can't be described


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (None, "inputs is of type NoneType; a tf.TensorSpec"),
        (3, "inputs is of type int; a tf.TensorSpec"),
        ({"a": [F, "x"]}, r"inputs\['a'\]\[1\] is of type str; a tf.TensorSpec"),
        ([tf.zeros(3)], r"inputs\[0\] is of type EagerTensor; Signature.from_batches takes examples"),
        ({"a": G}, r"inputs\['a'\] is of type TensorSpec; Signature itself takes"),
        (len, "inputs is of type builtin_function_or_method; give a tf.function with an input_signature"),
        (Model(), "inputs is of type Model; give a tf.function with an input_signature"),
        (tf.IndexedSlicesSpec(), "inputs is of type IndexedSlicesSpec"),
        (tf.data.DatasetSpec(F), "inputs is of type DatasetSpec"),
        (tf.function(lambda x: x[0]).get_concrete_function([F, 3]), r"inputs\['x'\]\[1\] is of type int"),
    ],
    ids=str,
)
def test_what_is_no_spec_is_refused_with_its_place(x, message):
    with pytest.raises(TypeError, match=message):
        Signature.from_tf(x)


def test_a_function_without_a_signature_is_refused_with_the_remedy(model, loaded):
    with pytest.raises(ValueError, match=r"'traced' has no input_signature: .* traced.get_concrete_function\("):
        Signature.from_tf(model.traced)
    with pytest.raises(ValueError, match="has 2 traces: give one of its concrete_functions"):
        Signature.from_tf(loaded.untraced)
    assert inputs_of(loaded.untraced.concrete_functions[0])["x"].dtype == "float32"


def test_a_model_with_several_signatures_or_none_is_refused(model, tmp_path):
    tf.saved_model.save(model, tmp_path / "two", signatures={"a": model.__call__, "b": model.__call__})
    with pytest.raises(ValueError, match=r"the model has 2 signatures \('a', 'b'\): give one"):
        Signature.from_tf(tf.saved_model.load(tmp_path / "two"))
    tf.saved_model.save(tf.Module(), tmp_path / "none")
    with pytest.raises(ValueError, match=r"the model has 0 signatures"):
        Signature.from_tf(tf.saved_model.load(tmp_path / "none"))


def test_a_nest_that_holds_itself_is_refused():
    nest = []
    nest.append(nest)
    with pytest.raises(ValueError, match="nested over 64 deep"):
        Signature.from_tf(nest)
