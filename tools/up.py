"""The main job before your eyes: `./dev up [PATH]`.

Makes a repository on four heads, backs up a real tree, runs a workflow that stores on the same
heads, loses one head and heals it, loses a different pair, restores, compares every byte and
attribute with the source by a second program (this one, not torgo), and prints one table.
Everything happens in a temporary folder that is removed at the end.

The heads are four nodes behind onion services of a private Tor network: real tor processes, on this
machine's loopback only. With --local they are four folders.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time

from tor_network import TorNetwork

PASS_PHRASE = "correct horse battery staple, for a demonstration only"
EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples" / "maml"
MIB = 1 << 20
FILES_MIN = 1000
NODE_LIMIT_S = 120  # for a node to be found behind its onion service
LOSS_AFTER_S = 0.3  # of a restore, before one more head goes


def say(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def shown(word):
    """An invite is a secret, and 300 characters long."""
    return word[:24] + "…" if word.startswith("torgo-invite:") else word


class Torgo:
    """Runs the program as a user would, in a home of its own."""

    def __init__(self, program, home):
        self.program = program
        self.environment = dict(os.environ, HOME=str(home), TORGO_PASSWORD=PASS_PHRASE)
        for name in (
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
            "XDG_DATA_HOME",
            "TORGO_REPO",
            "TORGO_TOR_SOCKS",
        ):
            self.environment.pop(name, None)

    def run(self, *arguments):
        """Gives the seconds it took; ends the demonstration when it fails."""
        print("$ torgo " + " ".join(shown(str(a)) for a in arguments), flush=True)
        began = time.monotonic()
        done = subprocess.run(
            [self.program, *map(str, arguments)], env=self.environment, check=False
        )
        if done.returncode not in (0, 3):
            sys.exit(f"torgo {arguments[0]} failed with exit code {done.returncode}")
        return time.monotonic() - began

    def json(self, *arguments):
        out = subprocess.run(
            [self.program, *map(str, arguments), "--json"],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        return json.loads(out.strip().splitlines()[-1])


def attributes(path, with_owner):
    """What a restore must bring back, beside the content."""
    info = path.lstat()
    kind = stat.S_IFMT(info.st_mode)
    found = {"kind": kind, "mtime": info.st_mtime_ns}
    if not stat.S_ISLNK(info.st_mode):
        found["mode"] = stat.S_IMODE(info.st_mode)
    if with_owner:
        found["owner"] = (info.st_uid, info.st_gid)
    if stat.S_ISREG(info.st_mode):
        found["size"] = info.st_size
    if stat.S_ISLNK(info.st_mode):
        found["target"] = os.readlink(path)
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        found["xattrs"] = {n: os.getxattr(path, n, follow_symlinks=False) for n in names}
    except OSError:
        found["xattrs"] = {}
    return found


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def compare(source, restored):
    """Walks the source; names every difference. Gives (files, bytes, differences)."""
    with_owner = os.geteuid() == 0
    files = size = 0
    differences = []
    for folder, folders, names in os.walk(source):
        for name in [*folders, *names]:
            path = pathlib.Path(folder, name)
            twin = restored / path.relative_to("/")
            if stat.S_ISSOCK(path.lstat().st_mode):
                continue  # has no content; torgo says that it skips it
            if not twin.is_symlink() and not twin.exists():
                differences.append(f"{path}: is missing")
                continue
            want, got = attributes(path, with_owner), attributes(twin, with_owner)
            differences += [
                f"{path}: {key} is {got.get(key)!r}, not {value!r}"
                for key, value in want.items()
                if got.get(key) != value
            ]
            if stat.S_ISREG(want["kind"]):
                files += 1
                size += want["size"]
                if digest(path) != digest(twin):
                    differences.append(f"{path}: the content differs")
    return files, size, differences


def table(rows):
    width = max(len(name) for name, _, _ in rows)
    print(f"{'step'.ljust(width)}  {'seconds':>8}  {'MiB':>9}  {'MB/s':>7}")
    for name, seconds, size in rows:
        speed = f"{size / seconds / 1e6:7.0f}" if size and seconds else " " * 7
        amount = f"{size / MIB:9.1f}" if size else " " * 9
        print(f"{name.ljust(width)}  {seconds:8.2f}  {amount}  {speed}")


def documentation():
    """The system's documentation: a few thousand real files that every machine has."""
    for folder in ("/host/usr/share/doc", "/usr/share/doc", "/host/usr/share", "/usr/share"):
        count = sum(len(names) for _, _, names in os.walk(folder))
        if count >= FILES_MIN:
            return folder
    return "/usr"


