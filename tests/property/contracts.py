"""Random contracts with all that a contract may say, and JSON documents of nearly such."""

import collections
import dataclasses
import json

import numpy as np
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

from .strategies import DTYPES, SCALARS, TEXT

RULES = (Dim("seq", min=1, max=512, multiple_of=8), Dim("rows", max=2**62))
FREE_DIMS = st.one_of(
    st.none(),
    st.integers(0, 2**63 - 1),
    st.builds(Dim, min=st.integers(0, 3), max=st.none() | st.integers(6, 9), multiple_of=st.integers(1, 3)),
)
DIMS = st.one_of(FREE_DIMS, st.sampled_from(["batch", "größe", *RULES]))
KEYS = st.sampled_from(["a", "b", "größe", "input ids", "x/0", ""])
FIELDS = st.lists(st.sampled_from(["x", "y", "größe", "self"]), unique=True, max_size=3)


def numbers(dtype):
    """Numbers of a dtype that take part in order: no NaN."""
    if dtype in ("float16", "float32", "float64"):
        return st.floats(width=int(dtype[5:]), allow_nan=False)
    info = np.iinfo(dtype.removeprefix("q").replace("quint", "uint"))
    return st.integers(int(info.min), int(info.max))


@st.composite
def rules(draw, dtype, *, size=None):
    """Rules for values that agree with each other; with a size, bounds may be vectors of it."""
    out = {"name": draw(st.none() | TEXT), "optional": draw(st.booleans())}
    if dtype == "string":
        if draw(st.booleans()):
            out["one_of"] = draw(st.lists(st.binary(max_size=4), min_size=1, max_size=4))
        return out | {"max_bytes": draw(st.none() | st.integers(4, 2**40))}
    if dtype in SCALARS and dtype not in ("float16", "float32", "float64"):
        if draw(st.booleans()):
            out["one_of"] = draw(st.lists(SCALARS[dtype], min_size=1, max_size=4))
        return out
    if dtype in ("bfloat16", "float8_e5m2", "int4", "resource", "variant"):
        return out
    if draw(st.booleans()):
        out["one_of"] = draw(st.lists(numbers(dtype), min_size=1, max_size=4))
        return out
    low, high = sorted(draw(st.tuples(numbers(dtype), numbers(dtype))))
    out |= draw(st.sampled_from([{}, {"minimum": low}, {"maximum": high}, {"minimum": low, "maximum": high}]))
    if size is not None and "minimum" in out:
        out["minimum"] = [low] * size
    return out


@st.composite
def specs(draw):
    kind = draw(st.sampled_from(["tensor", "tensor", "ragged", "sparse"]))
    dtype = draw(DTYPES)
    if kind == "ragged":
        rank = draw(st.integers(1, 3))
        # A name is that of ragged dimensions or of others, never both.
        shape = draw(st.none() | st.lists(FREE_DIMS, min_size=rank + 1, max_size=5))
        return RaggedTensorSpec(shape, dtype, rank, draw(st.sampled_from(["int32", "int64"])), **draw(rules(dtype)))
    shape = draw(st.none() | st.lists(DIMS, max_size=4))
    if kind == "sparse":
        return SparseTensorSpec(shape, dtype, **draw(rules(dtype)))
    size = draw(st.none() | st.integers(1, 3))
    return TensorSpec(shape if size is None else [None, size], dtype, **draw(rules(dtype, size=size)))


def containers(inner):
    def named(make):
        return FIELDS.flatmap(lambda names: st.tuples(*[inner] * len(names)).map(lambda values: make(names)(*values)))

    return st.one_of(
        st.dictionaries(KEYS, inner, max_size=3),
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        named(lambda names: collections.namedtuple("Point", names)),
        named(lambda names: dataclasses.make_dataclass("Query", names)),
    )


NESTS = st.recursive(specs(), containers, max_leaves=5)


def contracts():
    return st.builds(Signature, NESTS, st.none() | NESTS, name=TEXT, method_name=TEXT, source=TEXT)


# As text, since what was put into a document may be damaged in its turn.
SCRAPS = st.one_of(
    st.sampled_from(["null", "true", "-1", "0", "1", "3", "0.5", "1e400", "NaN", str(2**63)]),
    st.sampled_from(['""', '"a"', '"float32"', '"string"', '"NaN"', '"YQ=="']),
    st.sampled_from(["[]", "[1]", "{}", '{"min": 1}', '{"shape": [1], "values": [1]}', '{"list": []}']),
    st.just('{"tensor": {"shape": [1], "dtype": "int32"}}'),
).map(json.loads)
NAMES = st.sampled_from(
    [
        *("tensor", "ragged", "sparse", "dict", "list", "tuple", "namedtuple", "dataclass", "name", "fields"),
        *("shape", "dtype", "minimum", "maximum", "one_of", "default", "finite", "utf8", "max_bytes", "optional"),
        *("ragged_rank", "row_splits_dtype", "values", "min", "max", "multiple_of", "outputs", "batch_dim", "more"),
    ]
)


@st.composite
def damaged(draw):
    """A document of a contract, in which a few parts were changed, added or taken away."""
    document = json.loads(draw(contracts()).to_json())
    for _ in range(draw(st.integers(1, 3))):
        holder = document
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(holder[key], (dict, list)) or draw(st.integers(0, 4)) == 0:
                break
            holder = holder[key]
        _damage(draw, holder, key if keys else None)
    return document


def _damage(draw, holder, key):
    what = draw(st.sampled_from(["change", "add", "take away"]))
    if what == "add" or key is None:
        scrap = draw(SCRAPS)
        holder.append(scrap) if isinstance(holder, list) else holder.update({draw(NAMES): scrap})
    elif what == "change":
        holder[key] = draw(SCRAPS)
    else:
        del holder[key]
