"""A contract as the terminal shows it."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

import tensorgate


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
