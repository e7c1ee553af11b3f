"""Running a command and knowing what it took."""

import dataclasses
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time


@dataclasses.dataclass
class Taken:
    """One run, or the medians of several: seconds, seconds, bytes."""

    wall: float
    cpu: float
    memory: int


def run(command, environment, good=(0,), folder=None):
    """Runs to the end; what it prints goes to a file that is shown when it fails.

    The peak memory is told by time(1): a child of this large process would count this process's own
    pages from before its exec.
    """
    log = environment.get("TORGO_BENCH_LOG", os.devnull)
    with open(log, "wb") as out, tempfile.NamedTemporaryFile("r") as peak:
        began = time.monotonic()
        process = subprocess.Popen(
            ["/usr/bin/time", "-q", "-o", peak.name, "-f", "%M", *map(str, command)],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        memory = int(peak.read().split()[-1]) * 1024
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in good:
        tail = (
            open(log, encoding="utf-8", errors="replace").read()[-2000:]
            if log != os.devnull
            else ""
        )
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}\n{tail}")
    return Taken(wall, used.ru_utime + used.ru_stime, memory)


def median(runs):
    return Taken(
        *(
            statistics.median(getattr(one, name) for one in runs)
            for name in ("wall", "cpu", "memory")
        )
    )


def folder_bytes(folder):
    """Apparent bytes of all files below."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


class Table:
    """Rows of: what, who, the figures, and how they stand to a goal."""

    def __init__(self):
        self.lines = []
        self.verdicts = []

    def add(self, row, what, who, taken, **extra):
        self.lines.append(
            {
                "row": row,
                "what": what,
                "who": who,
                "wall_s": round(taken.wall, 3),
                "cpu_s": round(taken.cpu, 3),
                "memory_mib": round(taken.memory / 2**20, 1),
                **extra,
            }
        )
        print("  " + self.format(self.lines[-1]), flush=True)

    def verdict(self, row, what, value, goal, reached):
        self.verdicts.append(
            {"row": row, "what": what, "value": round(value, 4), "goal": goal, "reached": reached}
        )
        print(
            f"  {row}: {what} {value:.3g} (goal {goal}): {'reached' if reached else 'missed'}",
            flush=True,
        )

    @staticmethod
    def format(line):
        fixed = ("row", "what", "who", "wall_s", "cpu_s", "memory_mib")
        text = f"{line['row']:<3} {line['what']:<28} {line['who']:<7}"
        if line["wall_s"]:
            text += f" wall {line['wall_s']:8.2f} s  cpu {line['cpu_s']:8.2f} s"
            text += f"  memory {line['memory_mib']:7.1f} MiB"
        return text + "".join(
            f"  {name} {value}" for name, value in line.items() if name not in fixed
        )

    def print(self):
        print(f"\n{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}")
        for line in self.lines:
            print(self.format(line))
        print()
        for verdict in self.verdicts:
            print(
                f"{verdict['row']:<3} {verdict['what']:<44} {verdict['value']:>8.3g}"
                f"   goal {verdict['goal']:<10} "
                f"{'reached' if verdict['reached'] else 'MISSED'}"
            )

    def as_json(self):
        return {
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "measured": self.lines,
            "goals": self.verdicts,
        }
