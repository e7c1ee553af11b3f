#!/usr/bin/env python3
"""A private Tor network on this machine's loopback: one authority and three relays, the smallest
that carries onion services. Nothing of it reaches another machine.

tor_network.py FOLDER   starts it in FOLDER (made if needed; short, for the sockets in it), prints
                        the torrc lines of a tor that uses it, an empty line, and runs until it
                        is interrupted or its standard input, if that is a pipe, ends

`TorNetwork(folder)` is the same for tests and tools, as a context manager. Why each option is
there: docs/design/tor.md.
"""

import argparse
import ctypes
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request

NEEDED = ("tor", "tor-gencert")
ROUTERS = ("a0", "r0", "r1", "r2")  # fewer than four never make a circuit
KEYS_LIMIT_S = 60
DESCRIPTORS_LIMIT_S = 40
CONSENSUS_LIMIT_S = 40
CONTROL_LIMIT_S = 20
POLL_S = 0.05
PORT_TRIES = 4
SOCKET_PATH_MAX = 107
PR_SET_PDEATHSIG = 1  # linux/prctl.h
VOTE_INTERVAL_S = 5
VOTE_LEAD_S = 4  # the first vote begins that long after all descriptors are there
# Below the range from which the kernel takes ports for outgoing connections.
PORTS = range(12000, 32000)

EVERY_TOR = """\
TestingTorNetwork 1
DirAuthority a0 orport={or_port} v3ident={v3_identity} 127.0.0.1:{dir_port} {fingerprint}
Schedulers Vanilla
"""

EVERY_CLIENT = """\
FetchDirInfoEarly 1
FetchDirInfoExtraEarly 1
"""

EVERY_ROUTER = """\
DataDirectory {folder}
Nickname {name}
ControlSocket {folder}/control
CookieAuthentication 1
CookieAuthFile {folder}/cookie
ShutdownWaitLength 0
AvoidDiskWrites 1
TestingMinTimeToReportBandwidth 1 day
Log notice file {folder}/tor.log
LogTimeGranularity 1
__OwningControllerProcess {process}
SocksPort 0
Address 127.0.0.1
AssumeReachable 1
ExitRelay 0
ExitPolicy reject *:*
ContactInfo test@torgo.test
"""

AUTHORITY = """\
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
TestingDirAuthVoteHSDir *
TestingDirAuthVoteGuard *
TestingV3AuthInitialVotingInterval 1800
TestingV3AuthInitialVoteDelay 2
TestingV3AuthInitialDistDelay 2
V3AuthVotingInterval 3600
V3AuthVoteDelay 2
V3AuthDistDelay 2
V3AuthNIntervalsValid 2
ConsensusParams cc_cwnd_min=1000 cc_cwnd_init=1000
ORPort 127.0.0.1:{or_port} IPv4Only
DirPort 127.0.0.1:{dir_port}
"""

RELAY = """\
ORPort 127.0.0.1:auto IPv4Only
"""


class TorNetworkError(Exception):
    """What did not come up, with the last lines of the log that tells why."""


class PortTaken(TorNetworkError):
    """Somebody else has one of the authority's ports."""


def missing_programs():
    """The needed programs that are not in PATH."""
    return [name for name in NEEDED if shutil.which(name) is None]


