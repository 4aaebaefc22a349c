import collections
import sys
import types

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import Signature, TensorSpec

IDS = np.zeros((2, 5), np.int64)
IMAGE = np.zeros((2, 3), np.float32)
BATCH = {"image": IMAGE, "ids": IDS}
SIGNATURE = Signature({"image": TensorSpec(("batch", 3)), "ids": TensorSpec(("batch", None), "int64")})


def found(signature, batch):
    """What is wrong with a batch, told alike by all three methods."""
    violations = signature.violations(batch)
    assert signature.accepts(batch) is (not violations)
    if violations:
        with pytest.raises(tg.ValidationError) as caught:
            signature.check(batch)
        assert list(caught.value.violations) == violations[:64]
        assert len(caught.value.violations) + caught.value.unlisted == len(violations)
    else:
        assert signature.check(batch) is None
    return {(violation.path, str(violation.code)) for violation in violations}


def made_at_run_time(text):
    """An equal str that is not interned, as a parser of requests makes them."""
    return "".join(list(text))


def test_a_dict_in_the_signatures_order_passes():
    assert found(SIGNATURE, BATCH) == set()


def test_a_dict_in_any_other_order_passes():
    assert found(SIGNATURE, dict(reversed(BATCH.items()))) == set()


def test_keys_that_are_not_interned_pass():
    batch = {made_at_run_time(name): value for name, value in BATCH.items()}
    assert all(key is not sys.intern(str(key)) for key in batch)
    assert found(SIGNATURE, batch) == set()


class Key(str):
    pass


@pytest.mark.parametrize("kind", [Key, np.str_])
def test_keys_of_a_str_subclass_pass(kind):
    assert found(SIGNATURE, {kind(name): value for name, value in BATCH.items()}) == set()
    assert found(SIGNATURE, {kind("image"): IMAGE, "ids": IDS}) == set()


@pytest.mark.parametrize("kind", [Key, np.str_])
def test_a_key_of_a_str_subclass_that_is_unknown_is_unexpected(kind):
    assert found(SIGNATURE, {**BATCH, kind("more"): IDS}) == {("inputs['more']", "unexpected")}


