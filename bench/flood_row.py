"""Row N4: one node, one honest client, and everything that strangers can do to both.

They all run on this machine: what the strangers take of its processors is missing to the others,
as it would not be elsewhere. The times of the honest client are an upper bound.
"""

import http.client
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request

from measure import Taken
from net_peers import MIB, NetClient, Nodes, free_port, processor_s, resident_bytes

PHASE_S = 10
IDLE_SHAKEN_SHARE = 0.1  # of the idle connections: those with a handshake, a few ms of a core each
NEWCOMERS = 10
DISTANT_NEWCOMERS, DISTANCE_S = 3, 1.5  # whose handshake takes as long as one over Tor
NEWCOMER_LIMIT_S = 10
P99_GOAL = 2
# docs/design/node-server.md: 512 connections of 83 KiB, and 128 requests at once of 626 KiB
MEMORY_GOAL_MIB = round((512 * 83 + 128 * 626) / 1024)
WATCHED = ("connections", "evicted_total", "refused_total", "handshakes_total",
           "handshakes_failed_total", "bad_heads_total", "timeouts_total")


class Told:
    """A process that answers each line with a line of JSON."""

    def __init__(self, command):
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        said = self.process.stdout.readline()
        if not said:
            sys.exit(f"N4: {self.process.args} ended")
        return json.loads(said)

    def end(self):
        """What it says when its input ends, if anything."""
        self.process.stdin.close()
        said = self.process.stdout.readline()
        self.process.wait()
        return json.loads(said) if said else {}


class FloodRow:
    """Part of rows.Bench, which has `options`, `work` and `table`."""

    def n4(self):
        self.metrics = f"127.0.0.1:{free_port()}"
        with Nodes(self.options.torgo, self.work / "n4", 1,
                   words=["--metrics", self.metrics]) as nodes:
            self.node = nodes.all[0]
            honest = Told([NetClient(self.options.build).program, "steady", self.node.invite()])
            strangers = self.work / "strangers"
            strangers.mkdir()
            load = Told([sys.executable, pathlib.Path(__file__).with_name("net_load.py"),
                         "127.0.0.1", self.node.port, strangers])
            load.ask("identity")  # one is made, for the newcomers
            self.flood(honest, load)
            kept = honest.end()
            print(f"  honest client: {kept['kept']} roots were put, {kept['lost']} of them lost")
            self.table.verdict("N4", "roots lost that the node said it had", kept["lost"], "0",
                               kept["lost"] == 0)
        shutil.rmtree(strangers)

    def flood(self, honest, load):
        idle, busy = self.options.idle, self.options.busy
        calm = self.phase("calm", honest)
        before = resident_bytes(self.node.process.pid)
        worst = 0
        for what, order in (
            (f"{idle} idle", f"idle {idle} {int(idle * IDLE_SHAKEN_SHARE)}"),
            (f"and {busy} busy", f"busy {busy}"),
            ("and 100 slow, 100 broken", "slow 100\nbroken 100"),
            ("and 500 new ones a second", "storm 500"),
        ):
            for line in order.splitlines():
                load.ask(line)
            worst = max(worst, self.phase(what, honest)["get_p99_ms"])
            print(f"    strangers: {load.ask('look')}")
        load.end()
        self.phase("all of them gone", honest)
        ratio = worst / calm["get_p99_ms"]
        self.table.verdict("N4", "p99 of an honest request, worst / calm", ratio, f"< {P99_GOAL}",
                           ratio < P99_GOAL)
        grown = (resident_bytes(self.node.process.pid, "VmHWM") - before) / MIB
        self.table.verdict("N4", "growth of the node's memory, MiB", grown,
                           f"<= {MEMORY_GOAL_MIB}", grown <= MEMORY_GOAL_MIB)

    def phase(self, what, honest):
        pid = self.node.process.pid
        used = processor_s([pid])
        said = honest.ask(str(PHASE_S))
        used = processor_s([pid]) - used
        self.table.add("N4", what, "torgo", Taken(0, 0, 0), get_p50_ms=said["get_p50_ms"],
                       get_p99_ms=said["get_p99_ms"], gets_per_s=round(said["gets"] / PHASE_S),
                       failed=said["failed"], rss_mib=round(resident_bytes(pid) / MIB),
                       peak_mib=round(resident_bytes(pid, "VmHWM") / MIB),
                       node_cpu_s=round(used, 1), newcomers=self.newcomers())
        print(f"    node: {self.counters()}")
        return said

    def newcomers(self):
        """How many of some who come now, one after another, get an answer."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        folder = self.work / "strangers"
        context.load_cert_chain(folder / "0.pem", folder / "0.key")
        near = sum(self.gets_in(context, 0) for _ in range(NEWCOMERS))
        distant = sum(self.gets_in(context, DISTANCE_S) for _ in range(DISTANT_NEWCOMERS))
        return f"{near}/{NEWCOMERS} near {distant}/{DISTANT_NEWCOMERS} distant"

    def gets_in(self, context, distance_s):
        link = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=NEWCOMER_LIMIT_S)
        try:
            link.connect()
            time.sleep(distance_s)
            link.sock = context.wrap_socket(link.sock)
            link.request("GET", "/v1/status")
            return link.getresponse().status == 403  # it is told that nobody knows it
        except (OSError, ssl.SSLError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def counters(self):
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=30) as page:
            text = page.read().decode()
        found = re.findall(r'^torgo_server_(\w+)(?:\{\w+="(\w+)"\})? (\d+)$', text, re.MULTILINE)
        return {f"{name}{':' + label if label else ''}": int(value)
                for name, label, value in found if name in WATCHED and value != "0"}
