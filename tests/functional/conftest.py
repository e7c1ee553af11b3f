import shutil

import pytest
import support


@pytest.fixture(scope="session")
def first_machine(tmp_path_factory):
    """Made once, as making a repository takes seconds; tests work on copies."""
    return support.make_machine(tmp_path_factory.mktemp("first") / "home")


@pytest.fixture
def machine(first_machine, tmp_path):
    yield support.copy_machine(first_machine, tmp_path / "home")
    shutil.rmtree(tmp_path, ignore_errors=True)
