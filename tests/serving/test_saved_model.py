"""What is read of a SavedModel's signatures, as protobuf would read it."""

import struct

import numpy as np
import pytest

from tensorgate import Dim, Signature, TensorSpec
from tensorgate.serving import load_signatures

from . import wire

PREDICT = "tensorflow/serving/predict"
BOOKKEEPING = ("__saved_model_init_op", "__saved_model_train_op")


@pytest.fixture
def read(write):
    """The signature 'serving_default' of a file with these bytes."""

    def read(data, **kwargs):
        path = write(data)
        signature = Signature.from_saved_model(path, **kwargs)
        if not kwargs:
            assert load_signatures(path)["serving_default"] == signature
        return signature

    return read


@pytest.fixture
def refuse(write):
    """The text of the ValueError that a file with these bytes brings: it names the file and a byte of it."""

    def refuse(data):
        path = write(data)
        with pytest.raises(ValueError, match="byte [0-9]+: ") as caught:
            Signature.from_saved_model(path)
        assert str(caught.value).startswith(f"{path}/saved_model.pb: byte ")
        with pytest.raises(ValueError, match="byte [0-9]+: ") as again:
            load_signatures(path)
        assert str(again.value) == str(caught.value)
        return str(caught.value)

    return refuse


def inputs_of(read, *fields):
    """The inputs of a model whose SignatureDef holds these fields."""
    definition = b"".join(fields)
    return dict(read(wire.saved_model(wire.meta_graph({"serving_default": definition}))).inputs)


def with_default(dtype, dims=(), info_dims=None, info_dtype=None, **values):
    """A model of one input with a default."""
    info = wire.tensor_info(dims if info_dims is None else info_dims, info_dtype or dtype)
    return wire.model({"x": info}, defaults={"x": wire.tensor(dtype, dims, **values)})


def test_a_signature_has_inputs_outputs_name_and_method(read):
    signature = read(
        wire.model(
            {"image": wire.tensor_info((None, 8, 8, 3)), "ids": wire.tensor_info((None,), "int64")},
            {"score": wire.tensor_info((None, 1), "float64")},
        )
    )
    assert signature == Signature(
        {"image": TensorSpec((None, 8, 8, 3)), "ids": TensorSpec((None,), "int64")},
        {"score": TensorSpec((None, 1), "float64")},
        method_name=PREDICT,
    )
    assert list(signature.inputs) == ["ids", "image"]


def test_all_signatures_are_loaded_by_name_but_tensorflows_own(write):
    names = ["serving_default", "größe", "", *BOOKKEEPING]
    graph = wire.meta_graph({name: wire.signature_def({"x": wire.tensor_info()}, method_name=name) for name in names})
    loaded = load_signatures(write(wire.saved_model(graph)))
    assert sorted(loaded) == ["", "größe", "serving_default"]
    assert all(signature.name == name == signature.method_name for name, signature in loaded.items())


def test_a_signature_is_read_by_its_name(write):
    graph = wire.meta_graph({name: wire.signature_def({name: wire.tensor_info()}) for name in ("a", "b")})
    path = write(wire.saved_model(graph))
    assert list(Signature.from_saved_model(path, "b").inputs) == ["b"]
    assert list(Signature.from_saved_model(path, signature="a").inputs) == ["a"]


def test_a_name_that_is_not_there_is_told_with_those_that_are(write):
    graph = wire.meta_graph({name: wire.signature_def() for name in ("predict", "train", *BOOKKEEPING)})
    path = write(wire.saved_model(graph))
    for name in ("serving_default", *BOOKKEEPING):
        with pytest.raises(ValueError, match="no signature") as caught:
            Signature.from_saved_model(path, name)
        assert str(caught.value) == f"{path}: no signature '{name}'; there are 'predict', 'train'"


def test_of_many_names_a_few_are_told(write):
    path = write(wire.saved_model(wire.meta_graph({f"{'n' * 1_000}{i}": b"" for i in range(1_000)})))
    with pytest.raises(ValueError, match=r"\.\.\.$") as caught:
        Signature.from_saved_model(path)
    assert len(str(caught.value)) < 1_500


def test_a_model_without_signatures_is_told(write):
    path = write(wire.saved_model(wire.meta_graph({})))
    assert load_signatures(path) == {}
    with pytest.raises(ValueError, match=r"no signature 'serving_default'; there are none$"):
        Signature.from_saved_model(path)


