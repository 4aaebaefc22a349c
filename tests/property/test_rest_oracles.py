"""What JSON is, orjson and simdjson know as well."""

import json
import re

import orjson
import simdjson
from hypothesis import given
from hypothesis import strategies as st

import tensorgate as tg
from tensorgate.serving import decode_rest

SIG = tg.Signature({"x": tg.TensorSpec(None)})
# What TensorFlow Serving takes and they don't; and numbers whose size they refuse, not their form.
NOT_THEIRS = re.compile(rb"NaN|Inf|[eE][+-]?[0-9]{3}")
NOT_SIMDJSONS = re.compile(rb"[0-9]{18}")

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e90, 1e90)
    | st.text(max_size=8)
    | st.sampled_from(["\\", '"', "\x7f", "\u2028", "\U0010ffff", "/"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def texts(draw):
    """Draw JSON, or what a few strokes make of it."""
    text = json.dumps(draw(values), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, None, 1])))
    data = bytearray(text.encode("utf-8"))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data)))
        piece = draw(
            st.sampled_from(
                [b"", b",", b"[", b"]", b"{", b"}", b'"', b"\\", b"\\u", b"\\ud800", b"-", b".", b"0", b"e", b"+"]
            )
            | st.sampled_from(
                [
                    b" ",
                    b"\t",
                    b"\x00",
                    b"\x0b",
                    b"\xc2\xa0",
                    b"\xff",
                    b"\xc0",
                    b"\xed\xa0\x80",
                    b"null",
                    b"tru",
                    b":",
                    b"1",
                ]
            )
            | st.binary(max_size=2)
        )
        data[place : place + draw(st.integers(0, 2))] = piece
    return bytes(data)


def is_json_to_orjson(body):
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def is_json_to_simdjson(body):
    try:
        simdjson.Parser().parse(body)
    except (ValueError, UnicodeDecodeError):
        return False
    return True


def codes(body):
    try:
        decode_rest(body, SIG)
    except tg.ValidationError as error:
        return {violation.code for violation in error.violations}
    return set()


@given(texts())
def test_a_value_that_no_input_has_must_be_json(text):
    body = b'{"inputs": 1, "other": ' + text + b"}"
    ours = "malformed" not in codes(body)
    if NOT_THEIRS.search(text):
        return
    assert ours == is_json_to_orjson(body)
    if not NOT_SIMDJSONS.search(text):
        assert ours == is_json_to_simdjson(body)


@given(texts())
def test_the_value_of_an_input_must_be_json(text):
    body = b'{"inputs": ' + text + b"}"
    if NOT_THEIRS.search(text):
        return
    assert ("malformed" not in codes(body)) == is_json_to_orjson(body)


@given(st.lists(st.text(max_size=40), min_size=1), st.booleans())
def test_strings_are_what_orjson_reads(strings, ascii_alone):
    body = json.dumps({"instances": strings}, ensure_ascii=ascii_alone).encode("utf-8", "surrogatepass")
    sig = tg.Signature({"x": tg.TensorSpec(None, "string")})
    want = [string.encode() for string in orjson.loads(body)["instances"]]
    assert decode_rest(body, sig)["x"].tolist() == want
