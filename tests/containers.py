"""Classes whose objects TensorFlow takes apart, as it does lists and dicts."""

import types


class Attributes:
    """As the attrs package makes them."""

    __attrs_attrs__ = (types.SimpleNamespace(name="x"), types.SimpleNamespace(name="y"))

    def __init__(self, x, y):
        self.x, self.y = x, y


class Nest:
    """Takes part in tf.nest by TensorFlow's protocol."""

    def __init__(self, name, child):
        self.name, self.child = name, child

    def __tf_flatten__(self):
        return (self.name,), (self.child,)

    @classmethod
    def __tf_unflatten__(cls, metadata, components):
        return cls(*metadata, *components)
