"""How many random examples a property is held against."""

import os

from hypothesis import settings

# Under the sanitizers each takes many times as long, and what they look for shows in a few.
SHARE = 4 if "TENSORGATE_SANITIZED" in os.environ else 1


def examples(count):
    """As settings(max_examples=count), but for what takes too long."""
    return settings(max_examples=count // SHARE)
