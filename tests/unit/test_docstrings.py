"""Every public object's docstring has an example, and every example runs."""

import doctest
import inspect
from importlib.util import find_spec

import pytest

import tensorgate as tg

MODULES = {"tensorgate": tg, "tensorgate.serving": tg.serving}


def public_objects():
    for module_name, module in MODULES.items():
        for name in module.__all__:
            yield f"{module_name}.{name}", getattr(module, name)


def methods(cls):
    """What a class itself defines and a user calls; doctest's own finder passes over methods written in C."""
    for name, member in vars(cls).items():
        if not name.startswith("_") and callable(getattr(cls, name)) and not isinstance(member, property):
            yield name, getattr(cls, name)


CLASSES = {name: found for name, found in public_objects() if inspect.isclass(found)}
METHODS = {f"{owner}.{name}": found for owner, cls in CLASSES.items() for name, found in methods(cls)}
PROPERTIES = {
    f"{owner}.{name}": found
    for owner, cls in CLASSES.items()
    for name, found in vars(cls).items()
    if not name.startswith("_") and (inspect.isgetsetdescriptor(found) or isinstance(found, property))
}
DOCUMENTED = {
    **{name: found for name, found in public_objects() if not inspect.ismodule(found)},
    **METHODS,
}
NAMES = (
    {name: getattr(tg, name) for name in tg.__all__}
    | {name: getattr(tg.serving, name) for name in tg.serving.__all__}
    | {"tg": tg}
)


def examples(name):
    return doctest.DocTestParser().get_examples(inspect.getdoc(DOCUMENTED[name]) or "", name)


def runnable(name):
    """The examples, but for those that need TensorFlow where it is not."""
    found = [example for example in examples(name) if find_spec("tensorflow") or doctest.SKIP not in example.options]
    for example in found:
        example.options.pop(doctest.SKIP, None)
    return found


def test_the_methods_written_in_c_are_among_those_tried():
    for name in ("Signature.check", "Signature.from_saved_model", "TensorSpec.most_specific_common_supertype"):
        assert f"tensorgate.{name}" in METHODS


@pytest.mark.parametrize("name", [name for name in DOCUMENTED if not name.startswith("tensorgate.ViolationCode.")])
def test_every_public_object_has_a_docstring_with_an_example(name):
    assert inspect.getdoc(DOCUMENTED[name])
    assert examples(name)


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_property_has_a_docstring(name):
    assert inspect.getdoc(PROPERTIES[name])


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_every_module_has_a_docstring(module):
    assert inspect.getdoc(module)


@pytest.mark.parametrize("name", [name for name in DOCUMENTED if runnable(name)])
def test_every_example_runs(name):
    test = doctest.DocTest(runnable(name), dict(NAMES), name, None, 0, None)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    told = []
    failed, tried = runner.run(test, out=told.append)
    assert tried > 0
    assert failed == 0, "".join(told)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_a_signature_that_tools_can_read(name):
    assert inspect.signature(METHODS[name])
