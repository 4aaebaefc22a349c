"""Which directory a path means: TensorFlow Serving's layout of numbered versions."""

import os
import pathlib
import pickle
import re
import subprocess
import sys

import pytest

from tensorgate import Signature, TensorSpec
from tensorgate.serving import load_signatures

from . import wire


def model_with(size):
    return wire.model({"x": wire.tensor_info((size,))})


def size_of(signature):
    return signature.inputs["x"].shape[0]


def both(path, **kwargs):
    """What the two ways to read a model agree on."""
    one = Signature.from_saved_model(path, **kwargs)
    assert load_signatures(path, **kwargs) == {"serving_default": one}
    return one


def refused(path, error=OSError, **kwargs):
    with pytest.raises(error) as caught:
        Signature.from_saved_model(path, **kwargs)
    with pytest.raises(error) as again:
        load_signatures(path, **kwargs)
    assert str(caught.value) == str(again.value)
    assert type(caught.value) is type(again.value)
    if isinstance(caught.value, OSError):
        assert caught.value.filename.startswith(os.fsdecode(path))
    return str(caught.value)


def test_a_version_directory_is_read_itself(write):
    path = write(model_with(3))
    assert size_of(both(path)) == 3
    assert both(path).source == str(path)


def test_the_newest_version_is_the_highest_integer(write, tmp_path):
    for version in ("9", "10", "2"):
        write(model_with(int(version)), version)
    assert size_of(both(tmp_path)) == 10
    assert both(tmp_path).source == str(tmp_path / "10")


def test_leading_zeros_do_not_count(write, tmp_path):
    write(model_with(6), "6")
    write(model_with(7), "007")
    assert size_of(both(tmp_path)) == 7
    assert size_of(both(tmp_path, version=7)) == 7


def test_version_zero_is_a_version(write, tmp_path):
    write(model_with(0), "0")
    assert size_of(both(tmp_path)) == size_of(both(tmp_path, version=0)) == 0


@pytest.mark.parametrize(
    "name", ["tmp", "8.tmp", "-8", "+8", "8 ", " 8", "0x8", "8e1", "٨", "v8", "99999999999999999999", "8_0", ".8"]
)
def test_a_name_that_is_no_number_is_no_version(write, tmp_path, name):
    write(model_with(1), "1")
    write(model_with(8), name)
    assert size_of(both(tmp_path)) == 1


def test_a_half_written_newest_version_does_not_count(write, tmp_path):
    write(model_with(1), "1")
    (tmp_path / "2").mkdir()
    (tmp_path / "3" / "variables").mkdir(parents=True)
    (tmp_path / "4").write_bytes(b"a file")
    (tmp_path / "5" / "saved_model.pb").mkdir(parents=True)
    (tmp_path / "6").symlink_to(tmp_path / "nowhere")
    assert size_of(both(tmp_path)) == 1


def test_a_version_may_be_a_link(write, tmp_path):
    write(model_with(1), "1")
    write(model_with(5), "elsewhere")
    (tmp_path / "2").symlink_to(tmp_path / "elsewhere")
    assert size_of(both(tmp_path)) == 5


def test_version_takes_the_one_that_is_asked_for(write, tmp_path):
    for version in (1, 2, 3):
        write(model_with(version), str(version))
    assert size_of(both(tmp_path, version=2)) == 2


def test_a_version_that_is_not_there_is_told_with_those_that_are(write, tmp_path):
    write(model_with(1), "1")
    (tmp_path / "5").mkdir()
    for version in (2, 5, -1):
        told = refused(tmp_path, FileNotFoundError, version=version)
        assert f"no version {version} below; there are 1" in told
        assert str(tmp_path) in told


def test_of_many_versions_a_few_are_told(write, tmp_path):
    for version in range(100):
        write(model_with(1), str(version))
    told = refused(tmp_path, FileNotFoundError, version=1_000)
    assert "..." in told
    assert len(told) < 300 + len(str(tmp_path))


def test_a_version_directory_is_the_version_of_its_name(write, tmp_path):
    path = write(model_with(4), "4")
    assert size_of(both(path, version=4)) == 4
    assert size_of(both(f"{path}/", version=4)) == 4
    assert "this is a version directory itself" in refused(path, FileNotFoundError, version=5)
    assert str(tmp_path) in refused(path, FileNotFoundError, version=5)


@pytest.mark.parametrize("version", ["1", 1.0, True, b"1"])
def test_a_version_that_is_no_int_is_a_type_error(write, tmp_path, version):
    write(model_with(1), "1")
    refused(tmp_path, TypeError, version=version)


@pytest.mark.parametrize("version", [2**63, 2**70, -(2**70)])
def test_a_version_beyond_any_number_is_not_there(write, tmp_path, version):
    write(model_with(1), "1")
    refused(tmp_path, (ValueError, OSError), version=version)


@pytest.mark.parametrize("name", ["nowhere", "nowhere/1", "a" * 300, "größe/\N{SNOWMAN}"])
def test_a_path_that_is_not_there_is_told(tmp_path, name):
    assert name in refused(tmp_path / name)


def test_no_path_is_not_there():
    refused("", FileNotFoundError)


def test_a_file_is_no_directory(write):
    path = write(model_with(1)) / "saved_model.pb"
    assert str(path) in refused(path, NotADirectoryError)
    assert "pass the one that holds saved_model.pb" in refused(path, NotADirectoryError)


def test_a_directory_without_a_model_is_told(tmp_path):
    assert refused(tmp_path, FileNotFoundError) == (
        f"[Errno 2] no saved_model.pb here and no numbered version below: '{tmp_path}'"
    )


