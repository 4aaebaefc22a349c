"""saved_model.pb files, made by hand and at random: tensorgate's reader against TensorFlow's.

TensorFlow's C++ runtime says whether it takes a file at all, Python's protobuf what stands in it.
"""

import random
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf import fingerprint_pb2, saved_model_pb2
from tensorflow.python.saved_model.pywrap_saved_model import fingerprinting

import tensorgate as tg
from tensorgate.serving import load_signatures

DTYPES = range(1, 34)
NAMES = ["", "x", "y", "input_1", "a/b", "é", "日本", "with space", "x:0", "'"]


class Refused(Exception):
    """TensorFlow takes the file for no model with such a signature."""


def spec_of(info):
    """The tensor of a TensorInfo as TensorFlow's own classes read it."""
    try:
        dtype = tf.as_dtype(info.dtype)
    except TypeError as error:
        raise Refused(str(error)) from error
    if dtype != dtype.base_dtype:
        raise Refused("a reference type")
    if not info.tensor_shape.unknown_rank and any(dim.size < -1 for dim in info.tensor_shape.dim):
        raise Refused("what TensorFlow's C++ side says of a dimension below -1")
    shape = tf.TensorShape(info.tensor_shape)
    return None if shape.rank is None else tuple(shape.as_list()), dtype.name


def specs_of(name, info):
    """The dense tensors of an input or output by name."""
    encoding = info.WhichOneof("encoding")
    if encoding == "composite_tensor":
        components = enumerate(info.composite_tensor.components)
        return {key: spec for i, part in components for key, spec in specs_of(f"{name}/{i}", part).items()}
    shape, dtype = spec_of(info)
    if encoding != "coo_sparse":
        return {name: (shape, dtype)}
    rank = None if shape is None else len(shape)
    return {
        f"{name}/indices": ((None, rank), "int64"),
        f"{name}/values": ((None,), dtype),
        f"{name}/dense_shape": ((rank,), "int64"),
    }


def contract_of(definition):
    def specs(infos):
        return {key: spec for name, info in infos.items() for key, spec in specs_of(name, info).items()}

    inputs = specs(definition.inputs)
    try:
        defaults = {
            name: tf.make_ndarray(proto).tolist() for name, proto in definition.defaults.items() if name in inputs
        }
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from error
    return inputs, specs(definition.outputs), definition.method_name, defaults


def entries_class():
    """SavedModel without the graph, and with each map as what it is on the wire, repeated entries.

    Python's protobuf sets an entry aside that has an unknown field, C++'s does not; of repeated entries both find all.
    """
    file = descriptor_pb2.FileDescriptorProto(name="entries.proto", package="entries", syntax="proto3")
    file.dependency.append("tensorflow/core/protobuf/meta_graph.proto")
    string, message = descriptor_pb2.FieldDescriptorProto.TYPE_STRING, descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
    messages = {
        "InfoEntry": [("key", 1, ""), ("value", 2, ".tensorflow.TensorInfo")],
        "DefaultEntry": [("key", 1, ""), ("value", 2, ".tensorflow.TensorProto")],
        "Signature": [
            ("inputs", 1, "[].entries.InfoEntry"),
            ("outputs", 2, "[].entries.InfoEntry"),
            ("method_name", 3, ""),
            ("defaults", 4, "[].entries.DefaultEntry"),
        ],
        "SignatureEntry": [("key", 1, ""), ("value", 2, ".entries.Signature")],
        "MetaInfo": [("tags", 4, "[]")],
        "MetaGraph": [
            ("meta_info_def", 1, ".entries.MetaInfo"),
            ("signature_def", 5, "[].entries.SignatureEntry"),
        ],
        "SavedModel": [("meta_graphs", 2, "[].entries.MetaGraph")],
    }
    optional, repeated = 1, 3
    for name, fields in messages.items():
        out = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            label = repeated if kind.startswith("[]") else optional
            type_name = kind.removeprefix("[]")
            out.field.add(
                name=field_name,
                number=number,
                label=label,
                type=message if type_name else string,
                type_name=type_name or None,
            )
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("entries.SavedModel"))


SavedModelEntries = entries_class()


