"""The command `tensorgate`."""

from __future__ import annotations

from importlib.metadata import version

try:
    import click
    from rich.console import Console, Group, RenderableType
    from rich.table import Table
    from rich.text import Text
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


def contract(signature: tensorgate.Signature) -> RenderableType:
    """Lay out what goes into a signature and what comes out, a line a tensor."""
    title = Text.assemble("signature ", (repr(signature.name), "bold"), f" of {printable(signature.source)}")
    table = Table.grid(padding=(0, 3, 0, 0))
    for _ in range(4):
        table.add_column(overflow="fold")
    for role, specs in (("input", signature.inputs), ("output", signature.outputs or {})):
        for name, spec in specs.items():
            table.add_row(Text(f"  {role}", "dim"), Text(repr(name), "cyan"), spec.dtype, Text(_shape(spec)))
    return Group(title, table)


def printable(text: str) -> str:
    """Escape what would steer the terminal: names and paths may come from anyone."""
    return text if text.isprintable() else repr(text)


def _shape(spec: tensorgate.TensorSpec) -> str:
    shape = "of any rank" if spec.shape is None else f"[{', '.join(map(str, spec.shape))}]"
    if spec.default is not None:
        return f"{shape}, has a default"
    return f"{shape}, optional" if spec.optional else shape
