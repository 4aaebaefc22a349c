"""Keys and specs of batches, for what needs no TensorFlow; tests/differential holds them against a tf.function."""

import collections
import dataclasses
import enum
import itertools
import os
import re
import subprocess
import sys
import types

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec

from ..containers import Attributes, Nest

SIGNATURE = Signature({})
Point = collections.namedtuple("Point", "x y")
Line = collections.namedtuple("Line", "x y")
FLOATS = np.zeros((2, 3), np.float32)


class Wrapper:
    def __init__(self, wrapped):
        self.__wrapped__ = wrapped


class ArrayLike:
    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


class Subclass(np.ndarray):
    pass


class Number(enum.IntEnum):
    ONE = 1


# NumPy 2 is the first with a dtype for strings of any length.
STRING_DTYPE = [np.array(["a"], "T")] if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else []


def same():
    """Groups of what is traced as one."""
    yield FLOATS, FLOATS + 1, FLOATS.astype(">f4"), np.ma.array(FLOATS), FLOATS.view(Subclass), ArrayLike(FLOATS)
    yield np.zeros((4, 3))[::-2], np.zeros((2, 3), order="F"), np.broadcast_to(0.0, (2, 3))
    yield np.float32(1), np.array(2, np.float32), np.float32(3).astype(">f4")
    yield np.array(["a"]), np.array([b"bc"]), np.array(["a"], object), np.array([None]), *STRING_DTYPE
    yield np.bytes_(b"a"), np.array("abc")
    yield np.zeros(2, np.longlong), np.zeros(2, np.int64)
    yield 1, True, 1.0, 1 + 0j, Number.ONE
    yield 0, False, 0.0, -0.0, 0j, complex(-0.0, -0.0)
    yield 2**70, float(2**70), complex(2**70)
    yield -(2**63), float(-(2**63))
    yield complex(0.0, 1), complex(-0.0, 1)
    yield float("nan"), -float("nan"), complex(0, float("nan")), complex(float("nan"), 1)
    yield "größe", np.str_("größe"), "".join(["grö", "ße"])
    yield {"a": FLOATS, "b": 1}, {"b": 1, "a": FLOATS}, collections.OrderedDict(b=1, a=FLOATS)
    yield {"a": 1}, collections.defaultdict(list, a=1), collections.UserDict(a=1), types.MappingProxyType({"a": 1})
    yield {1: 2}, {True: 2}, {1.0: 2.0}
    yield {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}
    yield [1, 2], type("List", (list,), {})([1, 2]), Wrapper([1, 2]), Wrapper(Wrapper([1, 2]))
    yield (1, 2), type("Tuple", (tuple,), {})((1, 2))
    yield Point(1, 2), collections.namedtuple("Point", "x y")(1, 2)
    yield Nest("a", FLOATS), Nest("a", FLOATS + 1)
    yield Attributes(1, 2), Attributes(1.0, 2.0)


