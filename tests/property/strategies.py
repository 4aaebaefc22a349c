"""Random contracts, and values that meet them, nearly meet them or don't."""

import collections
import collections.abc
import dataclasses
import math

import numpy as np
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

NUMERIC = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
# Those that no NumPy array can hold: every array is then of another dtype.
OTHER = ("bfloat16", "float8_e5m2", "int4", "resource", "variant", "qint8")
DTYPES = st.one_of(st.sampled_from(("float32", "int64", "string")), st.sampled_from(NUMERIC + OTHER))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SYMBOLS = st.sampled_from(["batch", "n", "größe"])
# A name has the same rules in all of a contract.
RULED = st.sampled_from([Dim("rows", min=1), Dim("seq", max=3), Dim("even", multiple_of=2)])
LENGTHS = st.sampled_from(["words", "tokens", Dim("chars", max=2)])  # names of ragged dimensions alone
FREE = st.builds(Dim, min=st.integers(0, 2), max=st.none() | st.integers(2, 4), multiple_of=st.integers(1, 2))
SIZES = st.integers(0, 4)
DIMS = st.one_of(st.none(), SIZES, SYMBOLS, RULED, FREE)
ANY_DIMS = st.one_of(st.none(), st.integers(0, 2**63 - 1), TEXT.filter(bool))
SHAPES = st.one_of(st.none(), st.lists(DIMS, max_size=4).map(tuple))
NAMES = st.one_of(st.none(), st.sampled_from(["", "a", "b"]))
INPUT_NAMES = st.sampled_from(["a", "b", "c", "größe", "input ids", "x/0"])

Pair = collections.namedtuple("Pair", "x y")


@dataclasses.dataclass
class Record:
    x: object
    y: object


def chance(draw, one_in):
    # Not at the ends of the range, which Hypothesis prefers.
    return draw(st.integers(0, one_in - 1)) == one_in // 2


# Rules for values

NUMBERS = {"u": (0, 1, 2, 3), "i": (-2, -1, 0, 1, 2), "f": (-2, -1, 0, 1, 2, 0.5), "c": (0, 1, 1j, -1 - 1j)}
UNUSUAL = {"f": (math.nan, math.inf, -math.inf, -0.0), "c": (complex(math.nan, 0), complex(0, -math.inf))}
WORDS = (b"", b"a", b"bc", "é".encode(), b"\xff", b"abcd")


def fixed_tail(shape):
    """The sizes of the fixed dimensions at the end of a shape: what the shape of a bound may be."""
    tail = []
    for dim in reversed(shape or ()):
        if not isinstance(dim, int) or dim > 4:
            break
        tail.insert(0, dim)
    return tail


@st.composite
def bounds(draw, dtype, numbers, shape):
    """A scalar, or an array that broadcasts against the shape."""
    tail = fixed_tail(shape)
    if not tail or draw(st.booleans()):
        return draw(st.sampled_from(numbers))
    dims = [size if draw(st.booleans()) else 1 for size in tail[draw(st.integers(0, len(tail) - 1)) :]]
    values = draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=4))
    return np.resize(np.array(values, dtype), dims)


@st.composite
def rules(draw, dtype, shape=None):
    """Arguments of a spec: rules that do not contradict each other."""
    if dtype in OTHER or draw(st.booleans()):
        return {}
    if dtype == "string":
        out = {"max_bytes": draw(st.none() | st.integers(2, 3)), "utf8": draw(st.booleans())}
        if draw(st.booleans()):
            allowed = [word for word in WORDS if len(word) < 3 and not (out["utf8"] and word == b"\xff")]
            out["one_of"] = draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=3))
        return out
    kind = np.dtype(dtype).kind
    if kind == "b":
        return {"one_of": draw(st.lists(st.booleans(), min_size=1, max_size=2))}
    numbers = NUMBERS[kind]
    out = {"finite": draw(st.booleans())}
    middle = 1 if kind == "u" else 0  # within all bounds
    if kind != "c" and draw(st.booleans()):
        out["minimum"] = draw(bounds(dtype, [n for n in numbers if n <= middle], shape))
    if kind != "c" and draw(st.booleans()):
        out["maximum"] = draw(bounds(dtype, [n for n in numbers if n >= middle], shape))
    if draw(st.booleans()):
        allowed = numbers if out["finite"] else numbers + UNUSUAL.get(kind, ())
        allowed = (middle,) if "minimum" in out or "maximum" in out else allowed
        out["one_of"] = draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=4))
    return out


@st.composite
def elements_for(draw, spec, dtype, shape):
    """An array of numbers: most of the time they fit."""
    if dtype == "bool":
        allowed = [False, True] if spec.one_of is None or chance(draw, 4) else spec.one_of.tolist()
        return np.resize(np.array(draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=3))), shape)
    kind = np.dtype(dtype).kind
    allowed = NUMBERS[kind] + UNUSUAL.get(kind, ())
    if draw(st.booleans()):
        allowed = spec.one_of.tolist() if spec.one_of is not None else [1 if kind == "u" else 0]
    return np.resize(np.array(draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=4)), dtype), shape)


