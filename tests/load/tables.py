"""What the commands print."""

from rich.console import Console
from rich.table import Table

from .throughput import quartiles

MIB = 1 << 20


def print_soak(report):
    """Print a soak: what became of each kind of request, what befell the parts, and their memory."""
    console = Console()
    table = Table(title=f"{report.seconds:.0f} s of requests", title_justify="left")
    table.add_column("request")
    for column in ("sent", "right", "after a retry", "reached the model"):
        table.add_column(column, justify="right")
    for kind, counts in report.counts.items():
        right = counts.get("right", 0) or counts.get("cut", 0)
        numbers = counts.get("sent", 0), right, counts.get("after a retry", 0), report.arrived.get(kind, 0)
        table.add_row(kind, *(f"{number:,}" if number else "" for number in numbers))
    console.print(table)
    table = Table("at", "what happened", "took", title="Faults", title_justify="left")
    for at, event, took in report.events:
        table.add_row(f"{at:.0f} s", event.replace("_", " "), f"{took:.1f} s")
    console.print(table)
    table = Table("process", "longest run", "peak", "growth", title="Memory", title_justify="left")
    for part, found in report.memory.items():
        sizes = (
            f"{found[name] / MIB:+.1f} MiB" if name == "growth" else f"{found[name] / MIB:.0f} MiB"
            for name in ("peak", "growth")
        )
        table.add_row(part, f"{found['seconds']:.0f} s", *sizes)
    console.print(table)
    for breach in report.breaches:
        console.print(breach, style="red", markup=False)
    console.print(f"{report.breach_count} breaches", style="red" if report.breach_count else "green")


def throughput_table():
    """Return an empty table for `add_case`."""
    table = Table(title="32 connections, one request of each at a time", title_justify="left")
    for column in ("backend", "request", "way"):
        table.add_column(column)
    for column in ("requests/s", "p50 ms", "p99 ms", "gate's CPU ms", "of the idle gate's rate"):
        table.add_column(column, justify="right")
    return table


def add_case(table, backend, case, runs, ratios):
    for number, (way, of) in enumerate(runs.items()):
        table.add_row(
            "" if number else backend,
            "" if number else case,
            way,
            f"{quartiles(of.rates)[1]:,.0f}",
            f"{quartiles(of.p50)[1]:.2f}",
            f"{quartiles(of.p99)[1]:.2f}",
            f"{quartiles(of.gate_ms)[1]:.3f}" if any(of.gate_ms) else "",
            "" if number else "{1:.3f} ({0:.3f} to {2:.3f})".format(*ratios),
        )
    table.add_section()
