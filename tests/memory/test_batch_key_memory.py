"""A key takes no memory but that of the int it is."""

from . import allocations

CODE = """
import numpy as np
from tensorgate import Signature

signature = Signature({})
batches = {
    "arrays": {"image": np.zeros((2, 8, 8, 3), np.float32), "ids": np.zeros((2, 5), np.int64), "x": np.zeros(3, ">f4")},
    "strings": {"texts": np.array(["a"]), "objects": np.array([None])},
    "large": {"x": np.zeros((4096, 0, 1, 1, 1, 1)), "y": np.zeros((100_000, 0), np.int8)},
    "nested": {"a": {"b": np.zeros(1), "c": {}}, "d": {"e": {"f": np.zeros(2)}}},
    "lone": np.zeros(3),
}
print(*(allocated(signature.batch_key, batch) for batch in batches.values()), allocated(bytes, 50))
"""

if allocations.COUNTABLE:

    def test_a_key_is_one_allocation(tmp_path):
        *keys, bytestring = allocations.run(CODE, tmp_path)
        assert bytestring == 1
        assert keys == [1] * len(keys)