# Specs


@st.composite
def specs(draw, shapes=SHAPES, names=NAMES):
    shape, dtype = draw(shapes), draw(DTYPES)
    return TensorSpec(shape, dtype, draw(names), optional=draw(st.booleans()), **draw(rules(dtype, shape)))


@st.composite
def ragged_specs(draw):
    ragged_rank = draw(st.integers(1, 2))
    dtype = draw(st.sampled_from(["float32", "int64", "string"]))
    lengths = st.one_of(st.none(), LENGTHS, FREE, st.integers(0, 2))
    inner = draw(st.lists(DIMS, max_size=1))
    shape = None if chance(draw, 9) else (draw(DIMS), *(draw(lengths) for _ in range(ragged_rank)), *inner)
    splits, name, optional = draw(st.sampled_from(["int64", "int64", "int32"])), draw(NAMES), draw(st.booleans())
    return RaggedTensorSpec(shape, dtype, ragged_rank, splits, name, optional=optional, **draw(rules(dtype)))


@st.composite
def sparse_specs(draw):
    dtype = draw(st.sampled_from(["float32", "int64", "string"]))
    return SparseTensorSpec(draw(SHAPES), dtype, draw(NAMES), optional=draw(st.booleans()), **draw(rules(dtype)))


def all_specs():
    return st.one_of(specs(), specs(), ragged_specs(), sparse_specs())


def arguments(spec):
    """What makes the spec again; none of those above has a default."""
    names = ["shape", "dtype", "name", "minimum", "maximum", "finite", "one_of", "max_bytes", "utf8", "optional"]
    if isinstance(spec, RaggedTensorSpec):
        names += ["ragged_rank", "row_splits_dtype"]
    return {name: getattr(spec, name) for name in names}


def rebuilt(spec, **changes):
    return type(spec)(**arguments(spec) | changes)


# Values