def main():
    parser = argparse.ArgumentParser(prog="dev up")
    parser.add_argument("torgo", help=argparse.SUPPRESS)  # ./dev gives it
    parser.add_argument("--local", action="store_true", help="four folders instead of four nodes")
    parser.add_argument("path", nargs="?", default=None)
    options = parser.parse_args()
    source = pathlib.Path(os.path.abspath(options.path or documentation()))
    if not source.is_dir():
        sys.exit(f"{source} is no folder")
    with tempfile.TemporaryDirectory(prefix="torgo-up-") as folder:
        place = pathlib.Path(folder)
        home = place / "home"
        home.mkdir()
        torgo = Torgo(options.torgo, home)
        if options.local:
            sys.exit(demonstrate(torgo, Folders(place), place, source))
        say("0. A private Tor network, and five nodes behind onion services")
        with TorNetwork(place / "net") as network, Nodes(torgo, place, network) as nodes:
            sys.exit(demonstrate(torgo, nodes, place, source))


class Folders:
    """Four folders as heads."""

    what = "head"

    def __init__(self, place):
        self.folder = place / "heads"

    def heads(self):
        return [f"dir://{self.folder / str(n)}" for n in range(1, 5)]

    def destroy(self, *numbers):
        for number in numbers:
            shutil.rmtree(self.folder / str(number))
            print(f"$ rm -rf {self.folder / str(number)}", flush=True)

    def heal_words(self, number):
        return ["heal", str(number)]


class Nodes:
    """Five nodes, each with a tor of its own; the fifth takes the place of one that is lost."""

    what = "node"
    count = 5

    def __init__(self, torgo, place, network):
        self.torgo, self.place = torgo, place
        torrc = place / "torrc"
        torrc.write_text("".join(line + "\n" for line in network.client_torrc_lines()))
        torgo.environment["TORGO_TOR_CONFIG"] = str(torrc)
        torgo.environment["TORGO_LIMIT_UPLOAD"] = "none"  # no volunteer's relay is burdened
        self.running = {}

    def __enter__(self):
        for number in range(1, self.count + 1):
            log = open(self.place / f"node{number}.log", "wb")
            self.running[number] = subprocess.Popen(
                [self.torgo.program, "start", "--folder", self.folder(number), "--metrics", "off"],
                env=self.torgo.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )
        for number in self.running:
            self.wait_until_reachable(number)
        return self

    def __exit__(self, *_):
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait()

    def folder(self, number):
        return self.place / f"n{number}"

    def wait_until_reachable(self, number):
        log = self.place / f"node{number}.log"
        end = time.monotonic() + NODE_LIMIT_S
        while time.monotonic() < end:
            for line in log.read_text(errors="replace").splitlines():
                if line.startswith("reachable at "):
                    print(f"node {number}: {line}", flush=True)
                    return
            if self.running[number].poll() is not None:
                break
            time.sleep(0.1)
        sys.exit(f"node {number} is not reachable:\n" + log.read_text(errors="replace"))

    def invite(self, number):
        return subprocess.run(
            [self.torgo.program, "node", "invite", "--quiet", "--folder", self.folder(number)],
            env=self.torgo.environment, check=True, capture_output=True, text=True,
        ).stdout.strip()

    def heads(self):
        return [self.invite(number) for number in range(1, 5)]

    def destroy(self, *numbers):
        for number in numbers:
            process = self.running.pop(number)
            print(f"$ kill -9 {process.pid}; rm -rf {self.folder(number)}   # node {number}",
                  flush=True)
            process.kill()
            process.wait()
            shutil.rmtree(self.folder(number), ignore_errors=True)

    def heal_words(self, number):
        return ["heal", str(number), "--onto", self.invite(self.count)]