def test_the_meta_graph_of_exactly_the_tags_is_read(write):
    def graph(tags, size):
        return wire.meta_graph({"serving_default": wire.signature_def({"x": wire.tensor_info((size,))})}, tags)

    path = write(wire.saved_model(graph((), 0), graph(("serve", "tpu"), 2), graph(("serve",), 1), graph(("train",), 3)))
    for tags, size in ((("serve",), 1), (["tpu", "serve"], 2), ({"train"}, 3), ((), 0), (iter(["serve"]), 1)):
        assert Signature.from_saved_model(path, tags=tags).inputs["x"].shape == (size,)
    for tags in (("gpu",), ("serve", "gpu")):
        with pytest.raises(ValueError, match="no MetaGraph with the tags") as caught:
            load_signatures(path, tags=tags)
        assert str(path) in str(caught.value)
        for there in ("'serve', 'tpu'", "'train'", "'gpu'"):
            assert there in str(caught.value)


def test_tags_are_no_str(write):
    """'serve' would be five tags of one letter."""
    path = write(wire.model())
    for read in (Signature.from_saved_model, load_signatures):
        with pytest.raises(TypeError):
            read(path, tags="serve")
        with pytest.raises(TypeError):
            read(path, tags=[b"serve"])
        with pytest.raises(TypeError):
            read(path, tags=5)


def test_the_graph_and_all_unknown_fields_are_passed_over(read):
    unknown = (
        *(wire.number_field(99, 2**64 - 1), wire.tag(99, 1) + b"\xff" * 8, wire.tag(99, 5) + b"\xff" * 4),
        *(wire.bytes_field(99, b"\xff" * 1_000), wire.tag(99, 3) + wire.number_field(1, 5) + wire.tag(99, 4)),
        *(wire.tag(9, 3) + wire.tag(8, 3) + wire.bytes_field(1, b"x") + wire.tag(8, 4) + wire.tag(9, 4),),
        wire.number_field(2**29 - 1, 1),
    )
    noise = b"".join(unknown)
    info = noise + wire.tensor_info((2,)) + noise
    definition = noise + wire.map_field(1, {"x": info}) + noise
    graph = noise + wire.meta_graph({"serving_default": definition}, graph=b"\xff" * 10_000) + noise
    assert dict(read(noise + wire.saved_model(graph) + noise).inputs) == {"x": TensorSpec((2,))}


def test_a_known_field_of_another_wire_type_is_an_unknown_one(read):
    wrong = wire.number_field(1, 5) + wire.tag(5, 5) + b"abcd" + wire.tag(2, 1) + b"abcdefgh"
    info = wire.number_field(1, 5) + wire.bytes_field(2, b"abc") + wire.number_field(3, 1) + wire.tensor_info((2,))
    graph = wrong + wire.meta_graph({"serving_default": wrong + wire.map_field(1, {"x": info})})
    assert dict(read(wrong + wire.saved_model(graph)).inputs) == {"x": TensorSpec((2,))}


def test_numbers_may_be_written_longer_than_need_be(read):
    info = wire.tag(2, 0) + b"\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00" + wire.bytes_field(3, wire.shape((2,)))
    assert inputs_of(read, wire.map_field(1, {"x": info})) == {"x": TensorSpec((2,))}


def test_an_enum_is_a_number_of_32_bits(read):
    """protobuf drops what is above."""
    info = wire.number_field(2, 2**32 + wire.DTYPES["int64"])
    assert inputs_of(read, wire.map_field(1, {"x": info})) == {"x": TensorSpec((), "int64")}


def test_the_last_of_a_scalar_wins(read):
    info = wire.data_type("int8") + wire.data_type("int64") + wire.bytes_field(3, b"")
    assert inputs_of(read, wire.map_field(1, {"x": info})) == {"x": TensorSpec((), "int64")}


def test_the_last_of_a_maps_entries_wins(read):
    entries = [("x", wire.tensor_info((1,))), ("y", wire.tensor_info((2,))), ("x", wire.tensor_info((None, 3)))]
    assert inputs_of(read, wire.map_field(1, entries)) == {"x": TensorSpec((None, 3)), "y": TensorSpec((2,))}


