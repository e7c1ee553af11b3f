"""What the tests of `torgo maml run` share."""

import json
import os
import pathlib
import subprocess
import textwrap

from support import TORGO

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "examples" / "maml"
# The workflow that the original specification shows; it lies outside of the project.
ORIGINAL = REPOSITORY.parent / "shared" / "data" / "maml" / "emergency_workflow.maml.md"

HEAD = """\
---
maml_version: "2.0.0"
id: "urn:uuid:0b8f8a3e-52a4-4b52-9d41-5a1f0c5d7a11"
type: "workflow"
origin: "agent://ward7"
permissions:
  read: [{read}]
  write: [{write}]
  execute: ["gateway://local"]
{more}created_at: 2026-11-22T08:00:00Z
---
## Intent
A test.
## Context
{context}
## Code_Blocks
{blocks}
"""


def run(home, *words, code=0, environment=None):
    done = subprocess.run(
        [TORGO, "maml", "run", *map(str, words)],
        cwd=home,
        env={"HOME": str(home), "PATH": os.environ["PATH"], **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def write(home, *blocks, context="", more="", sections="", read='"agent://*"', write='"agent://*"'):
    text = HEAD.format(
        read=read, write=write, more=more, context=context,
        blocks="\n".join(
            f"```{language}\n{textwrap.dedent(source)}```" for language, source in blocks
        ),
    )
    path = home / "ward.maml.md"
    path.write_text(text + sections)
    return path


def outputs(done):
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    return next(o for o in objects if o["message_type"] == "maml_run")


def ran(home, *blocks, code=0, words=(), **more):
    return outputs(run(home, "--json", write(home, *blocks, **more), *words, code=code))


def command(home, *words, code=0):
    done = subprocess.run([TORGO, *map(str, words)], cwd=home, capture_output=True, text=True,
                          env=environment_of(home), timeout=120, check=False)
    assert done.returncode == code, (words, done.stdout, done.stderr)
    return done


def environment_of(home):
    return {"HOME": str(home), "PATH": os.environ["PATH"], "TORGO_PASSWORD": "correct horse",
            "TORGO_REPO": str(home / "hospital.torgo")}


def run_original(home, python, environment, environment_after=None):
    """The original specification's workflow, a CSV and a specification beside it."""
    (home / ORIGINAL.name).write_bytes(ORIGINAL.read_bytes())
    (home / "vitals_mars_colony.csv").write_bytes((EXAMPLES / "vitals.csv").read_bytes())
    (home / "emergency_spec.mli").write_text(
        "val emergency_workflow : dataset:string -> string\n"
        "(*@ status = emergency_workflow ~dataset\n"
        "    requires String.length dataset > 4\n    ensures status = \"completed\" *)\n")
    report = outputs(run(home, "--json", ORIGINAL.name, "--as", "agent://torgo-agent", "--node",
                         "gateway://torgo-cluster", "--python", python, environment=environment))
    assert report["state"] == "completed"
    assert report["outputs"]["status"] == "completed"
    assert sum(report["outputs"]["quantum_counts"].values()) == 1024
    assert (home / ORIGINAL.name).read_bytes() == ORIGINAL.read_bytes()
    dumped = subprocess.run([TORGO, "dump", "latest", home / "vitals_mars_colony.csv"], cwd=home,
                            env=environment_after or environment, check=True, capture_output=True)
    assert dumped.stdout == (EXAMPLES / "vitals.csv").read_bytes()
