"""Random PredictRequests, most of them right, and written as few would."""

import random
from importlib.metadata import version

import numpy as np

from tensorgate import Signature, TensorSpec

from ..serving import wire

CONTRACT = Signature(
    {
        "x": TensorSpec(None, "float32"),
        "n": TensorSpec(None, "int64"),
        "s": TensorSpec(None, "string", default=b"none"),
        "b": TensorSpec(None, "uint8", default=np.uint8(7)),
    }
)
SPECS = dict(CONTRACT.inputs)
# C++ protobuf and Python's from 7 on refuse a length in more than 5 bytes; before, Python's took it.
LONGEST_LENGTH = None if int(version("protobuf").partition(".")[0]) >= 7 else 5


class Writer:
    """Writes messages, each from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, one_in):
        return self.random.randrange(one_in) == 0

    def varint(self, value, longest=None):
        out = wire.varint(value)
        if self.chance(20):
            longer = min(self.random.choice([1, 1, 1, 5, 10]) + len(out), longest or 100)
            out = out[:-1] + bytes([out[-1] | 0x80]) + b"\x80" * (longer - len(out) - 1) + b"\0"
        return out

    def tag(self, number, wire_type):
        return self.varint(number << 3 | wire_type)

    def number(self, number, value):
        return self.tag(number, 0) + self.varint(value & (1 << 64) - 1)

    def bytes(self, number, payload):
        return self.tag(number, 2) + self.varint(len(payload), LONGEST_LENGTH) + payload

    def unknown(self):
        """A field that nobody knows, of any wire type, rarely one that does not exist."""
        number = self.random.choice([15, 100, 2**29 - 1])
        kind = self.random.randrange(60)
        return (
            self.number(number, self.random.getrandbits(64)),
            self.tag(number, 1) + bytes(8),
            self.bytes(number, b"\xff" * self.random.randrange(3)),
            wire.group(number, self.number(1, 5), deep=self.random.choice([1, 2, 97, 101])),
            self.tag(number, 5) + bytes(4),
            self.tag(number, 6),
            self.tag(number, 4),
            self.tag(number, 3),
        )[kind % 5 if kind < 57 else kind - 52]

    def message(self, pieces, unknown=True):
        """Fields in any order, with others between them."""
        if self.chance(2):
            self.random.shuffle(pieces)
        if unknown and self.chance(6):
            pieces.insert(self.random.randrange(len(pieces) + 1), self.unknown())
        out = b"".join(pieces)
        if self.chance(150):
            out = out[: self.random.randrange(len(out) + 1)]
        return out

    def mistyped(self, number):
        """A field of a wire type that is not its own: an unknown one to protobuf."""
        return self.random.choice([self.tag(number, 1) + bytes(8), self.tag(number, 5) + bytes(4)])

    def shape(self, sizes):
        pieces = []
        for size in sizes:
            dim = [self.number(1, size)] if size or self.chance(2) else []
            if self.chance(20):
                dim.insert(0, self.number(1, 9))
            if self.chance(20):
                dim.append(self.bytes(2, self.random.choice([b"batch", "größe".encode(), b"\xff"])))
            pieces.append(self.bytes(2, b"".join(dim)))
        if self.chance(40):
            pieces.append(self.number(3, self.random.randrange(2)))
        if self.chance(40):
            pieces.append(self.random.choice([self.mistyped(2), self.number(2, 1), self.unknown()]))
        return b"".join(pieces)

    def values(self, field, values):
        """A repeated field, packed, unpacked or both."""
        out = []
        at = 0
        while at < len(values):
            some = values[at : at + self.random.randrange(1, 4)]
            at += len(some)
            if field == 8:
                out += [self.bytes(field, value) for value in some]
            elif field == 5:
                packed = np.array(some, "<f4").tobytes()
                pieces = [self.tag(field, 5) + np.float32(value).tobytes() for value in some]
                out += pieces if self.chance(2) else [self.bytes(field, packed)]
            else:
                pieces = [self.number(field, value) for value in some]
                packed = b"".join(self.varint(value & (1 << 64) - 1) for value in some)
                out += pieces if self.chance(2) else [self.bytes(field, packed)]
        if self.chance(20):
            out.append(self.bytes(field, b"" if field != 5 or self.chance(2) else b"abc"))
        return out

    def tensor(self, alias):
        spec = SPECS.get(alias, SPECS["x"])
        dtype = self.random.choice(list(wire.DTYPES)) if self.chance(40) else spec.dtype
        sizes = [self.random.randrange(4) for _ in range(self.random.randrange(3))]
        count = int(np.prod(sizes)) + (self.random.choice([-1, 1]) if self.chance(20) else 0)
        pieces = [self.number(1, wire.DTYPES[dtype])]
        cut = self.random.randrange(len(sizes) + 1) if self.chance(5) else len(sizes)
        pieces += [self.bytes(2, self.shape(part)) for part in (sizes[:cut], sizes[cut:])]
        field = 5 if self.chance(40) else {"int64": 10, "string": 8, "uint8": 7}.get(dtype, 5)
        if self.chance(2):
            drawn = max(1, self.random.randrange(count + 1)) if count > 0 else 0
            pieces += self.values(field, [self.value(field) for _ in range(drawn)])
        elif dtype == "string":
            texts = [self.value(8) for _ in range(max(count, 0))]
            pieces.append(self.bytes(4, b"".join(self.varint(len(text)) for text in texts) + b"".join(texts)))
        else:
            width = {"float32": 4, "int64": 8}.get(dtype, 1)
            pieces.append(self.bytes(4, self.random.randbytes(max(count, 0) * width)))
            if self.chance(20):
                pieces.append(self.bytes(4, b""))
        if self.chance(30):
            pieces.append(self.mistyped(self.random.choice([1, 2, 4, 10, 18])))
        if self.chance(30):
            pieces.append(self.bytes(18, self.random.choice([b"", b"a"])))
        return pieces

    def value(self, field):
        if field == 8:
            return self.random.choice([b"", b"a", b"\xff\0", b"long " * 30])
        if field == 5:
            return self.random.choice([0.0, -1.5, float("nan"), float("inf")])
        if field == 7:
            return self.random.choice([0, 1, 255, 300, -1]) if self.chance(3) else 5
        return self.random.choice([0, 1, -1, 2**62, -(2**63)])

    def entry(self, alias):
        key = [] if self.chance(60) else [self.bytes(1, alias.encode())]
        if self.chance(30):
            key.insert(0, self.bytes(1, self.random.choice([b"other", b"\xff", b"\xed\xa0\x80"])))
        pieces = self.tensor(alias)
        value = [self.bytes(2, self.message(pieces))]
        if self.chance(8):
            at = self.random.randrange(len(pieces) + 1)
            value = [self.bytes(2, self.message(part)) for part in (pieces[:at], pieces[at:])]
        if self.chance(60):
            value = []
        return self.message(key + value, unknown=False)  # Python's protobuf loses such entries, C++'s does not

    def request(self):
        spec = [self.bytes(1, b"ranker")]
        if self.chance(5):
            spec.append(self.bytes(2, self.number(1, self.random.randrange(9)) if self.chance(2) else b""))
        if self.chance(8):
            spec.append(
                self.bytes(4, self.random.choice([b"stable", b"canary", b"\xff"] if self.chance(9) else [b"a"]))
            )
        if self.chance(5):
            spec.append(self.bytes(3, b"serving_default" if not self.chance(9) else b"other"))
        pieces = [self.bytes(1, self.message(spec))] if not self.chance(60) else []
        if self.chance(20):
            pieces.append(self.bytes(1, self.message([self.bytes(2, self.number(1, 3))])))
        for alias in SPECS:
            if alias in ("x", "n") or self.chance(2):
                pieces.append(self.bytes(2, self.entry(alias)))
                if self.chance(12):
                    pieces.append(self.bytes(2, self.entry(alias)))
        if self.chance(60):
            pieces.append(self.bytes(2, self.entry("y")))
        if self.chance(30):
            pieces.append(self.random.choice([self.bytes(4, b"\xff"), self.bytes(5, b""), self.bytes(6, b"\xff")]))
        return self.message(pieces)