def test_the_last_signature_of_a_name_wins(write):
    entries = [
        (("a"), wire.signature_def({"x": wire.tensor_info()})),
        ("a", wire.signature_def({"y": wire.tensor_info()})),
    ]
    loaded = load_signatures(write(wire.saved_model(wire.meta_graph(entries))))
    assert list(loaded["a"].inputs) == ["y"]


def test_the_parts_of_a_message_merge(read):
    entry = (
        wire.bytes_field(1, "first")
        + wire.bytes_field(2, wire.data_type("int64"))
        + wire.bytes_field(2, wire.bytes_field(3, wire.shape((2,))))
        + wire.bytes_field(2, wire.bytes_field(3, wire.shape((3,))))
        + wire.bytes_field(1, "x")
    )
    assert inputs_of(read, wire.bytes_field(1, entry)) == {"x": TensorSpec((2, 3), "int64")}


def test_the_parts_of_a_default_merge(read):
    entry = (
        wire.bytes_field(1, "x")
        + wire.bytes_field(2, wire.number_field(1, wire.DTYPES["int64"]))
        + wire.bytes_field(2, wire.bytes_field(2, wire.shape((2,))))
        + wire.bytes_field(2, wire.packed_varints(wire.VALUES["int64_val"], [5]))
        + wire.bytes_field(2, wire.packed_varints(wire.VALUES["int64_val"], [6]))
    )
    fields = wire.map_field(1, {"x": wire.tensor_info((2,), "int64")}), wire.bytes_field(4, entry)
    assert inputs_of(read, *fields)["x"].default.tolist() == [5, 6]


def test_the_meta_info_of_a_graph_merges(write):
    graph = wire.bytes_field(1, wire.bytes_field(4, "serve")) + wire.bytes_field(1, wire.bytes_field(4, "tpu"))
    assert load_signatures(write(wire.saved_model(graph)), tags=("serve", "tpu")) == {}


def test_a_maps_entry_may_lack_its_key_its_value_or_both(read):
    info = wire.tensor_info((2,))
    assert inputs_of(read, wire.bytes_field(1, wire.bytes_field(2, info))) == {"": TensorSpec((2,))}


@pytest.mark.parametrize("entry", [b"", wire.bytes_field(1, "x")], ids=["empty", "key alone"])
def test_a_tensor_without_a_dtype_is_refused(refuse, entry):
    told = refuse(wire.saved_model(wire.meta_graph({"serving_default": wire.bytes_field(1, entry)})))
    assert "DataType 0, which no batch can hold" in told


@pytest.mark.parametrize("name", wire.DTYPES)
def test_every_dtype_is_read(read, name):
    assert dict(read(wire.model({"x": wire.tensor_info((2,), name)})).inputs) == {"x": TensorSpec((2,), name)}


@pytest.mark.parametrize("name", ["float32", "string", "float4_e2m1fn"])
def test_a_reference_dtype_is_refused_by_name(refuse, name):
    told = refuse(wire.model({"größe": wire.tensor_info((2,), wire.DTYPES[name] + 100)}))
    assert f"tensor 'größe' has a reference type, {name}_ref, which no batch can hold" in told


@pytest.mark.parametrize("number", [0, 34, 100, 134, 2**31, 2**64 - 1])
def test_a_number_that_is_no_dtype_is_refused(refuse, number):
    assert "DataType" in refuse(wire.model({"x": wire.tensor_info((2,), number)}))


def test_a_refused_output_is_refused_too(refuse):
    refuse(wire.model({}, {"y": wire.tensor_info((2,), 101)}))


@pytest.mark.parametrize("dims", [(), (0,), (None,), (None, 3), (2**63 - 1,), (1,) * 254, None])
def test_every_shape_is_read(read, dims):
    assert dict(read(wire.model({"x": wire.tensor_info(dims)})).inputs) == {"x": TensorSpec(dims)}


def test_a_dimensions_name_on_the_wire_is_not_looked_at(read):
    dims = wire.bytes_field(2, wire.number_field(1, 3) + wire.bytes_field(2, "batch")) + wire.bytes_field(2, b"")
    info = wire.data_type("float32") + wire.bytes_field(3, dims)
    assert inputs_of(read, wire.map_field(1, {"x": info})) == {"x": TensorSpec((3, 0))}


