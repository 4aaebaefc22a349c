"""What a run ran on: enough to judge its numbers, nothing that tells whose machine it was."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sysconfig
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
PACKAGES = ("tensorgate", "numpy", "torch", "pytest", "pytest-benchmark")


def machine() -> dict[str, str]:
    """Describe the machine, a few words a part."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "caches": _caches(),
        "system": _system(),
        "Python": _python(),
        "compiler": _first_line([*shlex.split(os.environ.get("CC") or "cc"), "--version"]),
    }


def packages(names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _python() -> str:
    name = f"{platform.python_implementation()} {platform.python_version()}"
    # Python code runs a quarter faster in one that is, and so do the contenders that are written in it.
    is_optimized = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    return f"{name} ({'with' if is_optimized else 'without'} profile-guided optimization)"


def _processor() -> str:
    if platform.system() == "Darwin":
        return _first_line(["sysctl", "-n", "machdep.cpu.brand_string"])
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name = fields.get("model name", platform.machine())
    if "model" not in fields:
        return name
    # Behind a hypervisor the name alone does not tell one generation from another.
    return f"{name}, family {fields['cpu family']} model {fields['model']}, {_vector_units(fields['flags'].split())}"


def _vector_units(flags: list[str]) -> str:
    best = [name for flag, name in {"avx512f": "AVX-512", "avx2": "AVX2"}.items() if flag in flags]
    return best[0] if best else "no AVX2"


def _caches() -> str:
    """Name the first core's caches."""
    found = []
    for folder in sorted(CACHES.glob("index*")):
        level, kind, size = (_content(folder / name) for name in ("level", "type", "size"))
        if kind != "Instruction":
            found.append(f"L{level} {_readable(size)}")
    return ", ".join(found) or "unknown"


def _readable(size: str) -> str:
    kibibytes = size.removesuffix("K")
    if kibibytes.isdecimal() and int(kibibytes) >= 1024:
        return f"{int(kibibytes) / 1024:g} MiB"
    return f"{kibibytes} KiB"


def _content(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return "?"


def _system() -> str:
    if platform.system() == "Linux":
        try:
            return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.machine()}"
        except (OSError, KeyError):
            pass
    return f"{platform.system()} {platform.mac_ver()[0]} {platform.machine()}".replace("  ", " ")


def _first_line(command: list[str]) -> str:
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return output.partition("\n")[0].strip()
