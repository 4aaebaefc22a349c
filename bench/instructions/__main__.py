"""`python -m bench.instructions`: counts, and compares with the baseline."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from .calls import NOTHING, ROUNDS

HERE = Path(__file__).parent
BASELINE = HERE / "baseline.json"
ALLOWED = 1.05

Counts = dict[str, float]


def environment() -> str:
    """Name what the counts depend on, beside the code."""
    return f"{platform.python_implementation()} {platform.python_version().rsplit('.', 1)[0]}, {platform.machine()}"


def count() -> Counts:
    """Return the instructions of a call, by its name, beyond those of a call that does nothing."""
    with tempfile.TemporaryDirectory() as folder:
        library, out = Path(folder) / "marks.so", Path(folder) / "counts"
        compiler = shlex.split(os.environ.get("CC") or "cc")
        try:
            subprocess.run([*compiler, "-shared", "-fPIC", HERE / "marks.c", "-o", library], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise click.ClickException(f"marks.c could not be compiled: {error}") from None
        valgrind = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        python = [sys.executable, "-m", f"{__package__}.calls", str(library)]
        # Hashes are the same in every run, functions are linked before they are counted, and NumPy starts no threads.
        fixed = {"PYTHONHASHSEED": "0", "LD_BIND_NOW": "1", "OPENBLAS_NUM_THREADS": "1"}
        if subprocess.run([*valgrind, *python], check=False, env=os.environ | fixed).returncode != 0:
            raise click.ClickException("the calls that are counted failed")
        dumps = sorted(Path(folder).glob("counts.*"), key=lambda dump: int(dump.suffix[1:]))
        totals = dict(total(dump.read_text()) for dump in dumps)
    nothing = totals.pop(NOTHING)
    return {name: (totals[name] - nothing) / ROUNDS for name in sorted(totals)}


def total(dump: str) -> tuple[str, int]:
    """Return what a dump of callgrind's counts is of, and its instructions."""
    name = re.search(r"^desc: Trigger: Client Request: (.*)$", dump, re.MULTILINE)
    instructions = re.search(r"^totals: (\d+)$", dump, re.MULTILINE)
    if name is None or instructions is None:
        raise click.ClickException("callgrind wrote a dump that says neither what it counted nor how much")
    return name[1], int(instructions[1])


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--update", is_flag=True, help="Write what is counted down as the baseline.")
def main(update: bool) -> None:
    """Count the hot path's instructions; fail where a call takes over 5 % more than the baseline says."""
    if shutil.which("valgrind") is None:
        raise click.ClickException("valgrind is not installed: apt-get install valgrind")
    baselines = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    here = environment()
    counts = count()
    if update:
        baselines[here] = {name: round(value) for name, value in counts.items()}
        BASELINE.write_text(json.dumps(baselines, indent=2, sort_keys=True) + "\n")
    elif here not in baselines:
        raise click.ClickException(f"no baseline for {here}: python -m bench.instructions --update")
    baseline = baselines[here]
    width = max(map(len, counts))
    click.echo(f"instructions a call ({here})")
    for name, value in counts.items():
        change = f"{value / baseline[name] - 1:+7.1%}" if name in baseline else "    new"
        click.echo(f"  {name:{width}}  {value:9.1f}  {change}")
    if strangers := counts.keys() ^ baseline.keys():
        raise click.ClickException(f"not in both, the calls and the baseline: {', '.join(sorted(strangers))}")
    if worse := [name for name, value in counts.items() if value > ALLOWED * baseline[name]]:
        raise click.ClickException(f"over 5 % more than the baseline: {'; '.join(worse)}")


if __name__ == "__main__":
    main()