def emergency(torgo, place):
    """The workflow examples/maml/emergency.maml.md on this repository. Gives the seconds it took;
    nothing where this system lets nobody make a sandbox."""
    folder = place / "workflow"
    folder.mkdir()
    for name in ("emergency.maml.md", "emergency.mli", "vitals.csv"):
        shutil.copy(EXAMPLES / name, folder)
    # A workflow calls a repository by the name of its descriptor file.
    named = folder / "hospital.torgo"
    shutil.copy(pathlib.Path(torgo.environment["HOME"], ".config/torgo/default.torgo"), named)
    words = ["maml", "run", folder / "emergency.maml.md", "--repo", named]
    print("$ torgo " + " ".join(map(str, words)), flush=True)
    began = time.monotonic()
    done = subprocess.run([torgo.program, *map(str, words)], env=torgo.environment, text=True,
                          capture_output=True, check=False)
    print(done.stdout + done.stderr, end="", flush=True)
    if done.returncode == 0:
        return time.monotonic() - began
    if "starting a sandbox" in done.stdout + done.stderr:
        print("No sandbox can be made here, so the workflow is left out.")
        return None
    sys.exit(f"torgo maml run failed with exit code {done.returncode}")


def demonstrate(torgo, heads, place, source):
    target = place / "restored"
    rows = []

    say(f"1. A repository on four {heads.what}s")
    four = [argument for head in heads.heads() for argument in ("--head", head)]
    rows.append(("init", torgo.run("init", *four, "--recovery-kit", place / "kit.txt"), 0))

    say(f"2. Back up {source}")
    seconds = torgo.run("backup", source)
    saved = torgo.json("snapshots", "latest")["id"]
    stats = torgo.json("stats", "latest")
    size = stats["total_size"]
    rows.append(("backup", seconds, size))
    rows.append(("backup again, unchanged", torgo.run("backup", source), size))

    say("3. A workflow: readings over a simulated mesh of 9,600 nodes, proved, and stored here")
    seconds = emergency(torgo, place)
    if seconds is not None:
        rows.append(("workflow", seconds, 0))

    say(f"4. Lose {heads.what} 2, and heal it from the others, without any key")
    heads.destroy(2)
    share = stats["repository_head_bytes"] // 4
    rows.append((f"heal one {heads.what}", torgo.run(*heads.heal_words(2)), share))

    say(f"5. Restore; {heads.what} 1 is lost meanwhile, {heads.what} 3 was before")
    heads.destroy(3)
    lost = threading.Timer(LOSS_AFTER_S, heads.destroy, [1])
    lost.start()
    seconds = torgo.run("restore", saved, "--target", target, "--verify")
    rows.append(("restore and read back", seconds, size))
    lost.join()

    say("6. Compare every byte and attribute with the source")
    began = time.monotonic()
    files, compared, differences = compare(source, target)
    rows.append(("compare", time.monotonic() - began, compared))
    for line in differences[:20]:
        print("  " + line)
    print(f"{files} files, {compared / MIB:.1f} MiB compared: {len(differences)} differences")

    say("What happened")
    for name, value in (
        ("files", f"{stats['total_file_count']}"),
        ("bytes", f"{size / MIB:.1f} MiB"),
        ("deduplicated", f"{stats['total_uncompressed_size'] / MIB:.1f} MiB"),
        ("compressed", f"{stats['total_packed_size'] / MIB:.1f} MiB"),
        ("stored, padded", f"{stats['repository_pack_bytes'] / MIB:.1f} MiB"),
        ("on four heads", f"{stats['repository_head_bytes'] / MIB:.1f} MiB"),
    ):
        print(f"{name:<15} {value:>12}")
    print()
    table(rows)
    return 1 if differences else 0


if __name__ == "__main__":
    main()
