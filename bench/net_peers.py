"""What the rows about the network run: nodes, nginx and curl, and the tors between them.

All TLS is the same on both sides of a comparison: 1.3, X25519MLKEM768, AES-256-GCM, and ML-DSA-65
certificates that each side asks of the other.
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[1]
sys.path += [str(ROOT / "tests/functional"), str(ROOT / "tools")]
import nodes as network  # noqa: E402
import support  # noqa: E402

NAME = "bench.test"  # stands in the certificate; no name is ever looked up
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
PORT = 443
START_LIMIT_S = 120
POLL_S = 0.05


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def missing(*programs):
    return [name for name in programs if shutil.which(name) is None]


def wait_until(condition, what):
    end = time.monotonic() + START_LIMIT_S
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what}: not within {START_LIMIT_S} s")
        time.sleep(POLL_S)


# --- what processes take --------------------------------------------------------------------------


def family(pid):
    """The process and its children, as of now."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *map(int, children.read_text().split())]


def processor_s(pids):
    """User and system time so far."""
    used = 0
    for pid in (one for top in pids for one in family(top)):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / TICKS


def resident_bytes(pid, field="VmRSS"):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    return 0


# --- nodes ---------------------------------------------------------------------------------------


class Nodes:
    """`torgo start`, some times: straight over loopback, or behind onion services of a `torrc`."""

    def __init__(self, torgo, folder, count, torrc=None, words=()):
        support.TORGO = pathlib.Path(torgo).resolve()
        self.all = [network.Node(folder / f"n{i}", torrc) for i in range(1, count + 1)]
        self.folder, self.words = folder, words

    def __enter__(self):
        for node in self.all:
            node.begin("--scrub", "0", *self.words)  # what is measured is the transfer
        for node in self.all:
            node.wait()
        return self

    def __exit__(self, *_):
        for node in self.all:
            node.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def invites(self):
        return [node.invite() for node in self.all]

    def pids(self):
        """Of the nodes, without those of their tors."""
        return [node.process.pid for node in self.all]


class NetClient:
    """bench/net_client.cpp."""

    def __init__(self, build):
        self.program = pathlib.Path(build, "bench", "net_client").resolve()

    def transfer(self, mib, invites, socks=None):
        """What it says of its put and its get: bytes, wall_s, cpu_s."""
        done = subprocess.run(
            [self.program, *(["--socks", socks] if socks else []), "transfer", str(mib), *invites],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
        return {line["what"]: line for line in map(json.loads, done.stdout.splitlines())}


# --- nginx and curl -------------------------------------------------------------------------------

NGINX = """\
daemon off;
worker_processes auto;
pid {folder}/pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    client_max_body_size 0;
    client_body_temp_path {folder}/temp/body;
    proxy_temp_path {folder}/temp/proxy;
    fastcgi_temp_path {folder}/temp/fastcgi;
    uwsgi_temp_path {folder}/temp/uwsgi;
    scgi_temp_path {folder}/temp/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        ssl_client_certificate {folder}/client.pem;
        ssl_verify_client on;
        ssl_protocols TLSv1.3;
        ssl_ecdh_curve X25519MLKEM768;
        ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384;
        ssl_session_tickets off;
        root {folder}/data;
        location / {{ dav_methods PUT; }}
    }}
}}
"""


def make_certificate(folder, name, more=()):
    """A self-signed ML-DSA-65 certificate: name.pem and name.key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ML-DSA-65", "-noenc", "-days", "30",
         "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem",
         *more], check=True, capture_output=True)


class Nginx:
    """nginx that takes PUT and GET from who has the client's certificate."""

    def __init__(self, folder):
        folder.mkdir(parents=True)
        (folder / "data").mkdir()
        (folder / "temp").mkdir()
        make_certificate(folder, "server", ["-addext", f"subjectAltName=DNS:{NAME}"])
        make_certificate(folder, "client")
        self.folder, self.port = folder, free_port()
        user = "user root;" if os.geteuid() == 0 else ""  # the folder is its owner's only
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=self.port, user=user))
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            ["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf",
             "-e", self.folder / "error.log"], stdin=subprocess.DEVNULL)
        wait_until(self.is_up, "nginx")
        return self

    def is_up(self):
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def places(self, count):
        return [f"127.0.0.1:{self.port}"] * count

    def command(self, place, number, socks=None, put=None):
        """One transfer by curl; to the end of a PUT, or of a GET whose bytes are thrown away."""
        how = ["-T", put] if put else ["-o", os.devnull]
        proxy = ["--socks5-hostname", socks] if socks else []
        return ["curl", "-sS", "--fail", "--noproxy", "" if socks else "*", *proxy,
                "--tlsv1.3", "--curves", "X25519MLKEM768",
                "--tls13-ciphers", "TLS_AES_256_GCM_SHA384",
                "--cacert", self.folder / "server.pem", "--cert", self.folder / "client.pem",
                "--key", self.folder / "client.key",
                "--connect-to", f"{NAME}:{PORT}:{place}", *how, f"https://{NAME}/part{number}"]

    def transfer(self, places, socks=None, put=None):
        """All places at once. Gives wall and processor time of curls."""
        began, used = time.monotonic(), os.times()
        running = [subprocess.Popen(self.command(place, i, socks, put), stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL)
                   for i, place in enumerate(places)]
        status = [one.wait() for one in running]
        wall, now = time.monotonic() - began, os.times()
        if any(status):
            sys.exit(f"curl ended with {status}\n" + (self.folder / "error.log").read_text())
        cpu = (now.children_user + now.children_system
               - used.children_user - used.children_system)
        return wall, cpu

    def flush(self):
        """What nginx wrote, to the disk; a node has done that before it answers."""
        began = time.monotonic()
        subprocess.run(["sync", "-f", self.folder / "data"], check=True)
        return time.monotonic() - began


