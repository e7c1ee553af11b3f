"""`./dev bench [ROW…]`: the rows of docs/PERFORMANCE.md, beside restic and borg in the same run.

Every program does the same work on the same tree, in turn, with the tree in the page cache and
fresh repositories on the same disk; the figures are medians. CPU is user + system of the process
and its children. Results also go to build/bench/results.json.
"""

import argparse
import json
import os
import pathlib
import tempfile

import rows
from measure import Table

DEFAULT_RUNS = 3


def main():
    parser = argparse.ArgumentParser(prog="dev bench")
    program = pathlib.Path(os.environ.get("TORGO", "build/release/apps/torgo"))
    parser.add_argument("--torgo", type=pathlib.Path, default=program, help="the built program")
    parser.add_argument(
        "--build",
        type=pathlib.Path,
        default=program.parent.parent,
        help="build folder with bench/bench_*",
    )
    parser.add_argument(
        "--runs", type=int, default=DEFAULT_RUNS, help="of each program; the median counts"
    )
    parser.add_argument("--tree", type=pathlib.Path, help="instead of the Linux source tree")
    parser.add_argument("--size", type=int, default=4096, help="MiB of the files of row R5")
    parser.add_argument("--snapshots", type=int, default=1000, help="of row R7")
    parser.add_argument("--network", type=int, default=1024, help="MiB of row N1")
    parser.add_argument("--onion", type=int, default=64, help="MiB of row N2")
    parser.add_argument(
        "--head", type=int, default=256, help="MiB of one head of row N3; its goal is for 1024"
    )
    parser.add_argument("--idle", type=int, default=10_000, help="connections of row N4")
    parser.add_argument("--busy", type=int, default=1_000, help="clients of row N4")
    parser.add_argument(
        "names", nargs="*", help="rows; all when none is named: " + " ".join(rows.ALL)
    )
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in rows.ALL]
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there are {' '.join(rows.ALL)}")
    table = Table()
    with tempfile.TemporaryDirectory(
        prefix="torgo-bench-", dir=os.environ.get("TORGO_BENCH_DIR")
    ) as folder:
        work = pathlib.Path(folder)
        bench = rows.Bench(options, work, table)
        for name in options.names or rows.ALL:
            bench.run(name)
    table.print()
    out = pathlib.Path(options.build, "bench")
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(table.as_json(), indent=1) + "\n")
    print(f"\nalso in {out / 'results.json'}")


if __name__ == "__main__":
    main()