def free_ports(count):
    """Ports of 127.0.0.1 that nobody has at this moment."""
    found = []
    while len(found) < count:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def tail(path, lines=6):
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def wait_until(condition, limit_s, what):
    """The first true value that `condition()` gives."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TorNetworkError(f"{what}: not within {limit_s} s")
        time.sleep(POLL_S)


class Control:
    """A control connection that owns its tor: when it closes, that tor ends."""

    def __init__(self, folder):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(CONTROL_LIMIT_S)
        self.socket.connect(str(folder / "control"))
        self.lines = self.socket.makefile("r", encoding="latin-1", newline="\r\n")
        self.ask("AUTHENTICATE " + (folder / "cookie").read_bytes().hex())
        self.ask("TAKEOWNERSHIP")

    def ask(self, command):
        self.socket.sendall(command.encode() + b"\r\n")
        while True:
            line = self.lines.readline().rstrip("\r\n")
            if line.startswith("250 "):
                return
            if not re.match("[26]50[-+]", line):
                raise TorNetworkError(f"tor refused {command.split()[0]}: {line}")

    def close(self):
        self.lines.close()
        self.socket.close()


class Router:
    """One tor process of the network."""

    def __init__(self, folder, name):
        self.name = name
        self.folder = folder / name
        self.process = None
        self.control = None

    def write_torrc(self, text):
        (self.folder / "torrc").write_text(text)

    def start(self):
        for left in ("control", "cookie", "tor.log"):
            (self.folder / left).unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["tor", "--quiet", "-f", str(self.folder / "torrc")], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )

    def check_alive(self):
        if self.process.poll() is None:
            return
        log = tail(self.folder / "tor.log")
        kind = PortTaken if "Address already in use" in log else TorNetworkError
        raise kind(f"{self.name} ended with {self.process.returncode}:\n{log}")

    def take_control(self):
        def ready():
            self.check_alive()
            cookie = self.folder / "cookie"
            return ((self.folder / "control").exists() and cookie.exists()
                    and cookie.stat().st_size == 32)

        wait_until(ready, CONTROL_LIMIT_S, f"the control socket of {self.name}")
        self.control = Control(self.folder)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
        if self.control:
            self.control.close()
        self.process = self.control = None


class TorNetwork:
    """A private Tor network in a folder. `with TorNetwork(folder) as network: …`"""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        if len(str(self.folder / "a0" / "control")) > SOCKET_PATH_MAX:
            raise ValueError(f"{self.folder}: too long a path for the sockets in it")
        self.routers = [Router(self.folder, name) for name in ROUTERS]
        self.fields = {}

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Returns when a tor with client_torrc_lines() can build circuits: after 5 to 8 s."""
        if missing_programs():
            raise TorNetworkError("not installed: " + ", ".join(missing_programs()))
        try:
            self._make_keys()
            self._start_on_free_ports()
            self._vote()
        except BaseException:
            self.stop()
            raise
        return self

    def client_torrc_lines(self):
        """What the torrc of any further tor needs; that one is best started after start()."""
        return (EVERY_TOR.format(**self.fields) + EVERY_CLIENT).splitlines()

    def stop(self):
        for router in self.routers:
            router.stop()

    def _make_keys(self):
        for router in self.routers:
            shutil.rmtree(router.folder, ignore_errors=True)
            router.folder.mkdir(parents=True)
            router.folder.chmod(0o700)
        authority = self.routers[0].folder
        keys = authority / "keys"
        keys.mkdir(mode=0o700)
        self._run(
            ["tor-gencert", "--create-identity-key", "--passphrase-fd", "0", "-m", "12",
             "-i", "authority_identity_key", "-s", "authority_signing_key",
             "-c", "authority_certificate"], keys, "no secret\n")
        certificate = (keys / "authority_certificate").read_text()
        printed = self._run(
            ["tor", "--list-fingerprint", "--quiet", "-f", os.devnull, "--ignore-missing-torrc",
             "--orport", "1", "--nickname", "a0", "--dirserver", "x 127.0.0.1:1 " + 40 * "f",
             "--datadirectory", str(authority)], authority, "")
        self.fields["v3_identity"] = re.search(r"^fingerprint (\w{40})$", certificate, re.M)[1]
        self.fields["fingerprint"] = re.search(r"^a0 ([0-9A-F ]+)$", printed, re.M)[1].replace(
            " ", "")

    @staticmethod
    def _run(command, folder, given):
        done = subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True,
                              check=False, timeout=KEYS_LIMIT_S)
        if done.returncode != 0:
            raise TorNetworkError(f"{command[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def _start_on_free_ports(self):
        for left in reversed(range(PORT_TRIES)):
            try:
                return self._start_routers()
            except PortTaken:
                self.stop()
                if left == 0:
                    raise

    def _start_routers(self):
        self.fields["or_port"], self.fields["dir_port"] = free_ports(2)
        self.fields["process"] = os.getpid()
        for router in self.routers:
            own = AUTHORITY if router.name == "a0" else RELAY
            router.write_torrc((EVERY_TOR + EVERY_ROUTER + own).format(
                folder=router.folder, name=router.name, **self.fields))
            router.start()
        for router in self.routers:
            router.take_control()

    def _vote(self):
        """The authority votes as soon as it knows all routers; it was told to wait until then."""
        self._await_page("server/all", rb"^router ", DESCRIPTORS_LIMIT_S, "router descriptors")
        offset = (int(time.time()) + VOTE_LEAD_S) % VOTE_INTERVAL_S
        self.routers[0].control.ask(
            f"SETCONF TestingV3AuthInitialVotingInterval={VOTE_INTERVAL_S} "
            f"TestingV3AuthVotingStartOffset={offset}")
        self._await_page("status-vote/current/consensus", rb"^s (?=.*HSDir)(?=.*Running)",
                         CONSENSUS_LIMIT_S, "consensus")

    def _await_page(self, name, pattern, limit_s, what):
        """Until a page of the authority has a line of this pattern for each router."""
        address = f"http://127.0.0.1:{self.fields['dir_port']}/tor/{name}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def complete():
            for router in self.routers:
                router.check_alive()
            try:
                with opener.open(address, timeout=5) as answer:
                    return len(re.findall(pattern, answer.read(), re.M)) == len(self.routers)
            except (urllib.error.URLError, OSError):
                return False

        try:
            wait_until(complete, limit_s, what)
        except TorNetworkError as error:
            raise TorNetworkError(f"{error}\n{tail(self.routers[0].folder / 'tor.log')}") from None


def wait_for_the_end():
    """Until a signal, or the end of standard input where that is a pipe."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        while select.select([0], [], [])[0] and os.read(0, 4096):
            pass
    else:
        signal.pause()


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--end-with-parent", action="store_true",
                        help="also end when the program that started this one does")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    if options.end_with_parent:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        with TorNetwork(options.folder) as network:
            print("\n".join(network.client_torrc_lines()), end="\n\n", flush=True)
            wait_for_the_end()
    except KeyboardInterrupt:
        return 0
    except (TorNetworkError, ValueError) as error:
        print(f"tor_network: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
