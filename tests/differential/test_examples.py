"""Examples as protobuf and tf.io.parse_example read them, beside decode_examples."""

import random
import struct

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf.message import DecodeError

import tensorgate as tg
from tensorgate.serving import decode_examples, read_tfrecords

from ..serving import example_wire as pb
from ..serving.wire import bytes_field, number_field, tag, varint

KINDS = {"int64": "int64_list", "float32": "float_list", "string": "bytes_list"}
SPECS = {name: tg.RaggedTensorSpec((None, None), dtype) for name, dtype in zip("abc", KINDS, strict=True)}
SIGNATURE = tg.Signature(SPECS)


class Refused(Exception):
    """With the code of the violation that is expected."""


def by_protobuf(serialized):
    """The rows of an Example by name, as protobuf's classes hold them."""
    try:
        features = tf.train.Example.FromString(bytes(serialized)).features.feature
    except DecodeError as error:
        raise Refused("malformed") from error
    rows = {}
    for name, spec in SPECS.items():
        kind = features[name].WhichOneof("kind") if name in features else None
        if kind not in (None, KINDS[spec.dtype]):
            raise Refused("dtype")
        rows[name] = list(getattr(features[name], kind).value) if kind else []
    return rows


def by_tensorgate(serialized):
    try:
        batch = decode_examples([serialized], SIGNATURE)
    except tg.ValidationError as error:
        raise Refused(error.violations[0].code) from error
    assert all(parts["row_splits"].tolist() == [0, len(parts["values"])] for parts in batch.values())
    return {name: parts["values"].tolist() for name, parts in batch.items()}


def outcome(read, serialized):
    try:
        rows = read(serialized)
    except Refused as refused:
        return str(refused)
    # Floats by their bits, as NaN is none of its equals.
    return rows | {"b": [struct.pack("<f", value) for value in rows["b"]]}


# What protobuf's libraries differ about: a field of a map's entry that is neither key nor value, which some skip while
# upb loses the entry; a field of number 0 in a group that nobody knows, which upb skips.
DISPUTED = ("neither its key nor its value", "not a field number")


def is_disputed(serialized):
    try:
        decode_examples([serialized], tg.Signature({}))
    except tg.ValidationError as error:
        return any(what in error.violations[0].got for what in DISPUTED)
    return False


WRITERS = {
    "int64": [pb.int64_list, pb.unpacked_int64_list],
    "float32": [pb.float_list, pb.unpacked_float_list],
    "string": [pb.bytes_list],
}


def random_value(chance, dtype):
    if dtype == "int64":
        return chance.choice([0, 1, -1, 127, 128, 2**63 - 1, -(2**63), chance.getrandbits(40)])
    if dtype == "float32":
        return struct.unpack("<f", chance.randbytes(4))[0]
    return chance.randbytes(chance.choice([0, 1, 3, 200]))


def random_feature(chance):
    """A Feature of a list or two, in any way that protobuf takes."""
    out = b""
    for _ in range(chance.choice([0, 1, 1, 1, 1, 2, 3])):
        dtype = chance.choice(list(WRITERS))
        values = [random_value(chance, dtype) for _ in range(chance.choice([0, 1, 2, 3, 40]))]
        out += chance.choice(WRITERS[dtype])(*values)
    return out


def random_unknown(chance):
    return chance.choice([b"", b"", b"", number_field(9, 300), bytes_field(12, b"abc"), tag(5, 3) + tag(5, 4)])


def random_entry(chance):
    parts = [bytes_field(1, chance.choice("abcabcabcd")), bytes_field(2, random_feature(chance))]
    parts = chance.choice([parts, parts, parts, parts[::-1], parts[:1], parts[1:], [*parts, *parts]])
    return bytes_field(1, b"".join(parts))


def random_example(chance):
    out = random_unknown(chance)
    for _ in range(chance.choice([1, 1, 1, 0, 2])):
        entries = [random_entry(chance) for _ in range(chance.choice([0, 1, 2, 3, 5]))]
        out += bytes_field(1, random_unknown(chance) + b"".join(entries)) + random_unknown(chance)
    return out


