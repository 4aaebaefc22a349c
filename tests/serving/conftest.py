import pytest


@pytest.fixture
def write(tmp_path):
    """Writes a model's file into a version directory, or into tmp_path itself, and gives the directory."""

    def write(data, directory="."):
        where = tmp_path / directory
        where.mkdir(parents=True, exist_ok=True)
        (where / "saved_model.pb").write_bytes(data)
        return where

    return write