def signatures_hash(directory, data):
    """TensorFlow's C++ runtime's hash of the first MetaGraph's signatures."""
    Path(directory, "saved_model.pb").write_bytes(data)
    try:
        fingerprint = fingerprinting.CreateFingerprintDef(str(directory))
    except fingerprinting.FingerprintException as error:
        raise Refused(str(error)) from error
    return fingerprint_pb2.FingerprintDef.FromString(fingerprint).signature_def_hash


def without_repetitions(entries):
    """The SavedModel that TensorFlow makes of the entries: the last of one key wins."""
    model = saved_model_pb2.SavedModel()
    for graph in entries.meta_graphs:
        out = model.meta_graphs.add()
        out.meta_info_def.tags.extend(graph.meta_info_def.tags)
        for signature in graph.signature_def:
            definition = out.signature_def[signature.key]
            definition.Clear()
            definition.method_name = signature.value.method_name
            for name in ("inputs", "outputs", "defaults"):
                for entry in getattr(signature.value, name):
                    getattr(definition, name)[entry.key].CopyFrom(entry.value)
    return model


def contracts_of(model, tags):
    graphs = [graph for graph in model.meta_graphs if set(graph.meta_info_def.tags) == set(tags)]
    if not graphs:
        raise Refused("no such MetaGraph")
    return {
        name: contract_of(definition)
        for name, definition in graphs[0].signature_def.items()
        if name != "__saved_model_init_op"
    }


def is_parsed_by_tensorflow(directory, data):
    try:
        # The hash is of the first MetaGraph, and TensorFlow aborts the process where there is none.
        signatures_hash(directory, field(2, b"") + data)
    except Refused:
        return False
    return True


def read_by_protobuf(data, tags=("serve",)):
    try:
        return contracts_of(without_repetitions(SavedModelEntries.FromString(data)), tags)
    except DecodeError as error:
        raise Refused(str(error)) from error


def is_parsed_by_protobuf(data):
    try:
        SavedModelEntries.FromString(data)
    except DecodeError:
        return False
    return True


def contract_of_signature(signature):
    def specs(named):
        return {name: (spec.shape, spec.dtype) for name, spec in named.items()}

    defaults = {name: spec.default.tolist() for name, spec in signature.inputs.items() if spec.optional}
    return specs(signature.inputs), specs(signature.outputs), signature.method_name, defaults


def read_by_tensorgate(directory, data, tags=("serve",)):
    Path(directory, "saved_model.pb").write_bytes(data)
    return {name: contract_of_signature(found) for name, found in load_signatures(directory, tags=tags).items()}


def outcome(read, *arguments):
    """What `read` returns, or 'refused'; whatever else it raises is an error of the test's subject."""
    try:
        return read(*arguments)
    except (Refused, ValueError):
        return "refused"


def agree(directory, data, tags=("serve",)):
    """What both sides read, or 'refused' where both refuse."""
    want = outcome(read_by_protobuf, data, tags)
    assert outcome(read_by_tensorgate, directory, data, tags) == want, data.hex(" ")
    return want


def agree_with_tensorflow(directory, data, tags=("serve",)):
    """As agree, where the parts of the file that tensorgate does not read are sound."""
    assert is_parsed_by_tensorflow(directory, data) is is_parsed_by_protobuf(data), data.hex(" ")
    return agree(directory, data, tags)


# Protobuf's wire, by hand.


def varint(value, padding=0):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    for _ in range(padding):  # more bytes than the value needs, which is legal up to a point
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


def field(number, payload, padding=0):
    """A length-delimited field of bytes, or a varint field of an int."""
    if isinstance(payload, int):
        return varint(number << 3) + varint(payload, padding)
    return varint(number << 3 | 2) + varint(len(payload), padding) + payload


def group(number, payload):
    return varint(number << 3 | 3) + payload + varint(number << 3 | 4)


def shape_bytes(*sizes):
    return b"".join(field(2, field(1, size % 2**64)) for size in sizes)


ROWS_OF_3 = shape_bytes(-1, 3)
TAGS = field(1, field(4, b"serve"))


def info_bytes(dtype=1, shape=ROWS_OF_3, name=b"x:0"):
    return field(1, name) + field(2, dtype) + field(3, shape)


