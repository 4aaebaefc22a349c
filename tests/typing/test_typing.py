"""The stub agrees with the module, and the public API's types with their use."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    # From a folder of its own, so that what is installed is checked and not what lies around.
    environment = {**os.environ, "MYPY_CACHE_DIR": str(cwd / "cache")}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_stub_agrees_with_the_extension(tmp_path: Path) -> None:
    allowlist = str(HERE / "stubtest_allowlist.txt")
    result = run("mypy.stubtest", "tensorgate._core", "--allowlist", allowlist, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_public_types_are_as_revealed(tmp_path: Path) -> None:
    result = run("mypy", "--strict", str(HERE / "public_api.py"), cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
