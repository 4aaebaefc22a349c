import collections
import copy
import dataclasses
import json
import pickle

import numpy as np
import pytest

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

Point = collections.namedtuple("Point", ["x", "y"])


@dataclasses.dataclass
class Query:
    words: object
    user: object


X = TensorSpec(("batch", 3))
RANKER = Signature(
    {
        "ids": TensorSpec(("batch", Dim("seq", min=1, max=512, multiple_of=8)), "int64", minimum=0, maximum=30_521),
        "image": TensorSpec(("batch", None, 3), "uint8", "pixels"),
        "weight": TensorSpec(("batch",), minimum=0.1, finite=True, default=[0.5, 1.0]),
        "words": RaggedTensorSpec(("batch", None), "string", max_bytes=64, utf8=True, optional=True),
    },
    {"scores": TensorSpec(("batch",))},
    name="rank",
    method_name="tensorflow/serving/predict",
    batch_dim="batch",
    source="models/ranker/3",
)
RANKER_TEXT = """{
  "tensorgate": 1,
  "name": "rank",
  "method_name": "tensorflow/serving/predict",
  "batch_dim": "batch",
  "source": "models/ranker/3",
  "inputs": {
    "dict": {
      "ids": {
        "tensor": {
          "shape": ["batch", {"name": "seq", "min": 1, "max": 512, "multiple_of": 8}],
          "dtype": "int64",
          "minimum": 0,
          "maximum": 30521
        }
      },
      "image": {"tensor": {"shape": ["batch", null, 3], "dtype": "uint8", "name": "pixels"}},
      "weight": {
        "tensor": {
          "shape": ["batch"],
          "dtype": "float32",
          "finite": true,
          "optional": true,
          "minimum": 0.1,
          "default": {"shape": [2], "values": [0.5, 1.0]}
        }
      },
      "words": {
        "ragged": {
          "shape": ["batch", null],
          "dtype": "string",
          "max_bytes": 64,
          "utf8": true,
          "optional": true,
          "ragged_rank": 1
        }
      }
    }
  },
  "outputs": {"dict": {"scores": {"tensor": {"shape": ["batch"], "dtype": "float32"}}}}
}"""


def document(spec, **more):
    return {"tensorgate": 1, "name": "f", "inputs": spec, **more}


def tensor(shape=(None,), dtype="float32", **rules):
    return document({"tensor": {"shape": None if shape is None else list(shape), "dtype": dtype, **rules}})


def read(form):
    return Signature.from_json(json.dumps(form))


def written(spec):
    return json.loads(Signature(spec).to_json())["inputs"]["tensor"]


def assert_restored(signature):
    twin = Signature.from_json(signature.to_json())
    assert twin == signature
    assert hash(twin) == hash(signature)
    assert twin.to_json() == signature.to_json()
    return twin


def test_the_text_is_laid_out_for_people():
    assert RANKER.to_json() == RANKER_TEXT


def test_text_and_its_bytes_give_the_contract_back():
    for text in (RANKER_TEXT, RANKER_TEXT.encode(), json.dumps(json.loads(RANKER_TEXT))):
        assert Signature.from_json(text) == RANKER


def test_where_a_contract_was_read_from_is_kept():
    assert Signature.from_json(RANKER.to_json()).source == "models/ranker/3"


def test_names_stay_readable_in_every_script():
    signature = Signature({"größe": X, "尺寸": X, "\x00\u202e\n": X}, name="größe")
    assert '"größe"' in signature.to_json()
    assert_restored(signature)


@pytest.mark.parametrize(
    "inputs",
    [
        X,
        {},
        [],
        (),
        [X, [X]],
        (X, {"a": (X,)}),
        Point(X, [X]),
        Query({"a": X}, Point((), X)),
        SparseTensorSpec(None, "int64", "s", minimum=1, one_of=[1, 2]),
        RaggedTensorSpec(None, "int32", 3, "int32"),
        RaggedTensorSpec((2, Dim("n", max=4), None, 7), "float64", 2, finite=True),
    ],
    ids=str,
)
def test_every_nest_is_given_back(inputs):
    twin = assert_restored(Signature(inputs, inputs))
    assert type(twin.inputs).__name__ == type(Signature(inputs).inputs).__name__