class LyingKey(str):
    """Says that it equals anything."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


def test_a_key_is_judged_by_its_text_alone():
    assert found(SIGNATURE, {LyingKey("image"): IMAGE, "ids": IDS}) == set()
    assert found(SIGNATURE, {LyingKey("other"): IMAGE, "ids": IDS}) == {
        ("inputs['other']", "unexpected"),
        ("inputs['image']", "missing"),
    }


class DictSubclass(dict):
    pass


@pytest.mark.parametrize(
    "mapping",
    [
        types.MappingProxyType,
        collections.OrderedDict,
        collections.UserDict,
        collections.ChainMap,
        DictSubclass,
        lambda batch: collections.defaultdict(list, batch),
    ],
    ids=["MappingProxyType", "OrderedDict", "UserDict", "ChainMap", "dict subclass", "defaultdict"],
)
def test_any_mapping_is_checked_as_a_dict(mapping):
    assert found(SIGNATURE, mapping(BATCH)) == set()
    assert found(SIGNATURE, mapping({"image": IMAGE})) == {("inputs['ids']", "missing")}
    assert found(SIGNATURE, mapping({**BATCH, "more": IDS})) == {("inputs['more']", "unexpected")}


def test_a_defaultdict_is_not_filled_by_a_check():
    batch = collections.defaultdict(lambda: IDS, image=IMAGE)
    assert found(SIGNATURE, batch) == {("inputs['ids']", "missing")}
    assert list(batch) == ["image"]


@pytest.mark.parametrize(
    ("batch", "got"),
    [
        (None, "a NoneType"),
        (5, "an int"),
        ("image", "a str"),
        ([IMAGE, IDS], "a list"),
        ((IMAGE, IDS), "a tuple"),
        ({"image", "ids"}, "a set"),
        (IMAGE, "a numpy.ndarray"),
        (BATCH.items(), "a dict_items"),
        (dict, "a type"),
    ],
    ids=["None", "int", "str", "list", "tuple", "set", "array", "items", "type"],
)
def test_what_is_no_mapping_is_one_structure_violation(batch, got):
    assert found(SIGNATURE, batch) == {("inputs", "structure")}
    (violation,) = SIGNATURE.violations(batch)
    assert (violation.expected, violation.got) == ("a dict of 2 inputs", got)
    assert violation.hint == "pass a dict of arrays by name"


def test_a_bare_array_for_a_single_input_brings_the_dict_to_pass():
    (violation,) = Signature({"x": TensorSpec((None, 3))}).violations(IMAGE)
    assert (violation.expected, violation.hint) == ("a dict of 1 input", "pass {'x': ...}")


def test_an_extra_input_is_unexpected():
    assert found(SIGNATURE, {**BATCH, "mask": IDS}) == {("inputs['mask']", "unexpected")}
    assert found(SIGNATURE, {"mask": IDS, **BATCH}) == {("inputs['mask']", "unexpected")}


def test_an_absent_input_is_missing():
    assert found(SIGNATURE, {"ids": IDS}) == {("inputs['image']", "missing")}
    assert found(SIGNATURE, {}) == {("inputs['image']", "missing"), ("inputs['ids']", "missing")}


def test_an_input_under_another_name_is_both():
    assert found(SIGNATURE, {"imgae": IMAGE, "ids": IDS}) == {
        ("inputs['imgae']", "unexpected"),
        ("inputs['image']", "missing"),
    }


@pytest.mark.parametrize("batch", [{}, {"a": np.float32(1)}], ids=["empty", "not empty"])
def test_a_signature_without_inputs_takes_the_empty_batch_alone(batch):
    assert found(Signature({}), batch) == {(f"inputs['{name}']", "unexpected") for name in batch}


@pytest.mark.parametrize(
    ("key", "path"),
    [
        (None, "inputs[None]"),
        (0, "inputs[0]"),
        (-7, "inputs[-7]"),
        (True, "inputs[<bool>]"),
        (1.5, "inputs[<float>]"),
        (b"image", "inputs[<bytes>]"),
        (("image",), "inputs[<tuple>]"),
        (np.int64(3), "inputs[<numpy.int64>]"),
        (frozenset(), "inputs[<frozenset>]"),
        (object, "inputs[<type>]"),
    ],
    ids=str,
)
def test_a_key_that_is_no_str_is_unexpected(key, path):
    assert found(SIGNATURE, {**BATCH, key: IDS}) == {(path, "unexpected")}


def test_an_int_of_thousands_of_digits_is_an_unexpected_key():
    """Python refuses to write such a number: that must not become check's own exception."""
    batch = {**BATCH, 10**5000: IDS}
    ((path, code),) = found(SIGNATURE, batch)
    assert code == "unexpected"
    assert len(path) < 120


def test_a_key_with_a_lone_surrogate_is_unexpected():
    ((path, code),) = found(SIGNATURE, {**BATCH, "\ud800": IDS})
    assert code == "unexpected"
    assert path.isprintable()
    assert "ud800" in path


class HostileKey:
    def __hash__(self):
        return hash("image")

    def __eq__(self, other):
        raise ZeroDivisionError("compared")

    def __repr__(self):
        raise ZeroDivisionError("shown")


def test_a_key_is_neither_compared_nor_shown():
    batch = {HostileKey(): IMAGE}
    ((path, code),) = found(Signature({}), batch)
    assert (path, code) == ("inputs[<tests.HostileKey>]", "unexpected")


def test_all_violations_are_found_not_the_first():
    batch = {"more": IDS, "image": np.zeros((2, 4)), "even more": None}
    assert found(SIGNATURE, batch) == {
        ("inputs['more']", "unexpected"),
        ("inputs['even more']", "unexpected"),
        ("inputs['image']", "dtype"),
        ("inputs['image']", "dim"),
        ("inputs['ids']", "missing"),
    }


