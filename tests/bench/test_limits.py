import pytest

from tensorgate.bench.limits import build


def test_a_missing_compiler_is_named(monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler -m64")
    with pytest.raises(RuntimeError, match="no C compiler 'no-such-compiler'"):
        build.__wrapped__()
