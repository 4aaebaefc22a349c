"""`python -m tests.load throughput` and `python -m tests.load soak`: see README.md."""

import argparse
import dataclasses
import json
import os
import pathlib
import sys

from rich.console import Console

from . import tables, throughput
from .soak import soak

TARGET = 0.9  # of the throughput with a gate that does nothing, before a backend that computes


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    measured = commands.add_parser("throughput", help="what the gate costs in Envoy")
    measured.add_argument("--rounds", type=int, default=15)
    measured.add_argument("--seconds", type=float, default=1.0, help="about what one way takes in a round")
    measured.add_argument("--case", action="append", default=[], help="one of the requests, by its name")
    measured.add_argument("--backend", choices=throughput.BACKENDS, action="append")
    soaked = commands.add_parser("soak", help="requests of all kinds as parts die and come back")
    soaked.add_argument("--seconds", type=float, default=600)
    for command in (measured, soaked):
        command.add_argument("--json", type=pathlib.Path, help="where to write all figures")
    options = parser.parse_args()
    figures, is_well = (_throughput if options.command == "throughput" else _soak)(options)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    sys.exit(not is_well)


def _throughput(options):
    table, figures = tables.throughput_table(), []
    load = os.getloadavg()
    for backend, case, runs in throughput.measure(
        options.rounds, options.seconds, options.case, options.backend or throughput.BACKENDS
    ):
        ratios = throughput.quartiles(throughput.ratios(runs))
        tables.add_case(table, backend, case.name, runs, ratios)
        figures.append(
            {
                "backend": backend,
                "case": case.name,
                "bytes": len(case.body),
                "ratio": ratios,
                "ways": {way: dataclasses.asdict(of) for way, of in runs.items()},
            }
        )
    Console(width=130).print(table)
    print(f"load average before: {load[0]:.2f}, after: {os.getloadavg()[0]:.2f}")
    return figures, all(each["ratio"][1] >= TARGET for each in figures if each["backend"] == "TensorFlow")


def _soak(options):
    report = soak(options.seconds)
    tables.print_soak(report)
    return dataclasses.asdict(report), not report.breach_count


if __name__ == "__main__":
    main()