def test_violations_come_in_the_batchs_order_then_in_the_signatures():
    batch = {"z": IDS, "ids": IMAGE, "a": IDS, "image": IDS}
    assert [(v.path, str(v.code)) for v in SIGNATURE.violations(batch)] == [
        ("inputs['z']", "unexpected"),
        ("inputs['a']", "unexpected"),
        ("inputs['image']", "dtype"),
        ("inputs['image']", "dim"),
        ("inputs['ids']", "dtype"),
    ]


def test_a_named_dimension_is_the_same_size_across_all_inputs():
    batch = {"image": IMAGE, "ids": np.zeros((4, 5), np.int64)}
    assert found(SIGNATURE, batch) == {("inputs['ids']", "dim_mismatch")}
    (violation,) = SIGNATURE.violations(batch)
    assert violation.expected == "batch = 2 as on axis 0 of inputs['image']"
    assert violation.got == "4 on axis 0"
    assert violation.index == (0,)


@pytest.mark.parametrize("size", [0, 1, 2**20])
def test_a_named_dimension_takes_any_size(size):
    image, ids = np.empty((size, 3), np.float32), np.empty((size, 0), np.int64)
    assert found(SIGNATURE, {"image": image, "ids": ids}) == set()


def test_a_named_dimension_holds_within_one_tensor():
    spec = TensorSpec(("n", "n", "n"))
    assert found(spec, np.zeros((4, 4, 4), np.float32)) == set()
    assert found(spec, np.zeros((4, 5, 4), np.float32)) == {("input", "dim_mismatch")}
    assert [v.index for v in spec.violations(np.zeros((4, 5, 6), np.float32))] == [(1,), (2,)]


def test_named_dimensions_start_afresh_with_each_batch():
    for size in (2, 3, 4):
        assert found(SIGNATURE, {"image": IMAGE[:1].repeat(size, 0), "ids": IDS[:1].repeat(size, 0)}) == set()


def test_a_dimensions_name_has_one_meaning_in_one_signature_alone():
    other = Signature({"x": TensorSpec(("batch",))})
    assert found(SIGNATURE, BATCH) == found(other, {"x": np.zeros(9, np.float32)}) == set()


def test_an_absent_optional_input_binds_no_dimension():
    signature = Signature({"a": TensorSpec(("n",), optional=True), "b": TensorSpec(("n",))})
    assert found(signature, {"b": np.zeros(7, np.float32)}) == set()
    assert found(signature, {"a": np.zeros(7, np.float32)}) == {("inputs['b']", "missing")}


def test_an_optional_input_may_be_absent_and_is_checked_where_it_is_there():
    signature = Signature({"x": TensorSpec((None,)), "k": TensorSpec((), "int32", default=5)})
    x = np.zeros(2, np.float32)
    assert found(signature, {"x": x}) == set()
    assert found(signature, {"x": x, "k": np.int32(1)}) == set()
    assert found(signature, {"x": x, "k": np.int64(1)}) == {("inputs['k']", "dtype")}
    assert found(signature, {"x": x, "k": None}) == {("inputs['k']", "unsupported")}
    assert found(signature, {"k": np.int32(1)}) == {("inputs['x']", "missing")}


def test_check_fills_nothing_in():
    signature = Signature({"k": TensorSpec((), "int32", default=5)})
    batch = {}
    assert signature.check(batch) is None
    assert batch == {}


@pytest.mark.parametrize("count", [15, 16, 17, 64, 65, 200])
def test_any_number_of_inputs_in_any_order(count):
    signature = Signature({f"x{i}": TensorSpec((i,)) for i in range(count)})
    batch = {f"x{i}": np.zeros(i, np.float32) for i in range(count)}
    assert found(signature, batch) == set()
    assert found(signature, dict(reversed(batch.items()))) == set()
    assert found(signature, {made_at_run_time(name): value for name, value in batch.items()}) == set()
    last = f"x{count - 1}"
    assert found(signature, {**batch, last: batch["x3"]}) == {(f"inputs['{last}']", "dim")}
    assert found(signature, {name: value for name, value in batch.items() if name != last}) == {
        (f"inputs['{last}']", "missing")
    }