def test_a_base_path_whose_versions_are_all_half_written_is_told(tmp_path):
    for version in (1, 2, 3):
        (tmp_path / str(version)).mkdir()
    assert "no version below has a saved_model.pb yet (looked into 3)" in refused(tmp_path, FileNotFoundError)


@pytest.mark.parametrize("suffix", ["pbtxt", "cpb"])
def test_another_form_of_saved_model_is_told(tmp_path, suffix):
    version = tmp_path / "1"
    version.mkdir()
    (version / f"saved_model.{suffix}").write_bytes(b"x")
    assert f"saved_model.{suffix}" in refused(version, FileNotFoundError)
    assert f"saved_model.{suffix}" in refused(tmp_path, FileNotFoundError)


@pytest.mark.parametrize("suffix", ["pbtxt", "cpb"])
def test_another_form_beside_the_binary_one_does_no_harm(write, tmp_path, suffix):
    (tmp_path / f"saved_model.{suffix}").write_bytes(b"x")
    assert size_of(both(write(model_with(3)))) == 3


def test_a_directory_called_saved_model_pb_is_no_model(tmp_path):
    (tmp_path / "saved_model.pb").mkdir()
    assert str(tmp_path) in refused(tmp_path)


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "saved_model.pb")
    assert "saved_model.pb" in refused(tmp_path)


def test_a_link_in_a_circle_is_refused(tmp_path):
    (tmp_path / "saved_model.pb").symlink_to(tmp_path / "saved_model.pb")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    refused(tmp_path)
    refused(tmp_path / "loop")


UNREADABLE = """
import os, sys, tempfile
import tensorgate as tg
with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "saved_model.pb")
    with open(path, "wb") as file:
        file.write(bytes.fromhex(sys.argv[1]))
    os.chmod(directory, 0o755)
    os.chmod(path, 0)
    # Nothing is unreadable to root.
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        tg.serving.load_signatures(directory)
    except OSError as error:
        print(type(error).__name__, error.filename == path)
    finally:
        if root:
            os.seteuid(0)
"""


def test_a_file_that_may_not_be_read_is_refused():
    done = subprocess.run(
        [sys.executable, "-c", UNREADABLE, model_with(1).hex()], capture_output=True, text=True, check=True
    )
    assert done.stdout == "PermissionError True\n"


@pytest.mark.parametrize("name", ["größe", "\N{SNOWMAN}", "a b", "it's", "new\nline", "\U0001f600", "%s %d", "a" * 255])
def test_a_path_of_any_name_is_read(write, tmp_path, name):
    write(model_with(3), name)
    for path in (tmp_path / name, str(tmp_path / name), os.fsencode(tmp_path / name)):
        assert size_of(both(path)) == 3
    (tmp_path / name / "saved_model.pb").write_bytes(b"\xff")
    told = refused(tmp_path / name, ValueError)
    assert "byte " in told
    assert "\n" not in told
    if name.isprintable():
        assert str(tmp_path / name) in told


class PathLike:
    def __init__(self, path):
        self._path = path

    def __fspath__(self):
        return self._path


@pytest.mark.parametrize(
    "kind", [str, os.fsencode, pathlib.Path, lambda p: PathLike(str(p)), lambda p: PathLike(bytes(p))]
)
def test_a_path_is_a_str_bytes_or_path_like(write, kind):
    assert size_of(both(kind(write(model_with(3))))) == 3


@pytest.mark.parametrize("path", [None, 3, 1.5, ["x"], object])
def test_what_is_no_path_is_a_type_error(path):
    refused(path, TypeError)


def test_a_path_with_a_nul_is_a_value_error():
    refused("a\x00b", ValueError)


NOT_UTF8 = b"caf\xe9-\xff"


def test_a_path_that_is_no_utf8_is_read_and_told(write):
    file = write(model_with(3), os.fsdecode(NOT_UTF8)) / "saved_model.pb"
    path = os.fsencode(file.parent)
    signature = both(path)
    assert size_of(signature) == 3
    assert both(os.fsdecode(path)) == signature
    assert "caf" in signature.source
    with pytest.raises(ValueError, match=r"\(.*caf.*\)"):
        signature.check({})
    file.write_bytes(b"\xff")
    told = refused(path, ValueError)
    assert "caf" in told
    assert "byte " in told
    assert told.encode()
    file.write_bytes(model_with(3))
    with pytest.raises(ValueError, match="caf.*: no signature 'other'"):
        Signature.from_saved_model(path, "other")
    refused(path + b"x", FileNotFoundError)


def test_a_signature_of_a_path_that_is_no_utf8_can_be_pickled(write):
    signature = both(write(model_with(3), os.fsdecode(NOT_UTF8)))
    assert pickle.loads(pickle.dumps(signature)) == signature


@pytest.mark.parametrize("path", [".", "", "model"])
def test_a_relative_path_is_told_as_it_was_given(write, tmp_path, monkeypatch, path):
    write(model_with(3), path or ".")
    monkeypatch.chdir(tmp_path)
    assert size_of(both(path or "./")) == 3


def test_a_very_long_path_is_told_to_its_end(write):
    deep = "/".join(["d" * 100] * 8 + ["end"])
    told = refused(write(b"\xff", deep), ValueError)
    assert "/end/saved_model.pb: byte 0" in told or "/end/saved_model.pb: byte 1" in told


def test_an_error_tells_where_its_signature_was_read(write):
    path = write(model_with(3))
    assert both(path) == Signature({"x": TensorSpec((3,))}, {}, method_name="tensorflow/serving/predict")
    with pytest.raises(ValueError, match=re.escape(f"signature 'serving_default' ({path})\n")):
        both(path).check({})