def entry(key, value):
    return field(1, key) + field(2, value)


def input_bytes(info=None, key=b"x"):
    return field(1, entry(key, info_bytes() if info is None else info))


def model_bytes(signature=None, key=b"serving_default", tags=TAGS):
    definition = field(5, entry(key, input_bytes() if signature is None else signature))
    return field(1, 1) + field(2, tags + definition)


# Random models, made by TensorFlow's own classes.


def random_shape_proto(rng, proto):
    if rng.random() < 0.15:
        proto.unknown_rank = True
        return
    for _ in range(rng.randrange(5)):
        proto.dim.add(size=rng.choice([-1, -1, 0, 1, 3, 224, 2**40, 2**63 - 1]), name=rng.choice(["", "é"]))


def random_info(rng, info, depth=0):
    info.dtype = rng.choice(DTYPES)
    random_shape_proto(rng, info.tensor_shape)
    encoding = rng.choice(["name", "name", "name", "coo_sparse", "composite", None])
    if encoding == "name":
        info.name = rng.choice(["x:0", "StatefulPartitionedCall:1", ""])
    elif encoding == "coo_sparse":
        info.coo_sparse.values_tensor_name = "v:0"
        info.coo_sparse.indices_tensor_name = "i:0"
        info.coo_sparse.dense_shape_tensor_name = "s:0"
    elif encoding == "composite":
        info.composite_tensor.type_spec.type_spec_class = rng.randrange(10)
        for _ in range(rng.randrange(4) if depth < 3 else 0):
            random_info(rng, info.composite_tensor.components.add(), depth + 1)


def random_default(rng, info, proto):
    dtype = tf.as_dtype(info.dtype)
    shape = [rng.randrange(3) if dim.size < 0 else dim.size for dim in info.tensor_shape.dim]
    repeated = rng.random() < 0.5 and 0 not in shape
    value = np.ones(() if repeated else shape, "U1" if dtype == tf.string else dtype.as_numpy_dtype)
    proto.CopyFrom(tf.make_tensor_proto(value, dtype, shape))


def random_definition(rng, definition):
    definition.method_name = rng.choice(["", "tensorflow/serving/predict", "é"])
    for infos in (definition.inputs, definition.outputs):
        for name in rng.sample(NAMES, rng.randrange(6)):
            random_info(rng, infos[name])
    for name, info in definition.inputs.items():
        sizes = [dim.size for dim in info.tensor_shape.dim]
        has_default = info.dtype in (1, 2, 3, 4, 5, 6, 7, 9, 10, 14, 17, 19, 22, 23) and max(sizes, default=0) < 10
        if info.WhichOneof("encoding") in ("name", None) and has_default and rng.random() < 0.5:
            random_default(rng, info, definition.defaults[name])


def random_model(rng):
    model = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    for tags in rng.sample([("serve",), ("serve", "gpu"), ("train",), ()], rng.randint(1, 3)):
        graph = model.meta_graphs.add()
        graph.meta_info_def.tags.extend(tags)
        graph.meta_info_def.tensorflow_version = tf.__version__
        graph.graph_def.node.add(name="n", op="Placeholder")
        graph.object_graph_def.nodes.add()
        for name in rng.sample([*NAMES, "serving_default", "__saved_model_init_op"], rng.randrange(4)):
            random_definition(rng, graph.signature_def[name])
    return model


@pytest.mark.parametrize("seed", range(4))
def test_random_models_are_read_as_tensorflow_reads_them(tmp_path, seed):
    rng = random.Random(seed)
    signatures = optional = 0
    for _ in range(150):
        model = random_model(rng)
        for tags in {tuple(graph.meta_info_def.tags) for graph in model.meta_graphs}:
            found = agree_with_tensorflow(tmp_path, model.SerializeToString(), tags)
            assert found == contracts_of(model, tags)
            signatures += len(found)
            optional += sum(len(defaults) for *_, defaults in found.values())
    assert signatures > 200
    assert optional > 50


