"""Files that are no SavedModel: each brings a ValueError that names the file and the byte, and none does harm."""

import random
import time

import pytest

from tensorgate import Signature
from tensorgate.serving import load_signatures

from . import wire

# A file with every kind of part that is read, so that damage can strike each.
WHOLE = wire.saved_model(
    wire.meta_graph(
        {
            "serving_default": wire.signature_def(
                {
                    "dense": wire.tensor_info((None, 3)),
                    "sparse": wire.coo_sparse((None, 3)),
                    "ragged": wire.composite(wire.tensor_info((None,)), wire.tensor_info((None,), "int64")),
                    "k": wire.tensor_info((2,), "int32"),
                    "s": wire.tensor_info((2,), "string"),
                    "c": wire.tensor_info((2,)),
                },
                {"out": wire.tensor_info(None)},
                defaults={
                    "k": wire.tensor("int32", (2,), int_val=[1, 2]),
                    "s": wire.tensor("string", (2,), string_val=[b"a", b"b"]),
                    "c": wire.tensor("float32", (2,), content=bytes(8)),
                },
            )
        },
        graph=b"\x0a\x02hi" * 10,
    )
)
# How long any file of a few MB may take; the machine may be busy and the build instrumented.
LIMIT_SECONDS = 20


@pytest.fixture
def outcome(write):
    """What a file with these bytes brings: the signature, or the text of its ValueError."""

    def outcome(data):
        path = write(data)
        try:
            signature = Signature.from_saved_model(path)
        except ValueError as error:
            told = str(error)
        else:
            told = None
        if told is not None:
            assert told.startswith(str(path))
            return told
        assert load_signatures(path)["serving_default"] == signature
        return signature

    return outcome


@pytest.fixture
def refuse(write):
    """The text of the ValueError that a file with these bytes brings: it names the file and a byte within it."""

    def refuse(data):
        path = write(data)
        with pytest.raises(ValueError, match="byte [0-9]+: ") as caught:
            load_signatures(path)
        told = str(caught.value)
        assert told.startswith(f"{path}/saved_model.pb: byte ")
        place = int(told.removeprefix(f"{path}/saved_model.pb: byte ").partition(":")[0])
        assert 0 <= place <= len(data)
        return told

    return refuse


def test_the_whole_file_is_right(outcome):
    assert sorted(outcome(WHOLE).inputs) == [
        *("c", "dense", "k", "ragged/0", "ragged/1", "s", "sparse/dense_shape", "sparse/indices", "sparse/values")
    ]


def test_an_empty_file_is_refused(refuse):
    assert refuse(b"").endswith("byte 0: the file is empty")


def test_a_file_truncated_at_any_byte_is_refused(refuse):
    # The version alone, which comes first, is a message too: one without a graph.
    for length in range(1, len(WHOLE)):
        told = refuse(WHOLE[:length])
        assert "truncated or not a SavedModel" in told or "no MetaGraph in the file" in told


@pytest.mark.parametrize("data", [b"\x08\x01", b"\x0a\x00", wire.bytes_field(3, WHOLE), b"\x18\x07"])
def test_a_message_without_a_graph_is_no_saved_model(refuse, data):
    assert "not a SavedModel" in refuse(data)


@pytest.mark.parametrize("seed", range(40))
def test_random_bytes_are_refused_or_read_but_harmless(outcome, seed):
    rng = random.Random(seed)
    for _ in range(25):
        data = rng.randbytes(rng.choice([1, 2, 5, 20, 100, 1_000, 50_000]))
        assert "byte " in str(outcome(data)), f"seed {seed}"


@pytest.mark.parametrize("seed", range(40))
def test_a_file_with_some_bytes_changed_is_refused_or_read_but_harmless(outcome, seed):
    rng = random.Random(seed)
    for _ in range(50):
        data = bytearray(WHOLE)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(data))
            action = rng.randrange(4)
            if action == 0:
                data[place] = rng.randrange(256)
            elif action == 1:
                data[place] ^= 1 << rng.randrange(8)
            elif action == 2:
                del data[place : place + rng.randint(1, 8)]
            else:
                data[place:place] = data[place : place + rng.randint(1, 30)]
        assert isinstance(outcome(bytes(data)), (str, Signature)), f"seed {seed}"


def test_a_file_with_any_one_byte_changed_is_refused_or_read_but_harmless(outcome):
    for place in range(len(WHOLE)):
        for value in (0x00, 0x7F, 0x80, 0xFF, WHOLE[place] ^ 1):
            data = bytearray(WHOLE)
            data[place] = value
            assert isinstance(outcome(bytes(data)), (str, Signature))


