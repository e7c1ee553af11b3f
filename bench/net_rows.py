"""Rows N1 to N3: the network beside nginx and curl, and what the loss of a node costs."""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from measure import Taken, run
from net_peers import MIB, NetClient, Nginx, Nodes, Onions, missing, processor_s
from peers import Torgo

NODES = 4
K = 2  # segments that give a pack back
N1_GOAL, N2_GOAL = 0.8, 0.9
PAUSE_GOAL_S = 1
HEAL_GOAL_S, HEAL_GOAL_MIB = 5, 1024
SAMPLE_S = 0.02
PROGRESS_BYTES = 64 * 1024  # fewer are requests, not what is restored
KILL_AT = 0.3  # of the restore


class NetTorgo(Torgo):
    """The whole program, with its heads on nodes."""

    def __init__(self, program, place, more=()):
        super().__init__(pathlib.Path(program).resolve(), place)
        self.more = more

    def do(self, *arguments, folder=None, environment=None):
        return run([self.program, *arguments, *self.more], environment or self.environment,
                   folder=folder)

    def init_on(self, invites):
        heads = [word for invite in invites for word in ("--head", invite)]
        return self.do("init", *heads, "--recovery-kit", self.place / "kit.txt")


def write_noise(path, mib):
    with open(path, "wb") as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))