@pytest.mark.parametrize("seed", range(4))
def test_two_models_in_one_file_merge_as_tensorflow_merges_them(tmp_path, seed):
    rng = random.Random(seed)
    for _ in range(100):
        first, second = random_model(rng), random_model(rng)
        agree_with_tensorflow(tmp_path, first.SerializeToString() + second.SerializeToString())
        # The first MetaGraphs become one: signatures of one name replace each other, tags add up.
        parts = [model.meta_graphs[0].SerializeToString() for model in (first, second)]
        tags = {*first.meta_graphs[0].meta_info_def.tags, *second.meta_graphs[0].meta_info_def.tags}
        assert agree_with_tensorflow(tmp_path, field(2, b"".join(parts)), tuple(tags)) != "refused"


def small_model():
    definition = input_bytes() + field(2, entry(b"y", info_bytes(9, field(3, 1)))) + field(3, b"predict")
    definition += input_bytes(field(4, field(1, b"v")) + field(2, 7) + field(3, shape_bytes(-1, -1)), b"sparse")
    definition += field(4, entry(b"x", tf.make_tensor_proto(np.ones((2, 3), np.float32)).SerializeToString()))
    return model_bytes(definition)


def test_small_model_is_read(tmp_path):
    inputs, outputs, method_name, defaults = agree_with_tensorflow(tmp_path, small_model())["serving_default"]
    assert inputs == {
        "x": ((None, 3), "float32"),
        "sparse/indices": ((None, 2), "int64"),
        "sparse/values": ((None,), "string"),
        "sparse/dense_shape": ((2,), "int64"),
    }
    assert outputs == {"y": (None, "int64")}
    assert method_name == "predict"
    assert defaults == {"x": [[1.0] * 3] * 2}


def test_truncated_models_are_refused_at_every_byte(tmp_path):
    data = small_model()
    outcomes = [agree_with_tensorflow(tmp_path, data[:length]) for length in range(len(data))]
    assert set(map(str, outcomes)) == {"refused"}


@pytest.mark.parametrize("seed", range(8))
def test_damaged_models_are_read_as_tensorflow_reads_them(tmp_path, seed):
    rng = random.Random(seed)
    outcomes = []
    for _ in range(400):
        data = bytearray(model_bytes(input_bytes() + input_bytes(info_bytes(rng.choice(DTYPES)), b"y")))
        for _ in range(rng.choice([1, 1, 2])):
            position = rng.randrange(len(data))
            damage = rng.choice(["flip", "set", "insert", "delete", "repeat"])
            if damage == "flip":
                data[position] ^= 1 << rng.randrange(8)
            elif damage == "set":
                data[position] = rng.choice([0, 1, 2, 3, 8, 10, 18, 26, 0x7F, 0x80, 0xFF, rng.randrange(256)])
            elif damage == "insert":
                data.insert(position, rng.randrange(256))
            elif damage == "delete":
                del data[position]
            else:
                end = position + rng.randrange(12)
                data[end:end] = data[position:end]
        data = bytes(data)
        assert is_parsed_by_protobuf(data) or not is_parsed_by_tensorflow(tmp_path, data), data.hex(" ")
        outcomes.append(agree(tmp_path, data))
    assert 0.1 < np.mean([found == "refused" for found in outcomes]) < 0.95


SCALAR_INFO = info_bytes(1, b"")
FLOATS = tensor_pb2.TensorProto(dtype=1, float_val=[1, 2])
FLOATS.tensor_shape.dim.add(size=2)