def test_a_namedtuple_and_a_dataclass_keep_name_and_fields():
    twin = Signature.from_json(Signature(Query(Point(X, X), X)).to_json())
    assert type(twin.inputs).__name__ == "Query"
    assert [field.name for field in dataclasses.fields(twin.inputs)] == ["words", "user"]
    assert type(twin.inputs.words).__name__ == "Point"
    assert twin.inputs.words == (X, X)


def test_outputs_that_are_not_known_differ_from_none():
    assert Signature.from_json(Signature({"x": X}).to_json()).outputs is None
    assert Signature.from_json(Signature({"x": X}, {}).to_json()).outputs == {}
    assert read(tensor() | {"outputs": None}).outputs is None


@pytest.mark.parametrize(
    ("dtype", "value", "form"),
    [
        ("float32", 0.1, 0.1),
        ("float16", 0.1, 0.1),
        ("float64", 0.1, 0.1),
        ("float32", 16_777_217.0, 16_777_216.0),
        ("float32", -0.0, -0.0),
        ("float64", 5e-324, 5e-324),
        ("float32", float("nan"), "NaN"),
        ("float16", float("inf"), "Infinity"),
        ("float64", float("-inf"), "-Infinity"),
        ("int64", -(2**63), -(2**63)),
        ("uint64", 2**64 - 1, 2**64 - 1),
        ("qint8", -128, -128),
        ("bool", True, True),
        ("complex64", 0.1 - 1j, [0.1, -1.0]),
        ("complex128", complex("nan"), ["NaN", 0.0]),
        ("string", b"\x00\xff", "AP8="),
        ("string", "größe", "Z3LDtsOfZQ=="),
    ],
)
def test_a_value_is_written_exactly(dtype, value, form):
    spec = TensorSpec((), dtype, default=value)
    got = written(spec)["default"]
    assert (got, type(got)) == (form, type(form))
    assert np.signbit(got) == np.signbit(form) if dtype == "float32" and form == 0 else True
    assert assert_restored(Signature(spec)).inputs.default.tobytes() == spec.default.tobytes() or dtype == "string"


def test_the_one_float32_whose_shortest_form_rounds_twice_is_given_back():
    value = np.uint32(0x15AE43FD).view(np.float32)
    assert np.float32(float(str(value))) != value
    assert assert_restored(Signature(TensorSpec((), minimum=value))).inputs.minimum == value


def test_a_vector_of_strings_is_given_back():
    strings = [b"", b"\x00", "größe".encode(), b"\xff" * 100]
    spec = TensorSpec((2, 2), "string", default=np.array(strings, object).reshape(2, 2))
    assert assert_restored(Signature(spec)).inputs.default.ravel().tolist() == strings


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 2**40), (1, 1, 1), (2, 3)])
@pytest.mark.parametrize("dtype", ["float32", "string", "qint8", "bool"])
def test_an_array_keeps_its_shape(shape, dtype):
    array = np.zeros(shape, TensorSpec((0,), dtype, default=[]).default.dtype)
    if dtype == "string":
        array[...] = b"a"
    twin = assert_restored(Signature(TensorSpec(None, dtype, default=array)))
    assert twin.inputs.default.shape == shape


def test_bounds_that_broadcast_are_given_back():
    spec = TensorSpec((None, 2, 3), minimum=[[0.0], [1.0]], maximum=np.full((1, 2, 3), np.inf))
    assert written(spec)["minimum"] == {"shape": [2, 1], "values": [0.0, 1.0]}
    assert_restored(Signature(spec))


def test_floats_that_a_dtype_does_not_have_are_rounded():
    assert read(tensor(minimum=0.1)).inputs == TensorSpec((None,), minimum=np.float32(0.1))


