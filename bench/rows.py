"""The rows of docs/PERFORMANCE.md."""

import json
import os
import pathlib
import random
import shutil
import subprocess

from flood_row import FloodRow
from measure import Taken, median
from mesh_row import MeshRow
from net_rows import NetRows
from peers import Borg, Restic, Torgo
from quantum_row import QuantumRow

ALL = ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "C1", "C2", "N1", "N2", "N3", "N4", "M1", "Q1"]
LINUX_PACKAGE = "linux-source-6.12"
TOUCHED_SHARE = 0.01  # R3: files whose time changes
CHANGED_FILES = 200  # R3: files whose content changes
MIB = 1 << 20


def settle(path):
    """Reads a tree once, so that every program finds it in the page cache."""
    for folder, _, names in os.walk(path):
        for name in names:
            file = os.path.join(folder, name)
            if os.path.isfile(file) and not os.path.islink(file):
                with open(file, "rb") as content:
                    while content.read(MIB):
                        pass


class Bench(NetRows, FloodRow, MeshRow, QuantumRow):
    def __init__(self, options, work, table):
        self.options, self.work, self.table = options, work, table
        self.programs = None
        self.tree_path = None

    def run(self, name):
        print(f"{name} …", flush=True)
        getattr(self, name.lower())()

    # --- the tree, and what the rows R1 to R4 and R6 share -------------------------------------

    def tree(self):
        if self.tree_path is None:
            self.tree_path = self.options.tree or self.unpack_linux()
            settle(self.tree_path)
        return self.tree_path

    def unpack_linux(self):
        """Debian's package, downloaded and unpacked, not installed; kept beside the build."""
        kept = pathlib.Path(self.options.build, "bench", "linux")
        tree = kept / "tree"
        if not tree.is_dir():
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir(parents=True)
            subprocess.run(["apt-get", "-qq", "update"], check=True)
            subprocess.run(["apt-get", "-qq", "download", LINUX_PACKAGE], cwd=kept, check=True)
            package = next(kept.glob("*.deb"))
            subprocess.run(["dpkg-deb", "-x", package, kept / "package"], check=True)
            archive = next((kept / "package").rglob("*.tar.xz"))
            (kept / "unpacking").mkdir()
            subprocess.run(["tar", "-xf", archive, "-C", kept / "unpacking"], check=True)
            shutil.rmtree(kept / "package")
            package.unlink()
            (kept / "unpacking").rename(tree)
        copy = self.work / "tree"  # R3 changes files
        subprocess.run(["cp", "-a", tree, copy], check=True)
        return copy

    def fresh(self, tag):
        kinds = (
            (Torgo, self.options.torgo),
            (Restic, shutil.which("restic")),
            (Borg, shutil.which("borg")),
        )
        return [kind(program, self.work / tag / kind.name) for kind, program in kinds if program]

    def first_backups(self):
        """R1, several times; the last repositories serve the following rows."""
        if self.programs is not None:
            return self.first
        tree = self.tree()
        taken = {}
        for n in range(self.options.runs):
            if self.programs:
                shutil.rmtree(self.programs[0].place.parent)
            self.programs = self.fresh(f"r{n}")
            for program in self.programs:
                program.init()
                taken.setdefault(program.name, []).append(program.backup(tree))
        self.first = self.medians(taken)
        return self.first

    @staticmethod
    def medians(taken):
        return {name: median(runs) for name, runs in taken.items()}

    def compare(self, row, what, value_of, goal, results, peer="restic"):
        ours, theirs = results.get("torgo"), results.get(peer)
        if ours is None or theirs is None:
            return
        ratio = value_of(ours) / max(value_of(theirs), 1e-9)
        self.table.verdict(row, f"{what}, torgo / {peer}", ratio, f"<= {goal:.3g}", ratio <= goal)

    # --- rows -----------------------------------------------------------------------------------

    def r1(self):
        results = self.first_backups()
        stored = {program.name: program.stored() for program in self.programs}
        for program in self.programs:
            self.table.add(
                "R1",
                "first backup",
                program.name,
                results[program.name],
                stored_mib=round(stored[program.name] / MIB, 1),
            )
        self.compare("R1", "CPU", lambda t: t.cpu, 1 / 3, results)
        self.compare("R1", "wall", lambda t: t.wall, 1 / 2, results)
        self.compare("R1", "stored bytes", lambda t: t, 1, stored)

    def r2(self):
        self.first_backups()
        results = {
            p.name: median([p.backup(self.tree()) for _ in range(self.options.runs)])
            for p in self.programs
        }
        for name, taken in results.items():
            self.table.add("R2", "again, unchanged", name, taken)
        self.compare("R2", "wall", lambda t: t.wall, 1 / 6, results)

    def r3(self):
        self.first_backups()
        self.change_some()
        results, grown = {}, {}
        for program in self.programs:
            before = program.stored()
            results[program.name] = program.backup(self.tree())
            grown[program.name] = program.stored() - before
            self.table.add(
                "R3",
                "1 % touched, 200 changed",
                program.name,
                results[program.name],
                new_kib=grown[program.name] // 1024,
            )
        self.compare("R3", "wall", lambda t: t.wall, 1 / 4, results)
        self.compare("R3", "new bytes", lambda t: t, 1, grown)

    def change_some(self):
        draw = random.Random(20261122)
        files = sorted(
            path for path in self.tree().rglob("*") if path.is_file() and not path.is_symlink()
        )
        for path in draw.sample(files, int(len(files) * TOUCHED_SHARE)):
            os.utime(path)
        for path in draw.sample(files, min(CHANGED_FILES, len(files))):
            content = bytearray(path.read_bytes())
            at = draw.randrange(len(content) + 1)
            content[at:at] = b"/* changed inside */"
            path.write_bytes(content)

    def r4(self):
        self.first_backups()
        results = {}
        for program in self.programs:
            runs = []
            for n in range(self.options.runs):
                target = self.work / f"restored-{program.name}-{n}"
                runs.append(program.restore(target))
                shutil.rmtree(target)
            results[program.name] = median(runs)
            self.table.add(
                "R4",
                "restore" + (", verified" if program.name != "borg" else ""),
                program.name,
                results[program.name],
            )
        self.compare("R4", "CPU", lambda t: t.cpu, 1 / 2, results)
        self.compare("R4", "wall", lambda t: t.wall, 1 / 2, results)

    def r5(self):
        size = self.options.size * MIB
        for kind, write in (("noise", self.write_noise), ("database dump", self.write_dump)):
            folder = self.work / "large"
            folder.mkdir()
            write(folder / "file", size)
            for program in self.fresh("large-" + kind.split()[0]):
                program.init()
                taken = program.backup(folder)
                self.table.add(
                    "R5",
                    f"{self.options.size} MiB of {kind}",
                    program.name,
                    taken,
                    mb_per_s=round(size / taken.wall / 1e6),
                    mb_per_cpu_s=round(size / taken.cpu / 1e6),
                )
                shutil.rmtree(program.place)
            shutil.rmtree(folder)
        out = subprocess.run(
            [self.options.torgo, "bench", "--json"], capture_output=True, text=True, check=True
        )
        for line in out.stdout.splitlines():
            print("  stage alone: " + line)

    @staticmethod
    def write_noise(path, size):
        with open(path, "wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))

    @staticmethod
    def write_dump(path, size):
        """Rows of SQL with ids, names, times and measurements."""
        draw = random.Random(7)
        names = [f"patient-{draw.getrandbits(40):010x}" for _ in range(5000)]
        measured = [f"{draw.gauss(72, 9):.1f},{draw.gauss(36.8, .4):.2f}" for _ in range(1 << 16)]
        row, written, rows_at_once = 0, 0, 100_000
        with open(path, "w", encoding="ascii") as file:
            while written < size:
                columns = zip(
                    range(row, row + rows_at_once),
                    draw.choices(names, k=rows_at_once),
                    draw.choices(measured, k=rows_at_once),
                )
                written += file.write(
                    "".join(
                        f"INSERT INTO vitals VALUES ({n},'{who}',{1_700_000_000 + n * 3},{what});\n"
                        for n, who, what in columns
                    )
                )
                row += rows_at_once

    def r6(self):
        results = self.first_backups()
        self.compare("R6", "peak memory of R1", lambda t: t.memory, 1, results)
        program = pathlib.Path(self.options.build, "bench", "bench_index")
        if program.exists():
            subprocess.run([program], check=True)

    def r7(self):
        tree = self.work / "little"
        tree.mkdir()
        for n in range(50):
            (tree / f"file{n}").write_text(f"{n}\n" * 100)
        programs = [program for program in self.fresh("many") if program.name != "borg"]
        for program in programs:
            program.init()
            for n in range(self.options.snapshots):
                (tree / "file0").write_text(f"version {n}\n")
                program.backup(tree)
            print(f"  {program.name}: {self.options.snapshots} snapshots made", flush=True)
        listed, one = self.cold_reads(programs, str(tree / "file7"))
        for program in programs:
            self.table.add(
                "R7", f"list {self.options.snapshots} snapshots", program.name, listed[program.name]
            )
            self.table.add("R7", "restore one file", program.name, one[program.name])
        self.compare("R7", "first listing, wall", lambda t: t.wall, 1 / 4, listed)
        self.compare("R7", "first restore of one file, wall", lambda t: t.wall, 1 / 4, one)

    def cold_reads(self, programs, path):
        """Medians of the first listing, and of the first restore of one file, without a cache."""
        listed, one = {}, {}
        for n in range(self.options.runs):
            for program in programs:
                program.forget_cache()
                listed.setdefault(program.name, []).append(program.list())
                program.forget_cache()
                target = self.work / f"one-{program.name}-{n}"
                one.setdefault(program.name, []).append(program.restore_one(target, path))
        return self.medians(listed), self.medians(one)

    def google(self, name, pattern):
        program = pathlib.Path(self.options.build, "bench", name)
        out = subprocess.run(
            [
                program,
                f"--benchmark_filter={pattern}",
                "--benchmark_format=json",
                "--benchmark_repetitions=5",
                "--benchmark_report_aggregates_only=true",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        return {
            line["run_name"]: line.get("bytes_per_second", 0.0)
            for line in json.loads(out.stdout)["benchmarks"]
            if line.get("aggregate_name") == "median"
        }

    def c1(self):
        ours = self.google("bench_seal", "seal.*2048|Seal.*2048")
        for name, speed in ours.items():
            self.table.add("C1", name[:28], "torgo", Taken(0, 0, 0), gb_per_s=round(speed / 1e9, 2))
        out = subprocess.run(
            ["openssl", "speed", "-evp", "aes-256-gcm", "-bytes", str(MIB), "-seconds", "2"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        peer = float(out.strip().splitlines()[-1].split()[-1].rstrip("k")) * 1000
        self.table.add(
            "C1", "AES-256-GCM, one pass", "openssl", Taken(0, 0, 0), gb_per_s=round(peer / 1e9, 2)
        )
        best = max(ours.values(), default=0)
        self.table.verdict(
            "C1",
            "sealing 1 MiB, 2048 / one GCM pass",
            best / peer,
            ">= 0.227",
            best / peer >= 1 / 4.4,
        )

    def c2(self):
        speeds = self.google("bench_segment", ".")
        for name, speed in speeds.items():
            self.table.add("C2", name[:28], "torgo", Taken(0, 0, 0), gb_per_s=round(speed / 1e9, 2))
