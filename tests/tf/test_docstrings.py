"""Every example in tensorgate.tf runs as it stands."""

import doctest
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest
import tensorflow as tf

import tensorgate as tg

NAMES = {name: getattr(tg, name) for name in tg.__all__} | {"np": np, "tf": tf, "tg": tg}
MODULES = [import_module(f"tensorgate.tf.{module.name}") for module in pkgutil.iter_modules(tg.tf.__path__)]
EXAMPLES = {
    test.name: test
    for module in MODULES
    for test in doctest.DocTestFinder(exclude_empty=False).find(module, globs=NAMES | vars(module))
}


@pytest.mark.parametrize("name", [name for name, test in EXAMPLES.items() if test.examples])
def test_examples_give_what_they_show(name):
    shown = []
    doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(EXAMPLES[name], out=shown.append)
    assert not shown, "".join(shown)


@pytest.mark.parametrize("name", tg.tf.__all__)
def test_every_public_name_has_an_example(name):
    assert ">>> " in inspect.getdoc(getattr(tg.tf, name))


def test_tensorflow_is_imported_when_tf_is_first_named():
    is_imported = "'tensorflow' in sys.modules"
    code = f"import sys, tensorgate as tg; assert not {is_imported}; tg.tf.guard; assert {is_imported}"
    subprocess.run([sys.executable, "-c", code], check=True)