def test_an_explicit_default_is_allowed():
    form = tensor(finite=False, utf8=False, optional=False)
    assert read(form | {"method_name": "", "source": ""}) == Signature(TensorSpec((None,)), name="f")


def test_dimensions_with_and_without_rules():
    shape = read(tensor([0, None, "n", {"name": "m"}, {}, {"min": 2}])).inputs.shape
    assert shape == (0, None, "n", "m", None, Dim(min=2))


def test_a_pickle_is_its_json():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(RANKER, protocol))
        assert twin == RANKER
        assert twin.source == RANKER.source
    assert copy.copy(RANKER) is RANKER


T = "inputs.tensor"
BAD_DOCUMENTS = [
    ("", "no JSON: Expecting value: line 1 column 1"),
    ("{", "no JSON: Expecting property name"),
    (b"\xff{}", "no JSON: 'utf-8' codec can't decode byte 0xff"),
    ("\ufeff{}", "no JSON: Unexpected UTF-8 BOM"),
    (RANKER_TEXT + " x", "no JSON: Extra data"),
    (RANKER_TEXT + "\x00", "no JSON: Extra data"),
    ("[" * 100_000, "nested too deep"),
    ("1" * 5_000, "no JSON: Exceeds the limit"),
    ("null", "contract: expected an object, got null"),
    ("NaN", "contract: expected an object, got NaN"),
    ('{"tensorgate": 1, "tensorgate": 1}', "contract: gives the key 'tensorgate' twice"),
    ("{}", "tensorgate: expected 1, the version of the form, got null"),
    ({"tensorgate": 2}, "tensorgate: expected 1, the version of the form, got 2"),
    ({"tensorgate": True}, "tensorgate: expected 1, the version of the form, got true"),
    ({"tensorgate": 1.0}, "tensorgate: expected 1, the version of the form, got 1.0"),
    ({"tensorgate": 1, "name": "f"}, "contract: lacks 'inputs'"),
    (document({"list": []}, output=None), "contract: unknown key 'output'"),
    (document({"list": []}, source=1), "source: expected a string, got 1"),
    (document({"list": []}, name=None), "name: expected a string, got null"),
    (document({"list": []}, name="\ud800"), "contract: name holds a lone surrogate"),
    (document({"list": []}, batch_dim="n"), "contract: batch_dim 'n': no input has a leading dimension"),
    (document({"list": []}, outputs=[]), "outputs: expected an object, got a list"),
    (document(None), "inputs: expected an object, got null"),
    (document({}), "inputs: expected an object with one key, got one with 0"),
    (document({"list": [], "tuple": []}), "inputs: expected an object with one key, got one with 2"),
    (document({"set": []}), "inputs: unknown kind of nest 'set'; one of dict, list, "),
    (document({"x" * 1000: []}), "inputs: unknown kind of nest 'xx"),
    (document({"dict": []}), "inputs.dict: expected an object, got a list"),
    (document({"dict": {"a'b": 1}}), """inputs.dict["a'b"]: expected an object, got 1"""),
    (document({"dict": {"a" * 1000: 1}}), "aa...aa"),
    (document({"dict": {"\ud800": tensor()["inputs"]}}), "contract: the name of a tensor holds a lone surrogate"),
    (document({"list": [{"tuple": {}}]}), "inputs.list[0].tuple: expected a list, got an object"),
    (document({"namedtuple": {"name": "P"}}), "inputs.namedtuple: lacks 'fields'"),
    (document({"namedtuple": {"name": 1, "fields": []}}), "inputs.namedtuple.name: expected a string, got 1"),
    (document({"namedtuple": {"name": "P", "fields": ["x"]}}), "inputs.namedtuple.fields[0]: expected a list of a"),
    (
        document({"dataclass": {"name": "P", "fields": [["x", {"list": []}], ["x", {"list": []}]]}}),
        "inputs.dataclass.fields[1][0]: expected the name of another field, got 'x'",
    ),
    (
        document({"dataclass": {"name": "P", "fields": [["__class__", {"list": []}]]}}),
        "fields[0][0]: expected the name",
    ),
    (document({"dataclass": {"name": "P", "fields": [["x y", {"list": []}]]}}), "fields[0][0]: expected the name"),
    (document({"dataclass": {"name": "P", "fields": [["class", {"list": []}]]}}), "inputs.dataclass: Field names must"),
    (
        document({"namedtuple": {"name": "P", "fields": [["_x", {"list": []}]]}}),
        "inputs.namedtuple: a namedtuple has no fields of the names ('_x',)",
    ),
    (document({"namedtuple": {"name": "a b", "fields": []}}), "inputs.namedtuple: Type names"),
    (document({"tensor": {"shape": []}}), f"{T}: lacks 'dtype'"),
    (tensor(minimun=1), f"{T}: unknown key 'minimun'"),
    (document({"sparse": {"shape": [], "dtype": "int8", "default": 1}}), "inputs.sparse: unknown key 'default'"),
    (tensor(ragged_rank=1), f"{T}: unknown key 'ragged_rank'"),
    (tensor([1.5]), f"{T}.shape[0]: expected an integer, a name, null or an object, got 1.5"),
    (tensor([True]), f"{T}.shape[0]: expected an integer, a name, null or an object, got true"),
    (tensor([[1]]), f"{T}.shape[0]: expected an integer, a name, null or an object, got a list"),
    (tensor([-1]), f"{T}: dimension 0 of a shape is -1"),
    (tensor([2**63]), f"{T}: dimension 0 of a shape"),
    (tensor([""]), f"{T}: the name of a dimension is empty"),
    (tensor([{"size": 3}]), f"{T}.shape[0]: unknown key 'size'"),
    (tensor([{"min": "1"}]), f"{T}.shape[0].min: expected an integer, got '1'"),
    (tensor([{"min": 3, "max": 2}]), f"{T}.shape[0]: min 3 is over max 2"),
    (tensor([{"name": "n", "min": 1}, "n"]), f"{T}: dimension 'n' on axis 0"),
    (tensor(dtype="float"), f"{T}.dtype: expected 'float32', got 'float'"),
    (tensor(dtype="<f4"), f"{T}.dtype: expected 'float32', got '<f4'"),
    (tensor(dtype="flaot32"), f"{T}.dtype: dtype 'flaot32' is not one that TensorFlow has"),
    (tensor(dtype=None), f"{T}.dtype: expected a string, got null"),
    (tensor(name=None), f"{T}.name: expected a string, got null"),
    (tensor(finite=1), f"{T}.finite: expected true or false, got 1"),
    (tensor(optional="yes"), f"{T}.optional: expected true or false, got 'yes'"),
    (tensor(dtype="string", max_bytes=1.0), f"{T}.max_bytes: expected an integer, got 1.0"),
    (tensor(minimum=None), f"{T}.minimum: expected a number, got null"),
    (tensor(minimum="nan"), f"{T}.minimum: expected a number, got 'nan'"),
    (tensor(minimum=True), f"{T}.minimum: expected a number, got true"),
    (tensor(minimum=float("nan")), f"{T}.minimum: expected a number, got NaN"),
    (tensor(minimum=float("-inf")), f"{T}.minimum: expected a number, got -Infinity"),
    (
        '{"tensorgate": 1, "name": "f", "inputs": {"tensor": {"shape": [], "dtype": "float64", "minimum": -1e999}}}',
        f"{T}.minimum: expected a number, got -1e999",
    ),
    (tensor(minimum=1e39), f"{T}: minimum 1e+39 can't be held by float32"),
    (tensor(minimum=10**400), "can't be held by float32"),
    (tensor(minimum=2, maximum=1), f"{T}: minimum 2.0 is over maximum 1.0"),
    (tensor(dtype="string", minimum="YQ=="), f"{T}: minimum is a rule for numbers"),
    (tensor(dtype="int32", minimum=1.0), f"{T}.minimum: expected an integer, got 1.0"),
    (tensor(dtype="int32", minimum=2**31), f"{T}: minimum 2147483648 can't be held by int32"),
    (tensor(dtype="bool", default=1), f"{T}.default: expected true or false, got 1"),
    (tensor(dtype="complex64", one_of=[1.0]), f"{T}.one_of[0]: expected a list of two numbers, got 1.0"),
    (tensor(dtype="complex64", one_of=[[1.0, "1"]]), f"{T}.one_of[0][1]: expected a number, got '1'"),
    (tensor(one_of=1), f"{T}.one_of: expected a list, got 1"),
    (tensor(one_of=[]), f"{T}: one_of is empty"),
    (tensor(dtype="string", one_of=["a"]), f"{T}.one_of[0]: no base64: Invalid"),
    (tensor(dtype="string", one_of=["größ"]), f"{T}.one_of[0]: no base64: string"),
    (tensor(default={"shape": [2], "values": [1.0]}), f"{T}.default: a tensor of the shape [2] doesn't hold 1 values"),
    (tensor(default={"shape": [-1, -1], "values": [1.0]}), f"{T}.default: a tensor of the shape [-1, -1] doesn't"),
    (tensor(default={"shape": [1] * 65, "values": [1.0]}), f"{T}.default: maximum supported dimension"),
    (tensor(default={"shape": [0, 2**63], "values": []}), f"{T}.default: Maximum allowed dimension"),
    (tensor(default={"shape": [1]}), f"{T}.default: lacks 'values'"),
    (tensor(default={"shape": [1], "values": ["1"]}), f"{T}.default.values[0]: expected a number, got '1'"),
    (tensor(default={"shape": ["1"], "values": [1]}), f"{T}.default.shape[0]: expected an integer, got '1'"),
    (tensor(default={"shape": [2, 2], "values": [0] * 4}), f"{T}: default has the shape [2, 2], the spec [None]"),
    (tensor(dtype="resource", default={"shape": [0], "values": []}), f"{T}.default: a resource tensor has no values"),
    (document({"ragged": {"shape": [None], "dtype": "int8"}}), "inputs.ragged: a ragged tensor has a rank of 2"),
    (document({"ragged": {"shape": None, "dtype": "int8", "ragged_rank": 0}}), "inputs.ragged: ragged_rank is 0"),
    (
        document({"ragged": {"shape": None, "dtype": "int8", "ragged_rank": 1, "row_splits_dtype": "int8"}}),
        "inputs.ragged: row_splits_dtype is int8",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD_DOCUMENTS, ids=[message for _, message in BAD_DOCUMENTS])
def test_a_bad_text_is_refused_with_its_place(text, message):
    with pytest.raises(ValueError, match=": ") as caught:
        Signature.from_json(json.dumps(text) if isinstance(text, dict) else text)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_no_cut_text_is_read(cut):
    for end in range(cut, len(RANKER_TEXT), 4):
        with pytest.raises(ValueError, match="no JSON"):
            Signature.from_json(RANKER_TEXT[:end])


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: {"a": x}, lambda x: Point(x, ()), lambda x: Query(x, ())])
def test_a_nest_may_be_as_deep_as_a_contract(wrap):
    inputs = X
    for _ in range(64):
        inputs = wrap(inputs)
    assert_restored(Signature(inputs))
    with pytest.raises(ValueError, match="nested over 64 deep"):
        Signature(wrap(inputs))


def test_a_text_of_a_deeper_nest_is_refused():
    form = tensor()
    for _ in range(65):
        form["inputs"] = {"list": [form["inputs"]]}
    with pytest.raises(ValueError, match=r"^inputs.list\[0\].list.*: nested over 64 deep$"):
        read(form)


def test_only_text_is_read():
    for no_text in (None, {}, 1):
        with pytest.raises(TypeError):
            Signature.from_json(no_text)
