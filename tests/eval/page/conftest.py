"""The page that tests look at from several sides, drawn once a process."""

import pytest
from report_pages import hostile_version

from dualset.builders.dataset.store import Version
from dualset.eval.page.compose import version_page
from dualset.eval.page.page import html


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A version every text of which is markup, and long."""
    return hostile_version(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="session")
def hostile_page(hostile: Version) -> str:
    """Its page."""
    return html(version_page(hostile, {}))
