"""Examples' bytes: what protobuf reads in its own way is read likewise, and what is no Example is malformed."""

import pytest

from tensorgate import RaggedTensorSpec, SparseTensorSpec, TensorSpec, ValidationError

from . import example_wire as pb
from .example_outcomes import IDS, RAGGED, decode, faults, refusal
from .wire import bytes_field, number_field, tag, varint


def outcome(specs, *examples):
    """The batch, or None and the codes of what is wrong."""
    try:
        return decode(specs, *examples), None
    except ValidationError as error:
        return None, {str(violation.code) for violation in error.violations}


INT = pb.int64_list(1, 2)
MERGED = {
    "two entries of one name: the last": (pb.features(pb.entry("ids", pb.int64_list(9)), pb.entry("ids", INT))),
    "two messages of features are one": pb.example(ids=[9]) + pb.example(ids=[1, 2]),
    "two values of an entry are one": pb.features(pb.entry("ids", pb.int64_list(1), pb.int64_list(2))),
    "two lists of a feature are one": pb.example(ids=pb.int64_list(1) + pb.int64_list(2)),
    "of two kinds the last": pb.example(ids=pb.int64_list(9, 9) + pb.float_list(1.0) + INT),
    "two kinds in two values": pb.features(pb.entry("ids", pb.float_list(1.0), INT)),
    "one packed run after another": pb.example(ids=bytes_field(3, bytes_field(1, b"\1") + bytes_field(1, b"\2"))),
    "unpacked": pb.example(ids=pb.unpacked_int64_list(1, 2)),
    "packed and unpacked": pb.example(ids=bytes_field(3, bytes_field(1, b"\1") + number_field(1, 2))),
    "the value before the key": pb.features(bytes_field(1, bytes_field(2, INT) + bytes_field(1, "ids"))),
    "two keys: the last": pb.features(
        bytes_field(1, bytes_field(1, "x") + bytes_field(1, "ids") + bytes_field(2, INT))
    ),
    "lengths longer than they need be": pb.features(
        tag(1, 2) + b"\x8d\x80\0" + bytes_field(1, "ids") + bytes_field(2, INT),
    ),
    "tags longer than they need be": pb.features(b"\x8a\0\x10\x8a\0\3ids\x92\x80\0" + bytes_field(2, INT)[1:]),
    "unknown fields everywhere": number_field(9, 1)
    + bytes_field(
        1,
        number_field(9, 1)
        + pb.entry("ids", number_field(9, 1) + bytes_field(3, tag(9, 1) + bytes(8) + bytes_field(1, b"\1\2")))
        + tag(7, 3)
        + tag(7, 4),
    ),
    "a field of another wire type is unknown": pb.example(ids=number_field(3, 5) + INT) + number_field(1, 3),
    "integers of ten bytes": pb.example(ids=bytes_field(3, bytes_field(1, b"\x81" + b"\x80" * 8 + b"\x02" + b"\2"))),
}


@pytest.mark.parametrize("what", MERGED)
def test_what_protobuf_merges_is_merged(what):
    assert decode(IDS, MERGED[what])["ids"].tolist() == [[1, 2]]
    assert decode(RAGGED, MERGED[what], b"")["ids"]["values"].tolist() == [1, 2]


def test_the_last_entry_counts_even_without_a_list():
    row = pb.features(pb.entry("ids", INT), pb.entry("ids", b""))
    assert faults(IDS, row)[0][:2] == ("examples[0]['ids']", "missing")
    assert decode(RAGGED, row)["ids"]["values"].tolist() == []


def test_an_overwritten_wrong_feature_does_no_harm():
    row = pb.features(pb.entry("ids", pb.float_list(1.0)), pb.entry("ids", pb.int64_list(1)), pb.entry("ids", INT))
    assert decode(IDS, row, row)["ids"].tolist() == [[1, 2], [1, 2]]


def test_a_row_that_is_begun_anew_leaves_nothing_behind():
    twice = pb.features(pb.entry("ids", pb.int64_list(*range(50))), pb.entry("ids", INT))
    assert decode(RAGGED, twice, twice)["ids"]["values"].tolist() == [1, 2, 1, 2]
    words = pb.features(pb.entry("x", pb.bytes_list("a", "b")), pb.entry("x", pb.bytes_list("c")))
    assert decode({"x": RaggedTensorSpec((None, None), "string")}, words, words)["x"]["values"].tolist() == [b"c", b"c"]


