"""Random contracts, and values that meet them, nearly meet them or don't."""

import numpy as np
from hypothesis import strategies as st

from tensorgate import Signature, TensorSpec

NUMERIC = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
# Those that no NumPy array can hold: every array is then of another dtype.
OTHER = ("bfloat16", "float8_e5m2", "int4", "resource", "variant", "qint8")
DTYPES = st.one_of(st.sampled_from(("float32", "int64", "string")), st.sampled_from(NUMERIC + OTHER))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SYMBOLS = st.sampled_from(["batch", "n", "größe"])
SIZES = st.integers(0, 4)
DIMS = st.one_of(st.none(), SIZES, SYMBOLS)
ANY_DIMS = st.one_of(st.none(), st.integers(0, 2**63 - 1), TEXT.filter(bool))
SHAPES = st.one_of(st.none(), st.lists(DIMS, max_size=4).map(tuple))
NAMES = st.one_of(st.none(), st.sampled_from(["", "a", "b"]))
INPUT_NAMES = st.sampled_from(["a", "b", "c", "größe", "input ids", "x/0"])


@st.composite
def specs(draw, shapes=SHAPES, names=NAMES):
    return TensorSpec(draw(shapes), draw(DTYPES), draw(names), optional=draw(st.booleans()))


@st.composite
def signatures(draw):
    inputs = draw(st.dictionaries(INPUT_NAMES, specs(), max_size=5))
    return Signature(inputs, draw(st.none() | st.dictionaries(INPUT_NAMES, specs(), max_size=2)), name=draw(TEXT))


@st.composite
def sizes_for(draw, shape, bound):
    """Concrete sizes for a shape: most of the time they fit."""
    if shape is None:
        return tuple(draw(st.lists(SIZES, max_size=3)))
    sizes = []
    for dim in shape:
        if isinstance(dim, str):
            size = bound.setdefault(dim, draw(SIZES))
        else:
            # An array of a size out of the blue would not fit into memory.
            size = dim if isinstance(dim, int) and dim <= 4 else draw(SIZES)
        sizes.append(draw(SIZES) if draw(st.integers(0, 19)) == 0 else size)
    if draw(st.integers(0, 19)) == 0:
        sizes = draw(st.sampled_from([[1, *sizes], [*sizes, 1], sizes[1:]]))
    return tuple(sizes)


ELEMENTS = st.one_of(
    st.text(max_size=3),
    st.binary(max_size=3),
    st.sampled_from(["a", b"b", "größe", "\ud800", None, 1, 1.5]),
)
GOOD_ELEMENTS = st.one_of(TEXT, st.binary(max_size=3))


@st.composite
def string_arrays(draw, shape):
    kind = draw(st.sampled_from("OOOSU"))
    if kind != "O":
        return np.full(shape, draw(st.sampled_from(["a", ""])), kind)
    array = np.empty(shape, object)
    elements = ELEMENTS if draw(st.integers(0, 3)) == 0 else GOOD_ELEMENTS
    for index in np.ndindex(*shape):
        array[index] = draw(elements)
    return array


NO_TENSORS = st.sampled_from([None, 1, 1.5, True, "text", [1.0], (1.0,), {}, {"a": 1}])


@st.composite
def values_for(draw, spec, bound):
    """A value for a spec: most of the time it fits. `bound` holds the sizes of named dimensions drawn so far."""
    luck = draw(st.integers(0, 29))
    if luck == 0:
        return draw(NO_TENSORS)
    dtype = draw(DTYPES.filter(lambda name: name not in OTHER)) if luck == 1 or spec.dtype in OTHER else spec.dtype
    shape = draw(sizes_for(spec.shape, bound))
    array = draw(string_arrays(shape)) if dtype == "string" else np.zeros(shape, dtype)
    if luck == 2 and dtype != "string":
        array = array.astype(array.dtype.newbyteorder(">"))
    if luck == 3:
        array = np.ma.array(array)
    if luck == 4 and array.ndim > 0:
        array = np.repeat(array, 2, axis=0)[::-2]
    if luck in (5, 6) and array.ndim == 0 and array.dtype.isnative and dtype != "string":
        return array[()]
    return array


@st.composite
def specs_with_values(draw):
    spec = draw(specs())
    return spec, draw(values_for(spec, {}))


@st.composite
def signatures_with_batches(draw):
    signature = draw(signatures())
    if draw(st.integers(0, 49)) == 0:
        return signature, draw(NO_TENSORS)
    bound = {}
    batch = {}
    for name, spec in signature.inputs.items():
        absent = draw(st.booleans()) if spec.optional else draw(st.integers(0, 29)) == 0
        if not absent:
            batch[name] = draw(values_for(spec, bound))
    if draw(st.integers(0, 19)) == 0:
        batch[draw(INPUT_NAMES)] = draw(NO_TENSORS)
    items = list(batch.items())
    return signature, dict(draw(st.permutations(items)) if draw(st.booleans()) else items)


@st.composite
def wider(draw, spec):
    """A spec that is likely to be a supertype of `spec`."""
    shape = spec.shape
    if shape is not None:
        shape = tuple(None if draw(st.integers(0, 3)) == 0 else dim for dim in shape)
        shape = None if draw(st.integers(0, 9)) == 0 else shape
    optional = spec.optional or draw(st.booleans())
    name = draw(NAMES) if spec.name is None else spec.name
    return TensorSpec(shape, spec.dtype, name, optional=optional)


@st.composite
def related(draw, spec):
    """A spec of the same dtype and, mostly, name and rank: two independent ones hardly ever have a relation."""
    shape = spec.shape
    if shape is not None:
        shape = tuple(draw(DIMS) if draw(st.integers(0, 2)) == 0 else dim for dim in shape)
        shape = draw(st.sampled_from([shape, shape, shape, shape, None, (*shape, 1)]))
    name = draw(NAMES) if draw(st.integers(0, 4)) == 0 else spec.name
    return TensorSpec(shape, spec.dtype, name, optional=draw(st.booleans()))


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