ACCEPTED = {
    "an entry without a key": input_bytes(b"") and field(1, field(2, info_bytes())),
    "a key given twice": field(1, field(1, b"w") + entry(b"x", info_bytes())),
    "a value given twice merges": field(1, entry(b"x", field(2, 3)) + field(2, field(3, shape_bytes(2)))),
    "a value before its key": field(1, field(2, info_bytes()) + field(1, b"x")),
    "the last of two entries of one key": input_bytes() + input_bytes(info_bytes(3)),
    "the last of two entries of one key, whole": input_bytes() + input_bytes(field(2, 3)),
    "a shape given twice concatenates": input_bytes(info_bytes() + field(3, shape_bytes(7))),
    "a shape of known, then of unknown rank": input_bytes(info_bytes() + field(3, field(3, 1))),
    "a shape of unknown, then of known rank": input_bytes(info_bytes(1, field(3, 1)) + field(3, field(3, 0))),
    "a dimension without a size": input_bytes(info_bytes(1, field(2, b""))),
    "a dimension whose size is given twice": input_bytes(info_bytes(1, field(2, field(1, 2) + field(1, 5)))),
    "a padded size": input_bytes(info_bytes(1, field(2, field(1, 5, padding=6)))),
    "a dtype given twice": input_bytes(field(2, 1) + field(2, 9)),
    "a padded dtype": input_bytes(field(2, 1, padding=9)),
    "a dtype whose upper half is dropped": input_bytes(field(2, 2**32 + 9)),
    "a name, then coo_sparse": input_bytes(info_bytes() + field(4, b"")),
    "coo_sparse, then a name": input_bytes(field(4, b"") + info_bytes()),
    "coo_sparse twice": input_bytes(field(2, 1) + field(4, field(1, b"a")) + field(4, field(2, b"b"))),
    "composite parts, then a name": input_bytes(field(5, field(2, info_bytes())) + info_bytes()),
    "composite parts, a name, other parts": input_bytes(
        field(5, field(2, SCALAR_INFO)) + field(1, b"x:0") + field(5, field(2, info_bytes(9)))
    ),
    "composite parts twice add up": input_bytes(field(5, field(2, SCALAR_INFO)) + field(5, field(2, info_bytes(9)))),
    "a composite without parts": input_bytes(field(5, b"")),
    "an unknown field in an entry": field(1, field(9, b"z") + entry(b"x", info_bytes()) + field(8, 7)),
    "an unknown field": field(99, b"anything") + input_bytes(info_bytes() + field(77, 5)) + field(98, 1),
    "an unknown fixed32 and fixed64": varint(99 << 3 | 5) + b"abcd" + varint(98 << 3 | 1) + b"abcdefgh" + input_bytes(),
    "an unknown group": group(99, field(1, 5) + group(98, field(3, b"x"))) + input_bytes(),
    "a group of a known number": group(1, field(1, b"x")) + input_bytes(),
    "a known field of another wire type": field(1, 7) + field(3, 8) + input_bytes(field(3, 1) + info_bytes()),
    "a padded length": field(1, entry(b"x", info_bytes()), padding=3),
    "a default given twice: the last entry": input_bytes(info_bytes(1, shape_bytes(-1)))
    + field(4, entry(b"x", b""))
    + field(4, entry(b"x", FLOATS.SerializeToString())),
    "a default whose value is given twice merges": input_bytes(info_bytes(1, field(3, 1)))
    + field(4, field(1, b"x") + 2 * field(2, FLOATS.SerializeToString())),
    "a default whose dtype comes in a second value": input_bytes(info_bytes(1, shape_bytes(-1)))
    + field(4, field(1, b"x") + field(2, FLOATS.SerializeToString()[2:]) + field(2, field(1, 1))),
    "a default for no input": input_bytes() + field(4, entry(b"z", FLOATS.SerializeToString())),
    "no inputs": field(3, b"predict"),
    "an empty definition": b"",
}

REFUSED = {
    "an entry without a value, which has no dtype": field(1, field(1, b"x")),
    "a field of number 0": b"\x00\x01" + input_bytes(),
    "a wire type that does not exist": b"\x0e\x01" + input_bytes(),
    "a group that does not end": varint(99 << 3 | 3) + input_bytes(),
    "a group that did not begin": varint(99 << 3 | 4) + input_bytes(),
    "a group that ends as another": varint(99 << 3 | 3) + varint(98 << 3 | 4) + input_bytes(),
    "a key that is not UTF-8": input_bytes(key=b"\xff"),
    "a key with a surrogate": input_bytes(key=b"\xed\xa0\x80"),
    "an overlong key": input_bytes(key=b"\xc0\x80"),
    "a name that is not UTF-8": input_bytes(info_bytes(name=b"\xff")),
    "a method name that is not UTF-8": input_bytes() + field(3, b"\xff"),
    "a dimension's name that is not UTF-8": input_bytes(info_bytes(1, field(2, field(2, b"\xff")))),
    "coo_sparse that is no message": input_bytes(field(2, 1) + field(4, b"\xff")),
    "coo_sparse with a name that is not UTF-8": input_bytes(field(2, 1) + field(4, field(1, b"\xff"))),
    "a type_spec that is no message": input_bytes(field(5, field(1, b"\xff"))),
    "a length past the end": varint(99 << 3 | 2) + varint(1000),
    "a length of 2**64 - 1": varint(99 << 3 | 2) + varint(2**64 - 1),
    "a tag of six bytes": varint(99 << 3, padding=4) + b"\x01" + input_bytes(),
    "a tag over 32 bits": varint(2**32 << 3) + b"\x01" + input_bytes(),
    "a number of eleven bytes": varint(99 << 3) + varint(1, padding=10) + input_bytes(),
    "no dtype": input_bytes(field(3, shape_bytes(1))),
    "a dtype that TensorFlow does not have": input_bytes(info_bytes(34)),
    "a reference type": input_bytes(info_bytes(101)),
    "a negative dtype": input_bytes(info_bytes(2**64 - 1)),
    "a dimension below -1": input_bytes(info_bytes(1, shape_bytes(-2))),
    "a default without a dtype": input_bytes() + field(4, entry(b"x", b"")),
}