# --- tor ------------------------------------------------------------------------------------------


class Tor:
    """One more tor in a private network."""

    def __init__(self, folder, lines):
        folder.mkdir(parents=True, mode=0o700)
        self.folder = folder
        (folder / "torrc").write_text("\n".join(
            [f"DataDirectory {folder}/data", f"Log notice file {folder}/log",
             f"__OwningControllerProcess {os.getpid()}", *lines, ""]))
        self.process = subprocess.Popen(["tor", "--quiet", "-f", folder / "torrc"],
                                        stdin=subprocess.DEVNULL)

    def wait(self):
        def ready():
            log = self.folder / "log"
            return log.exists() and "Bootstrapped 100%" in log.read_text(errors="replace")

        wait_until(ready, "tor")
        return self

    def end(self):
        self.process.kill()
        self.process.wait()


class Onions:
    """A client's tor with a SOCKS port, and the onion services of an nginx, each of a tor of its
    own, as nodes have them."""

    def __init__(self, private, folder, nginx, count):
        lines = private.client_torrc_lines()
        port = free_port()
        self.socks = f"127.0.0.1:{port}"
        self.client = Tor(folder / "client", [*lines, f"SocksPort {port}"])
        self.services = [
            Tor(folder / f"s{i}",
                [*lines, "SocksPort 0", f"HiddenServiceDir {folder}/s{i}/onion",
                 f"HiddenServicePort {PORT} 127.0.0.1:{nginx.port}"]) for i in range(count)]

    def __enter__(self):
        for tor in (self.client, *self.services):
            tor.wait()
        return self

    def places(self):
        return [(tor.folder / "onion/hostname").read_text().strip() + f":{PORT}"
                for tor in self.services]

    def wait_until_reachable(self, nginx, small):
        """Puts and so proves a circuit to each."""
        for i, place in enumerate(self.places()):
            wait_until(lambda: subprocess.run(
                nginx.command(place, i, self.socks, small), stdin=subprocess.DEVNULL,
                capture_output=True, check=False).returncode == 0, place)

    def __exit__(self, *_):
        for tor in (self.client, *self.services):
            tor.end()
