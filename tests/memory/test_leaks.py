"""Nothing grows, whatever is done over and over."""

import pytest

from . import measure

ROUNDS = 10_000
WARMUP = 6_000
# A leak of one Python object or of some 200 bytes a round would be well over these. What is kept on purpose, such as
# the types of the last few exporters, is below.
MAX_GROWTH_BYTES = (1 << 30) if measure.INSTRUMENTED else (1 << 20)
MAX_GROWTH_BLOCKS = 500

SETUP = """
import array, copy, ctypes, pickle
import numpy as np
import tensorgate as tg
from tensorgate import Signature, TensorSpec

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

def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except (TypeError, ValueError, OSError) as error:
        return str(error)
    raise AssertionError

model = sys.argv[1]
damaged = sys.argv[2]
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
    "a model read": "Signature.from_saved_model(model); tg.serving.load_signatures(model)",
    "a model refused": "refused(Signature.from_saved_model, damaged); refused(tg.serving.load_signatures, 'no/such')",
    "a signature that is not there": "refused(Signature.from_saved_model, model, 'other')",
}
# These take longer a round.
FEWER = {"a model read", "a model refused", "a signature that is not there", "new exporter types"}


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
    return base / "whole", base / "damaged"


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
