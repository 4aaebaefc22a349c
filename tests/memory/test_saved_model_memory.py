"""What reading a contract takes, of memory and time, however large the file."""

import pytest

from . import measure

# The reader's buffer and the contract itself are far below.
MAX_PEAK_BYTES = 5 << 20
# What the limit on a contract's size (32 MiB on the wire) may come to as objects.
MAX_HOSTILE_BYTES = 128 << 20
MAX_SECONDS = 0.005
if measure.INSTRUMENTED:
    MAX_PEAK_BYTES, MAX_HOSTILE_BYTES, MAX_SECONDS = 100 << 20, 4 << 30, 0.5

READ = """
import tensorgate as tg
small, large = sys.argv[1:]
tg.Signature.from_saved_model(small)
before = most()
signature = tg.Signature.from_saved_model(large)
print(most() - before, signature == tg.Signature.from_saved_model(small))
"""
TIME = """
import tensorgate as tg
durations = []
for _ in range(30):
    start = time.perf_counter()
    tg.Signature.from_saved_model(sys.argv[1])
    durations.append(time.perf_counter() - start)
print(statistics.median(durations))
"""
REFUSE = """
import tensorgate as tg
try:
    tg.serving.load_signatures(sys.argv[1])
except ValueError:
    pass
before = most()
try:
    tg.serving.load_signatures(sys.argv[2])
except ValueError as error:
    assert sys.argv[2] in str(error)
print(most() - before)
"""


@pytest.fixture
def with_graph(tmp_path):
    """Makes a model whose graph takes so many bytes: a hole in the file, so that no disk fills."""
    wire = measure.wire()
    signature = wire.map_field(
        5, {"serving_default": wire.signature_def({"x": wire.tensor_info((None, 3))}, {"y": wire.tensor_info(None)})}
    )
    info = wire.bytes_field(1, wire.bytes_field(4, "serve"))

    def make(size):
        head = wire.tag(2, 2) + wire.varint(size)
        directory = tmp_path / str(size)
        directory.mkdir()
        with (directory / "saved_model.pb").open("wb") as file:
            file.write(wire.tag(2, 2) + wire.varint(len(info) + len(head) + size + len(signature)) + info + head)
            file.seek(size, 1)
            file.write(signature)
        return directory

    return make


@pytest.mark.parametrize("size", [100 << 20, (2 << 30) - 1_000, 5 << 30], ids=["100 MB", "2 GB", "5 GB"])
def test_memory_does_not_depend_on_the_graphs_size(with_graph, size):
    grown, same = measure.run(READ, with_graph(10), with_graph(size))
    assert same == "True"
    assert int(grown) < MAX_PEAK_BYTES


def test_a_contract_beside_a_graph_of_100_mb_is_read_in_5_ms(with_graph):
    (median,) = measure.run(TIME, with_graph(100 << 20))
    assert float(median) < MAX_SECONDS


def hostile(wire, name):
    if name == "distinct inputs":
        entries = ((f"{i:x}", b"\x10\x01") for i in range(1_500_000))
        return wire.saved_model(wire.meta_graph({"serving_default": wire.map_field(1, entries)}))
    if name == "distinct signatures":
        return wire.saved_model(wire.meta_graph((f"{i:x}", b"") for i in range(1_800_000)))
    if name == "distinct tags":
        return wire.saved_model(wire.bytes_field(1, b"".join(wire.bytes_field(4, f"{i:x}") for i in range(5_000_000))))
    if name == "distinct tags below the limit":
        return wire.saved_model(wire.bytes_field(1, b"".join(wire.bytes_field(4, f"{i:x}") for i in range(400_000))))
    if name == "defaults":
        names = [f"x{i}" for i in range(1_000)]
        return wire.model(
            {name: wire.tensor_info((2**24,), "int8") for name in names},
            defaults={name: wire.tensor("int8", (2**24,), int_val=[1]) for name in names},
        )
    if name == "empty strings":
        proto = wire.tensor("string", (2**20,)) + wire.bytes_field(8, b"") * 2**20
        return wire.model({"x": wire.tensor_info((2**20,), "string")}, defaults={"x": proto})
    if name == "numbers":
        proto = wire.tensor("int8", (2**22,)) + wire.bytes_field(7, b"\x01" * 2**22)
        return wire.model({"x": wire.tensor_info((2**22,), "int8")}, defaults={"x": proto})
    if name == "a long name":
        return wire.model({"x" * 30_000_000: wire.tensor_info()})
    if name == "a long name of many parts":
        return wire.model({"x" * 1_000_000: wire.composite(*[wire.tensor_info()] * 500)})
    wide = wire.coo_sparse((1,) * 254)
    return wire.model({f"x{i}": wide for i in range(20_000)})


@pytest.mark.parametrize(
    "name",
    [
        *("distinct inputs", "distinct signatures", "distinct tags", "distinct tags below the limit", "defaults"),
        *("empty strings", "numbers", "a long name", "a long name of many parts", "wide shapes"),
    ],
)
def test_a_hostile_file_takes_bounded_memory(with_graph, tmp_path, name):
    directory = tmp_path / "hostile"
    directory.mkdir()
    (directory / "saved_model.pb").write_bytes(hostile(measure.wire(), name))
    (grown,) = measure.run(REFUSE, with_graph(10), directory)
    assert int(grown) < MAX_HOSTILE_BYTES
