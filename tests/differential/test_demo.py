"""The demo, run once as a user runs it; the tests look at what it printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tensorgate.demo.accidents import ACCIDENTS, Accident

SPOILED = [accident for accident in ACCIDENTS[1:] if not accident.legal]
TIMED = [
    "tensorgate: signature.check(arrays)",
    "the same check by hand, in Python",
    "tensorgate: signature.check(tensors)",
    "tf.TensorSpec.is_compatible_with, tensors only",
    "tf.constant of both arrays",
    "tf.function(input_signature) that does nothing",
    "the model, as tf.function(input_signature)",
    "the model, as loaded signature",
]
CODES = {
    "float64 for float32": ["inputs['image']  dtype: expected float32, got float64"],
    "2**40 for an int32": ["inputs['scanner']  dtype: expected int32, got int64"],
    "numbers as strings": ["inputs['image']  dtype: expected float32, got <U"],
    "a missing number": ["inputs['image']  dtype: expected float32, got object"],
    "a masked array": ["inputs['image']  unsupported: expected float32 [batch, 8, 8, 1], got a masked array"],
    "raw bytes": ["inputs['image']  dtype: expected float32, got uint8"],
    "images of 16x16": ["inputs['image']  dim: expected [batch, 8, 8, 1], got [3, 16, 16, 1]"],
    "images of 28x28": ["inputs['image']  dim: expected [batch, 8, 8, 1], got [3, 28, 28, 1]"],
    "NCHW for NHWC": ["inputs['image']  dim: expected [batch, 8, 8, 1], got [3, 1, 8, 8]", "transpose it to NHWC"],
    "no batch dimension": ["inputs['image']  rank: expected [batch, 8, 8, 1], got [8, 8, 1]"],
    "unequal batch sizes": ["inputs['scanner']  dim_mismatch: expected batch = 3", "inputs['image'], got 1"],
    "a typo in a name": ["inputs['imgae']  unexpected input; did you mean 'image'?", "inputs['image']  missing"],
    "nested lists": ["inputs['image']  unsupported", "inputs['scanner']  unsupported"],
}


@dataclass(frozen=True)
class Row:
    """A row of the table; each cell's lines are joined, but for the first, which holds the verdict."""

    tensorflow_verdict: str
    tensorflow: str
    tensorgate_verdict: str
    tensorgate: str


@dataclass(frozen=True)
class Shown:
    exit_code: int
    stdout: str
    stderr: str
    left_behind: list[Path]

    def row(self, accident: Accident) -> Row:
        header = next(line for line in self.stdout.splitlines() if line.startswith(" sent "))
        columns = [0, header.index("TensorFlow"), header.index("tensorgate"), len(header)]
        number = ACCIDENTS.index(accident)
        name = f" {number}. {accident.name}" if number else f" {accident.name}"
        start = re.search(rf"^{re.escape(name)} ", self.stdout, re.MULTILINE)
        assert start, f"no row {name!r}"
        lines = self.stdout[start.start() :].split("\n")
        lines = lines[: next(at for at, line in enumerate(lines) if not line.strip())]
        sent, tensorflow, tensorgate = ([line[begin:end].strip() for line in lines] for begin, end in pairwise(columns))
        assert accident.sent in " ".join(sent)
        return Row(tensorflow[0], " ".join(tensorflow[1:]), tensorgate[0], " ".join(tensorgate[1:]))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    directory = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-c", "from tensorgate.cli import main; main()", "demo"]
    environment = {**os.environ, "COLUMNS": "120", "PYTHONIOENCODING": "utf-8", "TMPDIR": str(directory)}
    done = subprocess.run(
        command, check=False, capture_output=True, encoding="utf-8", env=environment, cwd=directory, timeout=600
    )
    return Shown(done.returncode, done.stdout, done.stderr, list(directory.iterdir()))


def test_it_succeeds_without_noise_and_leaves_nothing_behind(shown: Shown) -> None:
    assert (shown.exit_code, shown.stderr, shown.left_behind) == (0, "", [])


