"""Readings through a mesh: every row arrives once and unchanged, whatever happens meanwhile."""

import datetime
import json
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.request

import pytest
import support
import workflows

TORGO = support.TORGO
TIME_LIMIT_S = 120
POLL_S = 0.02
START = datetime.datetime(2026, 11, 22, 8, 0, 0, tzinfo=datetime.UTC)
PAGE = pathlib.Path(__file__).parents[2] / "docs/mesh.md"


def vitals(rows, first=0):
    """A monitor's file: gaps, missing values and odd digits here and there."""
    lines = ["time,heart_rate,spo2,temperature"]
    for i in range(first, first + rows):
        moment = START + datetime.timedelta(seconds=i + (9 if i > 40 else 0))
        oxygen = "" if i % 31 == 3 else 94 + i % 6
        celsius = "36.60" if i % 29 == 5 else f"36.{i % 10}"
        lines.append(f"{moment:%Y-%m-%dT%H:%M:%SZ},{60 + i * 7 % 40},{oxygen},{celsius}")
    return "\n".join(lines) + "\n"


def observation(i, code, value, unit):
    moment = START + datetime.timedelta(seconds=i)
    return json.dumps({
        "resourceType": "Observation", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/17"},
        "effectiveDateTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "valueQuantity": {"value": value, "unit": unit,
                          "system": "http://unitsofmeasure.org", "code": unit},
    })


def torgo(home, *words, **variables):
    more = {name: str(value) for name, value in variables.items()}
    return subprocess.run(
        [TORGO, *map(str, words)], cwd=home, env=support.Machine(home).environment(**more),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=TIME_LIMIT_S)


def objects(stdout, kind):
    lines = [json.loads(line) for line in stdout.splitlines()]
    return [line for line in lines if line["message_type"] == kind]


def expect_proof(done, rows):
    assert done.returncode == 0, done.stdout + done.stderr
    told = objects(done.stdout, "mesh_relay")[0]
    proof = [told[name] for name in ("rows", "received", "lost", "doubled", "changed")]
    assert proof == [rows, rows, 0, 0, 0]
    assert told["proved"]
    return told


@pytest.mark.parametrize("loss", [0, 10, 30])
def test_a_file_crosses_a_simulated_mesh_whole(tmp_path, loss):  # [CLI-46]
    (tmp_path / "vitals.csv").write_text(vitals(400))
    (tmp_path / "scratch").mkdir()
    done = torgo(tmp_path, "mesh", "relay", "vitals.csv", "--loss", loss, "--seed", 5, "--json",
                 TMPDIR=tmp_path / "scratch")
    told = expect_proof(done, 400)
    times = [told[f"acknowledged_{name}_ms"] for name in ("min", "p50", "p90", "p99", "max")]
    assert times == sorted(times) and times[0] > 0
    assert (told["resends"] > 0) == (loss > 0)
    again = objects(torgo(tmp_path, "mesh", "relay", "vitals.csv", "--loss", loss, "--seed", 5,
                          "--json").stdout, "mesh_relay")[0]
    assert again == told  # the same seed, the same course
    assert not list((tmp_path / "scratch").iterdir())


def test_the_example_crosses_and_a_quick_gateway_makes_it_safe_sooner(tmp_path):
    example = pathlib.Path(__file__).parents[2] / "examples/readings/vitals.csv"
    slow, quick = (expect_proof(torgo(tmp_path, "mesh", "relay", example, "--batch", batch,
                                      "--json"), 120) for batch in (250, 10))
    assert quick["safe_p50_ms"] < slow["safe_p50_ms"] / 2


def test_several_sources_have_a_sensor_each_and_a_store_goes_on(tmp_path):  # [CLI-47]
    lines = vitals(90).splitlines()
    rows = [f"{line.split(',', 1)[0]},{i % 3 + 1},{line.split(',', 1)[1]}"
            for i, line in enumerate(lines[1:])]
    header = "time,source,heart_rate,spo2,temperature"
    (tmp_path / "ward.csv").write_text("\n".join([header, *rows]) + "\n")
    for _ in range(2):
        expect_proof(torgo(tmp_path, "mesh", "relay", "ward.csv", "--store", "store", "--nodes", 3,
                           "--json"), 90)
    assert (tmp_path / "store" / "checkpoint").exists()


