"""Requests of all kinds for a while, as parts die, come back and change."""

import dataclasses
import pathlib
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from . import memory
from .clients import LANES, Client
from .kinds import all_kinds
from .ledger import Ledger, Outages
from .stage import Stage

MIB = 1 << 20
# Bodies of 60 MB are held whole, more than once, before they are refused.
PEAKS = {"gate": 600 * MIB, "Envoy": 800 * MIB}
# Of one process, from the second third of its time to the last: both are in the midst of bodies of 60 MB, now and then.
GROWTH = 32 * MIB
SECONDS_TO_GROW = 120  # that it has to have run to be held against that


@dataclasses.dataclass
class Report:
    """What a soak gave.

    Attributes:
        counts: {kind: {what: how often}}.
        arrived: {kind: how often the backend got one}.
        events: (seconds from the start, name, seconds that it took).
        memory: {process: {"seconds", "peak", "growth"}}, the growth of the one that ran longest.
        breaches: what must not be; the first of them.
        breach_count: all of them.
    """

    seconds: float
    counts: dict
    arrived: dict
    events: list
    memory: dict
    breaches: list
    breach_count: int


def plan(seconds):
    """Return when what happens: [(seconds from the start, event)].

    In a long run one gate serves from the second fifth to the fourth, so that its memory can be looked at.
    """
    rounds = max(1, round(seconds / 150))
    all_events = ["swap_version", "kill_gate", "stall_gate", "take_over", "kill_backend"] * rounds
    if rounds == 1:
        return _spread(all_events, 0.02 * seconds, 0.9 * seconds)
    half = len(all_events) // 2
    return [
        *_spread(all_events[:half], 0.02 * seconds, 0.2 * seconds),
        *_spread(["swap_version", "stall_gate", "kill_backend"] * rounds, 0.25 * seconds, 0.75 * seconds),
        *_spread(all_events[half:], 0.8 * seconds, 0.95 * seconds),
    ]


def _spread(events, start, end):
    return [(start + (end - start) * number / len(events), event) for number, event in enumerate(events)]


def soak(seconds):
    """Run for so many seconds and until all has happened that was to happen, and return the Report."""
    outages, events = Outages(), plan(seconds)
    swaps = sum(event == "swap_version" for _, event in events)
    with tempfile.TemporaryDirectory() as name, Stage(pathlib.Path(name), outages, swaps + 1) as stage:
        kinds = all_kinds(lambda: stage.versions)
        looked_at = memory.Memory(gate=lambda: stage.gate.process.pid, Envoy=lambda: stage.envoy.pid)
        stopping = threading.Event()
        ledger, start = Ledger(), time.monotonic()
        happened = []
        with looked_at, ThreadPoolExecutor(sum(LANES.values())) as pool:
            lanes = [lane for lane, threads in LANES.items() for _ in range(threads)]
            clients = [
                pool.submit(Client(number, lane, kinds, stage.envoy, ledger, outages).run, stopping)
                for number, lane in enumerate(lanes)
            ]
            try:
                for at, event in [*events, (seconds, None)]:
                    time.sleep(max(0, start + at - time.monotonic()))
                    if event is not None:
                        began = time.monotonic()
                        getattr(stage, event)()
                        happened.append((began - start, event, time.monotonic() - began))
            except AssertionError as error:
                ledger.breach(f"{event}: {error}")
            finally:
                stopping.set()
            for client in clients:
                client.result()
        arrived = Counter(stage.arrivals.read_text().splitlines())
        took = time.monotonic() - start
    for kind in kinds:
        _settle(kind, ledger, arrived)
    grown = {part: _memory(part, peak, looked_at.samples, ledger) for part, peak in PEAKS.items()}
    counts = {kind.name: dict(ledger.counts[kind.name]) for kind in kinds}
    return Report(took, counts, dict(arrived), happened, grown, ledger.breaches, ledger.breach_count)


def _settle(kind, ledger, arrived):
    """Hold what the backend has seen of a kind against what clients were told."""
    counts, seen = ledger.counts[kind.name], arrived[kind.name]
    answered = counts["right"] + counts["after a retry"]
    if kind.is_good and seen < answered:
        ledger.breach(f"{kind.name}: {answered} were answered, of which the backend has seen {seen}")
    if not kind.is_good and seen:
        ledger.breach(f"{kind.name}: {seen} reached the backend")


def _memory(part, most, samples, ledger):
    longest = memory.longest(samples, part)
    seconds = longest[-1][0] - longest[0][0]
    found = {"seconds": seconds, "peak": memory.peak(samples, part), "growth": memory.growth(longest)}
    if found["peak"] > most:
        ledger.breach(f"{part}: {found['peak'] // MIB} MiB at one time, where {most // MIB} are allowed")
    if seconds > SECONDS_TO_GROW and found["growth"] > GROWTH:
        ledger.breach(f"{part}: grew by {found['growth'] // MIB} MiB, where {GROWTH // MIB} are allowed")
    return found