OTHER = pb.entry("ids", INT)  # what stands before, so that offsets are not those of the first byte
BROKEN = {
    "a length past the end": (pb.example(ids=[1, 2])[:-1], "runs past the end"),
    "a length past the end of what holds it": (pb.features(b"\x0a\x05\x0a\x07abc"), "runs past the end"),
    "a field of number 0": (pb.example(ids=[1, 2]) + b"\0", "not a field number"),
    "a wire type that does not exist": (pb.features(OTHER, b"\x0e"), "wire type 6 does not exist"),
    "a group that does not end": (pb.features(OTHER) + tag(5, 3), "a group does not end"),
    "a name that is not UTF-8": (pb.features(OTHER, pb.entry(b"\xff", INT)), "a feature's name '\\xff' is not UTF-8"),
    "a name that is not UTF-8, after its value": (
        pb.features(bytes_field(1, bytes_field(2, INT) + bytes_field(1, b"\xc3"))),
        "not UTF-8",
    ),
    "a float and a half": (pb.example(x=bytes_field(2, bytes_field(1, b"123456"))), "packed floats of 6 bytes"),
    "an integer that does not end": (pb.example(x=bytes_field(3, bytes_field(1, b"\1\x80"))), "packed integers"),
    "an integer of eleven bytes": (
        pb.example(x=bytes_field(3, bytes_field(1, b"\x80" * 10 + b"\1"))),
        "packed integers",
    ),
    "an integer of eleven bytes before others": (
        pb.example(x=bytes_field(3, bytes_field(1, b"\x80" * 10 + b"\1" * 20))),
        "packed integers",
    ),
    "a string past its list": (pb.example(x=bytes_field(1, b"\x0a\x02a")), "runs past the end"),
    "a field in an entry that is neither": (
        pb.features(bytes_field(1, bytes_field(1, "ids") + bytes_field(2, INT) + number_field(3, 1))),
        "neither its key nor its value",
    ),
}


@pytest.mark.parametrize("known", [True, False], ids=["of the contract", "of no contract"])
@pytest.mark.parametrize("what", BROKEN)
def test_what_protobuf_refuses_is_malformed(what, known):
    row, message = BROKEN[what]
    specs = {"other": TensorSpec((None,), "int64", default=[0])}
    if known:
        specs |= {"ids": RaggedTensorSpec((None, None), "int64"), "x": RaggedTensorSpec((None, None), "int64")}
        specs["x"] = RaggedTensorSpec((None, None), "float32" if "float" in what else "int64")
    error = refusal(specs, b"", row, b"")
    (violation,) = error.violations
    assert (violation.path, violation.code, violation.expected) == ("examples[1]", "malformed", None)
    assert message in violation.got
    assert 0 <= violation.offset <= len(row)


def test_the_offset_is_that_of_the_fault_in_its_example():
    row = pb.features(pb.entry("a", pb.int64_list(1)), pb.entry("x", bytes_field(2, bytes_field(1, b"12345"))))
    (violation,) = refusal({"x": TensorSpec((None, None))}, row).violations
    assert row[violation.offset : violation.offset + 3] == b"\x0512"


def test_every_broken_example_is_told():
    bad = b"\x0a\x05"
    assert [fault[:2] for fault in faults(IDS, bad, pb.example(ids=[1, 2]), b"", bad)] == [
        ("examples[0]", "malformed"),
        ("examples[2]['ids']", "missing"),
        ("examples[3]", "malformed"),
    ]


FULL = pb.example(ids=[1, 300], text=["abc", "é"], x=[1.0, 2.0], more=["y"])
FULL_SPECS = {
    "ids": TensorSpec((None, 2), "int64"),
    "text": RaggedTensorSpec((None, None), "string"),
    "x": SparseTensorSpec((None, None), "float32"),
}


@pytest.mark.parametrize("mutable", [bytes, bytearray])
def test_no_truncation_does_harm(mutable):
    for end in range(1, len(FULL)):
        found = faults(FULL_SPECS, mutable(FULL[:end]), FULL)
        assert found[0][:2] == ("examples[0]", "malformed")


def test_every_wire_type_in_every_field_is_read_or_refused():
    payloads = [varint(3), bytes(8), b"\x02\x08\x01", b"", tag(1, 4), bytes(4)]
    for level in range(5):
        for number in range(1, 5):
            for wire_type in range(6):
                inner = tag(number, wire_type) + payloads[wire_type]
                if wire_type == 3:
                    inner = tag(number, 3) + tag(number, 4)
                row = inner
                for depth in range(level, 0, -1):
                    row = bytes_field({4: 3, 3: 2}.get(depth, 1), row)
                batch, codes = outcome(RAGGED, row)
                assert codes == {"malformed"} if batch is None else batch["ids"]["row_splits"].tolist() == [0, 0]
