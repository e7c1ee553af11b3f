"""The main job before your eyes: `./dev up [PATH]`.

Makes a repository on four heads, backs up a real tree, loses one head and heals it, loses a
different pair, restores, compares every byte and attribute with the source by a second program
(this one, not torgo), and prints one table. Everything happens in a temporary folder that is
removed at the end.
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
import time

PASS_PHRASE = "correct horse battery staple, for a demonstration only"
MIB = 1 << 20
FILES_MIN = 1000


def say(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


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
        ):
            self.environment.pop(name, None)

    def run(self, *arguments):
        """Gives the seconds it took; ends the demonstration when it fails."""
        print("$ torgo " + " ".join(str(a) for a in arguments), flush=True)
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


def destroy(heads, *numbers):
    for number in numbers:
        shutil.rmtree(heads / str(number))
        print(f"$ rm -rf {heads / str(number)}", flush=True)


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
    parser.add_argument("--local", action="store_true", help="four folders (the only kind so far)")
    parser.add_argument("path", nargs="?", default=None)
    options = parser.parse_args()
    source = pathlib.Path(os.path.abspath(options.path or documentation()))
    if not source.is_dir():
        sys.exit(f"{source} is no folder")
    with tempfile.TemporaryDirectory(prefix="torgo-up-") as folder:
        sys.exit(demonstrate(options.torgo, pathlib.Path(folder), source))


def demonstrate(program, place, source):
    heads, home, target = place / "heads", place / "home", place / "restored"
    home.mkdir()
    torgo = Torgo(program, home)
    rows = []

    say("1. A repository on four heads")
    four = [argument for n in range(1, 5) for argument in ("--head", f"dir://{heads / str(n)}")]
    rows.append(("init", torgo.run("init", *four, "--recovery-kit", place / "kit.txt"), 0))

    say(f"2. Back up {source}")
    seconds = torgo.run("backup", source)
    stats = torgo.json("stats", "latest")
    size = stats["total_size"]
    rows.append(("backup", seconds, size))
    rows.append(("backup again, unchanged", torgo.run("backup", source), size))

    say("3. Lose head 2, and heal it from the others, without any key")
    destroy(heads, 2)
    rows.append(("heal one head", torgo.run("heal", "2"), stats["repository_head_bytes"] // 4))

    say("4. Lose heads 1 and 3, and restore from what is left")
    destroy(heads, 1, 3)
    rows.append(
        (
            "restore and read back",
            torgo.run("restore", "latest", "--target", target, "--verify"),
            size,
        )
    )

    say("5. Compare every byte and attribute with the source")
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
