"""Nothing grows, whatever is done over and over."""

import pytest

from . import measure

# A build with sanitizers shows no growth in bytes, and takes its time; a leaked object a round shows in fewer.
ROUNDS = 1_000 if measure.INSTRUMENTED else 5_000
WARMUP = 1_000 if measure.INSTRUMENTED else 6_000
# A leak of one Python object or of some 200 bytes a round would be well over these. What is kept on purpose, such as
# the types of the last few exporters, is below.
MAX_GROWTH_BYTES = (1 << 30) if measure.INSTRUMENTED else (1 << 20)
MAX_GROWTH_BLOCKS = 500

SETUP = """
import array, copy, ctypes, pickle
import numpy as np
import tensorgate as tg
import collections, dataclasses
from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

names = ["image", "ids", "mask", "text"]
signature = Signature({
    "image": TensorSpec(("batch", 8, 8, 3)),
    "ids": TensorSpec(("batch", None), "int64"),
    "mask": TensorSpec(("batch", None), "bool", optional=True),
    "text": TensorSpec(("batch",), "string", default=[b"a", b"b"]),
}, {"score": TensorSpec(("batch",))}, source="models/ranker/3")
good = {
    "image": np.zeros((2, 8, 8, 3), np.float32),
    "ids": np.zeros((2, 5), np.int64),
    "mask": np.zeros((2, 5), np.bool_),
    "text": np.array(["a", b"b"], object),
}
bad = {**good, "image": np.zeros((3, 3, 8, 8)), "imgae": None, 5: 6, "text": np.array([None, 1], object)}
spec = signature.inputs["image"]
pickled = pickle.dumps(signature), pickle.dumps(spec)

class Exporter:
    def __init__(self, array): self.array = array
    def __dlpack_device__(self): return self.array.__dlpack_device__()
    def __dlpack__(self, **kwargs): return self.array.__dlpack__(**kwargs)

class Raising(Exporter):
    def __dlpack__(self, **kwargs): raise ValueError("x" * 1000)

class Garbage(Exporter):
    def __dlpack__(self, **kwargs): return object()

exporter = Exporter(np.zeros((2, 8, 8, 3), np.float32))
raising = Raising(exporter.array)
garbage = Garbage(exporter.array)
floats = array.array("f", range(12))
swapped = (ctypes.c_float.__ctype_be__ * 3)()
three = TensorSpec((3,))
traced = [2**70, 2.0**70, 0.5, 1j, "a", b"b", None, {"a": (good, np.float32(1)), "b": type("List", (list,), {})()}]
call = [print]

Pair = collections.namedtuple("Pair", "x y")
@dataclasses.dataclass
class Record:
    x: object
    y: object

dim = Dim("seq", min=1, max=512, multiple_of=8)
ruled = TensorSpec((None, 3), minimum=[0, 1, 2], maximum=5, finite=True)
one_of = TensorSpec((None,), "int64", name="x", one_of=np.arange(1000))
words = TensorSpec((None,), "string", max_bytes=3, utf8=True, one_of=["a", "b"])
values = np.array([[0, 1, 2], [np.nan, -1, 9]], np.float32)
texts = np.array(["a", "abcd", b"\\xff", None, "x"], object)
nest = Signature({"p": Pair(three, [three]), "d": Record(three, {"a": (three,)})})
nested = {"p": Pair(good["image"], []), "d": Record(good["ids"], {"b": 5})}
ragged = RaggedTensorSpec((None, Dim(max=1), None), minimum=0)
parts = {"values": {"values": values[0], "row_splits": np.array([0, 3])}, "row_splits": np.array([0, 1])}
bad_parts = {"values": {"values": -values[0], "row_splits": np.array([1, 3])}, "row_splits": np.array([0, 5])}
sparse = SparseTensorSpec((None, 3), maximum=1)
entries = {"indices": np.array([[0, 0]]), "values": np.ones(1, np.float32), "dense_shape": np.array([2, 3])}
bad_entries = {**entries, "indices": np.array([[9, 9]]), "values": np.zeros(2)}
composite = Signature({"r": ragged, "s": sparse})

def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except (TypeError, ValueError, OSError) as error:
        return str(error)
    raise AssertionError

judge = Signature({
    "x": TensorSpec(("n", 2), minimum=0),
    "s": TensorSpec(("n", None), "string", max_bytes=1, optional=True),
    "r": tg.RaggedTensorSpec(("n", tg.Dim(max=2)), "int64", optional=True),
    "c": tg.SparseTensorSpec(("n", 3), minimum=0, optional=True),
})
mixed = {
    "x": np.array([[0, 0], [0, -1], [0, 0]], np.float32),
    "s": np.array([["a"], ["b"], [None]], object),
    "r": {"values": np.arange(5), "row_splits": np.array([0, 1, 4, 5])},
    "c": (np.array([[0, 1], [1, 0]]), np.array([1, -1], np.float32), np.array([3, 3])),
}
kept = judge.split(mixed).good
wide = {**kept, "s": np.full((1, 3), "a")}
large = {"x": np.zeros((1_000, 2), np.float32)}
spoilt = {"x": np.full((1_000, 2), -1, np.float32)}

request = bytes.fromhex(sys.argv[3])
sent = Signature({
    "x": TensorSpec((2,)),
    "n": TensorSpec(None, "int64"),
    "s": TensorSpec(None, "string"),
    "k": TensorSpec((), default=5),
})
judge_request, decode_request = tg.serving.check_predict_request, tg.serving.decode_predict_request

model = sys.argv[1]
damaged = sys.argv[2]
decode_infer, decode_message = tg.serving.decode_infer_request, tg.serving.decode_model_infer_request
body = b'{"id": "7", "parameters": {"a": "b"}, "outputs": [{"name": "y"}], "inputs": [' + b",".join([
    b'{"name": "x", "datatype": "FP32", "shape": [2], "data": [1, 2]}',
    b'{"name": "n", "datatype": "INT64", "shape": [1], "parameters": {"binary_data_size": 8}}',
    b'{"data": ["a", "\\u0062"], "name": "s", "datatype": "BYTES", "shape": [2]}]}',
])
message = bytes.fromhex(  # n, s and x, as raw bytes
    "2a0d0a016e1205494e5436341a01012a0d0a0173120542595445531a01012a0c0a01781204465033321a01023a0800000000"
    "000000003a0501000000613a080000000000000000"
)
"""