@pytest.mark.parametrize("quirk", ACCEPTED)
def test_quirks_of_the_wire_that_tensorflow_accepts_are_read_alike(tmp_path, quirk):
    assert list(agree_with_tensorflow(tmp_path, model_bytes(ACCEPTED[quirk]))) == ["serving_default"]


@pytest.mark.parametrize("quirk", REFUSED)
def test_quirks_of_the_wire_that_tensorflow_refuses_are_refused(tmp_path, quirk):
    assert agree_with_tensorflow(tmp_path, model_bytes(REFUSED[quirk])) == "refused"


@pytest.mark.parametrize("depth", [1, 10, 40, 45, 46, 47, 48, 49, 50, 51, 60, 1_000])
def test_nested_composites_are_read_as_deep_as_tensorflow_reads_them(tmp_path, depth):
    info = info_bytes()
    for _ in range(depth):
        info = field(5, field(2, info))
    agree_with_tensorflow(tmp_path, model_bytes(input_bytes(info)))


@pytest.mark.parametrize("depth", [1, 90, 95, 96, 97, 98, 99, 100, 101, 1_000])
def test_nested_groups_are_skipped_as_deep_as_tensorflow_skips_them(tmp_path, depth):
    payload = b""
    for _ in range(depth):
        payload = group(99, payload)
    agree_with_tensorflow(tmp_path, model_bytes(payload + input_bytes()))


def test_entry_with_an_unknown_field_counts_to_tensorflow(tmp_path):
    def hash_of(entry_bytes):
        return signatures_hash(tmp_path, model_bytes(field(1, entry_bytes)))

    plain, odd = entry(b"x", info_bytes()), field(9, b"z") + entry(b"x", info_bytes())
    assert hash_of(odd) == hash_of(plain) != hash_of(entry(b"y", info_bytes()))
    assert list(agree(tmp_path, model_bytes(field(1, odd)))["serving_default"][0]) == ["x"]


def test_tags_are_a_set_and_add_up(tmp_path):
    info = field(1, field(4, b"serve") + field(4, b"gpu")) + field(1, field(4, b"serve"))
    assert agree_with_tensorflow(tmp_path, model_bytes(tags=info), ("gpu", "serve")) != "refused"
    assert agree_with_tensorflow(tmp_path, model_bytes(tags=info), ("serve",)) == "refused"


def test_first_of_two_graphs_of_the_same_tags_wins(tmp_path):
    data = model_bytes(input_bytes(info_bytes(1))) + model_bytes(input_bytes(info_bytes(9)))
    assert agree_with_tensorflow(tmp_path, data)["serving_default"][0] == {"x": ((None, 3), "float32")}


def test_refusal_names_the_file_and_the_byte(tmp_path):
    data = small_model()
    (tmp_path / "saved_model.pb").write_bytes(data[:-1])
    with pytest.raises(ValueError, match=r"saved_model\.pb: byte 3: .*past the end"):
        tg.Signature.from_saved_model(tmp_path)
    with pytest.raises(Refused):
        signatures_hash(tmp_path, data[:-1])
