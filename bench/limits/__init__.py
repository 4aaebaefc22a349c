"""The limits: checks written by hand in C, compiled on first use with the flags of the library itself."""

from __future__ import annotations

import functools
import importlib.util
import os
import shlex
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np

FLAGS = (
    *("-O3", "-DNDEBUG", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra"),
    *("-fno-plt", "-falign-functions=64", "-falign-loops=32"),
)


@functools.cache
def build() -> ModuleType:
    """Compile the C files beside this one for this interpreter and import what they make.

    Raises:
        RuntimeError: there is no compiler.
    """
    sources = sorted(map(str, Path(__file__).parent.glob("*.c")))
    compiler = shlex.split(os.environ.get("CC") or "cc")
    includes = [f"-I{sysconfig.get_path('include')}", f"-I{np.get_include()}"]
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "limits.so"
        undefined = ["-undefined", "dynamic_lookup"] if os.uname().sysname == "Darwin" else []
        try:
            subprocess.run([*compiler, *FLAGS, *undefined, *includes, *sources, "-o", str(library)], check=True)
        except FileNotFoundError:
            raise RuntimeError(f"no C compiler {compiler[0]!r}, which the limits need; CC names another") from None
        spec = importlib.util.spec_from_file_location("limits", library)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module
