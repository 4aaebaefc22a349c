"""Fingerprints that are pinned: what was once written into a log or a cache must be found again for ever."""

import collections
import copy
import dataclasses
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass(frozen=True)
class Query:
    ids: object
    weights: object


X = TensorSpec((None, 3))
GOLDEN = {
    "a4462ee1855b6714ba3d39426552f945": Signature({}),
    "06b40d129d94bf7f516be51a86046f1a": Signature({"x": X}),
    "ecd36bf3eac3e73f404f27a8d36467cb": Signature({"x": X}, {"y": X}),
    "a6dc3972457235c8aa23c0cfb1dd68f0": Signature({"x": X}, {}),
    "2d649ef78f5772dd022686fcc16df5a6": Signature({"x": X}, name="predict", method_name="tensorflow/serving/predict"),
    "baa88aaa30226140211832e3fd5ba7ed": Signature({"größe": TensorSpec(())}),
    "6728436f5d83906a1a45e33ed3c76ec6": Signature({"x": TensorSpec(None, "int64")}),
    "055a53ab3d8f92ec38450e414fbc623b": Signature({"x": TensorSpec((), "bfloat16", "x")}),
    "5009276fee46b54a7f415d64ce0570ad": Signature({"x": TensorSpec((), "resource", "")}),
    "77895d32dd9f1ff50f346165d5a7b12a": Signature(
        {"x": TensorSpec(("batch", 3)), "y": TensorSpec(("batch", None), "int64")}
    ),
    "11a0daaf7fb93cdf2e20e18deefbbdb7": Signature({"x": TensorSpec(("batch", 3))}, batch_dim="batch"),
    "ddc6aca4a2958c2cffe5cb693c2cb2f6": Signature(
        {"x": TensorSpec((Dim("seq", min=1, max=512, multiple_of=8), Dim(max=4)))}
    ),
    "4c036e322560c3ec093a72316efc23d4": Signature({"x": TensorSpec((None,), finite=True, minimum=-1.5, maximum=2)}),
    "99981f7418dde7ba6221ca794a739850": Signature({"x": TensorSpec((None, 3), minimum=[0, 1, 2])}),
    "f0373ba4a3c1bf4555d6709bfbc9ba29": Signature({"x": TensorSpec((None,), "int32", one_of=[3, -1, 2])}),
    "9e87a42d95978ed65b66629b8cefc36f": Signature({"x": TensorSpec((None,), "float64", one_of=[np.nan, np.inf, 0])}),
    "fcc05451476d29216a48baafa10c35e0": Signature({"x": TensorSpec((None,), "complex64", one_of=[1 + 2j, 3])}),
    "c003949176a74516736ae4038b7fb35d": Signature({"x": TensorSpec((None,), "string", utf8=True, max_bytes=64)}),
    "a171ca091f60421f6f08ecff52e13143": Signature({"x": TensorSpec((None,), "string", one_of=["yes", "no", b"\xff"])}),
    "744ff800e12f4975bc387911843e69d1": Signature({"x": TensorSpec((None,), optional=True)}),
    "349720684910fa48da9e5f8a56195700": Signature({"x": TensorSpec((2,), default=[-0.0, np.nan])}),
    "201b7de702815f735bd2e15bf273ac77": Signature({"x": TensorSpec((2, 1), "string", default=[["a"], [b""]])}),
    "fe9ef613e8b42c0934bf0619e2377abb": Signature({"x": TensorSpec((3,), "bool", default=[True, False, True])}),
    "e7d3b48eaa66447a7b14e4ce3581e945": Signature(X),
    "61b27f8587000fd03aac845e6f32701d": Signature([X, TensorSpec(())]),
    "d6f60cd1fb8dfe238048c5bf61849af3": Signature((X, TensorSpec(()))),
    "6b82ee22e07cd05d2e9d97520ca770ea": Signature({"p": Point(X, {"a": [X], "b": ()})}),
    "034eec35078d180beded5e399bde48cd": Signature(Query(X, TensorSpec((None,)))),
    "7f039fcef6758b31ac20d6358bab35e8": Signature(
        {"x": RaggedTensorSpec((None, None, 3), "int64", 1, "int32", minimum=0)}
    ),
    "eb9f9b1deef4e7dc8f91a434c511c531": Signature(
        {"x": RaggedTensorSpec((None, None, Dim(max=9)), "string", 2, utf8=True)}
    ),
    "873e41d9e7d48f51e56b4565ca320f19": Signature({"x": SparseTensorSpec((None, 10))}),
    "e2928cf921511e3bd555e5e62913316c": Signature({"x": SparseTensorSpec(None, "int64", "x", optional=True)}),
}


@pytest.mark.parametrize("fingerprint", GOLDEN)
def test_a_fingerprint_stays_what_it_was(fingerprint):
    assert GOLDEN[fingerprint].fingerprint == fingerprint


def test_a_fingerprint_is_32_lower_case_hexadecimal_digits():
    assert re.fullmatch("[0-9a-f]{32}", Signature({"x": X}).fingerprint)


def test_insertion_order_and_source_do_not_count():
    one = Signature({"x": X, "y": {"b": X, "a": TensorSpec(())}}, source="models/ranker/3")
    other = Signature({"y": {"a": TensorSpec(()), "b": X}, "x": X})
    assert one.fingerprint == other.fingerprint == copy.deepcopy(one).fingerprint


def test_order_counts_where_it_counts_for_equality():
    one, other = TensorSpec((1,)), TensorSpec((2,))
    assert Signature([one, other]).fingerprint != Signature([other, one]).fingerprint


def test_equal_ways_to_write_a_contract_have_one_fingerprint():
    written = Signature({"x": TensorSpec((Dim("n"), Dim()), np.float32, one_of=[1, -0.0, 1], minimum=-0.0)})
    plain = Signature({"x": TensorSpec(["n", None], "float32", one_of=[0, 1], minimum=0)})
    assert written == plain
    assert written.fingerprint == plain.fingerprint


def test_a_string_is_no_part_of_its_neighbour():
    one = Signature({"x": TensorSpec((1,), "string", one_of=["ab", "c"])}, name="d")
    other = Signature({"x": TensorSpec((1,), "string", one_of=["a", "bc"])}, name="d")
    assert one.fingerprint != other.fingerprint
    assert Signature({}, name="a", method_name="b").fingerprint != Signature({}, name="ab").fingerprint


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_every_process_finds_the_same(seed):
    code = (
        "import tensorgate as tg; print(tg.Signature({'b': tg.TensorSpec(()), 'a': tg.TensorSpec((1,))}).fingerprint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == Signature({"a": TensorSpec((1,)), "b": TensorSpec(())}).fingerprint


def test_a_lone_spec_has_no_fingerprint():
    assert not hasattr(X, "fingerprint")


def test_a_long_default_is_hashed_whole():
    values = np.arange(100_000, dtype=np.int64)
    changed = values.copy()
    changed[-1] += 1
    one, same, other = (
        Signature(TensorSpec(None, "int64", default=array)) for array in (values, values.copy(), changed)
    )
    assert one.fingerprint == same.fingerprint != other.fingerprint
