"""The benchmarks: one file a question, the limits and the peers, and what makes a report of them."""