def test_a_card_is_asked_for_where_it_is_needed_and_refused_where_it_is_not(tmp_path):
    none = torgo(tmp_path, "mesh", "enrol", 17)
    assert none.returncode == 2 and "--card FILE is needed" in none.stderr
    (tmp_path / "v.csv").write_text(vitals(2))
    simulated = torgo(tmp_path, "mesh", "relay", "v.csv", "--card", "17.card")
    assert simulated.returncode == 2 and "give --via" in simulated.stderr


def test_fhir_observations_come_in_and_what_is_left_out_is_named(tmp_path):
    lines = [observation(i, "8867-4", 60 + i, "/min") for i in range(20)]
    lines += [observation(20 + i, "8310-5", 36.5, "Cel") for i in range(20)]
    lines.append(json.dumps({"resourceType": "Patient"}))
    (tmp_path / "o.ndjson").write_text("\n".join(lines) + "\n")
    done = torgo(tmp_path, "mesh", "relay", "o.ndjson", "--json")
    expect_proof(done, 40)
    assert "left out" in done.stderr and "Patient" in done.stderr
    (tmp_path / "p.ndjson").write_text(json.dumps({"resourceType": "Patient"}) + "\n")
    none = torgo(tmp_path, "mesh", "relay", "p.ndjson")
    assert none.returncode != 0
    assert "no row to send" in none.stderr and "resource Patient" in none.stderr


def test_mistakes_are_named(tmp_path):
    (tmp_path / "bad.csv").write_text("time,heart_rate,spo2,temperature\nyesterday,60,97,36.5\n")
    done = torgo(tmp_path, "mesh", "relay", "bad.csv")
    assert done.returncode == 2 and re.search(r"bad\.csv: .*line 2", done.stderr), done.stderr
    (tmp_path / "good.csv").write_text(vitals(3))
    done = torgo(tmp_path, "mesh", "relay", "good.csv", "--via", tmp_path / "air")
    assert done.returncode == 2 and "--card" in done.stderr
    done = torgo(tmp_path, "mesh", "gateway", "--store", "s", "--state", "s/t")
    assert done.returncode == 2 and "--state" in done.stderr
    done = torgo(tmp_path, "mesh", "gateway", "--store", "s", "--state", "t")
    assert done.returncode == 2 and "--bluez" in done.stderr


