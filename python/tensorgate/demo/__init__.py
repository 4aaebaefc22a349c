"""What TensorFlow lets through and tensorgate doesn't, played on a real model.

Importing this package imports neither TensorFlow nor Keras nor scikit-learn; `run` does.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["missing_packages", "run"]

WIDEST = 130  # columns; longer lines are hard to read


def missing_packages() -> list[str]:
    """Return the packages of the extra 'demo' that are not installed."""
    packages = {"tensorflow": "tensorflow", "keras": "keras", "sklearn": "scikit-learn"}
    return [package for module, package in packages.items() if importlib.util.find_spec(module) is None]


def run(console: Console) -> None:
    """Train, save, read the contract back, play the accidents, draw the times."""
    from tensorgate.demo.quiet import quiet

    with console.status("starting TensorFlow"), quiet():
        from tensorgate.demo.programme import Programme
    console.width = min(console.width, WIDEST)
    Programme(console).run()
