"""The form of a contract's JSON: strict text, and the elements of tensors in it."""
