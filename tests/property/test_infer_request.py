"""REST bodies of the Open Inference Protocol against a naive reader."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tensorgate as tg
from tensorgate.serving import decode_infer_request

from .infer_batches import BATCHES, contract, raw_of, same


def written(batch, randoms=None):
    """A REST body and the size of its JSON, with the members of the inputs in any order."""
    entries, behind = [], b""
    for name, (datatype, shape, values, way) in batch.items():
        entry = {"name": name, "shape": shape, "datatype": datatype}
        if way == "binary":
            raw = raw_of(datatype, values)
            behind += raw
            entry["parameters"] = {"binary_data_size": len(raw)}
        elif way == "nested" and shape:
            entry["data"] = np.array(values, object).reshape(shape).tolist()
        else:
            entry["data"] = values
        members = list(entry.items())
        if randoms is not None:
            randoms.shuffle(members)
        entries.append(dict(members))
    text = json.dumps({"inputs": entries}, ensure_ascii=False).encode()
    return text + behind, len(text)


@given(BATCHES, st.randoms())
def test_rest_bodies_are_the_arrays_that_were_written(batch, randoms):
    body, json_size = written(batch, randoms)
    same(decode_infer_request(body, contract(batch), json_size=json_size).inputs, batch)


def offsets(body, sig, json_size):
    """Where the violations of a body are."""
    try:
        decode_infer_request(body, sig, json_size=json_size)
    except tg.ValidationError as error:
        return [violation.offset for violation in error.violations if violation.offset is not None]
    return []


@given(BATCHES, st.data())
def test_damaged_rest_bodies_are_refused_or_read(batch, data):
    body, json_size = written(batch)
    at = data.draw(st.integers(0, len(body) - 1))
    broken = data.draw(st.sampled_from([body[:at], body[:at] + body[at + 1 :], body[:at] + b"\xff" + body[at + 1 :]]))
    assert all(0 <= offset <= len(broken) for offset in offsets(broken, contract(batch), json_size))