def mutated(chance, serialized):
    """The same with some bytes changed, lost or added."""
    out = bytearray(serialized)
    for _ in range(chance.choice([1, 1, 2, 4])):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(4):
            case 0 if at < len(out):
                out[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(out):
                del out[at : at + chance.choice([1, 2, 10])]
            case 2:
                out[at:at] = chance.choice(
                    [varint(chance.getrandbits(chance.choice([3, 7, 14, 64]))), b"\x0a", b"\x80"]
                )
            case _ if at < len(out):
                out[at] = chance.getrandbits(8)
    return out


def test_whole_examples_are_read_as_protobuf_reads_them():
    chance = random.Random(0)
    for _ in range(3000):
        serialized = random_example(chance)
        assert outcome(by_tensorgate, serialized) == outcome(by_protobuf, serialized), serialized


def test_damaged_examples_are_read_or_refused_as_by_protobuf():
    chance = random.Random(1)
    outcomes = set()
    for _ in range(10_000):
        serialized = mutated(chance, random_example(chance))
        if is_disputed(serialized):
            assert outcome(by_tensorgate, serialized) == "malformed"
            continue
        expected = outcome(by_protobuf, serialized)
        assert outcome(by_tensorgate, serialized) == expected, bytes(serialized)
        outcomes.add(expected if isinstance(expected, str) else "rows")
    assert outcomes == {"rows", "dtype", "malformed"}


def group(levels):
    return tag(9, 3) * levels + tag(9, 4) * levels


@pytest.mark.parametrize("levels", [96, 97, 98, 99, 100, 101])
@pytest.mark.parametrize("place", ["example", "features", "feature", "list"])
def test_groups_may_be_nested_as_deep_as_in_protobuf(place, levels):
    made = {
        "example": group(levels),
        "features": bytes_field(1, group(levels)),
        "feature": pb.example(a=group(levels)),
        "list": pb.example(a=bytes_field(3, group(levels))),
    }[place]
    assert outcome(by_tensorgate, made) == outcome(by_protobuf, made)


# tf.io.parse_example, on what writers write.

TF_LISTS = {"int64": "int64_list", "float32": "float_list", "string": "bytes_list"}


def written(rows):
    """Examples as TensorFlow's classes write them."""
    made = []
    for row in rows:
        example = tf.train.Example()
        for name, (dtype, values) in row.items():
            getattr(example.features.feature[name], TF_LISTS[dtype]).value.extend(values)
        made.append(example.SerializeToString())
    return made


def parts_of(tensor):
    """A tensor of TensorFlow's as decode_examples gives it."""
    if isinstance(tensor, tf.RaggedTensor):
        return {"values": tensor.values.numpy(), "row_splits": tensor.row_splits.numpy()}
    if isinstance(tensor, tf.SparseTensor):
        return {name: getattr(tensor, name).numpy() for name in ("indices", "values", "dense_shape")}
    return tensor.numpy()


def same(ours, theirs):
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in theirs)
    return ours.dtype == theirs.dtype and ours.shape == theirs.shape and ours.tolist() == theirs.tolist()


def random_rows(chance, dtype, lengths, lacks=False):
    for _ in range(50):
        length = chance.choice(lengths)
        values = [
            1.5 * chance.getrandbits(8) if dtype == "float32" else random_value(chance, dtype) for _ in range(length)
        ]
        yield {} if lacks and chance.random() < 0.3 else {"x": (dtype, values)}


FORMS = {
    "scalar": (lambda d: tg.TensorSpec((None,), d), lambda d: tf.io.FixedLenFeature([], d), [1]),
    "fixed": (lambda d: tg.TensorSpec((None, 2, 3), d), lambda d: tf.io.FixedLenFeature([2, 3], d), [6]),
    "no values": (lambda d: tg.TensorSpec((None, 0), d), lambda d: tf.io.FixedLenFeature([0], d), [0]),
    "sequence": (
        lambda d: tg.TensorSpec((None, None, 2), d),
        lambda d: tf.io.FixedLenSequenceFeature([2], d, allow_missing=True),
        [8],
    ),
    "ragged": (
        lambda d: tg.RaggedTensorSpec((None, None), d),
        lambda d: tf.io.RaggedFeature(d, row_splits_dtype=tf.int64),
        [0, 1, 2, 40],
    ),
    "narrow ragged": (
        lambda d: tg.RaggedTensorSpec((None, None), d, row_splits_dtype="int32"),
        lambda d: tf.io.RaggedFeature(d),
        [0, 1, 2, 40],
    ),
    "sparse": (lambda d: tg.SparseTensorSpec((None, None), d), tf.io.VarLenFeature, [0, 1, 2, 40]),
}


@pytest.mark.parametrize("dtype", TF_LISTS)
@pytest.mark.parametrize("form", FORMS)
def test_batches_are_those_of_parse_example(form, dtype):
    spec, feature, lengths = FORMS[form]
    lacks = form in ("ragged", "narrow ragged", "sparse")
    examples = written(random_rows(random.Random(form + dtype), dtype, lengths, lacks))
    ours = decode_examples(examples, tg.Signature({"x": spec(dtype)}))
    theirs = tf.io.parse_example(examples, {"x": feature(tf.as_dtype(dtype))})
    assert same(ours["x"], parts_of(theirs["x"]))


