"""The limits: checks written by hand in C, compiled on first use with the flags of the library itself."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np

FLAGS = ("-O3", "-DNDEBUG", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror")


def build() -> ModuleType:
    """Compile limits.c for this interpreter and import it."""
    source = Path(__file__).with_name("limits.c")
    compiler = shlex.split(os.environ.get("CC") or "cc")
    includes = [f"-I{sysconfig.get_path('include')}", f"-I{np.get_include()}"]
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "limits.so"
        undefined = ["-undefined", "dynamic_lookup"] if os.uname().sysname == "Darwin" else []
        subprocess.run([*compiler, *FLAGS, *undefined, *includes, str(source), "-o", str(library)], check=True)
        spec = importlib.util.spec_from_file_location("limits", library)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module