class Gateway:
    """A gateway on an air without radio, and one sensor that it knows."""

    def __init__(self, home, *words):
        self.home = home
        self.places = ["--store", home / "readings", "--state", home / "secrets"]
        self.words = words
        self.air = home / "air"
        self.log = home / "gateway.log"
        self.process = None
        done = torgo(home, "mesh", "enrol", 17, "--card", home / "17.card", *self.places)
        assert done.returncode == 0, done.stderr

    def begin(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [TORGO, "mesh", "gateway", "--listen", self.air, "--metrics", "127.0.0.1:0",
                 *self.places, *self.words],
                env=support.Machine(self.home).environment(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT)
        self.port = self.wait_for(r"^Metrics at http://127\.0\.0\.1:(\d+)/metrics$")[1]
        return self

    def wait_for(self, pattern):
        end = time.monotonic() + TIME_LIMIT_S
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(pattern, self.log.read_text(), re.MULTILINE):
                return found
            time.sleep(POLL_S)
        raise AssertionError(f"{pattern} was not said:\n{self.log.read_text()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=TIME_LIMIT_S)

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as page:
            return page.read().decode()

    def metric(self, name):
        return int(re.search(rf"^torgo_mesh_{name} (\d+)$", self.metrics(), re.MULTILINE)[1])

    def wait_for_metric(self, name, least):
        end = time.monotonic() + TIME_LIMIT_S
        while time.monotonic() < end:
            if self.metric(name) >= least:
                return
            time.sleep(POLL_S)
        raise AssertionError(f"{name} stays below {least}:\n{self.metrics()}")

    def relay(self, file, *words):
        return torgo(self.home, "mesh", "relay", file, "--via", self.air, "--card",
                     self.home / "17.card", "--store", self.home / "readings", "--json", *words)

    def relay_meanwhile(self, file, *words):
        return subprocess.Popen(
            [TORGO, "mesh", "relay", str(file), "--via", str(self.air), "--card",
             str(self.home / "17.card"), "--store", str(self.home / "readings"), "--json",
             *map(str, words)],
            cwd=self.home, env=support.Machine(self.home).environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def gateways():
    """Makes gateways, and ends what is left of them."""
    made = []

    def make(home, *words):
        home.mkdir(exist_ok=True)
        made.append(Gateway(home, *words))
        return made[-1].begin()

    yield make
    for one in made:
        if one.process is not None and one.process.poll() is None:
            one.kill()


def test_a_store_has_one_writer(tmp_path, gateways):  # [READING-15]
    gateway = gateways(tmp_path)
    (tmp_path / "v.csv").write_text(vitals(20))
    done = torgo(tmp_path, "mesh", "relay", "v.csv", "--sensor", 99, "--store",
                 tmp_path / "readings")
    assert done.returncode != 0 and "another process writes" in done.stderr, done.stderr
    expect_proof(gateway.relay("v.csv", "--interval", 10), 20)


def test_a_workflow_relays_over_the_mesh_that_is_configured(tmp_path, gateways):  # [RUN-52]
    gateway = gateways(tmp_path)
    folder = tmp_path / ".config/torgo"
    folder.mkdir(parents=True)
    lines = [f'mesh.relay.via = "{gateway.air}"', f'mesh.relay.card = "{tmp_path / "17.card"}"',
             f'mesh.relay.store = "{tmp_path / "readings"}"', "mesh.relay.interval = 10"]
    (tmp_path / "v.csv").write_text(vitals(40))
    path = workflows.write(
        tmp_path, ("python", "from bluetooth_mesh import MeshNetwork\n"
                             "proof = MeshNetwork(nodes=9600).relay_data(dataset)\n"),
        context="dataset: v.csv")

    def relayed(code=0):
        (folder / "torgo.toml").write_text("\n".join(["[default]", *lines, ""]))
        done = workflows.run(tmp_path, "--json", path, code=code,
                             environment=support.Machine(tmp_path).environment())
        return workflows.outputs(done)

    proof = relayed()["outputs"]["proof"]
    assert proof["via"] == str(gateway.air)
    assert [proof[name] for name in ("rows", "lost", "doubled", "changed")] == [40, 0, 0, 0]
    assert 0 < proof["p50_ms"] <= proof["p99_ms"]
    gateway.wait_for_metric("readings_total", 40)
    del lines[2]
    assert "mesh.relay.store" in relayed(code=1)["wrong"][0]


def test_a_gateway_keeps_what_two_runs_of_a_sensor_send(tmp_path, gateways):  # [CLI-48]
    gateway = gateways(tmp_path)
    for first in (0, 100):
        (tmp_path / "v.csv").write_text(vitals(100, first))
        expect_proof(gateway.relay("v.csv", "--interval", 10, "--loss", 10, "--seed", first), 100)
    gateway.wait_for_metric("readings_total", 200)
    assert gateway.metric("missing_readings") == 0
    assert gateway.metric("exchanges_total") == 2
    busy = torgo(tmp_path, "mesh", "enrol", 18, "--card", "18.card", *gateway.places)
    assert busy.returncode == 1 and "already" in busy.stderr
    assert gateway.stop() == 0
    assert "stopped" in gateway.log.read_text()


def test_patience_is_for_what_is_owed_and_not_for_the_next_row(tmp_path, gateways):
    gateway = gateways(tmp_path)
    (tmp_path / "v.csv").write_text(vitals(4))
    expect_proof(gateway.relay("v.csv", "--interval", 4000, "--patience", 3), 4)


def test_a_sensor_enrolled_beside_a_store_that_is_there_loses_no_row(tmp_path, gateways):
    gateway = gateways(tmp_path)
    (tmp_path / "v.csv").write_text(vitals(10))
    expect_proof(gateway.relay("v.csv", "--interval", 5), 10)
    assert gateway.stop() == 0
    # The disk with the secrets died; the readings were brought back.
    shutil.rmtree(tmp_path / "secrets")
    (tmp_path / "17.card").unlink()
    for place in tmp_path.glob("17.card.*"):
        place.unlink()
    done = torgo(tmp_path, "mesh", "enrol", 17, "--card", "17.card", *gateway.places)
    assert done.returncode == 0, done.stderr
    gateway.begin()
    (tmp_path / "w.csv").write_text(vitals(20, 10))
    expect_proof(gateway.relay("w.csv", "--interval", 5), 20)
    gateway.wait_for_metric("readings_total", 20)
    assert gateway.metric("missing_readings") == 0


def test_a_lost_card_is_replaced_and_the_old_one_is_worth_nothing(tmp_path, gateways):  # [CLI-63]
    gateway = gateways(tmp_path)
    (tmp_path / "v.csv").write_text(vitals(10))
    expect_proof(gateway.relay("v.csv", "--interval", 5), 10)
    assert gateway.stop() == 0
    (tmp_path / "17.card").rename(tmp_path / "stolen.card")
    again = torgo(tmp_path, "mesh", "enrol", 17, "--card", "17.card", *gateway.places)
    assert again.returncode == 1 and "--replace" in again.stderr
    assert not (tmp_path / "17.card").exists()
    # A card that cannot be written costs nothing: not the number, and not the card that is there.
    nowhere = torgo(tmp_path, "mesh", "enrol", 18, "--card", "no/where", *gateway.places)
    assert nowhere.returncode != 0
    for words in (["17", "--card", "17.card", "--replace"], ["18", "--card", "18.card"]):
        done = torgo(tmp_path, "mesh", "enrol", *words, *gateway.places)
        assert done.returncode == 0, done.stderr
    gateway.begin()
    (tmp_path / "w.csv").write_text(vitals(20, 10))
    thief = torgo(tmp_path, "mesh", "relay", "w.csv", "--via", gateway.air, "--card",
                  "stolen.card", "--patience", 2)
    assert thief.returncode != 0
    assert gateway.metric("readings_total") == 0
    expect_proof(gateway.relay("w.csv", "--interval", 5), 20)
    assert gateway.metric("missing_readings") == 0


def test_a_run_that_is_broken_off_says_which_rows_would_come_twice(tmp_path, gateways):
    gateway = gateways(tmp_path)
    (tmp_path / "v.csv").write_text(vitals(200))
    relay = gateway.relay_meanwhile("v.csv", "--interval", 50)
    gateway.wait_for_metric("readings_total", 3)
    relay.send_signal(signal.SIGINT)
    _, err = relay.communicate(timeout=TIME_LIMIT_S)
    assert relay.returncode != 0
    assert re.search(r"[0-9]+ rows are safe.*twice", err), err


def test_kill_and_restart_of_a_gateway_lose_nothing_acknowledged(tmp_path, gateways):  # [CLI-49]
    gateway = gateways(tmp_path)
    (tmp_path / "v.csv").write_text(vitals(300))
    relay = gateway.relay_meanwhile("v.csv", "--interval", 10, "--loss", 5)
    gateway.wait_for_metric("readings_total", 1)
    second = gateway.relay("v.csv")  # [CLI-48]
    assert second.returncode == 1 and "already" in second.stderr
    for least in (40, 60, 50):
        gateway.wait_for_metric("readings_total", least)
        gateway.kill()
        gateway.begin()
    out, err = relay.communicate(timeout=TIME_LIMIT_S)
    told = expect_proof(
        subprocess.CompletedProcess([], relay.returncode, stdout=out, stderr=err), 300)
    assert told["exchanges"] == 1  # it went on with the session that it had stored


def test_metrics_are_as_prometheus_wants_them_and_as_the_page_says(tmp_path, gateways):
    gateway = gateways(tmp_path)
    text = gateway.metrics()
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                              text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = dict(re.findall(r"^# TYPE (torgo_mesh_\w+) (\w+)$", text, re.MULTILINE))
    page = dict(re.findall(r"^\| `(torgo_mesh_\w+)` \| (\w+) \|", PAGE.read_text(), re.MULTILINE))
    assert told == page
    refused = torgo(tmp_path, "mesh", "gateway", "--listen", "other", "--metrics", "0.0.0.0:0",
                    "--store", "s", "--state", "t")
    assert refused.returncode == 2 and "loopback" in refused.stderr


def expect_receipts(machine, snapshots):  # RECEIPT-20
    """Of what was enrolled, of each snapshot, and of the gateway once it has ended."""
    rows = objects(machine.must("receipt", "list", "--json").stdout, "receipt")
    assert [one["command"] for one in rows][2:] == (
        ["mesh enrol"] + ["mesh gateway"] * (len(snapshots) + 1))
    assert all(one["outcome"] == "ok" for one in rows)
    *each, whole = [machine.must("receipt", "show", str(one["number"])).stdout
                    for one in rows[3:]]
    assert all(f'hash: "sha256:{snapshot}"' in text
               for snapshot, text in zip(snapshots, each, strict=True))
    assert "readings: 120" in whole and f"snapshots: {len(snapshots)}" in whole


def test_a_snapshot_gives_the_same_rows_back(tmp_path, gateways):  # [CLI-50]
    machine = support.make_machine(tmp_path / "machine")
    gateway = gateways(machine.home, "--snapshot-every", "1")
    (machine.home / "v.csv").write_text(vitals(120))
    expect_proof(gateway.relay("v.csv", "--interval", 30), 120)
    gateway.wait_for_metric("snapshots_total", 1)
    assert gateway.stop() == 0, gateway.log.read_text()
    assert "no snapshot" not in gateway.log.read_text()
    # Each snapshot is a whole store of one moment, also those that were made in the middle of it.
    listed = [json.loads(line) for line in machine.must("snapshots", "--json").stdout.splitlines()]
    made = [one["id"] for one in listed if "mesh" in one.get("tags", [])]
    assert made
    expect_receipts(machine, made)
    for snapshot in made:
        place = machine.home / f"copy-{snapshot[:8]}"
        machine.must("restore", f"{snapshot}:{gateway.places[1]}", "--target", place)
        (machine.home / "one.csv").write_text(vitals(1))
        expect_proof(torgo(machine.home, "mesh", "relay", "one.csv", "--store", place, "--sensor",
                           99, "--json"), 1)
    shutil.rmtree(gateway.places[1])
    machine.must("restore", f"latest:{gateway.places[1]}", "--target", gateway.places[1])
    # The sensor sends again what it sent: the restored gateway has it all and takes none twice.
    gateway.begin()
    assert gateway.metric("sources") == 1
    (machine.home / "w.csv").write_text(vitals(10, 120))
    expect_proof(gateway.relay("w.csv", "--interval", 5), 10)
    gateway.wait_for_metric("readings_total", 10)


def test_a_gateway_that_restarts_saves_what_it_has_though_nothing_new_comes(tmp_path, gateways):
    machine = support.make_machine(tmp_path / "machine")
    gateway = gateways(machine.home)
    (machine.home / "v.csv").write_text(vitals(10))
    expect_proof(gateway.relay("v.csv", "--interval", 5), 10)
    assert gateway.stop() == 0
    gateway.words = ["--snapshot-every", "1"]
    gateway.begin().wait_for_metric("snapshots_total", 1)
    assert gateway.stop() == 0