ACTIONS = {
    "a check that passes": "signature.check(good)",
    "accepts, of a good batch": "assert signature.accepts(good)",
    "accepts, of a bad batch": "assert not signature.accepts(bad)",
    "a check that fails": "refused(signature.check, bad)",
    "violations": "signature.violations(bad)",
    "violations' parts": "[(v.path, v.code, v.expected, v.got, v.hint, v.index) for v in signature.violations(bad)]",
    "violations compared and pickled": "vs = signature.violations(bad); assert pickle.loads(pickle.dumps(vs)) == vs",
    "errors pickled": "pickle.loads(pickle.dumps(tg.ValidationError('x', signature.violations(bad))))",
    "a batch that is none": "refused(signature.check, 5)",
    "other mappings": "signature.accepts(dict.copy(good)); import types; signature.check(types.MappingProxyType(good))",
    "a lone spec": "spec.accepts(good['image']); spec.accepts(good['ids']); refused(spec.check, None)",
    "specs made": "TensorSpec(('batch', None, 3), 'int64', 'name', optional=True)",
    "specs of every sort of dtype": "[TensorSpec((1,), d) for d in (np.float32, np.dtype('i8'), float, 'half')]",
    "specs refused": "refused(TensorSpec, (-1,)); refused(TensorSpec, (), 'nope'); refused(TensorSpec, 5)",
    "defaults made": "TensorSpec((3,), default=[1, 2, 3]).default; TensorSpec((1,), 'string', default=['x']).default",
    "defaults refused": "refused(TensorSpec, (3,), default=[1, 2]); refused(TensorSpec, (), default=None)",
    "signatures made": "Signature(signature.inputs, {'a': spec}, name='n', method_name='m')",
    "signatures refused": "refused(Signature, 5); refused(Signature, {'a': None}); refused(Signature, {5: spec})",
    "parts of a signature": "signature.inputs, signature.outputs, signature.name, signature.source",
    "repr": "repr(signature), repr(spec)",
    "pickling": "pickle.loads(pickle.dumps(signature)); pickle.loads(pickle.dumps(spec)); copy.deepcopy(signature)",
    "unpickling": "pickle.loads(pickled[0]); pickle.loads(pickled[1])",
    "equality and hash": "a = pickle.loads(pickled[0]); assert a == signature != 5 and hash(a) == hash(signature)",
    "algebra": "spec.is_subtype_of(spec); spec.most_specific_common_supertype([spec, three]); "
    "spec.is_compatible_with(three); spec.is_compatible_with(good['image'])",
    "DLPack": "assert spec.accepts(exporter); assert not three.accepts(exporter); three.violations(exporter)",
    "DLPack that raises": "assert not spec.accepts(raising); spec.violations(raising)",
    "DLPack that is garbage": "assert not spec.accepts(garbage); spec.violations(garbage)",
    "buffers": "three.accepts(floats); three.violations(floats); three.violations(memoryview(floats)[::4])",
    "buffers refused": "three.violations(swapped); three.violations(b'abc'); refused(three.check, swapped)",
    "NumPy's scalars": "three.violations(np.float64(1)); TensorSpec(()).check(np.float32(1))",
    "Python's values": "three.violations([1.0]); three.violations({}); three.violations(None)",
    "new exporter types": "three.violations(type('New', (), {'__dlpack__': 5})())",
    "dims": "d = Dim('n', min=1); assert d == pickle.loads(pickle.dumps(d)); hash(d), repr(d), copy.deepcopy(d)",
    "dims refused": "refused(Dim, 5); refused(Dim, min=3, max=2); refused(TensorSpec, (dim, 'seq'))",
    "rules made": "TensorSpec((None, 3), minimum=[0, 1, 2], one_of={1, 2}, finite=True); TensorSpec((), one_of=[1.5])",
    "rules refused": "refused(TensorSpec, (), minimum=2, maximum=1); refused(TensorSpec, (), one_of=[None])",
    "rules' parts": "ruled.minimum, ruled.maximum, ruled.one_of, one_of.one_of, words.one_of, repr(ruled)",
    "rules pickled": "assert [pickle.loads(pickle.dumps(s)) for s in (ruled, words)] == [ruled, words]; hash(words)",
    "values judged": "ruled.accepts(values); ruled.violations(values[::-1]); refused(ruled.check, values)",
    "values judged behind DLPack": "ruled.violations(Exporter(values)); ruled.accepts(memoryview(values))",
    "strings judged": "words.violations(texts); words.accepts(texts[:1]); words.violations(np.array(['abcd', 'z']))",
    "algebra of rules": "ruled.is_subtype_of(ruled); ruled.most_specific_common_supertype([TensorSpec((None, 3))])",
    "nests made": "Signature([three, (three,), Pair(three, {'a': three})]); nest.inputs; repr(nest)",
    "nests checked": "nest.violations(nested); nest.accepts(nested); refused(nest.check, nested); nest.accepts([])",
    "nests refused": "refused(Signature, [three, None]); refused(Signature, Record(three, {5: three}))",
    "nests flattened": "refused(nest.flatten, nested); Signature([three, Pair(three, three)]).flatten([1, Pair(2, 3)])",
    "nests pickled": "assert pickle.loads(pickle.dumps(nest)) == nest; nest.most_specific_common_supertype([nest])",
    "ragged tensors": "ragged.accepts(parts); ragged.violations(bad_parts); refused(ragged.check, bad_parts)",
    "sparse tensors": "sparse.accepts(entries); sparse.violations(bad_entries); refused(sparse.check, bad_entries)",
    "composite specs": "assert pickle.loads(pickle.dumps((ragged, sparse))) == (ragged, sparse); repr(ragged)",
    "composite specs refused": "refused(RaggedTensorSpec, (1,)); refused(SparseTensorSpec, (-1,))",
    "composites": "composite.violations({'r': bad_parts, 's': entries}); composite.flatten({'r': 1, 's': 2})",
    "bad rows": "judge.bad_rows(mixed); refused(judge.bad_rows, {})",
    "a split": "judge.split(mixed); judge.split(kept); refused(judge.split, {})",
    "many requests": "judge.check_many([kept, mixed, None, large, spoilt] * 4, threads=2).summary()",
    "many requests refused": "refused(judge.check_many, kept); refused(judge.check_many, [], threads=0)",
    "requests collated": "judge.collate([kept, mixed, {}, kept]); judge.collate([large['x'], large, large])",
    "requests padded": "judge.collate([kept, wide], pad='')",
    "requests that can't be collated": "refused(judge.collate, [kept, wide]); refused(judge.collate, [large, kept])",
    "fingerprints": "signature.fingerprint",
    "keys of batches": "signature.batch_key(good); signature.batch_key(traced); refused(signature.batch_key, call)",
    "specs of batches": "signature.batch_spec(good); signature.batch_spec(traced); refused(signature.batch_spec, call)",
    "a model read": "Signature.from_saved_model(model); tg.serving.load_signatures(model)",
    "a model refused": "refused(Signature.from_saved_model, damaged); refused(tg.serving.load_signatures, 'no/such')",
    "requests judged": "judge_request(request, {'serving_default': sent})",
    "requests decoded": "decode_request(bytearray(request), sent)",
    "inference requests decoded": "decode_infer(bytearray(body + bytes(8)), sent, json_size=len(body)); "
    "decode_message(bytearray(message), sent)",
    "inference requests refused": "refused(decode_infer, body, sent); refused(decode_message, message[:-1], sent); "
    "refused(decode_infer, body.replace(b'1, 2', b'1, null'), sent); refused(decode_message, message + message, sent)",
    "requests refused": "refused(judge_request, request, signature); refused(decode_request, request[:-3], sent)",
    "a signature that is not there": "refused(Signature.from_saved_model, model, 'other')",
}
# These take longer a round.
FEWER = {
    "nests made",
    "nests pickled",
    "a model read",
    "a model refused",
    "a signature that is not there",
    "new exporter types",
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    wire = measure.wire()
    base = tmp_path_factory.mktemp("models")
    whole = wire.model(
        {
            "x": wire.tensor_info((None, 3)),
            "s": wire.coo_sparse((None, 3)),
            "r": wire.composite(wire.tensor_info((None,)), wire.tensor_info((None,), "int64")),
            "k": wire.tensor_info((2,), "string"),
        },
        defaults={"k": wire.tensor("string", (2,), string_val=[b"a" * 1_000])},
    )
    for name, data in (("whole", whole), ("damaged", whole[:-5])):
        (base / name).mkdir()
        (base / name / "saved_model.pb").write_bytes(data)
    tensors = {
        "x": wire.tensor("float32", (2,), bytes(8)),
        "n": wire.tensor("int64", (100,), int64_val=[1, 2]),
        "s": wire.tensor("string", (100,), string_val=[b"a", b"some text"]),
    }
    return base / "whole", base / "damaged", wire.predict_request(tensors).hex()


@pytest.mark.parametrize("name", ACTIONS)
def test_nothing_grows_with(name, models):
    rounds = ROUNDS // 2 if name in FEWER else ROUNDS
    code = f"{SETUP}\ndef action():\n    {ACTIONS[name]}\nprint(*growth(action, {rounds}, {WARMUP}))"
    grown, blocks = map(int, measure.run(code, *models))
    assert blocks < MAX_GROWTH_BLOCKS
    assert grown < MAX_GROWTH_BYTES


LEAKING = "kept = []\ndef action():\n    kept.append(bytes(100))\nprint(*growth(action, 10_000, 1_000))"


def test_a_leak_would_be_seen():
    """The measure measures: 100 bytes a round are over both limits."""
    grown, blocks = map(int, measure.run(LEAKING))
    assert blocks > MAX_GROWTH_BLOCKS
    assert grown > 1 << 20