@pytest.mark.parametrize("size", [1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize("outer", [b"", wire.tag(2, 2) + wire.varint(12)], ids=["top", "nested"])
def test_a_length_past_the_end_is_refused(refuse, size, outer):
    told = refuse(outer + wire.tag(5, 2) + wire.varint(size))
    assert "runs past the end" in told


def test_a_length_past_the_end_of_its_own_message_is_refused(refuse):
    """The file goes on, the message does not."""
    inner = wire.tag(5, 2) + wire.varint(50)
    assert "runs past the end" in refuse(wire.bytes_field(2, inner) + wire.bytes_field(9, bytes(100)))


@pytest.mark.parametrize("wire_type", [1, 5])
def test_a_fixed_number_past_the_end_is_refused(refuse, wire_type):
    for held in range(4):
        assert "runs past the end" in refuse(wire.tag(9, wire_type) + bytes(held))
        assert "runs past the end" in refuse(wire.bytes_field(2, wire.tag(9, wire_type) + bytes(held)) + bytes(20))


@pytest.mark.parametrize("outer", [b"", wire.tag(2, 2) + wire.varint(13)], ids=["top", "nested"])
def test_a_varint_of_more_than_10_bytes_is_refused(refuse, outer):
    assert "longer than 10 bytes" in refuse(outer + wire.tag(9, 0) + b"\x80" * 11 + b"\x00")


def test_a_varint_that_does_not_end_is_refused(refuse):
    for held in range(10):
        assert "runs past the end" in refuse(wire.tag(9, 0) + b"\x80" * held)


@pytest.mark.parametrize(
    "data",
    [b"\x92\x80\x80\x80\x80\x00" + b"\x00", wire.tag(2, 2) + b"\x80\x80\x80\x80\x80\x00"],
    ids=["tag", "length"],
)
def test_a_tag_or_a_length_of_more_than_5_bytes_is_refused_as_by_protobuf(refuse, data):
    refuse(data + wire.saved_model(wire.meta_graph({})))


@pytest.mark.parametrize("wire_type", [6, 7])
@pytest.mark.parametrize("nested", [False, True])
def test_a_wire_type_that_does_not_exist_is_refused(refuse, wire_type, nested):
    data = wire.tag(9, wire_type) + b"\x00"
    assert f"wire type {wire_type} does not exist" in refuse(wire.bytes_field(2, data) if nested else data)


@pytest.mark.parametrize("data", [b"\x00", b"\x02\x00", wire.varint(2**32 | 0x12), b"\xff" * 9 + b"\x01"], ids=repr)
def test_a_tag_without_a_field_number_is_refused(refuse, data):
    refuse(data + b"\x00")


@pytest.mark.parametrize(
    "data",
    [
        wire.tag(9, 4),
        wire.tag(9, 3),
        wire.tag(9, 3) + wire.tag(8, 4),
        wire.tag(9, 3) + wire.tag(8, 3) + wire.tag(9, 4) + wire.tag(8, 4),
        wire.tag(9, 3) + wire.number_field(1, 1),
        wire.tag(9, 3) * 5 + wire.tag(9, 4) * 4,
        wire.tag(9, 3) + wire.tag(2, 2) + b"\x7f" + wire.tag(9, 4),
    ],
    ids=["end alone", "not ended", "other end", "crossed", "not ended with a field", "four of five", "long field"],
)
def test_a_group_that_is_not_paired_is_refused(refuse, data):
    refuse(data)
    refuse(wire.bytes_field(2, data) + wire.tag(9, 4))


def test_a_group_does_not_end_in_the_message_around_it(refuse):
    refuse(wire.bytes_field(2, wire.tag(9, 3)) + wire.tag(9, 4))


def nested_composites(depth):
    info = wire.tensor_info()
    for _ in range(depth):
        info = wire.composite(info)
    return wire.model({"x": info})


def test_nesting_within_protobufs_limit_is_read(outcome):
    assert list(outcome(nested_composites(40)).inputs) == ["x" + "/0" * 40]


@pytest.mark.parametrize("depth", [100, 10_000])
def test_nesting_without_end_is_refused(refuse, depth):
    assert "nested more than 100 deep" in refuse(nested_composites(depth))


@pytest.mark.parametrize("depth", [101, 10_000, 1_000_000])
def test_groups_nested_without_end_are_refused(refuse, depth):
    assert "nested more than 100 deep" in refuse(wire.tag(9, 3) * depth + wire.tag(9, 4) * depth)
    assert "nested more than 100 deep" in refuse(wire.bytes_field(2, wire.tag(9, 3) * depth))


def test_a_hundred_groups_are_read(outcome):
    groups = wire.tag(9, 3) * 99 + wire.tag(9, 4) * 99
    assert isinstance(outcome(groups + groups + WHOLE), Signature)


@pytest.mark.parametrize("info", [wire.bytes_field(4, b"\xff"), wire.bytes_field(5, wire.bytes_field(1, b"\xff"))])
def test_damage_in_a_part_whose_content_is_not_needed_is_refused_as_by_protobuf(refuse, info):
    refuse(wire.model({"x": info + wire.data_type("float32")}))


HOSTILE = {
    "20 MB of tiny entries with distinct keys": lambda: wire.saved_model(
        wire.meta_graph({"serving_default": wire.map_field(1, ((f"{i:x}", b"\x10\x01") for i in range(1_500_000)))})
    ),
    "20 MB of empty graphs": lambda: wire.bytes_field(2, b"") * 10_000_000,
    "20 MB of empty signatures": lambda: wire.saved_model(
        wire.bytes_field(5, b"") * 5_000_000 + wire.bytes_field(1, b"") * 5_000_000
    ),
    "20 MB of empty inputs": lambda: wire.saved_model(
        wire.meta_graph({"serving_default": wire.bytes_field(1, b"") * 10_000_000})
    ),
    "20 MB of empty components": lambda: wire.model({"x": wire.bytes_field(5, wire.bytes_field(2, b"") * 10_000_000)}),
    "20 MB of empty shapes": lambda: wire.model({"x": wire.bytes_field(3, b"") * 10_000_000 + wire.data_type(1)}),
    "20 MB of distinct tags": lambda: wire.saved_model(
        wire.bytes_field(1, b"".join(wire.bytes_field(4, f"{i:x}") for i in range(2_500_000)))
    ),
    "20 MB of distinct signatures": lambda: wire.saved_model(
        wire.meta_graph({f"{i:x}": b"" for i in range(1_800_000)})
    ),
    "20 MB of empty strings": lambda: wire.model(
        {"x": wire.tensor_info((2**24,), "string")},
        defaults={"x": wire.tensor("string", (2**24,)) + wire.bytes_field(8, b"") * 10_000_000},
    ),
    "20 MB of small numbers": lambda: wire.model(
        {"x": wire.tensor_info((2**24,), "int8")},
        defaults={"x": wire.tensor("int8", (2**24,)) + wire.bytes_field(7, b"\x01" * 20_000_000)},
    ),
    "20 MB of bytes of float8": lambda: wire.model(
        {"x": wire.tensor_info((2**24,), "float8_e5m2")},
        defaults={"x": wire.tensor("float8_e5m2", (2**24,)) + wire.bytes_field(18, b"\x01" * 20_000_000)},
    ),
    "many defaults of 16M elements each": lambda: wire.model(
        {f"x{i}": wire.tensor_info((2**24,), "complex128") for i in range(1_000)},
        defaults={f"x{i}": wire.tensor("complex128", (2**24,), dcomplex_val=[1, 2]) for i in range(1_000)},
    ),
    "a default repeated 100,000 times": lambda: wire.model(
        {"x": wire.tensor_info((2**20,), "int8")},
        defaults=[("x", wire.tensor("int8", (2**20,), int_val=[1]))] * 100_000,
    ),
    "a long string repeated 16M times": lambda: wire.model(
        {"x": wire.tensor_info((2**24,), "string")},
        defaults={"x": wire.tensor("string", (2**24,), string_val=[b"x" * 1_000_000])},
    ),
    "a name of 20 MB": lambda: wire.model({"x" * 20_000_000: wire.tensor_info()}),
    "20 MB of one key again": lambda: wire.saved_model(
        wire.meta_graph({"serving_default": wire.bytes_field(1, wire.bytes_field(1, "x") * 7_000_000)})
    ),
    "20 MB of groups": lambda: (wire.tag(9, 3) + wire.tag(9, 4)) * 10_000_000,
    "20 MB of fixed numbers": lambda: (wire.tag(9, 5) + b"abcd") * 4_000_000,
    "many sparse inputs of deep composites": lambda: wire.model(
        {f"x{i}": nested_info(90, wire.coo_sparse((1,) * 254)) for i in range(300)}
    ),
}


def nested_info(depth, info):
    for _ in range(depth):
        info = wire.composite(info)
    return info


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_exhaust_its_reader_ends_soon(outcome, name):
    data = HOSTILE[name]()
    start = time.perf_counter()
    found = outcome(data)
    assert isinstance(found, (str, Signature))
    assert time.perf_counter() - start < LIMIT_SECONDS