@pytest.mark.parametrize("count", [1, 7, 8, 9, 40, 63, 64, 65, 254])
def test_any_number_of_named_dimensions(count):
    names = [f"d{i}" for i in range(count)]
    signature = Signature({name: TensorSpec((name,)) for name in names} | {"last": TensorSpec((names[-1],))})
    batch = {name: np.zeros(i, np.float32) for i, name in enumerate(names)}
    assert found(signature, {**batch, "last": np.zeros(count - 1, np.float32)}) == set()
    assert found(signature, {**batch, "last": np.zeros(count, np.float32)}) == {("inputs['last']", "dim_mismatch")}


@pytest.mark.parametrize("count", [8, 9, 64])
def test_any_number_of_named_dimensions_in_one_tensor(count):
    """As many as NumPy has dimensions, and then NumPy's limit before 2.0 was 32."""
    rank = min(count, np.zeros(()).reshape((1,) * 32).ndim)
    spec = TensorSpec([f"d{i}" for i in range(rank)])
    assert found(spec, np.zeros((1,) * rank, np.float32)) == set()
    wide = TensorSpec([f"d{i}" for i in range(254)])
    assert found(wide, np.zeros((1,) * rank, np.float32)) == {("input", "rank")}


class Exporter:
    """A tensor that runs `action` whenever it is looked at."""

    def __init__(self, array, action):
        self.array, self.action = array, action

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()

    def __dlpack__(self, **kwargs):
        self.action()
        return self.array.__dlpack__(**kwargs)


def clear(batch):
    batch.clear()


def grow(batch):
    batch.update({f"new{i}": np.zeros(2, np.float32) for i in range(1_000)})


def replace(batch):
    for name in batch:
        batch[name] = np.zeros(2, np.float32)


def delete_others(batch):
    for name in list(batch)[1:]:
        del batch[name]


def clear_and_refill(batch):
    names = list(batch)
    batch.clear()
    batch.update({name: np.zeros(2, np.float32) for name in reversed(names)})


@pytest.mark.parametrize("action", [clear, grow, replace, delete_others, clear_and_refill])
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_batch_that_changes_while_it_is_checked_does_no_harm(action, place):
    """Whatever the verdict, the process lives, and the next batch is judged as ever."""
    names = ["a", "b", "c", "d"]
    signature = Signature({name: TensorSpec(("n",)) for name in names})
    good = {name: np.zeros(2, np.float32) for name in names}
    for call in (signature.accepts, signature.violations, signature.check) * 50:
        batch = {name: np.zeros(2, np.float32) for name in names}
        # The batch alone holds the exporter, and the exporter alone its array.
        batch[names[place]] = Exporter(np.zeros(2, np.float32), lambda batch=batch: action(batch))
        try:
            verdict = call(batch)
        except tg.ValidationError as error:
            verdict = error.violations
        assert verdict is None or isinstance(verdict, (bool, list, tuple))
        assert found(signature, good) == set()


def test_an_action_may_check_again():
    names = ["a", "b"]
    signature = Signature({name: TensorSpec(("n",)) for name in names})
    inner = {name: np.zeros(9, np.float32) for name in names}
    outer = {
        "a": Exporter(np.zeros(2, np.float32), lambda: signature.check(inner)),
        "b": np.zeros(2, np.float32),
    }
    assert found(signature, outer) == set()


class BrokenMapping(collections.abc.Mapping):
    def __init__(self, items):
        self._items = items

    def __getitem__(self, key):
        raise KeyError(key)

    def __iter__(self):
        return iter(("image", "ids"))

    def __len__(self):
        return 2

    def items(self):
        return self._items()


def raises():
    raise ZeroDivisionError("from items")


