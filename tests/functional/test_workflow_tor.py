"""A workflow's store lies on nodes behind onion services, and is reached by the SOCKS port that the
workflow names: a tor of the private network listens there.
"""

import os
import shutil
import socket
import subprocess
import time

import nodes as network
import pytest
from workflows import ORIGINAL, environment_of, outputs, run, run_original, write

NAMED_PORT = 9050  # of the original specification's workflow
START_LIMIT_S = 120
STORE = """\
from tor_db import TorStorage

storage = TorStorage("tor://localhost:{port}/hospital")
stored = storage.store("ward.csv", encrypt="512-bit-aes")["bytes"]
same = storage.fetch("ward.csv") == open("ward.csv", "rb").read()
"""


def port_that_is_free():
    for port in (NAMED_PORT, 0):
        with socket.socket() as door:
            try:
                door.bind(("127.0.0.1", port))
            except OSError:
                continue
            return door.getsockname()[1]
    raise AssertionError("no port is free")


@pytest.fixture(scope="module")
def tor_port(onion_torrc, tmp_path_factory):
    """Where a tor of somebody else listens, with a way into the private network."""
    port = port_that_is_free()
    folder = tmp_path_factory.mktemp("client")
    log = folder / "log"
    with open(log, "wb") as said, subprocess.Popen(
            ["tor", "-f", onion_torrc, "--SocksPort", str(port), "--DataDirectory", folder / "data",
             "--Log", "notice stdout"], stdout=said, stderr=said) as tor:
        end = time.monotonic() + START_LIMIT_S
        while "Bootstrapped 100%" not in log.read_text():
            assert tor.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield port
        tor.kill()


@pytest.fixture(scope="module")
def hospital(onion_torrc, tmp_path_factory):
    """A home whose repositories, "hospital" and "torgo", are one on four nodes behind Tor."""
    folder = tmp_path_factory.mktemp("wards")
    for made in network.served(folder, 4,
                               lambda node: network.Node(node.folder, onion_torrc).begin()):
        machine = network.machine_on(made, folder / "home", {"TORGO_TOR_CONFIG": str(onion_torrc)})
        for name in ("hospital", "torgo"):
            shutil.copy(machine.descriptor, machine.home / f"{name}.torgo")
        (machine.home / "ward.csv").write_text("bed,rate\n1,72\n")
        yield machine


def environment_without_a_way(machine, name="hospital"):
    """Nothing says how to reach onion services."""
    given = {**environment_of(machine.home), **machine.environment()}
    del given["TORGO_TOR_CONFIG"]
    return {**given, "TORGO_REPO": str(machine.home / f"{name}.torgo")}


def test_a_store_is_reached_by_the_port_that_its_workflow_names(hospital, tor_port):
    path = write(hospital.home, ("python", STORE.format(port=tor_port)), context="file: ward.csv")
    report = outputs(run(hospital.home, "--json", path,
                         environment=environment_without_a_way(hospital)))
    assert report["outputs"]["same"] is True
    assert report["outputs"]["stored"] == 14


def test_a_port_at_which_nobody_answers_is_told_and_a_tor_of_the_run_serves(
        hospital, onion_torrc, tmp_path):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]  # bound, and nobody listens
        # The run's own tor is one that needs no setting: a program of this name that adds it.
        own = tmp_path / "bin"
        own.mkdir()
        (own / "tor").write_text(f"#!/bin/sh\nexec {shutil.which('tor')} --defaults-torrc "
                                 f"{onion_torrc} \"$@\"\n")
        (own / "tor").chmod(0o755)
        environment = environment_without_a_way(hospital)
        environment["PATH"] = f"{own}:{os.environ['PATH']}"
        path = write(hospital.home, ("python", STORE.format(port=port)), context="file: ward.csv")
        done = run(hospital.home, "--json", path, environment=environment)
        assert f"no tor answers at 127.0.0.1:{port}" in done.stderr
        assert outputs(done)["outputs"]["same"] is True


def test_a_port_of_another_machine_is_refused(hospital):
    source = STORE.replace("localhost", "192.0.2.1").format(port=9050)
    path = write(hospital.home, ("python", source), context="file: ward.csv")
    report = outputs(run(hospital.home, "--json", path, code=1,
                         environment=environment_without_a_way(hospital)))
    assert "192.0.2.1:9050" in report["wrong"][0] and "not on this machine" in report["wrong"][0]


def test_the_workflow_of_the_original_specification_runs_behind_tor(
        hospital, tor_port, qiskit_python):
    if not ORIGINAL.exists():
        pytest.skip("the original specification's example is not beside this clone")
    if tor_port != NAMED_PORT:
        pytest.skip(f"it names port {NAMED_PORT}, which somebody has here")
    environment = environment_without_a_way(hospital, "torgo")
    run_original(hospital.home, qiskit_python, environment,
                 {**hospital.environment(), "TORGO_REPO": environment["TORGO_REPO"]})
