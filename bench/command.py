"""The command: runs the questions, prints what they brought, and writes it down."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from . import answers, questions
from .machine import machine, packages
from .results import Results

NEEDED = {"pytest": "pytest", "pytest_benchmark": "pytest-benchmark", "matplotlib": "matplotlib"}
CHECKOUT = Path(__file__).parents[1]
COMMITTED = Path(__file__).parent / "results"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, metavar="[QUESTION]...")
@click.option(
    "--fast", is_flag=True, help="Measure for a moment only, without the peers: a smoke run of under a minute."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("bench-results"),
    show_default=True,
    help="Where results.json, results.md and the plots go.",
)
@click.option("--list", "list_only", is_flag=True, help="List the questions and measure nothing.")
@click.option("--readme", is_flag=True, help="Write the figures of bench/results into the READMEs and measure nothing.")
def main(names: tuple[str, ...], fast: bool, out: Path, list_only: bool, readme: bool) -> None:
    """Measure what the checks cost, beside their limits and other libraries.

    Runs every QUESTION, or those named. All contenders are timed side by side in one process, after they agreed on good
    and bad inputs. The limits are compiled on first use: a C compiler must be there. Peers that are not installed are
    left out; `pip install 'tensorgate[peers]'` brings all but PyTorch.
    """
    if missing := [package for module, package in NEEDED.items() if find_spec(module) is None]:
        raise click.ClickException(f"the benchmarks need {', '.join(missing)}: pip install 'tensorgate[bench]'")
    files = questions.files()
    if list_only:
        for name, file in files.items():
            click.echo(f"{name:20} {questions.asks(file)}")
    elif readme:
        _write_readmes()
    else:
        _run([files[name] for name in _chosen(names, list(files))], out, fast=fast)


def _chosen(names: tuple[str, ...], known: list[str]) -> list[str]:
    # A file's name does as well as the question's.
    wanted = [questions.name_of(Path(name)) for name in names]
    if strangers := [name for name in wanted if name not in known]:
        raise click.BadParameter(f"no such question: {', '.join(strangers)}; there are: {', '.join(known)}")
    return wanted or known


def _run(files: list[Path], out: Path, *, fast: bool) -> None:
    from . import table

    console = Console(highlight=False)
    console.width = min(console.width, table.WIDEST) if console.is_terminal else table.WIDEST
    out.mkdir(parents=True, exist_ok=True)
    results = Results(datetime.now(UTC).date().isoformat(), fast, machine(), packages())
    console.print(table.machine_block(results))
    for number, file in enumerate(files, 1):
        with console.status(f"{questions.name_of(file)} ({number} of {len(files)})"):
            answer = answers.answer(file, fast=fast)
        results.add(answer)
        results.write(out / "results.json")
        console.print(table.answer_block(answer))
        if answer.interrupted:
            break
    written = _write(results, out)
    console.print(table.closing(results))
    console.print(Text(f"written to {out}: {', '.join(written)}"))
    if answer.interrupted:
        console.print(Text("interrupted: there is nothing but what stands above", "yellow"))
        raise SystemExit(130)
    raise SystemExit(1 if results.failed else 0)


def _write(results: Results, out: Path) -> list[str]:
    from . import markdown, plots

    drawn = [name for answer in results.answers if (name := plots.draw(answer, out))]
    for name in map(markdown.plot_name, questions.files()):
        if name not in drawn:  # one of an earlier run
            (out / name).unlink(missing_ok=True)
    (out / "results.md").write_text(markdown.report(results, drawn))
    return ["results.json", "results.md", *drawn]


def _write_readmes() -> None:
    from . import readme

    if not (CHECKOUT / "README.md").exists() or not (COMMITTED / "results.json").exists():
        raise click.ClickException("there is nothing to write: no checkout with bench/results/results.json")
    try:
        documents = readme.documents(CHECKOUT)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for path, text in documents.items():
        path.write_text(text)
        click.echo(path.relative_to(CHECKOUT))
