"""The command `tensorgate`."""

from __future__ import annotations

from importlib.metadata import version

try:
    import click
    from rich.console import Console

    from tensorgate.contract_table import contract
except ModuleNotFoundError:
    raise SystemExit(
        "tensorgate: the command needs click and rich: pip install 'tensorgate[cli]' (for the demo, 'tensorgate[demo]')"
    ) from None

import tensorgate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("tensorgate"), prog_name="tensorgate", message="%(prog)s %(version)s")
def main() -> None:
    """The gate in front of a TensorFlow model: checks every batch against the model's contract."""


@main.command()
def demo() -> None:
    """Play accidents to TensorFlow and to tensorgate.

    Trains a small Keras model, reads its contract back without TensorFlow, sends it broken batches and draws the time
    that each check takes, in about half a minute. Needs 'tensorgate[demo]'; leaves nothing behind.
    """
    # Here, so that no other command pays for it.
    from tensorgate import demo

    if missing := demo.missing_packages():
        raise click.ClickException(f"the demo needs {' and '.join(missing)}: pip install 'tensorgate[demo]'")
    demo.run(Console(highlight=False))


@main.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure what the checks cost, beside their limits.

    Needs 'tensorgate[bench]' and a C compiler; `tensorgate bench --help` lists the options.
    """
    # Here, so that no other command pays for it.
    from tensorgate.bench.command import main as benchmarks

    benchmarks(list(arguments), prog_name="tensorgate bench")


@main.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def serve(arguments: tuple[str, ...]) -> None:
    """Judge the requests that Envoy sends on to TensorFlow Serving.

    Needs 'tensorgate[serving]'; `tensorgate serve --help` lists the options.
    """
    # Here, so that no other command pays for it.
    from tensorgate.serving.sidecar.command import main as sidecar

    sidecar(list(arguments), prog_name="tensorgate serve")


@main.command()
@click.argument("path")
@click.option("--signature", metavar="NAME", help="Show this signature alone.")
@click.option("--version", type=int, metavar="N", help="The version directory to take; the newest if not given.")
@click.option("--tags", default="serve", show_default=True, help="The MetaGraph's tags, with commas between them.")
def show(path: str, signature: str | None, version: int | None, tags: str) -> None:
    """Print the signatures of the SavedModel at PATH, without TensorFlow.

    PATH is a version directory, or the base path above numbered ones.
    """
    wanted = tuple(tag for tag in tags.split(",") if tag)
    try:
        if signature is None:
            signatures = list(tensorgate.serving.load_signatures(path, version, wanted).values())
        else:
            signatures = [tensorgate.Signature.from_saved_model(path, signature, version, wanted)]
    except OSError as error:
        raise click.ClickException(f"{error.strerror}: {error.filename!r}" if error.filename else str(error)) from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    console = Console(highlight=False)
    if not signatures:
        console.print("no signatures")
    for found in signatures:
        console.print(contract(found))