def test_piped_output_has_neither_colour_nor_lines_over_the_width(shown: Shown) -> None:
    assert "\x1b" not in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 120


def test_the_model_learned_something(shown: Shown) -> None:
    found = re.search(r"reads\s+(\d+)%\s+of\s+the\s+others", shown.stdout)
    assert found
    assert int(found[1]) >= 90


def test_the_contract_is_the_models(shown: Shown) -> None:
    assert re.search(r"input +'image' +float32 +\[batch, 8, 8, 1\]", shown.stdout)
    assert re.search(r"input +'scanner' +int32 +\[batch\]", shown.stdout)
    assert re.search(r"output +'digit' +float32 +\[None, 10\]", shown.stdout)


def test_a_good_batch_passes_both_and_is_read_right(shown: Shown) -> None:
    row = shown.row(ACCIDENTS[0])
    assert (row.tensorflow_verdict, row.tensorgate_verdict) == ("accepted", "accepted")
    assert re.match(r"read 6 \(p=.*\), 9 \(p=.*\), 2 \(p=.*\) every door accepts it", row.tensorflow)


def test_the_accidents_are_those_that_this_file_knows() -> None:
    assert [accident.name for accident in SPOILED] == list(CODES)


@pytest.mark.parametrize("accident", SPOILED, ids=lambda accident: accident.name)
def test_tensorgate_refuses_an_accident_and_says_why(shown: Shown, accident: Accident) -> None:
    row = shown.row(accident)
    assert row.tensorgate_verdict == "refused"
    for part in CODES[accident.name]:
        assert " ".join(part.split()) in " ".join(row.tensorgate.split())


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("float64 for float32", "1e+300 became inf"),
        ("2**40 for an int32", "1099511627776 became 0"),
        ("numbers as strings", "became"),
        ("a missing number", "None became nan"),
        ("a masked array", "a masked value became -999.0"),
        ("raw bytes", "read"),
        ("images of 16x16", "tf.function refuses it"),
        ("images of 28x28", "tf.function refuses it"),
        ("unequal batch sizes", "read"),
        ("nested lists", "read"),
    ],
)
def test_tensorflow_alone_lets_an_accident_through(shown: Shown, name: str, fate: str) -> None:
    row = shown.row(next(accident for accident in SPOILED if accident.name == name))
    assert row.tensorflow_verdict == "accepted"
    assert fate in row.tensorflow


def test_where_tensorflow_refuses_the_length_of_its_error_is_given(shown: Shown) -> None:
    row = shown.row(next(accident for accident in SPOILED if accident.name == "a typo in a name"))
    assert re.fullmatch(r"refused: TypeError, [\d,]+ characters:", row.tensorflow_verdict)


def test_nan_is_shown_as_legal(shown: Shown) -> None:
    row = shown.row(next(accident for accident in ACCIDENTS if accident.name == "NaN"))
    assert (row.tensorflow_verdict, row.tensorgate_verdict) == ("accepted", "accepted")
    assert row.tensorgate.startswith("legal")


@pytest.mark.parametrize("name", TIMED)
def test_each_check_has_a_bar_with_its_time_and_ratio(shown: Shown, name: str) -> None:
    found = re.search(rf"^{re.escape(name)} +[\d.]+ (ns|us|ms)( +x [\d,.]+)? *\n\u2588+ *$", shown.stdout, re.MULTILINE)
    assert found
    assert bool(found[2]) == (name != TIMED[0])


def test_the_scale_is_labelled(shown: Shown) -> None:
    assert re.search(r"^10 ns +100 ns +1 us +10 us +100 us +1 ms", shown.stdout, re.MULTILINE)


def test_the_summary_counts_what_the_table_shows(shown: Shown) -> None:
    text = " ".join(shown.stdout.split())
    let_in = sum(shown.row(accident).tensorflow_verdict == "accepted" for accident in ACCIDENTS[1:])
    assert f"Of {len(ACCIDENTS) - 1} accidents, TensorFlow alone let {let_in} through" in text
    assert f"tensorgate stopped {len(SPOILED)} and let 1 through (NaN)" in text
    assert "tensorgate show path/to/saved_model" in text
