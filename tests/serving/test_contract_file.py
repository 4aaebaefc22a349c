"""The contract that lies in a SavedModel: found without TensorFlow, and believed only where it fits saved_model.pb."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.serving import contract_file, load_signatures

from . import wire

PREDICT = "tensorflow/serving/predict"
FILE = "assets.extra/tensorgate.json"
X = wire.tensor_info((None, 3))
Y = wire.tensor_info((None,), "int64")
CONTRACT = Signature(
    {"x": TensorSpec(("batch", 3), finite=True), "ids": TensorSpec(("batch",), "int64", minimum=0)},
    {"score": TensorSpec(("batch",))},
    method_name=PREDICT,
    batch_dim="batch",
)


@pytest.fixture
def model(write):
    """Writes a model with one signature, or of these bytes, and contracts beside it; gives the directory."""

    def model(*contracts, data=None, directory="1"):
        if data is None:
            data = wire.model({"x": X, "ids": Y}, {"score": wire.tensor_info((None,))})
        path = write(data, directory)
        contract_file.write(path, {contract.name: contract for contract in contracts})
        return path

    return model


def read(path, **kwargs):
    """What both ways to read a model agree on."""
    one = Signature.from_saved_model(path, **kwargs)
    assert load_signatures(path, **kwargs)["serving_default"] == one
    return one


def refused(path, error=ValueError, **kwargs):
    with pytest.raises(error) as caught:
        Signature.from_saved_model(path, **kwargs)
    with pytest.raises(error) as again:
        load_signatures(path, **kwargs)
    assert str(again.value) == str(caught.value)
    assert FILE in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def text_of(*contracts):
    return json.dumps({"format": 1, "signatures": {each.name: json.loads(each.to_json()) for each in contracts}})


def test_the_whole_contract_is_found(model, tmp_path):
    path = model(CONTRACT)
    found = read(tmp_path)
    assert found == CONTRACT
    assert found.fingerprint == CONTRACT.fingerprint
    assert found.source == str(path)
    with pytest.raises(ValueError, match=f"signature 'serving_default' \\({path}\\)"):
        found.check({})


def test_the_file_is_json_that_people_can_read(model):
    document = json.loads((model(CONTRACT) / FILE).read_text())
    assert document["format"] == 1
    assert Signature.from_json(json.dumps(document["signatures"]["serving_default"])) == CONTRACT


def test_without_a_file_it_is_what_saved_model_pb_says(write):
    path = write(wire.model({"x": X}))
    assert read(path).inputs == {"x": TensorSpec((None, 3))}
    (path / "assets.extra").mkdir()
    assert read(path).inputs == {"x": TensorSpec((None, 3))}
    (path / "assets.extra/tf_serving_warmup_requests").write_bytes(b"x")
    assert read(path).inputs == {"x": TensorSpec((None, 3))}


def test_signatures_that_the_file_lacks_come_from_saved_model_pb(model):
    graph = wire.meta_graph(
        {"serving_default": wire.signature_def({"x": X, "ids": Y}), "plain": wire.signature_def({"x": X})}
    )
    path = model(Signature(CONTRACT.inputs), data=wire.saved_model(graph))
    loaded = load_signatures(path)
    assert loaded["serving_default"].inputs == CONTRACT.inputs
    assert loaded["plain"] == Signature.from_saved_model(path, "plain")
    assert loaded["plain"].inputs == {"x": TensorSpec((None, 3))}


def test_name_method_and_missing_outputs_are_those_of_saved_model_pb(model):
    path = model(Signature(CONTRACT.inputs, method_name="other", source="elsewhere"))
    found = read(path)
    assert (found.method_name, found.source) == (PREDICT, str(path))
    assert found.outputs == {"score": TensorSpec((None,))}


def test_the_file_of_the_version_that_is_read_counts(model, tmp_path):
    model(CONTRACT, directory="1")
    model(directory="2")
    assert read(tmp_path).inputs["x"] == TensorSpec((None, 3))
    assert read(tmp_path, version=1) == CONTRACT


@pytest.mark.parametrize(
    ("inputs", "infos"),
    [
        (TensorSpec((None, 3), finite=True), {"inputs": X}),
        (TensorSpec((None, 3), name="image"), {"image": X}),
        ([TensorSpec((None, 3)), TensorSpec((None,), "int64", name="ids")], {"input_0": X, "ids": Y}),
        ({"a": {"b": TensorSpec((None, 3))}, "c": (TensorSpec((None,), "int64"),)}, {"a/b": X, "c/0": Y}),
        ({"x": SparseTensorSpec((None, 3))}, {"x": wire.coo_sparse((None, 3))}),
        (
            {"r": RaggedTensorSpec(("n", Dim(max=3)), "int64")},
            {"r/values": wire.tensor_info((None,), "int64"), "r/row_splits": Y},
        ),
    ],
    ids=["lone", "named", "list", "nested", "sparse", "ragged"],
)
def test_a_contract_of_any_structure_is_held_against_the_models_flat_names(model, inputs, infos):
    assert read(model(Signature(inputs), data=wire.model(infos))).inputs == inputs
    other = {name + "x": info for name, info in infos.items()}
    assert "the model has no input" in refused(model(Signature(inputs), data=wire.model(other)))


OTHERS = {
    "unknown": ({"z": TensorSpec(())}, "the model has no input 'z'"),
    "dtype": (
        {"ids": TensorSpec((None,), "int32")},
        "input 'ids' is TensorSpec(shape=(None,), dtype='int32') in the contract and "
        "TensorSpec(shape=(None,), dtype='int64') in the model",
    ),
    "size": ({"x": TensorSpec(("batch", 4))}, "input 'x' is TensorSpec(shape=('batch', 4), dtype='float32') in the"),
    "rank": ({"x": TensorSpec((3,))}, "input 'x' is TensorSpec(shape=(3,), dtype='float32') in the contract"),
    "rules": ({"x": TensorSpec((None, Dim(multiple_of=2)))}, "input 'x' is TensorSpec(shape=(None, Dim("),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_contract_of_another_model_is_refused(model, case):
    inputs, told = OTHERS[case]
    path = model(Signature(CONTRACT.inputs | inputs))
    said = refused(path)
    assert said.startswith(f"{path}/{FILE}: the contract is not of this saved_model.pb: signature 'serving_default': ")
    assert told in said
    assert said.endswith("; export the model again, or remove the file")


def test_a_contract_that_lacks_an_input_is_refused(model):
    assert "the contract has no input 'ids'" in refused(model(Signature({"x": TensorSpec((None, 3))})))


@pytest.mark.parametrize("spec", [TensorSpec((5, 3)), TensorSpec((Dim("n", min=1), 3)), TensorSpec(("a", 3))])
def test_a_contract_may_be_narrower_than_the_model(model, spec):
    assert read(model(Signature(CONTRACT.inputs | {"x": spec}))).inputs["x"] == spec


@pytest.mark.parametrize("spec", [TensorSpec(None, finite=True), TensorSpec((None, None))])
def test_a_contract_that_checks_less_than_saved_model_pb_is_refused(model, spec):
    path = model(Signature(CONTRACT.inputs | {"x": spec}))
    assert "in the contract, which takes more than TensorSpec(shape=(None, 3), dtype='float32') in the" in refused(path)


def test_outputs_may_be_told_more_loosely_than_the_model_has_them(model):
    outputs = {"score": TensorSpec(None)}
    assert read(model(Signature(CONTRACT.inputs, outputs))).outputs == outputs


def test_outputs_that_the_model_has_not_are_refused(model):
    told = refused(model(Signature(CONTRACT.inputs, {"scores": TensorSpec((None,))})))
    assert "the model has no output 'scores'" in told
    told = refused(model(Signature(CONTRACT.inputs, {"score": TensorSpec((None,), "int64")})))
    assert "output 'score' is TensorSpec(shape=(None,), dtype='int64') in the contract" in told


def test_a_contract_of_a_signature_that_the_model_lacks_is_refused_with_all(model):
    path = model(CONTRACT, Signature(CONTRACT.inputs, name="gone"))
    with pytest.raises(ValueError, match="the model has no signature 'gone'"):
        load_signatures(path)
    assert Signature.from_saved_model(path) == CONTRACT


DAMAGED = {
    "empty": (b"", "no JSON"),
    "cut": (text_of(CONTRACT).encode()[:-20], "no JSON"),
    "not UTF-8": (b'{"format": 1, "signatures": {"\xff": {}}}', "utf-8"),
    "a list": (b"[]", "contract file: expected an object, got a list"),
    "no format": (b'{"signatures": {}}', "format: expected 1, the version of the file, got null"),
    "newer": (b'{"format": 2, "signatures": {}, "more": 1}', "format: expected 1, the version of the file, got 2"),
    "true": (b'{"format": true, "signatures": {}}', "format: expected 1, the version of the file, got true"),
    "unknown key": (b'{"format": 1, "signatures": {}, "more": 1}', "contract file: unknown key 'more'"),
    "no signatures": (b'{"format": 1}', "contract file: lacks 'signatures'"),
    "twice": (b'{"format": 1, "signatures": {"a": {}, "a": {}}}', "signatures: gives the key 'a' twice"),
    "no contract": (b'{"format": 1, "signatures": {"a": 5}}', "signatures['a']: contract: expected an object, got 5"),
    "another form": (
        text_of(CONTRACT).replace('"tensorgate": 1', '"tensorgate": 2').encode(),
        "signatures['serving_default']: tensorgate: expected 1, the version of the form, got 2",
    ),
    "another name": (
        text_of(CONTRACT).replace('{"serving_default"', '{"other"').encode(),
        "signatures['other'].name: expected 'other', got 'serving_default'",
    ),
    "deep": (b"[" * 100_000, "nested too deep"),
    "contradiction": (text_of(CONTRACT).replace('"batch"', '"rows"', 1).encode(), "batch_dim 'rows'"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_is_refused_and_named(model, case):
    data, told = DAMAGED[case]
    path = model()
    (path / FILE).write_bytes(data)
    said = refused(path)
    assert said.startswith(f"{path}/{FILE}: ")
    assert told in said


def test_every_cut_of_a_file_is_refused(model):
    path = model(CONTRACT)
    data = (path / FILE).read_bytes().rstrip()
    for length in range(len(data)):
        (path / FILE).write_bytes(data[:length])
        with pytest.raises(ValueError, match="tensorgate.json"):
            Signature.from_saved_model(path)


def test_no_more_is_read_than_a_contract_takes(model):
    path = model(CONTRACT)
    with (path / FILE).open("ab") as file:
        file.truncate(contract_file.MAX_BYTES + 1)
    assert "more than 8 MiB" in refused(path)
    with (path / FILE).open("ab") as file:
        file.truncate(2**40)  # a hole, of no size on the disk
    assert "more than 8 MiB" in refused(path)


def test_what_would_fill_the_memory_is_not_taken_apart(model, monkeypatch):
    path = model(CONTRACT)
    (path / FILE).write_bytes(b'{"format": 1, "signatures": {"a": [' + b"{}," * 2_000_000 + b"{}]}}")
    monkeypatch.setattr(contract_file, "parse", lambda _text: pytest.fail("was parsed"))
    assert "more than 100,000 of '{' and '['" in refused(path)


def test_a_contract_that_could_not_be_read_back_is_not_written(model):
    path = model(CONTRACT)
    words = [f"{number:040}" for number in range(200_000)]
    with pytest.raises(ValueError, match=r"can't be written to assets.extra/tensorgate.json: more than 8 MiB"):
        contract_file.write(path, {"a": Signature({"x": TensorSpec((), "string", one_of=words)}, name="a")})
    assert read(path) == CONTRACT


@pytest.mark.parametrize("kind", ["directory", "pipe", "link to nowhere", "link in a circle"])
def test_what_is_no_file_is_refused_and_not_taken_for_absent(model, kind):
    path = model()
    (path / FILE).unlink()
    if kind == "directory":
        (path / FILE).mkdir()
    elif kind == "pipe":
        os.mkfifo(path / FILE)
    else:
        (path / FILE).symlink_to("nowhere" if kind == "link to nowhere" else "tensorgate.json")
    assert str(path) in refused(path, OSError)


@pytest.mark.parametrize("target", ["nowhere", "assets.extra"])
def test_a_link_to_a_directory_that_is_not_there_is_refused_and_not_taken_for_absent(write, target):
    path = write(wire.model({"x": X}))
    (path / "assets.extra").symlink_to(target)
    assert str(path) in refused(path, OSError)


UNREADABLE = """
import os, sys
from tensorgate import Signature
import tensorgate.serving.contract_file  # while it can be read
os.chmod(sys.argv[1], 0)
# Nothing is unreadable to root.
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    Signature.from_saved_model(sys.argv[2])
except OSError as error:
    print(type(error).__name__)
