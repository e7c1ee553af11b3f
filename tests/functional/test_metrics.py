"""What a node tells Prometheus: judged by Prometheus's own tools, and by what our page says."""

import json
import pathlib
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import nodes as network
import pytest
import support

COUNT = 4
PROMETHEUS_LIMIT_S = 60
POLL_S = 0.1
PAGE = pathlib.Path(__file__).parents[2] / "docs/network.md"


@pytest.fixture
def four(tmp_path):
    """Four nodes, each with `metrics`, the address where it tells them."""

    def begin(node):
        node.metrics = f"127.0.0.1:{support.free_port()}"
        return node.begin("--metrics", node.metrics)

    yield from network.served(tmp_path, begin=begin)


def page_of(node):
    with urllib.request.urlopen(f"http://{node.metrics}/metrics", timeout=10) as page:
        return page.read().decode()


def needs(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed (Debian: prometheus)")


def expect_promtool_finds_nothing(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_promtool_finds_nothing_to_complain_about(four, tmp_path):
    needs("promtool")
    expect_promtool_finds_nothing(page_of(four[0]))  # nothing has been asked yet
    network.machine_on(four, tmp_path / "home")
    text = page_of(four[0])
    assert re.search(r'^torgo_node_requests_total\{kind="put_segment",outcome="ok"\} [1-9]', text,
                     re.MULTILINE), text
    expect_promtool_finds_nothing(text)


def told(text):
    """Metric: its type and labels, as a node tells them; None where nothing was counted yet."""
    labels = {name: set() for name in re.findall(r"^(torgo_\w+) ", text, re.MULTILINE)}
    for name, inside in re.findall(r"^(torgo_\w+)\{([^}]*)\} ", text, re.MULTILINE):
        name = re.sub(r"_(bucket|sum|count)$", "", name)
        labels.setdefault(name, set()).update(re.findall(r'(\w+)="', inside))
    return {name: (kind, labels.get(name))
            for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)}


def documented():
    """The same, as the page has them."""
    rows = re.findall(r"^\| `(torgo_\w+)` \| (\w+) \| ([^|]*)\| [^|]+ \|$", PAGE.read_text(),
                      re.MULTILINE)
    return {name: (kind, set(re.findall(r"\w+", labels))) for name, kind, labels in rows}


def test_the_page_lists_every_metric_with_its_type_and_labels(four, tmp_path):
    network.machine_on(four, tmp_path / "home")
    has, should = told(page_of(four[0])), documented()
    assert {name: kind for name, (kind, _) in has.items()} == {
        name: kind for name, (kind, _) in should.items()}
    for name, (_, labels) in has.items():
        assert labels is None or labels == should[name][1], name


class Prometheus:
    """A Prometheus of its own that asks each node every second."""

    def __init__(self, folder, targets):
        self.address = f"127.0.0.1:{support.free_port()}"
        self.log = folder / "prometheus.log"
        config = folder / "prometheus.yml"
        config.write_text(json.dumps({  # JSON is YAML
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "torgo", "static_configs": [{"targets": targets}]}],
        }))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
                 f"--web.listen-address={self.address}"],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def ask(self, query):
        """instance: value; nothing while it is not up."""
        words = urllib.parse.urlencode({"query": query})
        try:
            with urllib.request.urlopen(f"http://{self.address}/api/v1/query?{words}",
                                        timeout=10) as page:
                answer = json.load(page)
        except (urllib.error.URLError, ConnectionError):
            return {}
        return {one["metric"]["instance"]: float(one["value"][1])
                for one in answer["data"]["result"]}

    def wait_until(self, query, good):
        end = time.monotonic() + PROMETHEUS_LIMIT_S
        while not good(last := self.ask(query)):
            assert time.monotonic() < end, f"{query} is {last}\n{self.log.read_text()}"
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(POLL_S)
        return last

    def end(self):
        self.process.terminate()
        self.process.wait()


def test_a_prometheus_scrapes_four_nodes_and_sees_a_backup(four, tmp_path):
    needs("prometheus")
    targets = [node.metrics for node in four]
    seen = Prometheus(tmp_path, targets)
    try:
        seen.wait_until("up", lambda up: up == dict.fromkeys(targets, 1.0))
        network.machine_on(four, tmp_path / "home")
        puts = 'torgo_node_requests_total{kind="put_root",outcome="ok"}'
        seen.wait_until(puts, lambda count: len(count) == COUNT and min(count.values()) > 0)
        for metric in ("torgo_node_received_bytes_total", "torgo_node_stored_bytes",
                       "torgo_server_handshakes_total",
                       'torgo_node_request_seconds_count{kind="put_segment"}'):
            seen.wait_until(metric, lambda got: len(got) == COUNT and min(got.values()) > 0)
        four[2].kill()
        seen.wait_until("up", lambda up: up == {**dict.fromkeys(targets, 1.0),
                                                four[2].metrics: 0.0})
    finally:
        seen.end()