def test_a_tensor_without_a_shape_is_a_scalar_as_protobufs_default_says(read):
    assert inputs_of(read, wire.map_field(1, {"x": wire.data_type("float32")})) == {"x": TensorSpec(())}


def test_unknown_rank_wins_over_dimensions(read):
    info = wire.data_type("float32") + wire.bytes_field(3, wire.shape((2,)) + wire.number_field(3, 1))
    assert inputs_of(read, wire.map_field(1, {"x": info})) == {"x": TensorSpec(None)}
    info = wire.data_type("float32") + wire.bytes_field(3, wire.number_field(3, 1) + wire.number_field(3, 0))
    assert inputs_of(read, wire.map_field(1, {"x": info})) == {"x": TensorSpec(())}


@pytest.mark.parametrize("size", [-2, -(2**31), -(2**63)])
def test_a_negative_dimension_is_refused(refuse, size):
    assert f"a dimension of {size}" in refuse(wire.model({"x": wire.tensor_info((3, size))}))


@pytest.mark.parametrize("rank", [255, 1_000])
def test_more_dimensions_than_tensorflow_has_are_refused(refuse, rank):
    assert "a shape of more than 254 dimensions" in refuse(wire.model({"x": wire.tensor_info((1,) * rank)}))


def test_a_sparse_input_stands_for_its_dense_parts(read):
    inputs = dict(read(wire.model({"x": wire.coo_sparse((None, 3), "string")})).inputs)
    assert inputs == {
        "x/indices": TensorSpec((None, 2), "int64"),
        "x/values": TensorSpec((None,), "string"),
        "x/dense_shape": TensorSpec((2,), "int64"),
    }


def test_a_sparse_input_of_unknown_rank_has_parts_of_unknown_width(read):
    inputs = dict(read(wire.model({"x": wire.coo_sparse(None)})).inputs)
    assert inputs["x/indices"] == TensorSpec((None, None), "int64")
    assert inputs["x/dense_shape"] == TensorSpec((None,), "int64")


def test_a_composite_input_stands_for_its_components(read):
    ragged = wire.composite(wire.tensor_info((None,)), wire.tensor_info((None,), "int64"))
    nested = wire.composite(ragged, wire.tensor_info((), "bool"))
    assert dict(read(wire.model({"r": ragged})).inputs) == {
        "r/0": TensorSpec((None,)),
        "r/1": TensorSpec((None,), "int64"),
    }
    assert set(read(wire.model({"n": nested})).inputs) == {"n/0/0", "n/0/1", "n/1"}
    assert dict(read(wire.model({"n": wire.composite()})).inputs) == {}


def test_the_last_encoding_of_a_tensor_wins(read):
    component = wire.tensor_info((9,))
    dense = wire.composite(component) + wire.tensor_info((2,), name="x:0")
    assert inputs_of(read, wire.map_field(1, {"x": dense})) == {"x": TensorSpec((2,))}
    ragged = wire.tensor_info((2,)) + wire.composite(component)
    assert inputs_of(read, wire.map_field(1, {"x": ragged})) == {"x/0": TensorSpec((9,))}
    merged = wire.composite(component) + wire.composite(component)
    assert set(inputs_of(read, wire.map_field(1, {"x": merged}))) == {"x/0", "x/1"}
    anew = wire.composite(component) + wire.bytes_field(1, "x:0") + wire.composite(component)
    assert set(inputs_of(read, wire.map_field(1, {"x": anew}))) == {"x/0"}


def test_two_tensors_of_one_name_are_refused(refuse):
    told = refuse(wire.model({"x": wire.coo_sparse((2,)), "x/values": wire.tensor_info()}))
    assert "two tensors of the name 'x/values'" in told