class NetRows:
    """Part of rows.Bench, which has `options`, `work` and `table`."""

    # --- N1, N2 -----------------------------------------------------------------------------------

    def n1(self):
        if lacking := missing("nginx", "curl"):
            sys.exit("N1 needs " + " ".join(lacking))
        mib = self.options.network
        with Nodes(self.options.torgo, self.work / "n1", NODES) as nodes:
            ours = self.measure_nodes("N1", nodes, mib)
            self.whole_program("N1", nodes, mib)
        with Nginx(self.work / "nginx") as nginx:
            theirs = self.measure_nginx("N1", nginx, nginx.places(NODES), mib)
        self.compare_transfers("N1", ours, theirs, N1_GOAL)

    def n2(self):
        from tor_network import TorNetwork, missing_programs

        if lacking := missing("nginx", "curl") + missing_programs():
            sys.exit("N2 needs " + " ".join(lacking))
        mib = self.options.onion
        # Sockets lie in it, whose paths may have 107 bytes.
        with tempfile.TemporaryDirectory(prefix="tb-", dir="/tmp") as short:
            folder = pathlib.Path(short)
            with TorNetwork(folder / "net") as private, Nginx(self.work / "nginx") as nginx, \
                    Onions(private, folder, nginx, NODES) as onions:
                torrc = folder / "torrc"
                torrc.write_text("\n".join([*private.client_torrc_lines(), ""]))
                with Nodes(self.options.torgo, folder / "n2", NODES, torrc) as nodes:
                    ours = self.measure_nodes("N2", nodes, mib, onions.socks)
                    self.whole_program("N2", nodes, mib, ["--tor-socks", onions.socks,
                                                          "--limit-upload", "none"])
                onions.wait_until_reachable(nginx, nginx.folder / "client.pem")
                theirs = self.measure_nginx("N2", nginx, onions.places(), mib, onions.socks)
        self.compare_transfers("N2", ours, theirs, N2_GOAL)

    def measure_nodes(self, row, nodes, mib, socks=None):
        """Segments alone: bytes a second of put and get, medians."""
        client = NetClient(self.options.build)
        speeds = {"put": [], "get": []}
        for _ in range(self.options.runs):
            before = processor_s(nodes.pids())
            said = client.transfer(mib, nodes.invites(), socks)
            served = processor_s(nodes.pids()) - before
            for what, one in said.items():
                speeds[what].append(one["bytes"] / one["wall_s"])
                self.add_transfer(row, f"{what} segments, {NODES} nodes", "torgo", one["bytes"],
                                  one["wall_s"], one["cpu_s"])
            self.table.add(row, "nodes' share of put and get", "torgo", Taken(0, served, 0),
                           node_cpu_s=round(served, 2))
        return speeds

    def measure_nginx(self, row, nginx, places, mib, socks=None):
        file = nginx.folder / "noise"
        write_noise(file, max(1, mib // NODES))
        size = file.stat().st_size * NODES
        speeds = {"put": [], "get": []}
        for _ in range(self.options.runs):
            before = processor_s([nginx.process.pid])
            for what, put in (("put", file), ("get", None)):
                wall, cpu = nginx.transfer(places, socks, put)
                speeds[what].append(size / wall)
                more = {"flush_s": round(nginx.flush(), 2)} if put else {}
                self.add_transfer(row, f"{what} files, {NODES} curls", "nginx", size, wall, cpu,
                                  **more)
            served = processor_s([nginx.process.pid]) - before
            self.table.add(row, "nginx's share of put and get", "nginx", Taken(0, served, 0),
                           node_cpu_s=round(served, 2))
        return speeds

    def add_transfer(self, row, what, who, size, wall, cpu, **more):
        self.table.add(row, what, who, Taken(wall, cpu, 0), mib=round(size / MIB),
                       mb_per_s=round(size / wall / 1e6, 1), **more)

    def compare_transfers(self, row, ours, theirs, goal):
        for what in ("put", "get"):
            mine, other = (statistics.median(speeds[what]) for speeds in (ours, theirs))
            self.table.verdict(row, f"{what} throughput, torgo / curl + nginx", mine / other,
                               f">= {goal}", mine / other >= goal)

    def whole_program(self, row, nodes, mib, more=()):
        """`backup` and `restore`, which also cut, seal and code; twice the bytes travel one way."""
        folder = self.work / "noise"
        folder.mkdir()
        write_noise(folder / "file", mib)
        program = NetTorgo(self.options.torgo, self.work / f"{row}-home", more)
        program.init_on(nodes.invites())
        for what, act in (("backup", lambda: program.backup(folder)),
                          ("restore", lambda: program.restore(self.work / "restored"))):
            taken = act()
            self.table.add(row, f"{what} of {mib} MiB of noise", "torgo", taken,
                           mb_per_s=round(mib * MIB / taken.wall / 1e6, 1))
        for left in (folder, self.work / "restored", program.place):
            shutil.rmtree(left)

    # --- N3 ---------------------------------------------------------------------------------------

    def n3(self):
        """A node dies in a restore; then its head is made anew on a fifth node."""
        share = self.options.head
        with Nodes(self.options.torgo, self.work / "n3", NODES + 1) as nodes:
            fifth = nodes.all[-1]
            program = NetTorgo(self.options.torgo, self.work / "n3-home")
            program.init_on(nodes.invites()[:NODES])
            source = self.work / "noise"
            source.mkdir()
            write_noise(source / "file", share * K)
            program.backup(source)
            self.restore_with_a_loss(program, nodes.all[1], share)
            speed = self.bandwidth(nodes.all[2:NODES], share)
            alive = [node.process.pid for node in nodes.all if node.process.poll() is None]
            self.heal_onto(program, fifth, alive, speed)
            program.do("check", "--read-data")
        shutil.rmtree(source)

    def restore_with_a_loss(self, program, victim, share):
        """The longest time in which the restore wrote nothing, before and after the kill."""
        target = self.work / "restored"
        process = subprocess.Popen(
            [program.program, "restore", f"latest:{self.work / 'noise'}", "--quiet",
             "--target", target], env=program.environment, stdin=subprocess.DEVNULL)
        whole = share * K * MIB
        began = last = time.monotonic()
        killed, seen, longest = None, 0, {False: 0.0, True: 0.0}
        while process.poll() is None:
            time.sleep(SAMPLE_S)
            written, now = bytes_written(process.pid), time.monotonic()
            if written is not None and written >= seen + PROGRESS_BYTES:
                if seen:
                    after = killed is not None
                    longest[after] = max(longest[after], now - last)
                seen, last = written, now
            if killed is None and seen >= KILL_AT * whole:
                victim.kill()
                killed = time.monotonic()
        end = time.monotonic()
        if process.returncode != 0 or killed is None:
            sys.exit(f"N3: the restore ended with {process.returncode}, killed: {killed}")
        longest[True] = max(longest[True], end - last)
        same = subprocess.run(["diff", "-r", self.work / "noise", target], check=False).returncode
        shutil.rmtree(target)
        self.table.add("N3", f"restore of {share * K} MiB, a node killed", "torgo",
                       Taken(end - began, 0, 0), errors=int(same != 0),
                       pause_before_s=round(longest[False], 2),
                       pause_after_s=round(longest[True], 2))
        self.table.verdict("N3", "longest pause of the restore, s", longest[True],
                           f"<= {PAUSE_GOAL_S}", longest[True] <= PAUSE_GOAL_S and not same)

    def bandwidth(self, two, share):
        """Bytes a second that come from two nodes at once."""
        got = NetClient(self.options.build).transfer(
            share, [node.invite() for node in two])["get"]
        return got["bytes"] / got["wall_s"]

    def heal_onto(self, program, fifth, alive, speed):
        without = {name: value for name, value in program.environment.items()
                   if name != "TORGO_PASSWORD"}
        used = processor_s(alive)
        taken = program.do("heal", "2", "--onto", fifth.invite(), environment=without)
        used = processor_s(alive) - used
        kept = sum(path.stat().st_size for path in fifth.folder.rglob("segments/*/*"))
        read = K * kept / speed
        self.table.add("N3", f"heal of {kept / MIB:.0f} MiB, no key", "torgo", taken,
                       nodes_cpu_s=round(used, 2), mb_per_s_of_two_nodes=round(speed / 1e6),
                       k_S_over_B_s=round(read, 2))
        scaled = taken.wall * HEAL_GOAL_MIB * MIB / kept
        self.table.verdict("N3", f"heal, s for 1 GiB (from {kept / MIB:.0f} MiB)", scaled,
                           f"< {HEAL_GOAL_S}", scaled < HEAL_GOAL_S)


def bytes_written(pid):
    """By write(2) and its kin, so to files: sockets are sent to."""
    try:
        text = pathlib.Path(f"/proc/{pid}/io").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return int(text.split("wchar:")[1].split()[0])
