from hypothesis import settings

from .effort import SHARE

# The same examples in every run: what fails here fails everywhere, and says how.
settings.register_profile(
    "tensorgate", derandomize=True, database=None, deadline=None, max_examples=400 // SHARE, print_blob=False
)
settings.load_profile("tensorgate")
