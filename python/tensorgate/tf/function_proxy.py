"""What passes for a function of TensorFlow, and does something more when it is called."""

from __future__ import annotations

import functools
import types
import weakref
from abc import ABC, abstractmethod
from typing import Any

import tensorflow as tf


class FunctionProxy(ABC):
    """A function to all that look at it: by isinstance, by its attributes, and as a method.

    What TensorFlow asks by type, as `tf.saved_model.save` does, it finds. Attributes are read from the function, which
    is `__wrapped__`.
    """

    # AutoGraph calls what has this as it is; what a proxy calls is traced by itself.
    autograph_info__ = types.MappingProxyType[str, Any]({})

    def __init__(self, function: Any) -> None:
        functools.update_wrapper(self, function, updated=())
        self._proxies: weakref.WeakKeyDictionary[Any, FunctionProxy] = weakref.WeakKeyDictionary()

    @abstractmethod
    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""

    @abstractmethod
    def _of_method(self, method: Any) -> FunctionProxy:
        """The like of this for a method of an object."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Return the method of an object."""
        if instance is None or not hasattr(type(self.__wrapped__), "__get__"):
            return self
        method = self.__wrapped__.__get__(instance, owner)
        if not isinstance(self.__wrapped__, tf.types.experimental.PolymorphicFunction):
            return self._of_method(method)
        if isinstance(method, types.MethodType):
            # Of a composite tensor, which is an argument like others.
            return types.MethodType(self, instance)
        # One for each object, as tf.function has it, so that each is traced once.
        if instance not in self._proxies:
            self._proxies.setdefault(instance, self._of_method(method))
        return self._proxies[instance]

    def __getattr__(self, name: str) -> Any:
        if name == "__wrapped__":  # while this is made
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    @property  # type: ignore[misc]  # that it can't be set is meant
    def __class__(self) -> type:
        """The function's."""
        return type(self.__wrapped__)
