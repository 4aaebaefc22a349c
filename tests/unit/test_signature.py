import collections
import copy
import pickle
import types

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import Signature, TensorSpec

X = TensorSpec((None, 3))
Y = TensorSpec((None,), "int64", default=[1])
SIGNATURES = [
    Signature({}),
    Signature({"x": X}),
    Signature({"x": X, "y": Y}, {"out": X}),
    Signature({"x": X}, {}, name="predict", method_name="tensorflow/serving/predict", source="models/ranker/3"),
    Signature({'it\'s "quoted" \n \u202e \x00': X, "": Y}, name="größe"),
]


@pytest.fixture(params=SIGNATURES, ids=str)
def signature(request):
    return request.param


def test_only_the_inputs_must_be_given():
    signature = Signature({"x": X})
    assert dict(signature.inputs) == {"x": X}
    assert signature.outputs is None
    assert (signature.name, signature.method_name, signature.source) == ("serving_default", "", "")


def test_inputs_and_outputs_keep_the_order_in_which_they_were_given():
    signature = Signature({"b": X, "a": Y, "c": X}, {"z": X, "y": X})
    assert list(signature.inputs) == ["b", "a", "c"]
    assert list(signature.outputs) == ["z", "y"]


def test_inputs_and_outputs_are_read_only_mappings():
    signature = Signature({"x": X}, {"y": Y})
    for mapping in (signature.inputs, signature.outputs):
        assert isinstance(mapping, collections.abc.Mapping)
        with pytest.raises(TypeError):
            mapping["x"] = Y
    assert signature.inputs["x"] == X


@pytest.mark.parametrize(
    "mapping", [types.MappingProxyType({"x": X}), collections.OrderedDict(x=X), collections.UserDict(x=X)]
)
def test_any_mapping_names_the_inputs(mapping):
    assert Signature(mapping, mapping) == Signature({"x": X}, {"x": X})


def test_the_dict_that_was_given_may_change_afterwards():
    given = {"x": X}
    signature = Signature(given)
    given["y"] = Y
    assert list(signature.inputs) == ["x"]


class Name(str):
    pass


def test_a_str_subclass_names_an_input():
    signature = Signature({Name("x"): X})
    assert signature == Signature({"x": X})
    assert signature.accepts({"x": np.zeros((2, 3), np.float32)})


class Unequal(str):
    """Two of one text are two keys of a dict."""

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)


def test_two_inputs_of_one_name_are_refused():
    with pytest.raises(ValueError, match="'x'"):
        Signature({Unequal("x"): X, Unequal("x"): Y})


MUST_BE = "it must be a spec, such as tensorgate.TensorSpec, or a dict, list, tuple, namedtuple or dataclass of them"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (None, f"inputs is a NoneType; {MUST_BE}"),
        ({"x": None}, f"inputs['x'] is a NoneType; {MUST_BE}"),
        ({"x": np.float32}, f"inputs['x'] is a type; {MUST_BE}"),
        ({"x": {"y": [X, "z"]}}, f"inputs['x']['y'][1] is a str; {MUST_BE}"),
        ({b"x": X}, "the name of a tensor is a bytes; it must be a str"),
        ({None: X}, "the name of a tensor is a NoneType; it must be a str"),
    ],
    ids=ascii,
)
def test_inputs_that_are_no_nest_of_specs_are_refused(inputs, message):
    with pytest.raises(TypeError) as caught:
        Signature(inputs)
    assert str(caught.value) == message


def test_outputs_are_refused_under_their_own_name():
    with pytest.raises(TypeError, match=r"^outputs\['y'\] is a NoneType"):
        Signature({}, {"y": None})


@pytest.mark.parametrize("argument", ["name", "method_name", "source"])
def test_a_text_that_is_no_str_is_refused(argument):
    with pytest.raises(TypeError, match=f"^{argument} is a bytes; it must be a str$"):
        Signature({}, **{argument: b"x"})


@pytest.mark.parametrize(
    "kwargs", [{"name": "\ud800"}, {"method_name": "\ud800"}, {"inputs": {"\ud800": X}}], ids=ascii
)
def test_a_lone_surrogate_is_refused(kwargs):
    with pytest.raises(ValueError, match="holds a lone surrogate, which UTF-8 does not have$"):
        Signature(**{"inputs": {}, **kwargs})


def test_name_is_no_positional_argument():
    with pytest.raises(TypeError):
        Signature({}, None, "predict")


