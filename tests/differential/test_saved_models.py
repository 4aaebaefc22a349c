"""SavedModels that TensorFlow and Keras wrote: what tensorgate reads of them, against what the loaded model says."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tensorgate as tg
from tensorgate.serving import load_signatures

PLACEHOLDER_DTYPES = [tf.as_dtype(number) for number in range(1, 34) if number not in (20, 21)]


class Zoo(tf.Module):
    """One method for each kind of signature."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 3], tf.float32, "x"),
            tf.TensorSpec(None, tf.int64, "ids"),
            tf.TensorSpec([], tf.string, "text"),
            tf.TensorSpec([2, None, 0], tf.bool, "mask"),
        ]
    )
    def several(self, x, ids, text, mask):
        return {"doubled": 2 * x, "count": tf.size(ids), "text": text, "ids": ids, "mask": mask}

    @tf.function(input_signature=[])
    def no_inputs(self):
        return tf.constant([1.0, 2.0])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def listed_outputs(self, examples):
        return [examples, tf.strings.length(examples)]

    @tf.function(input_signature=[[tf.TensorSpec([2]), tf.TensorSpec([3])], {"key": tf.TensorSpec([4])}])
    def nested(self, pair, mapping):
        return pair[0] + mapping["key"][:2]

    @tf.function(input_signature=[tf.RaggedTensorSpec([None, None]), tf.RaggedTensorSpec([2, None, None], tf.string)])
    def ragged(self, x, y):
        return {"rows": x, "count": tf.size(y.values.values)}

    @tf.function(input_signature=[tf.SparseTensorSpec([None, 3], tf.int32), tf.SparseTensorSpec(None, tf.float32)])
    def sparse(self, x, y):
        return {"sparse": x, "values": y.values}

    @tf.function(
        input_signature=[tf.TensorSpec([None, 2]), tf.TensorSpec([], tf.float32), tf.TensorSpec([2], tf.int64)]
    )
    def with_defaults(self, x, scale=tf.constant(0.5), shift=tf.constant([3, 4], tf.int64)):  # noqa: B008
        return scale * x + tf.cast(shift, tf.float32)

    @tf.function(input_signature=[tf.TensorSpec([None, d.size], d, d.name) for d in PLACEHOLDER_DTYPES])
    def every_dtype(self, *tensors):
        return {tensor.dtype.name: tensor for tensor in tensors}


SIGNATURES = [name for name in vars(Zoo) if isinstance(getattr(Zoo(), name), tf.types.experimental.PolymorphicFunction)]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    path = tmp_path_factory.mktemp("zoo")
    module = Zoo()
    tf.saved_model.save(module, path, {name: getattr(module, name) for name in SIGNATURES})
    return path, tf.saved_model.load(path).signatures


def parts(spec):
    """Shape and dtype of a spec of either library."""
    if isinstance(spec, tg.TensorSpec):
        return spec.shape, spec.dtype
    return None if spec.shape.rank is None else tuple(spec.shape.as_list()), spec.dtype.name


def parts_by_name(specs):
    return {name: parts(spec) for name, spec in specs.items()}


def inputs_of(function):
    positional, by_name = function.structured_input_signature
    assert positional == ()
    return by_name


def components(specs):
    """The dense tensors of what may be composite, in no order: TensorFlow does not name those of an output."""
    return sorted(map(repr, map(parts, tf.nest.flatten(specs, expand_composites=True))))


def zeros_for(signature):
    """A batch for `signature`, its unknown dimensions 2."""
    batch = {}
    for name, spec in signature.inputs.items():
        shape = [2 if size is None else size for size in spec.shape or ()]
        dtype = tf.as_dtype(spec.dtype).as_numpy_dtype
        batch[name] = np.full(shape, b"", object) if spec.dtype == "string" else np.zeros(shape, dtype)
    return batch


def test_every_signature_is_found(zoo):
    path, loaded = zoo
    assert set(load_signatures(path)) == set(loaded) == set(SIGNATURES)


@pytest.mark.parametrize("name", SIGNATURES)
def test_inputs_are_those_of_the_loaded_function(zoo, name):
    path, loaded = zoo
    want = parts_by_name(inputs_of(loaded[name]))
    assert parts_by_name(load_signatures(path)[name].inputs) == want
    assert parts_by_name(tg.Signature.from_saved_model(path, name).inputs) == want