@pytest.mark.parametrize(("dtype", "default"), [("int64", [7, 8]), ("float32", [1.5, 2.5]), ("string", [b"a", b"b"])])
def test_defaults_are_those_of_parse_example(dtype, default):
    examples = [*written(random_rows(random.Random(0), dtype, [2], lacks=True)), pb.example(x=b"")]
    ours = decode_examples(examples, tg.Signature({"x": tg.TensorSpec((None, 2), dtype, default=[default])}))
    feature = tf.io.FixedLenFeature([2], tf.as_dtype(dtype), default_value=default)
    assert same(ours["x"], tf.io.parse_example(examples, {"x": feature})["x"].numpy())


@pytest.mark.parametrize(
    "serialized",
    [
        b"",
        pb.example(x=[1]),
        pb.example(x=[1, 2, 3]),
        pb.example(x=pb.int64_list()),
        pb.example(x=[1.0, 2.0]),
        pb.example(x=["a", "b"]),
        pb.example(x=[1, 2])[:-1],
        pb.features(pb.entry("x", pb.int64_list(1, 2)), pb.entry("x", pb.float_list(1.0, 2.0))),
    ],
)
def test_what_parse_example_refuses_is_refused(serialized):
    good = pb.example(x=[1, 2])
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.io.parse_example([good, serialized], {"x": tf.io.FixedLenFeature([2], tf.int64)})
    with pytest.raises(tg.ValidationError, match=r"examples\[1\]"):
        decode_examples([good, serialized], tg.Signature({"x": tg.TensorSpec((None, 2), "int64")}))


TWO_RUNS = bytes_field(3, bytes_field(1, b"\1\2") + bytes_field(1, b"\3\4"))
MISREAD = {
    "two packed runs": (pb.example(x=TWO_RUNS), [1, 2]),
    "two lists": (pb.example(x=pb.int64_list(1, 2) + pb.int64_list(3, 4)), [1, 2]),
    "two lists and another": (pb.example(x=pb.int64_list(1, 2) + pb.float_list(1.0) + pb.int64_list(3, 4)), [1, 2]),
    "packed and not": (pb.example(x=bytes_field(3, bytes_field(1, b"\1\2") + number_field(1, 3))), [1, 2]),
}


@pytest.mark.parametrize("what", MISREAD)
def test_lists_in_pieces_are_whole_though_parse_example_reads_the_first_alone(what):
    serialized, theirs = MISREAD[what]
    whole = list(tf.train.Example.FromString(serialized).features.feature["x"].int64_list.value)
    assert tf.io.parse_example([serialized], {"x": tf.io.RaggedFeature(tf.int64)})["x"].to_list() == [theirs] != [whole]
    ours = decode_examples([serialized], tg.Signature({"x": tg.RaggedTensorSpec((None, None), "int64")}))
    assert ours["x"]["values"].tolist() == whole


@pytest.mark.parametrize("what", ["a name that is not UTF-8", "a number that does not end"])
def test_damage_that_parse_example_passes_over_is_found(what):
    damage = {"a name that is not UTF-8": pb.entry(b"\xff", pb.int64_list(1))}.get(
        what, pb.entry("y", bytes_field(3, bytes_field(1, b"\x80")))
    )
    serialized = pb.features(damage, pb.entry("x", pb.int64_list(1)))
    assert tf.io.parse_example([serialized], {"x": tf.io.FixedLenFeature([], tf.int64)})["x"].numpy().tolist() == [1]
    with pytest.raises(DecodeError):
        tf.train.Example.FromString(serialized)
    with pytest.raises(tg.ValidationError, match="malformed"):
        decode_examples([serialized], tg.Signature({"x": tg.TensorSpec((None,), "int64")}))


# Files.


def test_files_of_tensorflow_are_read(tmp_path):
    chance = random.Random(0)
    records = [chance.randbytes(chance.choice([0, 1, 100, 5000])) for _ in range(300)]
    path = str(tmp_path / "some.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for record in records:
            writer.write(record)
    assert list(read_tfrecords(path)) == records


@pytest.mark.parametrize("compression", ["GZIP", "ZLIB"])
def test_compressed_files_of_tensorflow_are_known(tmp_path, compression):
    path = str(tmp_path / "some.tfrecord")
    with tf.io.TFRecordWriter(path, compression) as writer:
        writer.write(b"some data")
    with pytest.raises(ValueError, match=f"it looks {compression.lower()}-compressed"):
        list(read_tfrecords(path))


def test_a_file_goes_straight_into_a_batch(tmp_path):
    path = str(tmp_path / "some.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for i in range(100):
            writer.write(pb.example(x=[float(i), 0.5]))
    batch = decode_examples(read_tfrecords(path), tg.Signature({"x": tg.TensorSpec(("batch", 2))}))
    np.testing.assert_array_equal(batch["x"][:, 0], np.arange(100, dtype=np.float32))
