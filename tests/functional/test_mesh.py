"""Simulating and planning meshes: the same for the same seed; what is written is what was run."""

import json
import os
import pathlib
import re
import subprocess

import pytest

TORGO = pathlib.Path(os.environ.get("TORGO", "torgo"))
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples/mesh"
TIME_LIMIT_S = 300

SMALL_PLAN = """
name = "ward"
[[room]]
area = [0, 0, 6, 5]
columns = 10
loss_db = 5
[target]
period_s = 10
[equipment]
cell_sensors = 100
[[sensors]]
place = "random"
area = [0, 0, 60, 5]
count = 200
[[sockets]]
place = "grid"
corner = [3, 2.5]
columns = 10
step_m = 6
network = true
"""


def torgo(home, *words):
    return subprocess.run(
        [TORGO, *map(str, words)], cwd=home, env={"HOME": str(home), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=TIME_LIMIT_S,
    )


def objects(done, kind):
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line for line in lines if line["message_type"] == kind]


def simulate(home, scenario, *words):
    done = torgo(home, "mesh", "simulate", scenario, "--json", *words)
    assert done.returncode == 0, done.stderr
    return objects(done, "mesh_simulation")[0]


def test_same_seed_same_trace_whatever_the_threads(tmp_path):  # [CLI-36]
    one = simulate(tmp_path, EXAMPLES / "corridor.toml", "--threads", 1)
    two = simulate(tmp_path, EXAMPLES / "corridor.toml", "--threads", 2)
    other = simulate(tmp_path, EXAMPLES / "corridor.toml", "--seed", 9)
    # How the work was divided shows in these two, and in nothing else.
    for run in (one, two):
        del run["queue_events"], run["bytes_per_node"]
    assert one == two
    assert one["arrived"] > 300
    assert other["seed"] == 9
    assert other["trace"] != one["trace"]
    assert other["links_per_node"] != one["links_per_node"]  # the places are others, too


def test_text_says_how_far_it_was_validated(tmp_path):  # [CLI-38]
    done = torgo(tmp_path, "mesh", "simulate", EXAMPLES / "corridor.toml")
    assert done.returncode == 0
    assert re.search(r"^delivered +\d", done.stdout, re.M)
    assert "never compared with a real building" in done.stdout
    quiet = torgo(tmp_path, "mesh", "simulate", EXAMPLES / "corridor.toml", "--quiet")
    assert "never compared" not in quiet.stdout


def test_picture_and_tables(tmp_path):
    simulate(tmp_path, EXAMPLES / "corridor.toml", "--plot", "c.svg", "--csv", "out/tables")
    assert (tmp_path / "c.svg").read_text().startswith("<svg")
    nodes = (tmp_path / "out/tables/nodes.csv").read_text().splitlines()
    assert len(nodes) == 1 + 85
    latency = (tmp_path / "out/tables/latency.csv").read_text().splitlines()
    assert sum(int(line.split(",")[1]) for line in latency[1:]) > 300


@pytest.mark.parametrize("command", ["simulate", "plan"])
def test_mistakes_have_a_place(tmp_path, command):  # [CLI-37]
    (tmp_path / "bad.toml").write_text('name = "x"\ncolour = 3\n')
    done = torgo(tmp_path, "mesh", command, "bad.toml", "--plot", "p.svg")
    assert done.returncode == 2
    assert "bad.toml:" in done.stderr
    assert not (tmp_path / "p.svg").exists()
    (tmp_path / "broken.toml").write_text("name = \n")
    done = torgo(tmp_path, "mesh", command, "broken.toml")
    assert done.returncode == 2
    assert re.search(r"broken\.toml:1:\d+", done.stderr)
    assert torgo(tmp_path, "mesh", command, "absent.toml").returncode != 0


def test_a_plan_s_scenario_runs_as_it_was_confirmed(tmp_path):  # [CLI-39]
    (tmp_path / "ward.toml").write_text(SMALL_PLAN)
    done = torgo(tmp_path, "mesh", "plan", "ward.toml", "--json", "--scenario", "s.toml",
                 "--plot", "s.svg")
    assert done.returncode == 0, done.stdout + done.stderr
    plan = objects(done, "mesh_plan")[0]
    assert plan["met"] and plan["sensors"] == 200 and plan["edges"] >= 2
    confirmed = objects(done, "mesh_confirmation")
    assert len(confirmed) == 3
    again = simulate(tmp_path, "s.toml")
    assert again["nodes"] == 200 + plan["edges"] + plan["relays"]
    delivered = again["arrived"] / again["expected"]
    assert delivered == pytest.approx(confirmed[0]["delivered"], abs=1e-5)
    assert (tmp_path / "s.svg").exists()


def test_a_plan_that_cannot_be_met_says_so(tmp_path):
    (tmp_path / "ward.toml").write_text(SMALL_PLAN.replace("period_s = 10",
                                                           "period_s = 10\nlatency_ms = 2"))
    done = torgo(tmp_path, "mesh", "plan", "ward.toml")
    assert done.returncode == 1
    assert "not met" in done.stderr
    assert "edge nodes" in done.stdout
