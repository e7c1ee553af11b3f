"""Workflow files from the command line: checked, formatted, extracted, signed, and written on."""

import fcntl
import json
import os
import pathlib
import subprocess

TORGO = pathlib.Path(os.environ.get("TORGO", "torgo"))
TIME_LIMIT_S = 60

WORKFLOW = """---
maml_version: "2.0.0"
id: "urn:uuid:3f2a1c44-90ab-4cde-8123-456789abcdef"
type: "workflow"
origin: "agent://night-shift"
permissions:
  read: ["agent://*"]
created_at: 2026-01-02T03:04:05Z
---
## Intent
Count beds.
## Context
ward: 3
## Code_Blocks
```bash
touch ran
```
"""


def torgo(home, *words):
    return subprocess.run(
        [TORGO, *map(str, words)], cwd=home, env={"HOME": str(home), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=TIME_LIMIT_S,
    )


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def workflow(home, text=WORKFLOW):
    path = home / "beds.maml.md"
    path.write_text(text)
    return path


def signed(home):
    path = workflow(home)
    done = torgo(home, "maml", "sign", path, "--key", "maml.key", "--new-key", "--json")
    assert done.returncode == 0, done.stderr
    return path, objects(done)[0]["key_id"]


def test_a_valid_file_is_valid_and_nothing_of_it_runs(tmp_path):
    path = workflow(tmp_path)
    done = torgo(tmp_path, "maml", "validate", "--strict", "--json", path)
    assert done.returncode == 0, done.stderr
    (found,) = objects(done)
    assert found["valid"] and found["blocks"] == 1 and found["type"] == "workflow"
    assert [each.name for each in tmp_path.iterdir()] == ["beds.maml.md"]


def test_a_finding_has_its_place_and_how_to_mend_it(tmp_path):  # [CLI-70] [MAML-3]
    path = workflow(tmp_path, WORKFLOW.replace("type:", "type: &a"))
    done = torgo(tmp_path, "maml", "validate", path)
    assert done.returncode == 1
    assert f"{path}:4:7: error: an anchor (&name); take it out" in done.stdout
    finding = objects(torgo(tmp_path, "maml", "validate", "--json", path))[0]
    assert (finding["line"], finding["column"], finding["rule"]) == (4, 7, "MAML-5")


def test_what_is_let_pass_is_refused_strictly(tmp_path):  # [CLI-70] [MAML-16]
    path = workflow(tmp_path, WORKFLOW.replace('"2.0.0"', '"2.0"'))
    assert torgo(tmp_path, "maml", "validate", path).returncode == 0
    assert torgo(tmp_path, "maml", "validate", "--strict", path).returncode == 1


def test_formatting_says_so_once_and_keeps_a_signature(tmp_path):  # [MAML-51]
    path, key = signed(tmp_path)
    path.write_text(WORKFLOW.replace("Count beds.", "Count beds.  \n\n\n").replace(
        "## Context", "\n## Context").replace("\n", "\r\n"), newline="")
    assert torgo(tmp_path, "maml", "fmt", "--check", path).returncode == 1
    assert torgo(tmp_path, "maml", "fmt", path).returncode == 0
    assert torgo(tmp_path, "maml", "fmt", "--check", path).returncode == 0
    assert path.read_text() == WORKFLOW.replace("## Context", "\n## Context")
    path.write_text(WORKFLOW + "\n\n")
    assert torgo(tmp_path, "maml", "verify", path, "--key-id", key).returncode == 0


def test_samples_come_out_of_a_document(tmp_path):  # [CLI-71] [MAML-60]
    document = tmp_path / "guide.md"
    document.write_text(f"# Guide\n```markdown\n{WORKFLOW}```\nend\n")
    done = torgo(tmp_path, "maml", "extract", document, "--to", "samples")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "samples/guide-L3.maml.md").read_text() == WORKFLOW
    document.write_text("# Guide\n")
    assert torgo(tmp_path, "maml", "extract", document).returncode == 1


def test_a_signature_holds_until_a_word_changes(tmp_path):  # [MAML-52] [MAML-53]
    path, key = signed(tmp_path)
    good = torgo(tmp_path, "maml", "verify", path, "--key-id", key)
    assert good.returncode == 0 and "agent://night-shift" in good.stdout
    assert torgo(tmp_path, "maml", "verify", path, "--key-id", "0" * 64).returncode == 1
    path.write_text(WORKFLOW.replace("touch ran", "touch run"))
    bad = torgo(tmp_path, "maml", "verify", path, "--key-id", key, "--json")
    assert bad.returncode == 1 and objects(bad)[0]["good"] is False