DIFFERENT = [
    *(np.zeros(shape, np.float32) for shape in [(0,), (1,), (3, 2), (1, 1), (1, 1, 1), (2, 3, 1), (1, 2, 3)]),
    *(np.zeros((0,) * rank, np.float32) for rank in range(2, 9)),
    *(np.empty(0, np.float32).reshape(0, size) for size in (1023, 1024, 1025, 2**16, 2**32, 2**40)),
    *(np.zeros((2, 3), dtype) for dtype in ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "F", "D"]),
    np.zeros((2, 3), "S1"),
    *(np.int64(1), np.int32(1), np.bool_(True)),
    *(None, "", "a", "1", "None", b"", b"a", 2, -1, -2, 0.5, -0.5, float("inf"), -float("inf"), -1j, 2j, 1 + 1j),
    *(2**61 - 1, 2**61, 2**63, -(2**63) - 1, 2**64, 2**70 + 1, -(2**70), 2**127 - 1, 10**400),
    *([], (), {}, [[]], [()], ([],), [{}], {"": {}}, [[], []], [[[]]]),
    *([1], (1,), [[1]], [1, [2]], [[1], 2], [[1, 2]], ["a"], [None]),
    *(
        {"a": 0},
        {"a": 1, "b": 2},
        {"a": 2, "b": 1},
        {"b": 1},
        {"a": {"a": 1}},
        {"a": [1]},
        {"": 1},
        {b"a": 1},
        {None: 1},
    ),
    *({"a": FLOATS}, {"a": FLOATS, "b": FLOATS}, {"a": FLOATS, "b": FLOATS[:1]}, {"a": FLOATS[:1], "b": FLOATS}),
    *(Line(1, 2), Point(1, 3), Point(2, 1), collections.namedtuple("Point", "y x")(1, 2)),
    *(Nest("b", FLOATS), Nest("a", FLOATS[:1]), type("Other", (Nest,), {})("a", FLOATS)),
    *(Attributes(1, 3), type("Others", (Attributes,), {})(1, 2)),
    *(["a", "bc"], ["ab", "c"], ["abc"]),
]


@pytest.mark.parametrize("group", list(same()), ids=lambda group: str(group[0])[:20])
def test_what_shares_a_trace_has_one_key_and_one_spec(group):
    assert len({SIGNATURE.batch_key(batch) for batch in group}) == 1
    assert len({SIGNATURE.batch_spec(batch) for batch in group}) == 1


def test_what_does_not_share_a_trace_has_keys_and_specs_of_its_own():
    batches = [group[0] for group in same()] + DIFFERENT
    assert len({SIGNATURE.batch_spec(batch) for batch in batches}) == len(batches)
    assert len({SIGNATURE.batch_key(batch) for batch in batches}) == len(batches)


def test_a_key_is_an_int_of_64_bits_that_all_vary():
    keys = [SIGNATURE.batch_key({"x": size}) for size in range(200)]
    assert all(isinstance(key, int) and 0 <= key < 2**64 for key in keys)
    for bit in range(64):
        assert 0 < sum(key >> bit & 1 for key in keys) < len(keys)


def test_shapes_do_not_collide():
    row = np.empty((0,), np.int8)
    keys = {
        SIGNATURE.batch_key({"a": row.reshape(0, first, second), "b": row.reshape(0, second, first)})
        for first, second in itertools.product(range(150), repeat=2)
    }
    assert len(keys) == 150**2


def test_a_batch_of_another_contract_has_a_key_too():
    strict = Signature({"x": TensorSpec((7,), "string")})
    assert strict.batch_key({"y": FLOATS}) == SIGNATURE.batch_key({"y": FLOATS})


@pytest.mark.parametrize(
    ("batch", "spec"),
    [
        (FLOATS, TensorSpec((2, 3))),
        ({"b": 1, "a": FLOATS}, ("dict", ("a", TensorSpec((2, 3))), ("b", 1))),
        ([None, (FLOATS, "a")], ("list", None, ("tuple", TensorSpec((2, 3)), "a"))),
        (Point(1, [2]), ("namedtuple", "Point", ("x", 1), ("y", ("list", 2)))),
        (Attributes(1, 2), ("attrs", "Attributes", ("x", 1), ("y", 2))),
        (Nest("a", 1), ("object", Nest, ("tuple", "a"), ("tuple", 1))),
        (float("nan"), ("nan",)),
        ({2: 1, 1: 2}, ("dict", (1, 2), (2, 1))),
    ],
)
def test_a_spec_reads_like_the_batch(batch, spec):
    assert SIGNATURE.batch_spec(batch) == spec
    assert repr(SIGNATURE.batch_spec(batch)) == repr(spec)


@dataclasses.dataclass(frozen=True)
class Plain:
    x: object


