"""Scikit-learn's handwritten digits, as they come from two scanners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

from tensorgate.demo.accidents import Batch

HELD_OUT = 300


@dataclass(frozen=True)
class Digits:
    """Images [n, 8, 8, 1] between 0 and 1, the scanner of each, and the digit it shows."""

    image: npt.NDArray[np.float32]
    scanner: npt.NDArray[np.int32]
    digit: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.digit)

    def __getitem__(self, rows: slice | list[int]) -> Digits:
        return Digits(self.image[rows], self.scanner[rows], self.digit[rows])

    def batch(self) -> Batch:
        """Return what the model takes."""
        return {"image": self.image, "scanner": self.scanner}


def scanned_digits(seed: int) -> tuple[Digits, Digits]:
    """Return digits to train with, and others to test with.

    Scanner 1 feeds its pages upside down, so that only the scanner's id tells a 6 from a 9.
    """
    random = np.random.default_rng(seed)
    images, digit = load_digits(return_X_y=True)
    order = random.permutation(len(digit))
    upright = (images[order].reshape(-1, 8, 8, 1) / 16).astype(np.float32)
    scanner = random.integers(0, 2, len(digit)).astype(np.int32)
    image = np.where(scanner[:, None, None, None] == 1, upright[:, ::-1, ::-1], upright)
    scanned = Digits(image, scanner, digit[order])
    return scanned[HELD_OUT:], scanned[:HELD_OUT]