@pytest.mark.parametrize("place", ["signature", "input", "output", "method", "tag", "tensor", "default"])
@pytest.mark.parametrize("key", [b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80", b"ok\xc3"], ids=repr)
def test_a_text_that_is_no_utf8_is_refused(refuse, place, key):
    info = wire.tensor_info(name=key if place == "tensor" else "x:0")
    definition = wire.signature_def(
        {key if place == "input" else "x": info},
        {key: info} if place == "output" else {},
        key if place == "method" else PREDICT,
        {key: wire.tensor("float32")} if place == "default" else {},
    )
    graph = wire.meta_graph(
        {key if place == "signature" else "serving_default": definition}, (key,) if place == "tag" else ("serve",)
    )
    told = refuse(wire.saved_model(graph))
    assert "is not UTF-8" in told
    assert told.encode()


def test_any_utf8_is_a_name(read):
    names = ["", "\x00", "a\nb", "größe", "\U0010ffff", "n" * 100_000]
    assert set(read(wire.model({name: wire.tensor_info() for name in names})).inputs) == set(names)


VALUES = [
    ("float32", "float_val", [1.5, -0.0], np.float32([1.5, -0.0])),
    ("float64", "double_val", [1e300, 2.5], np.float64([1e300, 2.5])),
    ("int32", "int_val", [-1, 2**31 - 1], np.int32([-1, 2**31 - 1])),
    ("uint8", "int_val", [0, 255], np.uint8([0, 255])),
    ("int8", "int_val", [-128, 127], np.int8([-128, 127])),
    ("int16", "int_val", [-(2**15), 7], np.int16([-(2**15), 7])),
    ("uint16", "int_val", [2**16 - 1, 7], np.uint16([2**16 - 1, 7])),
    ("int64", "int64_val", [-(2**63), 2**63 - 1], np.int64([-(2**63), 2**63 - 1])),
    ("uint32", "uint32_val", [2**32 - 1, 1], np.uint32([2**32 - 1, 1])),
    ("uint64", "uint64_val", [2**64 - 1, 1], np.uint64([2**64 - 1, 1])),
    ("bool", "bool_val", [1, 0], np.array([True, False])),
    ("float16", "half_val", [0x3C00, 0xC000], np.float16([1, -2])),
    ("complex64", "scomplex_val", [1, 2, 3, 4], np.complex64([1 + 2j, 3 + 4j])),
    ("complex128", "dcomplex_val", [1, 2, 3, 4], np.complex128([1 + 2j, 3 + 4j])),
    ("string", "string_val", [b"a", b"\xff\x00"], np.array([b"a", b"\xff\x00"], object)),
]


@pytest.mark.parametrize(("dtype", "field", "items", "array"), VALUES, ids=[row[0] for row in VALUES])
def test_a_default_of_typed_values_is_read(read, dtype, field, items, array):
    spec = read(with_default(dtype, (2,), info_dims=(None,), **{field: items})).inputs["x"]
    assert spec.optional
    assert spec.default.dtype == array.dtype
    assert spec.default.tolist() == array.tolist()
    assert spec == TensorSpec((None,), dtype, default=array)


@pytest.mark.parametrize(("dtype", "field", "items", "array"), VALUES, ids=[row[0] for row in VALUES])
def test_unpacked_values_are_read_too(read, dtype, field, items, array):
    number = wire.VALUES[field]

    def one(item):
        if field in ("float_val", "scomplex_val"):
            return wire.tag(number, 5) + struct.pack("<f", item)
        if field in ("double_val", "dcomplex_val"):
            return wire.tag(number, 1) + struct.pack("<d", item)
        if field == "string_val":
            return wire.bytes_field(number, item)
        return wire.number_field(number, item)

    proto = wire.tensor(dtype, (2,)) + b"".join(one(item) for item in items)
    spec = read(wire.model({"x": wire.tensor_info((2,), dtype)}, defaults={"x": proto})).inputs["x"]
    assert spec.default.tolist() == array.tolist()


@pytest.mark.parametrize(
    ("dtype", "array"), [(row[0], row[3]) for row in VALUES if row[0] != "string"], ids=[row[0] for row in VALUES[:-1]]
)
def test_a_default_in_tensor_content_is_read(read, dtype, array):
    spec = read(with_default(dtype, (2,), content=array.tobytes())).inputs["x"]
    assert spec == TensorSpec((2,), dtype, default=array)


@pytest.mark.parametrize(("dtype", "field", "items", "array"), VALUES, ids=[row[0] for row in VALUES])
def test_fewer_values_than_elements_repeat_the_last(read, dtype, field, items, array):
    default = read(with_default(dtype, (2, 2), **{field: items})).inputs["x"].default
    assert default.ravel().tolist() == [*array.tolist(), array.tolist()[-1], array.tolist()[-1]]


@pytest.mark.parametrize(("dtype", "array"), [(row[0], row[3]) for row in VALUES], ids=[row[0] for row in VALUES])
def test_no_values_are_zeros(read, dtype, array):
    default = read(with_default(dtype, (2,))).inputs["x"].default
    assert default.tolist() == ([b"", b""] if dtype == "string" else [0, 0])
    assert default.dtype == array.dtype


@pytest.mark.parametrize(("dtype", "field", "items"), [row[:3] for row in VALUES], ids=[row[0] for row in VALUES])
def test_more_values_than_elements_are_refused(refuse, dtype, field, items):
    assert "elements" in refuse(with_default(dtype, (1,), **{field: items}))
    assert "elements" in refuse(with_default(dtype, (0,), **{field: items}))


@pytest.mark.parametrize(("dtype", "field"), [(row[0], row[1]) for row in VALUES], ids=[row[0] for row in VALUES])
@pytest.mark.parametrize(
    "other", ["float_val", "int_val", "int64_val", "bool_val", "string_val", "half_val", "float8_val"]
)
def test_values_in_the_field_of_another_dtype_are_refused(refuse, dtype, field, other):
    values = {other: [b"a"] if other == "string_val" else [1]}
    if other != field:
        assert f"got values in {other}" in refuse(with_default(dtype, (2,), **values))
    else:
        assert f"got 1 value in {field}" in refuse(with_default(dtype, (0,), **values))


def test_half_a_complex_number_is_refused(refuse):
    assert "expected two values an element, got 3 values" in refuse(
        with_default("complex64", (2,), scomplex_val=[1, 2, 3])
    )


@pytest.mark.parametrize("size", [1, 7, 9, 16])
def test_tensor_content_of_another_length_is_refused(refuse, size):
    assert f"expected 8 bytes in tensor_content, got {size}" in refuse(
        with_default("float32", (2,), content=bytes(size))
    )


def test_tensor_content_beside_values_is_refused(refuse):
    assert "both" in refuse(with_default("float32", (1,), content=bytes(4), float_val=[1]))


def test_strings_in_tensor_content_are_their_lengths_and_their_bytes(read, refuse):
    data = with_default("string", (2,), content=b"\x01\x02abc")
    assert read(data).inputs["x"].default.tolist() == [b"a", b"bc"]
    for content in (b"a", b"\x01\x02ab", b"\x01\x02abcd", b"\x81\x00"):
        assert "got other bytes in tensor_content" in refuse(with_default("string", (2,), content=content))


def test_a_bool_is_any_number_but_zero_as_protobuf_reads_it(read):
    values = [2, 256, 2**32, 2**63, 0]
    default = read(with_default("bool", (5,), bool_val=values)).inputs["x"].default
    assert default.view(np.uint8).tolist() == [1, 1, 1, 1, 0]


def test_a_byte_that_is_no_bool_in_tensor_content_is_refused(refuse):
    refuse(with_default("bool", (2,), content=b"\x01\x02"))


def test_the_elements_of_an_empty_default_are_none(read):
    assert read(with_default("float32", (0, 2**40, 2**20))).inputs["x"].default.shape == (0, 2**40, 2**20)


@pytest.mark.parametrize("dims", [(2**40, 2**40, 0), (2**63 - 1, 2), (2**32, 2**32), (200_000_000,)])
def test_a_default_of_a_few_bytes_that_asks_for_gigabytes_is_refused(refuse, dims):
    assert len(wire.tensor("float32", dims, float_val=[1])) < 40
    assert "too_large" in refuse(with_default("float32", dims, float_val=[1]))


@pytest.mark.parametrize("dims", [None, (None,), (-2,)], ids=["rank", "dimension", "negative"])
def test_a_default_of_unknown_shape_is_refused(refuse, dims):
    refuse(with_default("float32", dims, info_dims=(None,)))


@pytest.mark.parametrize("dtype", ["resource", "variant", 0, 101, 34])
def test_a_default_of_a_dtype_without_values_is_refused(refuse, dtype):
    refuse(with_default(dtype, (2,), info_dtype="float32"))


@pytest.mark.parametrize(
    ("dims", "dtype"), [((3,), "float32"), ((2, 1), "float32"), ((2,), "float64")], ids=["dim", "rank", "dtype"]
)
def test_a_default_that_does_not_fit_its_input_is_refused(write, dims, dtype):
    path = write(with_default("float32", (2,), info_dims=dims, info_dtype=dtype))
    with pytest.raises(ValueError, match="the default of input 'x' is float32") as caught:
        Signature.from_saved_model(path)
    assert str(path) in str(caught.value)


def test_a_default_of_an_input_that_is_not_there_is_passed_over(read):
    data = wire.model({"x": wire.tensor_info()}, defaults={"y": wire.tensor("float32")})
    assert dict(read(data).inputs) == {"x": TensorSpec(())}


def test_the_last_default_of_a_name_wins(read):
    defaults = [("x", wire.tensor("int32", int_val=[1])), ("x", wire.tensor("int32", int_val=[2]))]
    data = wire.model({"x": wire.tensor_info((), "int32")}, defaults=defaults)
    assert int(read(data).inputs["x"].default) == 2


def test_batch_dim_names_the_leading_unknown_dimensions(read):
    data = wire.model(
        {
            "image": wire.tensor_info((None, None, 3)),
            "ids": wire.tensor_info((None,)),
            "splits": wire.tensor_info((None,)),
            "fixed": wire.tensor_info((4, None)),
            "scalar": wire.tensor_info(()),
            "any": wire.tensor_info(None),
        },
        {"out": wire.tensor_info((None,))},
    )
    signature = read(data, batch_dim="batch", batch_dim_except=["splits"])
    assert {name: spec.shape for name, spec in signature.inputs.items()} == {
        "image": ("batch", None, 3),
        "ids": ("batch",),
        "splits": (None,),
        "fixed": (4, None),
        "scalar": (),
        "any": None,
    }
    assert signature.outputs["out"].shape == (None,)
    batch = {
        "image": np.zeros((2, 5, 3), np.float32),
        "ids": np.zeros(3, np.float32),
        "splits": np.zeros(3, np.float32),
        "fixed": np.zeros((4, 1), np.float32),
        "scalar": np.float32(1),
        "any": np.float32(1),
    }
    assert [str(violation.code) for violation in signature.violations(batch)] == ["dim_mismatch"]


def test_batch_dim_may_have_rules(read):
    batch = Dim("batch", min=1, max=8)
    data = wire.model({"x": wire.tensor_info((None, 3)), "y": wire.tensor_info((None,)), "z": wire.tensor_info((2,))})
    signature = read(data, batch_dim=batch, batch_dim_except=["z"])
    assert {name: spec.shape for name, spec in signature.inputs.items()} == {"x": (batch, 3), "y": (batch,), "z": (2,)}
    assert signature.batch_dim == "batch"
    tensors = {"x": np.zeros((0, 3), np.float32), "y": np.zeros(0, np.float32), "z": np.zeros(2, np.float32)}
    assert [str(violation) for violation in signature.violations(tensors)] == [
        "inputs['x']  dim: expected [batch (1 to 8), 3], got [0, 3]",
        "inputs['y']  dim: expected [batch (1 to 8)], got [0]",
    ]
    assert read(data, batch_dim=Dim("batch")) == read(data, batch_dim="batch")


@pytest.mark.parametrize(
    ("kwargs", "error"),
    [
        ({"batch_dim": ""}, ValueError),
        ({"batch_dim": Dim(min=1)}, ValueError),
        ({"batch_dim": 5}, TypeError),
        ({"batch_dim": "b", "batch_dim_except": ["nope"]}, ValueError),
        ({"batch_dim": "b", "batch_dim_except": "x"}, TypeError),
        ({"batch_dim": "b", "batch_dim_except": ["x"]}, ValueError),
        ({"batch_dim_except": ["x"]}, ValueError),
        ({"signature": None}, TypeError),
        ({"signature": b"x"}, TypeError),
        ({"nope": 1}, TypeError),
    ],
    ids=str,
)
def test_arguments_that_can_not_be_met_are_refused(write, kwargs, error):
    with pytest.raises(error):
        Signature.from_saved_model(write(wire.model({"x": wire.tensor_info((None,))})), **kwargs)


def test_a_model_read_checks_a_batch(read):
    signature = read(wire.model({"x": wire.tensor_info((None, 3)), "k": wire.tensor_info((), "string")}))
    assert signature.accepts({"k": np.array("a", object), "x": np.zeros((2, 3), np.float32)})
    assert not signature.accepts({"k": np.array("a", object), "x": np.zeros((2, 4), np.float32)})
