"""Row M1: the mesh simulator against real time, and its event queue beside other event loops."""

import json
import pathlib
import subprocess

from measure import Taken

VIRTUAL_S = 20
MEMORY_GOAL = 1024  # bytes a node
# nodes, networks, threads, what runs on them; three relays in ten, a message to everyone each
# second and network
FIELDS = (
    (32_767, 1, 1, "stack"),
    (32_767, 1, 2, "stack"),
    (100_000, 4, 1, "stack"),
    (100_000, 200, 1, "stack"),
    (32_767, 1, 1, "flooding"),
)
WAITING = 40_000  # events, about as many as 32,767 nodes have


class MeshRow:
    """Part of rows.Bench, which has `options` and `table`."""

    def m1(self):
        runs = [self.simulate(*field) for field in FIELDS]
        one, two = runs[0], runs[1]
        for run in (one, runs[2]):
            self.table.verdict(
                "M1",
                f"{run['nodes']:,} nodes, virtual / processor seconds",
                run["virtual_s"] / run["cpu_s"],
                "> 1",
                run["virtual_s"] > run["cpu_s"],
            )
        most = max(run["bytes_per_node"] for run in runs)
        self.table.verdict("M1", "bytes a node, all in all", most, "<= 1024", most <= MEMORY_GOAL)
        same = one["trace"] == two["trace"]
        self.table.verdict("M1", "same trace with two threads", int(same), "1", same)
        self.event_loops()

    def simulate(self, nodes, networks, threads, device):
        run = self.mesh_program("radio_speed", nodes, networks, 30, 1, VIRTUAL_S, threads, device)
        self.table.add(
            "M1",
            f"{nodes:,} in {networks}, {threads} thr., {device}",
            "torgo",
            Taken(run["wall_s"], run["cpu_s"], 0),
            **{name: run[name] for name in ("packets", "checks", "bytes_per_node", "delivered")},
        )
        return run

    def event_loops(self):
        took = self.mesh_program("radio_queue", WAITING)
        for name in ("torgo", "heap", "ns3"):
            if f"{name}_ns" in took:
                self.table.add(
                    "M1", "an event", name, Taken(0, 0, 0), nanoseconds=took[f"{name}_ns"]
                )

    def mesh_program(self, name, *words):
        program = pathlib.Path(self.options.build, "bench", name)
        out = subprocess.run(
            [program, *map(str, words)], capture_output=True, text=True, check=True
        )
        return json.loads(out.stdout)