class BrokenMapping(collections.abc.Mapping):
    def __getitem__(self, key):
        raise ZeroDivisionError(key)

    def __iter__(self):
        return iter("x")

    def __len__(self):
        return 1


def test_the_exception_of_a_broken_mapping_comes_through():
    with pytest.raises(ZeroDivisionError):
        Signature(BrokenMapping())


def test_repr_is_what_one_would_write():
    assert repr(Signature({})) == "Signature({})"
    assert repr(Signature({"x": TensorSpec(())}, {"y": TensorSpec((1,))}, name="n", method_name="m")) == (
        "Signature({'x': TensorSpec(shape=(), dtype='float32')}, {'y': TensorSpec(shape=(1,), dtype='float32')}, "
        "name='n', method_name='m')"
    )


def test_repr_evaluates_to_an_equal_signature(signature):
    assert eval(repr(signature)) == signature


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_gives_an_equal_signature_in_every_protocol(signature, protocol):
    twin = pickle.loads(pickle.dumps(signature, protocol))
    assert twin == signature
    assert hash(twin) == hash(signature)
    assert list(twin.inputs) == list(signature.inputs)
    assert twin.source == signature.source


def test_a_copy_is_the_signature_itself(signature):
    assert copy.copy(signature) is signature
    assert copy.deepcopy({"a": signature})["a"] is signature


@pytest.mark.parametrize("name", ["inputs", "outputs", "name", "method_name", "source", "other"])
def test_no_attribute_can_be_set_or_deleted(name):
    signature = Signature({"x": X})
    with pytest.raises(AttributeError):
        setattr(signature, name, None)
    with pytest.raises(AttributeError):
        delattr(signature, name)


def test_the_type_can_be_neither_changed_nor_inherited():
    with pytest.raises(TypeError):
        Signature.accepts = None
    with pytest.raises(TypeError):
        type("Mine", (Signature,), {})


DIFFERENT = [
    Signature({}),
    Signature({}, {}),
    Signature({"x": X}),
    Signature({"y": X}),
    Signature({"x": Y}),
    Signature({"x": X, "y": Y}),
    Signature({"x": Y, "y": X}),
    Signature({"x": X}, {}),
    Signature({"x": X}, {"x": X}),
    Signature({"x": X}, name="n"),
    Signature({"x": X}, method_name="n"),
]


def test_signatures_are_equal_exactly_when_every_part_is():
    twins = pickle.loads(pickle.dumps(DIFFERENT))
    for i, one in enumerate(DIFFERENT):
        for j, other in enumerate(twins):
            assert (one == other) is (i == j)
            assert (one != other) is (i != j)
    assert [hash(twin) for twin in twins] == [hash(signature) for signature in DIFFERENT]
    assert len({*DIFFERENT, *twins}) == len(DIFFERENT)


def test_neither_the_order_of_the_names_nor_the_source_counts():
    one = Signature({"x": X, "y": Y}, {"a": X, "b": Y}, source="here")
    other = Signature({"y": Y, "x": X}, {"b": Y, "a": X}, source="there")
    assert one == other
    assert hash(one) == hash(other)


def test_a_signature_equals_nothing_of_another_type():
    assert Signature({"x": X}) != {"x": X}
    assert not Signature({"x": X}) == X  # noqa: SIM201
    with pytest.raises(TypeError):
        _ = Signature({}) < Signature({})


def test_a_signature_may_have_thousands_of_inputs():
    specs = {f"input_{i}": TensorSpec((i % 7,)) for i in range(5_000)}
    signature = Signature(specs)
    assert dict(signature.inputs) == specs
    batch = {name: np.zeros(spec.shape, np.float32) for name, spec in specs.items()}
    assert signature.accepts(batch)
    assert [v.path for v in signature.violations({**batch, "input_4999": None})] == ["inputs['input_4999']"]


def test_the_public_names_are_those_of_the_package():
    assert tg.__all__ == [
        *("Collated", "Conformed", "Dim", "RaggedTensorSpec", "Report"),
        *("Signature", "SparseTensorSpec", "Split", "TensorSpec"),
        *("ValidationError", "Violation", "ViolationCode", "serving"),
    ]
    for name in tg.__all__:
        assert getattr(tg, name) is not None
    for name in ("RaggedTensorSpec", "Signature", "SparseTensorSpec", "TensorSpec"):
        assert (getattr(tg, name).__module__, getattr(tg, name).__qualname__) == ("tensorgate", name)
