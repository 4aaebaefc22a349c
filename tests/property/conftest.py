import os

from hypothesis import settings

# The same examples in every run: what fails here fails everywhere, and says how.
# A build with sanitizers takes several times as long for each.
EXAMPLES = 100 if "TENSORGATE_SANITIZED" in os.environ else 400

settings.register_profile(
    "tensorgate", derandomize=True, database=None, deadline=None, max_examples=EXAMPLES, print_blob=False
)
settings.load_profile("tensorgate")
