"""What all tests share: where the real data lies, and a store of their own."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real problems and programs; it is not part of the repository."""
    folder = os.environ.get("DUALSET_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("DUALSET_DATA does not name a folder of real data sets")
    return Path(folder).resolve()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty version store, set as DUALSET_HOME."""
    store = tmp_path / "dualsets"
    monkeypatch.setenv("DUALSET_HOME", str(store))
    return store
