"""`torgo maml run`: blocks in a sandbox, values, permissions, contracts, resume."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from support import TORGO
from workflows import command, outputs, ran, run, write


@pytest.fixture
def home(tmp_path):
    place = tmp_path / "home"
    place.mkdir()
    return place


def test_blocks_in_five_languages_share_values(home):
    report = ran(
        home,
        ("python", "beds = [{'bed': 1, 'rate': 72}, {'bed': 2, 'rate': 130}]\nlimit = 100\n"),
        ("sql", "SELECT json_extract(value, '$.bed') AS bed FROM json_each(:beds)\n"
                "WHERE json_extract(value, '$.rate') > :limit;\n"),
        ("bash", "echo \"first=$(echo \"$rows\" | tr -dc 0-9)\" >>\"$TORGO_OUTPUT\"\n"),
        ("openqasm", 'OPENQASM 3;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\nh q[0];\n'
                     "cx q[0], q[1];\nc = measure q;\n"),
        ("python", "doubled = first * 2\nseen = sorted(quantum_counts)\n"),
    )
    assert report["state"] == "completed"
    assert report["outputs"]["rows"] == [{"bed": 2}]
    assert report["outputs"]["first"] == 2
    assert report["outputs"]["doubled"] == 4
    assert report["outputs"]["seen"] == ["00", "11"]
    assert sum(report["outputs"]["quantum_counts"].values()) == 1024


def test_javascript_shares_values_where_an_interpreter_is_installed(home):
    if not any(pathlib.Path(p).exists() for p in ("/usr/bin/node", "/usr/bin/qjs")):
        pytest.skip("neither node nor qjs is installed here")
    report = ran(home, ("python", "a = [1, 2, 3]\n"),
                 ("javascript", "outputs.sum = values.a.reduce((x, y) => x + y);\n"))
    assert report["outputs"]["sum"] == 6


def test_an_input_is_checked_by_its_schema_and_names_what_does_not_fit(home):
    schema = '## Input_Schema\n{"type": "object", "properties": {"beds": {"type": "integer"}}}\n'
    path = write(home, ("python", "twice = beds * 2\n"), context="beds: 4", sections=schema)
    assert outputs(run(home, "--json", path))["outputs"]["twice"] == 8
    assert outputs(run(home, "--json", path, "--input", "beds=21"))["outputs"]["twice"] == 42
    refused = run(home, path, "--input", "beds=many", code=2)
    assert "Input_Schema" in refused.stderr and "beds" in refused.stderr


def test_an_output_that_does_not_fit_its_schema_fails_the_run(home):
    schema = '## Output_Schema\n{"type": "object", "properties": {"status": {"type": "string"},' \
             '"count": {"type": "integer"}}, "required": ["count"]}\n'
    good = ran(home, ("python", "count = 3\nother = 1\n"), sections=schema)
    assert good["outputs"] == {"count": 3, "status": "completed"}
    bad = ran(home, ("python", "count = 'three'\n"), sections=schema, code=1)
    assert "Output_Schema" in bad["wrong"][0]


def test_a_block_that_raises_names_its_line(home):
    report = ran(home, ("python", "a = 1\n\nraise ValueError('no beds')\n"), code=1)
    assert report["state"] == "failed"
    assert "line 3: ValueError: no beds" in report["wrong"][0]
    assert "block 1 (ward.maml.md:" in report["wrong"][0]


def test_a_block_sees_nothing_of_this_machine(home):  # RUN-21
    secret = home / "secret.txt"
    secret.write_text("pass phrase")
    (home / "vitals.csv").write_text("time,heart_rate\n")
    (home / "other.csv").write_text("not an input\n")
    path = write(
        home,
        ("python", f"""\
            import os, socket, pathlib
            def blocked(act):
                try:
                    act()
                except OSError:
                    return True
                return False
            secret = blocked(lambda: open({str(secret)!r}))
            shadow = blocked(lambda: open("/etc/shadow"))
            home = blocked(lambda: os.listdir({str(home)!r}))
            net = blocked(lambda: socket.create_connection(("127.0.0.1", 22), 1))
            written = blocked(lambda: open("/usr/bin/evil", "w"))
            environment = sorted(k for k in os.environ if "SECRET" in k)
            files = sorted(p.name for p in pathlib.Path("/work").iterdir())
            """),
        context="dataset: vitals.csv",
    )
    report = outputs(run(home, "--json", path, environment={"MY_SECRET": "1"}))
    seen = report["outputs"]
    assert seen["files"] == ["vitals.csv"]
    assert seen["environment"] == []
    for what in ("secret", "shadow", "home", "net", "written"):
        assert seen[what] is True, what
    assert "seccomp" in report["sandbox"]


def test_without_the_words_nothing_runs_outside_of_a_sandbox(home):
    path = write(home, ("python", "import os\nwhere = os.getcwd()\n"))
    run(home, path, "--no-sandbox", "yes", code=2)
    report = outputs(run(home, "--json", path, "--no-sandbox", "I trust this file"))
    assert report["outputs"]["where"] == str(home)
    assert report["sandbox"] == "none"


@pytest.mark.parametrize(
    "words, allowed",
    [((), True), (("--as", "agent://ward7"), True), (("--node", "gateway://other"), False)],
)
def test_execute_is_denied_elsewhere_than_the_file_says(home, words, allowed):  # RUN-3
    path = write(home, ("python", "a = 1\n"))
    done = run(home, path, *words, code=0 if allowed else 1)
    assert allowed or "execute is denied" in done.stderr


def test_a_call_without_the_right_is_refused_and_the_command_does_not_run(home):
    path = write(home, ("python", "import torgo\ntorgo.heal()\n"), write='"agent://somebody"')
    report = outputs(run(home, "--json", path, code=1))
    assert "replace is denied to agent://local" in report["wrong"][0]
    assert "HostError" in report["wrong"][0]


def test_a_service_takes_no_file_that_is_no_input(home):
    (home / "secret.txt").write_text("x")
    report = ran(home, ("python", "import torgo\ntorgo.backup('secret.txt')\n"), code=1)
    assert "no file beside the workflow that its inputs name" in report["wrong"][0]
    report = ran(home, ("python", "import torgo\ntorgo.backup('../../etc/passwd')\n"), code=1)
    assert "no file beside the workflow" in report["wrong"][0]


def test_a_link_beside_the_workflow_leads_nowhere(home):  # RUN-22
    (home / "secret.txt").write_text("pass phrase")
    (home / "link.csv").symlink_to(home / "secret.txt")
    os.mkfifo(home / "fifo.csv")
    seen = "import os\nseen = os.listdir('/work')\n"
    path = write(home, ("python", seen), context="a: link.csv\nb: fifo.csv\nc: ../home")
    assert outputs(run(home, "--json", path))["outputs"]["seen"] == []
    path = write(home, ("python", "import torgo\ntorgo.backup(a)\n"), context="a: link.csv")
    assert "no file beside the workflow" in outputs(run(home, "--json", path, code=1))["wrong"][0]


def test_a_hidden_file_is_no_input(home):
    (home / ".netrc").write_text("machine a password b")
    path = write(home, ("python", "import os\nseen = os.listdir('/work')\n"), context="a: .netrc")
    assert outputs(run(home, "--json", path))["outputs"]["seen"] == []


def test_what_cannot_be_run_is_a_wrong_call(home):  # RUN-1 CLI-75
    path = write(home, ("python", "a = 1\n"), ("ruby", "puts 1\n"))
    assert "ruby" in run(home, path, code=2).stderr
    path.write_text(path.read_text().replace('type: "workflow"', 'type: "receipt"'))
    assert "receipt" in run(home, path, code=2).stderr
    path = write(home, ("python", "a = 1\n"))
    run(home, path, "--resume", "../../x", code=2)


def test_what_is_required_and_missing_is_named_with_how_to_get_it(home):
    path = write(home, ("python", "a = 1\n"),
                 more='requires:\n  libs: ["no_such_lib>=2.0"]\n  tools: ["no-such-tool"]\n'
                      '  resources: ["cuda"]\n')
    done = run(home, path, code=1)
    assert "no_such_lib>=2.0" in done.stderr and "pip install" in done.stderr
    assert "no-such-tool" in done.stderr


SPEC = 'verification:\n  method: "ortac-runtime"\n  level: "strict"\n  spec_files: ["ward.mli"]\n'


def test_a_broken_contract_is_quoted_with_its_values(home):
    (home / "ward.mli").write_text(
        "val ward : int -> int\n(*@ twice = ward beds\n    requires beds > 0\n"
        "    ensures twice = beds * 2 *)\n"
        "val block_1 : int -> int\n(*@ half = block_1 beds\n    ensures half <= beds *)\n")
    good = ("python", "twice = beds * 2\nhalf = 1\n")
    path = write(home, good, context="beds: 4", more=SPEC)
    assert outputs(run(home, "--json", path))["state"] == "completed"
    refused = run(home, path, "--input", "beds=-1", code=2)
    assert "requires beds > 0" in refused.stderr and "-1" in refused.stderr
    wrong = ("python", "twice = beds + 1\nhalf = 1\n")
    bad = ran(home, wrong, context="beds: 4", more=SPEC, code=1)
    assert "ensures twice = beds * 2" in bad["wrong"][0] and "twice = 5" in bad["wrong"][0]
    bad = ran(home, ("python", "twice = 8\nhalf = 9\n"), context="beds: 4", more=SPEC, code=1)
    assert "half <= beds" in bad["wrong"][0] and bad["blocks_run"] == 0


def test_strict_refuses_what_has_no_specification(home):
    path = write(home, ("python", "a = 1\n"), more=SPEC)
    assert "strict" in run(home, path, code=2).stderr
    (home / "ward.mli").write_text("val f : int -> int\n(*@ r = f x ensures r ==== *)\n")
    assert "ward.mli" in run(home, path, code=2).stderr


def test_a_wrong_word_does_not_switch_verification_off(home):
    path = write(home, ("python", "a = 1\n"), more=SPEC.replace('"strict"', '"Strict"'))
    assert "MAML-13" in run(home, path, code=2).stderr or "level" in run(home, path, code=2).stderr
    for name in ("block_2", "block_0", "block_01"):
        (home / "ward.mli").write_text(
            f"val {name} : int -> int\n(*@ r = {name} x ensures r > 0 *)\n")
        path = write(home, ("python", "a = 1\n"), more=SPEC)
        assert f"{name} is about no block" in run(home, path, code=2).stderr


def test_values_have_a_limit_and_what_was_before_is_kept(home):  # RUN-20
    report = ran(home, ("python", "a = 1\n"), ("python", "b = 'x' * 600_000\n"), code=1)
    assert "at most 512 KiB" in report["wrong"][0] and report["blocks_run"] == 1


def test_a_line_of_history_does_not_end_the_way_back_into_a_run(home):
    (home / "step.txt").write_text("stop")
    source = "assert open('step.txt').read() == 'go'\n"
    path = write(home, ("python", "a = 1\n"), ("python", source), context="file: step.txt")
    failed = outputs(run(home, "--json", "--history", path, code=1))
    assert "[RUN] failed run" in path.read_text()
    (home / "step.txt").write_text("go")
    assert outputs(run(home, "--json", path, "--resume", failed["run"]))["state"] == "completed"
    refused = run(home, path, "--resume", failed["run"], "--as", "agent://other", code=1)
    assert "another run, caller or node" in refused.stderr


def test_time_ends_a_circuit_too(home):  # RUN-31
    gates = "".join(f"h q[{i % 26}];\nt q[{i % 26}];\n" for i in range(20_000))
    circuit = ("openqasm", 'OPENQASM 3;\ninclude "stdgates.inc";\nqubit[26] q;\n' + gates)
    began = time.monotonic()
    report = outputs(run(home, "--json", write(home, circuit), "--timeout", 2, code=1))
    assert "was not done after 2 seconds" in report["wrong"][0]
    assert time.monotonic() - began < 60


def test_a_run_that_failed_goes_on_behind_its_last_block(home):
    (home / "step.txt").write_text("stop")
    blocks = [
        ("python", "import time\ncounted = 1\nmade = time.time_ns()\n"),
        ("python", "if open('step.txt').read() == 'stop':\n    raise RuntimeError('not yet')\n"
                   "counted += 1\n"),
    ]
    path = write(home, *blocks, context="file: step.txt")
    failed = outputs(run(home, "--json", path, code=1))
    assert failed["blocks_run"] == 1
    (home / "step.txt").write_text("go")
    done = outputs(run(home, "--json", path, "--resume", failed["run"]))
    assert done["state"] == "completed" and done["outputs"]["counted"] == 2
    path.write_text(path.read_text().replace("A test.", "Another."))
    refused = run(home, path, "--resume", failed["run"], code=1)
    assert "another than when this run began" in refused.stderr


def test_contracts_are_signed_with_their_workflow_and_kept_by_a_resumed_run(home):  # MAML-53
    contract = "val ward : int -> int\n(*@ twice = ward beds\n    ensures twice > 0 *)\n"
    spec = home / "ward.mli"
    spec.write_text(contract)
    (home / "step.txt").write_text("stop")
    blocks = [("python", "twice = beds * 2\n"),
              ("python", "if open('step.txt').read() == 'stop':\n    raise RuntimeError('no')\n")]
    path = write(home, *blocks, context="beds: 4\nfile: step.txt", more=SPEC)
    signed = command(home, "maml", "sign", path, "--key", "maml.key", "--new-key", "--json")
    key = next(json.loads(line)["key_id"] for line in signed.stdout.splitlines())
    failed = outputs(run(home, "--json", path, "--trust", key, code=1))
    assert failed["blocks_run"] == 1
    (home / "step.txt").write_text("go")
    spec.write_text(contract.replace("> 0", "> -9"))
    assert "contracts" in run(home, path, "--trust", key, code=1).stderr
    assert "contracts" in run(home, path, "--resume", failed["run"], code=1).stderr
    assert "contracts" in command(home, "maml", "verify", path, "--key-id", key, code=1).stdout
    spec.unlink()
    run(home, path, "--trust", key, code=1)
    unsigned = command(home, "maml", "sign", path, "--key", "maml.key", code=2).stderr
    assert "there is no regular file ward.mli" in unsigned
    spec.write_text(contract)
    again = run(home, "--json", path, "--trust", key, "--resume", failed["run"])
    assert outputs(again)["state"] == "completed"


def test_a_file_that_is_not_signed_by_the_trusted_key_is_not_run(home):  # RUN-2
    path = write(home, ("python", "a = 1\n"))
    signed = command(home, "maml", "sign", path, "--key", "maml.key", "--new-key", "--json")
    key = next(json.loads(line)["key_id"] for line in signed.stdout.splitlines())
    run(home, path, "--trust", key)
    run(home, path, "--trust", "00" * 32, code=1)
    path.write_text(path.read_text().replace("a = 1", "a = 2"))
    run(home, path, "--trust", key, code=1)


def test_time_ends_a_block_and_all_that_it_started(home):  # RUN-31
    path = write(home, ("bash", "sleep 987 &\nsleep 987\n"))
    began = time.monotonic()
    report = outputs(run(home, "--json", path, "--timeout", 3, code=1))
    assert time.monotonic() - began < 30
    assert report["state"] == "failed"
    left = subprocess.run(["pgrep", "-f", "sleep 987"], capture_output=True, text=True, check=False)
    assert left.stdout == ""


def test_ctrl_c_stops_a_run_at_once_and_says_how_to_go_on(home):
    path = write(home, ("python", "a = 1\n"), ("python", "import time\ntime.sleep(600)\n"))
    process = subprocess.Popen(
        [TORGO, "maml", "run", "--json", str(path)], cwd=home, text=True,
        env={"HOME": str(home), "PATH": os.environ["PATH"]}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    for line in process.stdout:
        event = json.loads(line)
        if event.get("what") == "block_began" and event["block"] == 2:
            break
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, (out, err)
    report = next(json.loads(l) for l in out.splitlines() if "maml_run" in l)
    assert report["state"] == "cancelled" and report["blocks_run"] == 1


def test_a_worker_that_reads_nothing_holds_nobody_up(home):
    flood = """\
        import os, struct
        frame = b'{"call":"nobody","arguments":{}}'
        print("flooding", flush=True)
        while True:
            os.write(3, struct.pack(">I", len(frame)) + frame)
    """
    process = subprocess.Popen(
        [TORGO, "maml", "run", "--json", write(home, ("python", flood))], cwd=home, text=True,
        env={"HOME": str(home), "PATH": os.environ["PATH"]}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    time.sleep(5)  # until the answers that nobody reads fill the socket
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 20
    assert process.returncode == 130, (out, err)


def test_without_a_sandbox_a_block_may_print_much(home):
    path = write(home, ("python", "print('x' * 500_000)\na = 1\n"))
    report = outputs(run(home, "--json", path, "--no-sandbox", "I trust this file",
                         "--timeout", 60))
    assert report["outputs"]["a"] == 1


def test_a_specification_that_is_no_regular_file_is_missing(home):
    os.mkfifo(home / "ward.mli")
    path = write(home, ("python", "a = 1\n"), more=SPEC)
    assert "no regular file ward.mli" in run(home, path, code=2).stderr


def test_two_processes_take_no_run_up_at_once(home):
    (home / "step.txt").write_text("stop")
    source = "import time\nif open('step.txt').read() == 'stop':\n    raise RuntimeError()\n" \
             "time.sleep(600)\n"
    path = write(home, ("python", "a = 1\n"), ("python", source), context="file: step.txt")
    failed = outputs(run(home, "--json", path, code=1))
    (home / "step.txt").write_text("go")
    first = subprocess.Popen([TORGO, "maml", "run", "--json", str(path), "--resume", failed["run"]],
                             cwd=home, env={"HOME": str(home), "PATH": os.environ["PATH"]},
                             stdout=subprocess.PIPE, text=True)
    for line in first.stdout:
        if json.loads(line).get("what") == "block_began":
            break
    assert "still under way" in run(home, path, "--resume", failed["run"], code=1).stderr
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=30) == 130


def test_ticket_record_and_receipt_are_left(home):  # RUN-44
    path = write(home, ("python", "a = 1\n"))
    report = outputs(run(home, "--json", path))
    folder = home / ".local/state/torgo/workflows" / report["run"]
    assert folder.stat().st_mode & 0o777 == 0o700
    ticket = (folder / "ticket").read_text().splitlines()
    assert ticket[0] == "torgo-maml-ticket 1" and ticket[-1].startswith("signature ")
    assert "status completed" in (folder / "record").read_text()
    assert '"what":"block_ended"' in (folder / "trace.jsonl").read_text()
    listed = subprocess.run([TORGO, "receipt", "list", "--json"], cwd=home, capture_output=True,
                            env={"HOME": str(home), "PATH": os.environ["PATH"]}, text=True,
                            check=True)
    assert "maml run" in listed.stdout