@st.composite
def sizes_for(draw, shape, bound):
    """Concrete sizes for a shape: most of the time they fit."""
    if shape is None:
        return tuple(draw(st.lists(SIZES, max_size=3)))
    sizes = []
    for dim in shape:
        name = dim.name if isinstance(dim, Dim) else dim if isinstance(dim, str) else None
        # An array of a size out of the blue would not fit into memory.
        size = dim if isinstance(dim, int) and dim <= 4 else draw(SIZES)
        if isinstance(dim, Dim):
            size = -(-max(size, dim.min) // dim.multiple_of) * dim.multiple_of
            size = min(size, 4 if dim.max is None else dim.max)
        if name is not None:
            size = bound.setdefault(name, size)
        sizes.append(draw(SIZES) if chance(draw, 10) else size)
    if chance(draw, 20):
        sizes = draw(st.sampled_from([[1, *sizes], [*sizes, 1], sizes[1:]]))
    return tuple(sizes)


ELEMENTS = st.one_of(
    st.text(max_size=3),
    st.binary(max_size=3),
    st.sampled_from(["a", b"b", "größe", "\ud800", None, 1, 1.5, *WORDS]),
)
GOOD_ELEMENTS = st.one_of(TEXT, st.binary(max_size=3))


@st.composite
def string_arrays(draw, shape, spec=None):
    kind = draw(st.sampled_from("OOOSU"))
    if kind == "S":
        return np.full(shape, draw(st.sampled_from(WORDS)), "S4")
    if kind == "U":
        return np.full(shape, draw(st.sampled_from(["a", "", "bc", "é", "€€"])), "U2")
    array = np.empty(shape, object)
    elements = ELEMENTS if draw(st.booleans()) else GOOD_ELEMENTS
    if spec is not None and spec.dtype == "string" and not chance(draw, 4):
        elements = st.sampled_from(spec.one_of.tolist() if spec.one_of is not None else ["a", b"bc", "", "é"])
    for index in np.ndindex(*shape):
        array[index] = draw(elements)
    return array


NO_TENSORS = st.sampled_from([None, 1, 1.5, True, "text", [1.0], (1.0,), {}, {"a": 1}])


@st.composite
def values_for(draw, spec, bound):
    """A value for a spec: most of the time it fits. `bound` holds the sizes of named dimensions drawn so far."""
    luck = draw(st.integers(0, 29))
    if luck == 10:
        return draw(NO_TENSORS)
    if not isinstance(spec, TensorSpec):
        return draw(parts_for(spec, bound))
    dtype = draw(DTYPES.filter(lambda name: name not in OTHER)) if luck == 11 or spec.dtype in OTHER else spec.dtype
    shape = draw(sizes_for(spec.shape, bound))
    if dtype == "string":
        array = draw(string_arrays(shape, spec))
    elif dtype == spec.dtype:
        array = draw(elements_for(spec, dtype, shape))
    else:
        array = np.zeros(shape, dtype)
    if luck == 12 and dtype != "string":
        array = array.astype(array.dtype.newbyteorder(">"))
    if luck == 13:
        array = np.ma.array(array)
    if luck == 14 and array.ndim > 0:
        array = np.repeat(array, 2, axis=0)[::-2]
    if luck in (15, 16) and array.ndim == 0 and array.dtype.isnative and dtype != "string":
        return array[()]
    return array


@st.composite
def parts_for(draw, spec, bound):
    """The parts of a ragged or a sparse tensor: they always fit together, and mostly the spec."""
    if isinstance(spec, SparseTensorSpec):
        shape = draw(sizes_for(spec.shape, bound))
        places = list(np.ndindex(*shape))
        places = sorted(draw(st.lists(st.sampled_from(places), max_size=4, unique=True))) if places else []
        indices = np.array(places, np.int64).reshape(len(places), len(shape))
        values, dense_shape = draw(flat_values(spec, (len(places),))), np.array(shape, np.int64)
        return {"indices": indices, "values": values, "dense_shape": dense_shape}
    dims = spec.shape or (None,) * (spec.ragged_rank + 1)
    (count,) = draw(sizes_for(dims[:1], bound))[:1] or (0,)
    levels = []
    for dim in dims[1 : spec.ragged_rank + 1]:
        name = dim.name if isinstance(dim, Dim) else dim if isinstance(dim, str) else None
        lengths = [size for _ in range(count) for size in draw(sizes_for((dim if name is None else None,), {}))[:1]]
        lengths = bound.setdefault(("lengths", name, count), lengths) if name is not None else lengths
        levels.append(np.cumsum([0, *lengths], dtype=spec.row_splits_dtype))
        count = int(levels[-1][-1])
    inner = draw(sizes_for(dims[spec.ragged_rank + 1 :], bound))
    value = draw(flat_values(spec, (count, *inner)))
    for splits in reversed(levels):
        value = {"values": value, "row_splits": splits}
    return value


def flat_values(spec, shape):
    return string_arrays(shape, spec) if spec.dtype == "string" else elements_for(spec, spec.dtype, shape)


@st.composite
def specs_with_values(draw, kinds=None):
    spec = draw(specs() if kinds is None else kinds)
    return spec, draw(values_for(spec, {}))


# Signatures


@st.composite
def nests(draw, leaves, depth=2):
    kind = draw(st.integers(0, 9)) if depth > 0 else 0
    inner = nests(leaves, depth - 1)
    if kind == 4:
        return draw(st.dictionaries(INPUT_NAMES, inner, max_size=2))
    if kind == 5:
        return draw(st.lists(inner, max_size=2))
    if kind == 6:
        return tuple(draw(st.lists(inner, max_size=2)))
    if kind == 7:
        return draw(st.sampled_from([Pair, Record]))(draw(inner), draw(inner))
    return draw(leaves)


@st.composite
def signatures(draw, leaves=None):
    leaves = specs() if leaves is None else leaves
    inputs = draw(st.dictionaries(INPUT_NAMES, nests(leaves), max_size=5) if not chance(draw, 8) else nests(leaves, 3))
    outputs = draw(st.none() | st.dictionaries(INPUT_NAMES, specs(), max_size=2))
    return Signature(inputs, outputs, name=draw(TEXT))


def children(nest):
    """The names and children of a container of any kind."""
    if isinstance(nest, collections.abc.Mapping):
        return dict(nest)
    if dataclasses.is_dataclass(nest):
        return {field.name: getattr(nest, field.name) for field in dataclasses.fields(nest)}
    return dict(zip(getattr(nest, "_fields", range(len(nest))), nest, strict=True))


def container(nest, made):
    """A container of the nest's kind; a dict may have other names."""
    if isinstance(nest, collections.abc.Mapping):
        return made
    if dataclasses.is_dataclass(nest):
        return Record(**made)
    return Pair(**made) if hasattr(nest, "_fields") else type(nest)(made.values())


def is_spec(nest):
    return isinstance(nest, (TensorSpec, RaggedTensorSpec, SparseTensorSpec))


def is_optional(nest):
    return nest.optional if is_spec(nest) else all(map(is_optional, children(nest).values()))


def mapped(nest, change):
    """The nest with every spec changed."""
    if is_spec(nest):
        return change(nest)
    return container(nest, {name: mapped(child, change) for name, child in children(nest).items()})


@st.composite
def batches_for(draw, nest, bound):
    if is_spec(nest):
        return draw(values_for(nest, bound))
    if chance(draw, 60):
        return draw(NO_TENSORS)
    is_dict = isinstance(nest, collections.abc.Mapping)
    batch = {}
    for name, child in children(nest).items():
        absent = is_dict and (draw(st.booleans()) if is_optional(child) else chance(draw, 30))
        if not absent:
            batch[name] = draw(batches_for(child, bound))
    if not is_dict:
        return container(nest, batch)
    if chance(draw, 20):
        batch[draw(INPUT_NAMES)] = draw(NO_TENSORS)
    items = list(batch.items())
    return dict(draw(st.permutations(items)) if draw(st.booleans()) else items)


@st.composite
def signatures_with_batches(draw, leaves=None):
    signature = draw(signatures(leaves))
    return signature, draw(batches_for(signature.inputs, {}))


# Relations


def widened_bound(bound, lowest):
    """A scalar that lets through all that the bound does."""
    if bound is None or bound.size == 0:
        return None
    return bound.min() if lowest else bound.max()


@st.composite
def wider(draw, spec):
    """A supertype of the spec."""
    changes = {
        "optional": spec.optional or draw(st.booleans()),
        "name": draw(NAMES) if spec.name is None else spec.name,
    }
    if spec.shape is not None:
        shape = tuple(None if chance(draw, 4) else dim for dim in spec.shape)
        shape = None if chance(draw, 10) else shape
        changes["shape"] = shape
        if shape != spec.shape:
            changes |= {"minimum": widened_bound(spec.minimum, True), "maximum": widened_bound(spec.maximum, False)}
    for rule, free in (("minimum", None), ("maximum", None), ("finite", False), ("max_bytes", None), ("utf8", False)):
        if chance(draw, 4):
            changes[rule] = free
    if spec.one_of is not None and chance(draw, 2):
        more = {"string": b"a", "bool": True}.get(spec.dtype, int(spec.dtype.startswith("uint")))  # within all bounds
        changes["one_of"] = draw(st.sampled_from([None, [*spec.one_of.tolist(), more]]))
    return rebuilt(spec, **changes)


@st.composite
def related(draw, spec):
    """A spec of the same dtype and, mostly, name and rank: two independent ones hardly ever have a relation."""
    shape = spec.shape
    if shape is not None:
        own = spec.ragged_rank + 1 if isinstance(spec, RaggedTensorSpec) else 0
        shape = tuple(draw(DIMS) if axis >= own and chance(draw, 3) else dim for axis, dim in enumerate(shape))
        shape = draw(st.sampled_from([shape, shape, shape, shape, None, (*shape, 1)]))
    name = draw(NAMES) if chance(draw, 5) else spec.name
    changes = {"shape": shape, "name": name, "optional": draw(st.booleans())}
    none = {"minimum": None, "maximum": None, "finite": False, "one_of": None, "max_bytes": None, "utf8": False}
    if spec.minimum is not None and spec.minimum.ndim:
        changes["minimum"] = widened_bound(spec.minimum, draw(st.booleans()))
    if spec.maximum is not None and spec.maximum.ndim:
        changes["maximum"] = widened_bound(spec.maximum, draw(st.booleans()))
    if chance(draw, 2):
        changes |= none | draw(rules(spec.dtype, shape if isinstance(spec, TensorSpec) else None))
    elif "minimum" in changes or "maximum" in changes:
        changes["one_of"] = None
    return rebuilt(spec, **changes)


FINITE = {"allow_nan": True, "allow_infinity": True}
SCALARS = {
    "bool": st.booleans(),
    "string": GOOD_ELEMENTS,
    "float16": st.floats(width=16, **FINITE),
    "float32": st.floats(width=32, **FINITE),
    "float64": st.floats(**FINITE),
    "complex64": st.complex_numbers(width=64),
    "complex128": st.complex_numbers(),
}


@st.composite
def defaults(draw, dtype):
    """An array of a dtype with any values."""
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
    array = np.zeros(shape, object if dtype == "string" else dtype)
    scalars = SCALARS.get(dtype)
    if scalars is None:
        limits = np.iinfo(dtype)
        scalars = st.integers(int(limits.min), int(limits.max))
    for index in np.ndindex(*shape):
        array[index] = draw(scalars)
    return array


@st.composite
def specs_with_defaults(draw):
    dtype = draw(st.sampled_from((*NUMERIC, "string")))
    default = draw(defaults(dtype))
    shape = tuple(draw(st.sampled_from([None, size])) for size in default.shape)
    return TensorSpec(draw(st.sampled_from([shape, None])), dtype, draw(st.none() | TEXT), default=default)


@st.composite
def any_specs(draw):
    shape = draw(st.none() | st.lists(ANY_DIMS, max_size=6).map(tuple))
    return TensorSpec(shape, draw(DTYPES), draw(st.none() | TEXT), optional=draw(st.booleans()))
