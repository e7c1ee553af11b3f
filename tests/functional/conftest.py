import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import support

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools"))
import tor_network  # noqa: E402

QISKIT = "qiskit==2.6.2"


@pytest.fixture(scope="session")
def first_machine(tmp_path_factory):
    """Made once, as making a repository takes seconds; tests work on copies."""
    return support.make_machine(tmp_path_factory.mktemp("first") / "home")


@pytest.fixture
def machine(first_machine, tmp_path):
    yield support.copy_machine(first_machine, tmp_path / "home")
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture(scope="session")
def onion_torrc(tmp_path_factory):
    """A torrc that leads into a private network of Tor, which all tests share."""
    missing = tor_network.missing_programs()
    if missing:
        pytest.skip("not installed: " + " ".join(missing))
    folder = tmp_path_factory.mktemp("tor")
    with tor_network.TorNetwork(folder / "net") as private:
        torrc = folder / "torrc"
        torrc.write_text("".join(line + "\n" for line in private.client_torrc_lines()))
        yield torrc
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def qiskit_python():
    """A virtual environment with Qiskit, made once for all runs of the tests."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    place = cache / "torgo" / f"test-{QISKIT.replace('==', '-')}"
    python = place / "bin" / "python3"
    if not (place / "ready").exists():
        for words in (["python3", "-m", "venv", "--clear", place],
                      [python, "-m", "pip", "install", "--quiet", QISKIT]):
            done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode != 0:
                pytest.skip(f"no Qiskit could be had: {done.stderr.strip()[-300:]}")
        (place / "ready").touch()
    return python
