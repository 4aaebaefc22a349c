"""A process that used tensorgate ends cleanly, whatever it still holds."""

import pytest

from . import measure

SETUP = """
import numpy as np
import tensorgate as tg
signature = tg.Signature({"x": tg.TensorSpec(("n", 3), minimum=0, default=np.zeros((1, 3), np.float32))})
good, bad = {"x": np.zeros((2, 3), np.float32)}, {"y": None}
"""
ENDINGS = {
    "holding a contract, a batch, violations and an error": """
kept = [signature, good, signature.violations(bad), signature.inputs["x"].default]
try:
    signature.check(bad)
except tg.ValidationError as error:
    kept.append(error)
""",
    "holding all of it in cycles": """
class Node: pass
node = Node()
node.itself = node
node.kept = [signature, signature.violations(bad), signature.check]
gc.disable()
""",
    "in an exit handler": """
import atexit
@atexit.register
def last():
    assert signature.accepts(good)
    assert len(signature.violations(bad)) == 1
""",
    "in a destructor": """
class Last:
    def __del__(self, signature=signature, good=good, bad=bad):
        signature.check(good)
        signature.violations(bad)
last = Last()
last.itself = last
""",
    "with a thread that goes on": """
import threading
def work():
    while True:
        signature.accepts(good)
threading.Thread(target=work, daemon=True).start()
time.sleep(0.05)
""",
    "after an unhandled SystemExit in an exporter": """
class Exits:
    def __dlpack_device__(self): return (1, 0)
    def __dlpack__(self, **kwargs): raise SystemExit(0)
signature.check({"x": Exits()})
raise AssertionError
""",
    "with the module taken out of sys.modules": """
for name in [name for name in sys.modules if name.startswith("tensorgate")]:
    del sys.modules[name]
del tg
gc.collect()
assert signature.accepts(good)
""",
    "with nothing left": "del signature, good, bad, tg; gc.collect()",
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_process_ends_cleanly(name):
    # Development mode: debug hooks in the allocators, and every warning shown.
    assert measure.run(SETUP + ENDINGS[name], options=("-X", "dev", "-W", "error")) == []


def test_a_subprocess_after_fork_goes_on_checking():
    code = SETUP + (
        "pid = os.fork()\n"
        "if pid == 0:\n    os._exit(0 if signature.accepts(good) and not signature.accepts(bad) else 1)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), signature.accepts(good))"
    )
    assert measure.run(code) == ["0", "True"]