@pytest.mark.parametrize(
    "stranger",
    [
        *(object(), Plain(1), print, int, {1}, frozenset({1}), range(3), ..., bytearray(b"a"), memoryview(b"a")),
        *(type("Text", (str,), {})("a"), type("Real", (float,), {})(1.0), np.float32, np.dtype("f4")),
    ],
    ids=lambda stranger: type(stranger).__name__,
)
def test_what_is_told_apart_by_identity_is_refused_with_its_place(stranger):
    for method in (SIGNATURE.batch_key, SIGNATURE.batch_spec):
        with pytest.raises(TypeError, match=r"^inputs\['a'\]\[1\] is .*identity"):
            method({"a": [1, stranger]})


@pytest.mark.parametrize(
    ("batch", "place"),
    [
        (print, "inputs"),
        ((1, [print]), "inputs[1][0]"),
        ({"ids": {3: print}}, "inputs['ids'][3]"),
        (Point(1, [print]), "inputs.y[0]"),
        (Attributes(print, 1), "inputs.x"),
        (collections.UserDict(a=Wrapper([print])), "inputs['a'][0]"),
    ],
)
def test_a_refusal_names_the_place(batch, place):
    with pytest.raises(TypeError, match=f"^{re.escape(place)} is a builtin_function_or_method"):
        SIGNATURE.batch_key(batch)


@pytest.mark.parametrize("dtype", ["M8[s]", "m8[s]", "g", "V3", [("a", "f4")]])
def test_a_dtype_that_tensorflow_does_not_have_is_refused(dtype):
    with pytest.raises(TypeError, match=r"^inputs\['x'\] is an array of dtype .*, which TensorFlow does not have$"):
        SIGNATURE.batch_key({"x": np.zeros(2, dtype)})


@pytest.mark.parametrize("key", [(1, 2), frozenset(), object(), type("Key", (str,), {})("a")])
def test_a_key_that_is_no_plain_value_is_refused(key):
    for mapping in ({key: 1}, collections.UserDict({key: 1})):
        for method in (SIGNATURE.batch_key, SIGNATURE.batch_spec):
            with pytest.raises(TypeError, match="^inputs is a mapping with .* as a key"):
                method(mapping)


def test_keys_that_cannot_be_sorted_have_no_spec():
    with pytest.raises(TypeError, match="not supported between"):
        SIGNATURE.batch_spec({1: 2, "a": 3})


def endless():
    for make in (list, dict, collections.UserDict):
        batch = make()
        batch.append(batch) if isinstance(batch, list) else batch.update(a=batch)
        yield batch
    wrapper = Wrapper(None)
    wrapper.__wrapped__ = wrapper
    yield wrapper


@pytest.mark.parametrize("batch", list(endless()), ids=lambda batch: type(batch).__name__)
def test_what_holds_itself_is_refused(batch):
    for method in (SIGNATURE.batch_key, SIGNATURE.batch_spec):
        with pytest.raises(TypeError, match="nested over"):
            method(batch)


def test_a_batch_that_changes_meanwhile_does_no_harm():
    class Clearing(ArrayLike):
        def __init__(self, holder):
            super().__init__(FLOATS)
            self.holder = holder

        def __array__(self, dtype=None, copy=None):
            self.holder.clear()
            return super().__array__()

    for holder in ([], {}):
        entries = [Clearing(holder), *(np.zeros(size) for size in range(50))]
        holder.extend(entries) if isinstance(holder, list) else holder.update(
            zip(map(str, entries), entries, strict=True)
        )
        assert isinstance(SIGNATURE.batch_key(holder), int)
        assert len(holder) == 0


@pytest.mark.parametrize("made", [None, 1, [1.0]])
def test_an_array_method_that_makes_no_array_is_refused(made):
    with pytest.raises(TypeError, match="__array__"):
        SIGNATURE.batch_key(ArrayLike(made))


def test_an_error_of_the_batch_is_the_callers():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        SIGNATURE.batch_key({"x": Broken()})


def test_keys_are_of_one_process_alone():
    code = "import tensorgate as tg; print(tg.Signature({}).batch_key({'a': 1}))"
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    runs = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] != runs[1]