def test_a_key_is_for_its_user_and_never_written_over(tmp_path):  # [MAML-54]
    path, _ = signed(tmp_path)
    key = tmp_path / "maml.key"
    before = key.read_text()
    assert key.stat().st_mode & 0o777 == 0o600
    again = torgo(tmp_path, "maml", "sign", path, "--key", key, "--new-key")
    assert again.returncode == 1 and key.read_text() == before


def test_history_grows_and_a_changed_line_is_found(tmp_path):  # [MAML-31] [MAML-32]
    path, key = signed(tmp_path)
    for text in ["went well", "went well again"]:
        done = torgo(tmp_path, "maml", "history", path, "--verb", "RUN", "--add", text)
        assert done.returncode == 0, done.stderr
    lines = objects(torgo(tmp_path, "maml", "history", path, "--json"))
    assert [line["text"] for line in lines] == ["went well", "went well again"]
    assert torgo(tmp_path, "maml", "verify", path, "--key-id", key).returncode == 0
    path.write_text(path.read_text().replace("went well {", "went bad {"))
    changed = torgo(tmp_path, "maml", "validate", path)
    assert changed.returncode == 1 and "MAML-31" in changed.stdout


def test_a_command_line_without_what_it_needs_is_a_usage_error(tmp_path):
    path = workflow(tmp_path)
    for words in [["sign", path], ["verify", path], ["validate"], ["history", path, "--add", "}"],
                  ["history", path, "--add", ""], ["history", path, "--add="]]:
        assert torgo(tmp_path, "maml", *words).returncode == 2, words


def test_formatting_waits_for_nobody_and_writes_over_nobody(tmp_path):  # [MAML-32]
    path = workflow(tmp_path, WORKFLOW + "\n\n\n")
    lock = tmp_path / ".beds.maml.md.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        busy = torgo(tmp_path, "maml", "fmt", path)
        assert busy.returncode == 1 and "another program" in busy.stderr, busy
        assert path.read_text() == WORKFLOW + "\n\n\n"
    assert torgo(tmp_path, "maml", "fmt", path).returncode == 0
    assert path.read_text() == WORKFLOW


def test_a_file_that_is_changed_keeps_its_link_and_stays_private(tmp_path):
    (tmp_path / "real").mkdir()
    real = tmp_path / "real/w.maml.md"
    real.write_text(WORKFLOW + "\n\n\n")
    real.chmod(0o600)
    path = tmp_path / "beds.maml.md"
    path.symlink_to("real/w.maml.md")
    assert torgo(tmp_path, "maml", "fmt", path).returncode == 0
    assert path.is_symlink() and real.read_text() == WORKFLOW
    assert real.stat().st_mode & 0o777 == 0o600
    assert torgo(tmp_path, "maml", "history", path, "--add", "went well").returncode == 0
    assert path.is_symlink() and "went well" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o600
    real.chmod(0o644)
    assert torgo(tmp_path, "maml", "history", path, "--add", "again").returncode == 0
    assert real.stat().st_mode & 0o777 == 0o644


def test_samples_of_two_documents_do_not_write_over_each_other(tmp_path):
    for name, text in [("guide.v1.md", WORKFLOW), ("guide.v2.md", WORKFLOW.replace("3", "4"))]:
        (tmp_path / name).write_text(f"# Guide\n```markdown\n{text}```\n")
        for _ in range(2):  # the same again is no mistake
            done = torgo(tmp_path, "maml", "extract", name, "--to", "samples")
            assert done.returncode == 0, done.stderr
    assert sorted(each.name for each in (tmp_path / "samples").iterdir()) == [
        "guide.v1-L3.maml.md", "guide.v2-L3.maml.md"]
    (tmp_path / "samples/guide.v1-L3.maml.md").write_text("mine")
    done = torgo(tmp_path, "maml", "extract", "guide.v1.md", "--to", "samples")
    assert done.returncode != 0 and "says something else" in done.stderr
    assert (tmp_path / "samples/guide.v1-L3.maml.md").read_text() == "mine"