"""


def test_a_file_that_may_not_be_read_is_refused(model, tmp_path):
    """Less of a contract must not pass for all of it."""
    path = model(CONTRACT)
    for part in (path, *path.parents):
        if tmp_path.parent.parent in (part, *part.parents):
            part.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", UNREADABLE, path / FILE, path], capture_output=True, text=True, check=True
    )
    assert done.stdout == "PermissionError\n"


def test_a_path_that_is_no_utf8_is_read_and_told(model):
    path = model(CONTRACT, directory=os.fsdecode(b"caf\xe9-\xff"))
    assert read(os.fsencode(path)) == CONTRACT
    (path / FILE).write_bytes(b"x")
    assert "caf" in refused(path)
    assert refused(path).encode()


def test_a_file_is_written_whole_or_not_at_all(model, monkeypatch):
    path = model(CONTRACT)

    def fail(*_args):
        raise OSError("no space left")

    monkeypatch.setattr(pathlib.Path, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        contract_file.write(path, {})
    assert read(path) == CONTRACT


def test_a_model_is_read_without_tensorflow(model):
    code = (
        "import sys, tensorgate; tensorgate.Signature.from_saved_model(sys.argv[1]); print('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, model(CONTRACT)], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# batch_dim=


def test_batch_dim_names_what_a_contract_leaves_open(model):
    open_ended = Signature({"x": TensorSpec((None, 3), finite=True), "ids": TensorSpec((Dim(max=8),), "int64")})
    found = Signature.from_saved_model(model(open_ended), batch_dim="batch", batch_dim_except=["ids"])
    assert found.batch_dim == "batch"
    assert found.inputs == {"x": TensorSpec(("batch", 3), finite=True), "ids": TensorSpec((Dim(max=8),), "int64")}


def test_batch_dim_keeps_the_rules_of_a_contract(model):
    contract = Signature({"x": TensorSpec((Dim(max=8), 3)), "ids": TensorSpec((Dim(max=8),), "int64")})
    found = Signature.from_saved_model(model(contract), batch_dim="batch")
    assert found.inputs["x"].shape == (Dim("batch", max=8), 3)
    assert found == Signature.from_saved_model(model(contract), batch_dim=Dim("batch", max=8))
    with pytest.raises(
        ValueError, match=r"batch_dim batch \(at most 9\): the leading dimension of inputs\['x'\] is None"
    ):
        Signature.from_saved_model(model(contract), batch_dim=Dim("batch", max=9))


def test_batch_dim_takes_no_name_away(model):
    contract = Signature({"x": TensorSpec(("rows", 3)), "ids": TensorSpec((None,), "int64")})
    with pytest.raises(ValueError, match=r"batch_dim batch: the leading dimension of inputs\['x'\] is rows"):
        Signature.from_saved_model(model(contract), batch_dim="batch")
    found = Signature.from_saved_model(model(contract), batch_dim="batch", batch_dim_except=["x"])
    assert found.inputs["x"].shape == ("rows", 3)


def test_a_contract_with_a_batch_dim_of_its_own_stays_as_it_is(model):
    contract = Signature(
        {"x": TensorSpec(("batch", 3)), "ids": TensorSpec((None,), "int64")}, CONTRACT.outputs, batch_dim="batch"
    )
    path = model(contract)
    assert Signature.from_saved_model(path, batch_dim="batch") == Signature.from_saved_model(path)
    assert Signature.from_saved_model(path, batch_dim="batch", batch_dim_except=["ids"]).batch_dim == "batch"
    with pytest.raises(ValueError, match="batch_dim 'rows': the contract's own is 'batch'"):
        Signature.from_saved_model(path, batch_dim="rows")
    with pytest.raises(ValueError, match=r"batch_dim_except: rows of inputs\['x'\] are counted by 'batch'"):
        Signature.from_saved_model(path, batch_dim="batch", batch_dim_except=["x"])


def test_a_contract_read_from_a_model_is_enforced(model):
    found = read(model(CONTRACT))
    batch = {"x": np.zeros((2, 3), np.float32), "ids": np.array([1, -1])}
    assert [violation.code for violation in found.violations(batch)] == ["below_minimum"]
