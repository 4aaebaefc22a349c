"""tf.Example in protobuf's wire format, as much as it takes to write one by hand: right ones and wrong ones."""

import struct

from .wire import bytes_field, number_field, tag, varint


def bytes_list(*values):
    """A Feature that holds strings."""
    return bytes_field(1, b"".join(bytes_field(1, value) for value in values))


def float_list(*values):
    """A Feature that holds floats, packed."""
    return bytes_field(2, bytes_field(1, struct.pack(f"<{len(values)}f", *values)) if values else b"")


def int64_list(*values):
    """A Feature that holds integers, packed."""
    return bytes_field(3, bytes_field(1, b"".join(varint(value) for value in values)) if values else b"")


def unpacked_float_list(*values):
    return bytes_field(2, b"".join(tag(1, 5) + struct.pack("<f", value) for value in values))


def unpacked_int64_list(*values):
    return bytes_field(3, b"".join(number_field(1, value) for value in values))


def feature(*values):
    """The Feature that Python values make."""
    kind = {float: float_list, int: int64_list}.get(type(values[0]), bytes_list)
    return kind(*values)


def entry(key, *values):
    """An entry of the map of features; protobuf merges several values."""
    return bytes_field(1, bytes_field(1, key) + b"".join(bytes_field(2, value) for value in values))


def features(*entries):
    """An Example of entries as they stand."""
    return bytes_field(1, b"".join(entries))


def example(**values):
    """An Example of Features by name, each bytes, or Python values of one kind."""
    whole = {
        name: value if isinstance(value, bytes) else feature(*(value if isinstance(value, list) else [value]))
        for name, value in values.items()
    }
    return features(*(entry(name, value) for name, value in whole.items()))


def example_list(*examples):
    """An Input of Examples."""
    return bytes_field(1, b"".join(bytes_field(1, each) for each in examples))


def example_list_with_context(context, *examples):
    return bytes_field(2, bytes_field(2, context) + b"".join(bytes_field(1, each) for each in examples))


def request(examples, model="ranker", signature=""):
    """A ClassificationRequest or RegressionRequest of an Input."""
    spec = bytes_field(1, model) + (bytes_field(3, signature) if signature else b"")
    return bytes_field(1, spec) + bytes_field(2, examples)