@pytest.mark.parametrize("name", SIGNATURES)
def test_outputs_are_those_of_the_loaded_function(zoo, name):
    path, loaded = zoo
    outputs = tg.Signature.from_saved_model(path, name).outputs
    assert components(dict(outputs)) == components(loaded[name].structured_outputs)
    dense = {key: spec for key, spec in loaded[name].structured_outputs.items() if isinstance(spec, tf.TensorSpec)}
    assert {key: parts(outputs[key]) for key in dense} == parts_by_name(dense)


def test_components_of_composite_outputs_are_told_apart_by_name(zoo):
    path, loaded = zoo
    outputs = tg.Signature.from_saved_model(path, "sparse").outputs
    spec = loaded["sparse"].structured_outputs["sparse"]
    assert isinstance(spec, tf.SparseTensorSpec)
    assert parts_by_name(outputs) == {
        "sparse/indices": ((None, 2), "int64"),
        "sparse/values": ((None,), spec.dtype.name),
        "sparse/dense_shape": ((2,), "int64"),
        "values": ((None,), "float32"),
    }
    assert {"rows/0", "rows/1"} < set(tg.Signature.from_saved_model(path, "ragged").outputs)


@pytest.mark.parametrize("name", SIGNATURES)
def test_loaded_function_takes_a_batch_that_passes(zoo, name):
    path, loaded = zoo
    signature = tg.Signature.from_saved_model(path, name)
    batch = zeros_for(signature)
    # Only tensors that fit together are a ragged or a sparse one.
    if name == "ragged":
        batch |= {"x_1": np.array([0, 2]), "y_1": np.array([0, 2, 2]), "y_2": np.array([0, 2, 2])}
    elif name == "sparse":
        batch |= {"x_2": np.array([2, 3])}
    signature.check(batch)
    outputs = loaded[name](**{key: tf.constant(value) for key, value in batch.items()})
    assert set(outputs) == set(loaded[name].structured_outputs)


def test_defaults_of_arguments_are_read(zoo):
    path, _ = zoo
    signature = tg.Signature.from_saved_model(path, "with_defaults")
    assert {name: spec.optional for name, spec in signature.inputs.items()} == {
        "x": False,
        "scale": True,
        "shift": True,
    }
    assert signature.inputs["scale"].default == np.float32(0.5)
    np.testing.assert_array_equal(signature.inputs["shift"].default, np.array([3, 4], np.int64), strict=True)
    assert signature.accepts({"x": np.zeros((1, 2), np.float32)})
    assert not signature.accepts({"scale": np.float32(1)})


def test_every_dtype_of_a_placeholder_is_read(zoo):
    path, _ = zoo
    inputs = tg.Signature.from_saved_model(path, "every_dtype").inputs
    assert {spec.dtype for spec in inputs.values()} == {dtype.name for dtype in PLACEHOLDER_DTYPES}


def keras_models():
    image = keras.Input((8, 8, 3), name="image")
    ids = keras.Input((None,), dtype="int32", name="ids")
    pooled = keras.layers.GlobalAveragePooling2D()(image)
    embedded = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(10, 3)(ids))
    score = keras.layers.Dense(1, name="score")(pooled + embedded)
    return {
        "sequential": keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]),
        "named": keras.Model({"image": image, "ids": ids}, {"score": score, "pooled": pooled}),
        "listed": keras.Model([image, ids], [score, pooled]),
        "fixed_batch": keras.Sequential([keras.Input(batch_shape=(16, 4), dtype="float64"), keras.layers.Flatten()]),
        "strings": keras.Sequential(
            [keras.Input((1,), dtype="string"), keras.layers.TextVectorization(vocabulary=["a"], output_mode="int")]
        ),
    }


@pytest.fixture(scope="module", params=list(keras_models()))
def exported(request, tmp_path_factory):
    path = tmp_path_factory.mktemp(request.param)
    keras_models()[request.param].export(path, verbose=False)
    return path, tf.saved_model.load(path).signatures


def test_models_that_keras_exports_are_read(exported):
    path, loaded = exported
    signatures = load_signatures(path)
    assert set(signatures) == set(loaded) >= {"serving_default"}
    for name, function in loaded.items():
        assert parts_by_name(signatures[name].inputs) == parts_by_name(inputs_of(function))
        assert parts_by_name(signatures[name].outputs) == parts_by_name(function.structured_outputs)
        assert signatures[name].method_name == "tensorflow/serving/predict"


def test_models_that_keras_exports_take_a_batch_that_passes(exported):
    path, loaded = exported
    signature = tg.Signature.from_saved_model(path)
    batch = zeros_for(signature)
    signature.check(batch)
    outputs = loaded["serving_default"](**{key: tf.constant(value) for key, value in batch.items()})
    assert set(outputs) == set(signature.outputs)


