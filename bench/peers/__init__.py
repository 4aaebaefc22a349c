"""The peers: other ways to check arrays, a file each. One that is not installed is left out by name."""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Collection, Iterable
from importlib.util import find_spec
from typing import Any

import tensorgate as tg

from ..machine import packages
from .peer import NUMPY, TENSORFLOW, TORCH, Check, Peer, Verdict

__all__ = ["NUMPY", "TENSORFLOW", "TORCH", "checks", "does_not_see", "installed", "left_out", "refusals"]
__all__ += ["value_checks", "versions", "wanted"]

# Each file's name, and the modules that it needs, by the distribution that brings them.
FILES: dict[str, dict[str, str]] = {
    "by_hand": {},
    "chex": {"chex": "chex"},
    "dm_env": {"dm-env": "dm_env"},
    "jaxtyping": {"jaxtyping": "jaxtyping", "beartype": "beartype"},
    "mlflow": {"mlflow-skinny": "mlflow", "pandas": "pandas"},
    "numpy_passes": {},
    "numpydantic": {"numpydantic": "numpydantic"},
    "tensorflow": {"tensorflow": "tensorflow"},
}
WANTED = os.environ.get("TENSORGATE_BENCH_PEERS") != "0"


def installed() -> list[str]:
    """Return the files of the peers that can run here; those that need nothing are among them."""
    return [file for file, needs in FILES.items() if all(map(_can_import, needs.values()))]


def wanted(file: str) -> bool:
    """Return whether a peer can run here, and is asked for."""
    return WANTED and file in installed()


def left_out() -> dict[str, str]:
    """Return how to install the peers that are not, by name."""
    found = installed()
    return {file: f"pip install {' '.join(needs)}" for file, needs in FILES.items() if file not in found}


def versions() -> dict[str, str]:
    """Return the versions of the peers' distributions; a module may come from another, such as tensorflow-cpu."""
    return packages(sorted({distribution for file in installed() for distribution in FILES[file]}))


def checks(expected: tg.TensorSpec | tg.Signature, example: Any, tensors: str = NUMPY) -> dict[str, Verdict]:
    """Build each peer's check, by the peer's name.

    Args:
        expected: one tensor's spec, or the signature of a dict of them.
        example: what will be timed; some peers take sizes or classes from it.
        tensors: the framework that the tensors come from.
    """
    return {name: peer.verdict(check) for name, (peer, check) in _built(expected, example, tensors).items()}


def refusals(
    expected: tg.TensorSpec | tg.Signature, example: Any
) -> dict[str, tuple[Check, tuple[type[Exception], ...]]]:
    """Build the check of each peer that says why it refuses, with what it raises."""
    built = _built(expected, example, NUMPY)
    return {name: (check, peer.refusals) for name, (peer, check) in built.items() if peer.refusals}


def value_checks(spec: tg.TensorSpec, example: Any) -> dict[str, Verdict]:
    """Build the check of each peer that knows rules on values: `finite`, `minimum` and `maximum` together."""
    return {peer.name: peer.verdict(peer.of_values(spec, example)) for peer in _peers() if peer.of_values is not None}


def does_not_see(contenders: Iterable[str], bad: Collection[str]) -> dict[str, frozenset[str]]:
    """Return which of these kinds of badness the contenders let through that are peers."""
    names = set(contenders)
    return {peer.name: peer.does_not_see & set(bad) for peer in _peers() if peer.name in names}


def _built(expected: tg.TensorSpec | tg.Signature, example: Any, tensors: str) -> dict[str, tuple[Peer, Check]]:
    found: dict[str, tuple[Peer, Check]] = {}
    for peer in _peers():
        if tensors not in peer.tensors:
            continue
        if isinstance(expected, tg.Signature):
            if peer.of_batch is not None:
                found[peer.name] = (peer, peer.of_batch(expected.inputs, example))
        elif peer.of_array is not None:
            found[peer.name] = (peer, peer.of_array(expected, example))
    return found


@functools.cache
def _peers() -> tuple[Peer, ...]:
    """Import those that are installed; without wish for peers, those that need nothing."""
    files = [file for file in installed() if WANTED or not FILES[file]]
    modules = [importlib.import_module(f".{file}", __name__) for file in files]
    return tuple(peer for module in modules for peer in module.PEERS)


def _can_import(module: str) -> bool:
    return find_spec(module) is not None