@pytest.mark.parametrize(
    "items",
    [raises, lambda: None, lambda: [1], lambda: [("image",)], lambda: [("image", IMAGE, 0)]],
    ids=["raises", "None", "ints", "singles", "triples"],
)
def test_a_mapping_that_breaks_its_promise_is_bad_data(items):
    assert found(SIGNATURE, BrokenMapping(items)) == {("inputs", "structure")}


def test_a_name_given_twice_is_a_duplicate():
    """Which of the two a model would get is anybody's guess."""
    items = [("image", IMAGE), ("image", IDS), ("ids", IDS)]
    assert found(SIGNATURE, BrokenMapping(lambda: items)) == {("inputs['image']", "duplicate")}


class Distinct(str):
    """Never equal to a str of the same text."""

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)


def test_two_keys_of_one_text_are_a_duplicate():
    assert found(SIGNATURE, {**BATCH, Distinct("image"): None}) == {("inputs['image']", "duplicate")}


def test_a_name_that_is_there_is_not_what_an_unknown_one_meant():
    (violation,) = SIGNATURE.violations({**BATCH, "images": IMAGE})
    assert violation.hint is None


class NoClass:
    @property
    def __class__(self):
        raise ZeroDivisionError("no class")


def test_an_object_that_hides_its_class_is_bad_data():
    assert found(SIGNATURE, NoClass()) == {("inputs", "structure")}
    assert found(SIGNATURE, {**BATCH, "ids": NoClass()}) == {("inputs['ids']", "unsupported")}


def interrupts():
    raise KeyboardInterrupt


def exhausts():
    raise MemoryError


@pytest.mark.parametrize(("action", "error"), [(interrupts, KeyboardInterrupt), (exhausts, MemoryError)])
def test_what_no_batch_causes_comes_through(action, error):
    batch = {**BATCH, "ids": Exporter(IDS, action)}
    for call in (SIGNATURE.check, SIGNATURE.accepts, SIGNATURE.violations):
        with pytest.raises(error):
            call(batch)


def test_a_nested_batch_is_a_structure_violation():
    assert found(SIGNATURE, {"image": {"x": IMAGE}, "ids": IDS}) == {("inputs['image']", "structure")}


def test_a_lone_spec_takes_a_bare_tensor():
    spec = TensorSpec((None, 3))
    assert found(spec, IMAGE) == set()
    assert found(spec, IDS) == {("input", "dtype"), ("input", "dim")}
    assert found(spec, {"x": IMAGE}) == {("input", "structure")}
    assert found(spec, None) == {("input", "unsupported")}
    assert found(spec, spec) == {("input", "unsupported")}


@pytest.mark.parametrize("spec", [TensorSpec(None), TensorSpec((None,) * 3), TensorSpec((2, 0, 3))], ids=str)
def test_an_empty_tensor_passes_where_its_shape_does(spec):
    assert found(spec, np.zeros((2, 0, 3), np.float32)) == set()


def test_unknown_rank_takes_any_rank():
    spec = TensorSpec(None)
    for rank in (0, 1, 2, 32):
        assert found(spec, np.zeros((1,) * rank, np.float32)) == set()


def test_rank_zero_takes_a_scalar_alone():
    assert found(TensorSpec(()), np.float32(1)) == found(TensorSpec(()), np.zeros((), np.float32)) == set()
    assert found(TensorSpec(()), np.zeros(1, np.float32)) == {("input", "rank")}


def test_nan_is_legal():
    assert found(TensorSpec((1,)), np.array([np.nan], np.float32)) == set()


@pytest.mark.parametrize("method", ["check", "accepts", "violations"])
@pytest.mark.parametrize("contract", [SIGNATURE, TensorSpec(())], ids=["signature", "spec"])
def test_a_check_takes_one_positional_argument(contract, method):
    with pytest.raises(TypeError):
        getattr(contract, method)()
    with pytest.raises(TypeError):
        getattr(contract, method)(BATCH, BATCH)
    with pytest.raises(TypeError):
        getattr(contract, method)(batch=BATCH)