# TensorFlow 1's way to save: graphs with tags, and TensorInfos of composite tensors.


def save_tensorflow_1_model(path):
    v1 = tf.compat.v1
    info, definition = v1.saved_model.build_tensor_info, v1.saved_model.build_signature_def
    builder = v1.saved_model.Builder(str(path))
    for tags, width in ((["serve"], 3), (["serve", "gpu"], 5)):
        with tf.Graph().as_default(), v1.Session() as session:
            x = v1.placeholder(tf.float32, [None, width])
            scale = v1.placeholder_with_default(2.0, [])
            sparse = v1.sparse_placeholder(tf.int32, [None, width])
            ragged = v1.ragged.placeholder(tf.string, 1)
            free = v1.placeholder(tf.uint8)
            signatures = {
                "serving_default": definition(
                    {"x": info(x), "scale": info(scale)},
                    {"y": info(x * scale)},
                    "tensorflow/serving/predict",
                    {"scale": tf.constant(2.0)},
                ),
                "composites": definition(
                    {"sparse": info(sparse), "ragged": info(ragged), "free": info(free)},
                    {"sum": info(v1.sparse_reduce_sum(sparse))},
                    "custom",
                ),
                "classify": v1.saved_model.classification_signature_def(
                    v1.placeholder(tf.string, [None]), tf.constant(["a"]), tf.constant([1.0])
                ),
            }
            if width == 3:
                builder.add_meta_graph_and_variables(session, tags, signatures)
            else:
                builder.add_meta_graph(tags, signatures)
    builder.save()


@pytest.fixture(scope="module")
def tensorflow_1(tmp_path_factory):
    path = tmp_path_factory.mktemp("tensorflow_1") / "model"
    save_tensorflow_1_model(path)
    return path


def dense_tensors(graph, name, info):
    """The tensors by tensorgate's names, as TensorFlow finds them in the graph."""
    found = tf.compat.v1.saved_model.get_tensor_from_tensor_info(info, graph)
    if isinstance(found, tf.SparseTensor):
        return {f"{name}/{part}": getattr(found, part) for part in ("indices", "values", "dense_shape")}
    if isinstance(found, tf.RaggedTensor):
        return {f"{name}/{i}": part for i, part in enumerate(tf.nest.flatten(found, expand_composites=True))}
    return {name: found}


@pytest.mark.parametrize("tags", [("serve",), ("serve", "gpu"), ("gpu", "serve")], ids="-".join)
def test_each_graph_of_a_tensorflow_1_model_is_read_by_its_tags(tensorflow_1, tags):
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        meta_graph = tf.compat.v1.saved_model.load(session, tags, str(tensorflow_1))
        signatures = load_signatures(tensorflow_1, tags=tags)
        assert set(signatures) == set(meta_graph.signature_def)
        for name, definition in meta_graph.signature_def.items():
            signature = signatures[name]
            assert signature.method_name == definition.method_name
            for specs, infos in ((signature.inputs, definition.inputs), (signature.outputs, definition.outputs)):
                tensors = {}
                for key, info in infos.items():
                    tensors |= dense_tensors(graph, key, info)
                assert parts_by_name(specs) == parts_by_name(tensors)


def test_loaded_tensorflow_1_model_says_the_same_of_its_dense_signature(tensorflow_1):
    function = tf.saved_model.load(str(tensorflow_1), tags=["serve"]).signatures["serving_default"]
    signature = tg.Signature.from_saved_model(tensorflow_1)
    assert parts_by_name(signature.inputs) == parts_by_name(inputs_of(function))
    assert parts_by_name(signature.outputs) == parts_by_name(function.structured_outputs)


def test_default_of_a_tensorflow_1_signature_is_read(tensorflow_1):
    inputs = tg.Signature.from_saved_model(tensorflow_1, tags=("serve", "gpu")).inputs
    assert inputs["scale"].default == np.float32(2)
    assert inputs["x"].default is None


def test_tags_without_a_graph_are_refused_by_both(tensorflow_1):
    with pytest.raises(RuntimeError, match="train"):
        tf.saved_model.load(str(tensorflow_1), tags=["train"])
    with pytest.raises(ValueError, match="'train'"):
        load_signatures(tensorflow_1, tags=("train",))


def test_unknown_signature_is_refused_by_both(zoo):
    path, loaded = zoo
    with pytest.raises(KeyError):
        loaded["serving_default"]
    with pytest.raises(ValueError, match="no signature 'serving_default'; there are .*'several'"):
        tg.Signature.from_saved_model(path)
