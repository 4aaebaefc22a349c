from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tensorgate.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor_info(dtype: int, *dims: int) -> bytes:
    shape = b"".join(field(2, field(1, dim)) for dim in dims)
    return field(1, "graph:0") + field(2, dtype) + field(3, shape)


def map_entry(number: int, key: str, value: bytes) -> bytes:
    return field(number, field(1, key) + field(2, value))


def signature_def(input_name: str = "image") -> bytes:
    inputs = map_entry(1, input_name, tensor_info(1, -1, 8, 8, 1)) + map_entry(1, "scanner", tensor_info(3, -1))
    outputs = map_entry(2, "digit", tensor_info(1, -1, 10))
    return inputs + outputs + field(3, "tensorflow/serving/predict")


def write_model(directory: Path, signatures: dict[str, bytes], *tags: str) -> None:
    info = b"".join(field(4, tag) for tag in tags)
    graph = field(1, info) + b"".join(map_entry(5, name, body) for name, body in signatures.items())
    directory.mkdir(parents=True)
    (directory / "saved_model.pb").write_bytes(field(1, 1) + field(2, graph))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_model(tmp_path / "1", {"old": signature_def()}, "serve")
    write_model(tmp_path / "2", {"serving_default": signature_def(), "score": signature_def("picture")}, "serve")
    return tmp_path


def test_version_is_the_distributions() -> None:
    result = run("--version")
    assert (result.exit_code, result.output) == (0, f"tensorgate {version('tensorgate')}\n")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_the_commands(option: str) -> None:
    result = run(option)
    assert result.exit_code == 0
    assert "demo" in result.output
    assert "show" in result.output


def test_show_prints_every_signature_of_the_newest_version(model: Path) -> None:
    result = run("show", str(model))
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert ["input", "'image'", "float32", "[None,", "8,", "8,", "1]"] in lines
    assert ["input", "'picture'", "float32", "[None,", "8,", "8,", "1]"] in lines
    assert ["input", "'scanner'", "int32", "[None]"] in lines
    assert ["output", "'digit'", "float32", "[None,", "10]"] in lines
    assert "signature 'serving_default'" in result.output
    assert "signature 'score'" in result.output
    assert "'old'" not in result.output


def test_show_prints_the_signature_asked_for_alone(model: Path) -> None:
    result = run("show", str(model), "--signature", "score")
    assert result.exit_code == 0
    assert "'picture'" in result.output
    assert "serving_default" not in result.output


def test_show_takes_the_version_asked_for(model: Path) -> None:
    result = run("show", str(model), "--version", "1")
    assert result.exit_code == 0
    assert "signature 'old'" in result.output


def test_show_takes_tags_with_commas(tmp_path: Path) -> None:
    write_model(tmp_path / "1", {"serving_default": signature_def()}, "serve", "gpu")
    assert run("show", str(tmp_path), "--tags", "serve,gpu").exit_code == 0
    result = run("show", str(tmp_path))
    assert result.exit_code == 1
    assert "gpu" in result.stderr


def test_show_says_that_there_are_no_signatures(tmp_path: Path) -> None:
    write_model(tmp_path / "1", {}, "serve")
    result = run("show", str(tmp_path))
    assert (result.exit_code, result.output) == (0, "no signatures\n")


def test_show_escapes_names_that_would_steer_the_terminal_or_rich(tmp_path: Path) -> None:
    write_model(tmp_path / "1", {"[red]\x1b[2J": signature_def("[bold]x\x1b]0;title\x07")}, "serve")
    result = run("show", str(tmp_path))
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    assert r"'[red]\x1b[2J'" in result.output
    assert r"'[bold]x\x1b]0;title\x07'" in result.output


def test_show_says_in_one_line_that_there_is_no_model(tmp_path: Path) -> None:
    result = run("show", str(tmp_path / "nothing"))
    assert (result.exit_code, result.output) == (1, result.stderr)
    assert result.stderr == f"Error: no such model directory: {str(tmp_path / 'nothing')!r}\n"


def test_show_says_in_one_line_which_signatures_there_are(model: Path) -> None:
    result = run("show", str(model), "--signature", "scores")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "'score'" in result.stderr


def test_show_says_in_one_line_that_the_file_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x12\xff")
    result = run("show", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_show_imports_neither_tensorflow_nor_the_demo(model: Path) -> None:
    code = (
        "import sys; from tensorgate.cli import main; main(['show', sys.argv[1]], standalone_mode=False); "
        "assert not {'tensorflow', 'keras', 'sklearn', 'tensorgate.demo'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(model)], check=True, capture_output=True)


@pytest.mark.parametrize("module", ["tensorflow", "keras", "sklearn"])
def test_demo_without_its_extra_says_how_to_install_it(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    result = run("demo")
    assert (result.exit_code, result.output) == (1, result.stderr)
    assert result.stderr.endswith("pip install 'tensorgate[demo]'\n")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("module", ["click", "rich"])
def test_the_command_without_its_extra_says_how_to_install_it(module: str) -> None:
    code = f"import sys; sys.modules['{module}'] = None; from tensorgate.cli import main"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("tensorgate: the command needs click and rich: pip install 'tensorgate[cli]'")
    assert done.stderr.count("\n") == 1
