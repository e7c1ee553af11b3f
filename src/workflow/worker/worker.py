"""Runs blocks of a workflow, within the sandbox: docs/spec/workflow.md 5.

Descriptor 3 is the only way out. Frames on it are a length (four bytes, big-endian) and one JSON
object. What this program says is believed by nobody: permissions, limits and types are the host's.
"""

import contextlib
import io
import json
import math
import os
import sqlite3
import struct
import subprocess
import sys
import traceback
import types

HOST = 3
FRAME_MAX = 1 << 20
INTEGER_MAX = (1 << 63) - 1
OUTPUT = "/tmp/.torgo-output"
JAVASCRIPT = ("/usr/bin/node", "/usr/bin/qjs")
# Of what JavaScript's two interpreters have in common: a script, its input, one more descriptor.
JAVASCRIPT_FRAME = """
const _torgo = (function () {
  if (typeof process === 'object') {
    const fs = require('fs');
    return {
      read: () => fs.readFileSync(0, 'utf8'),
      write: (text) => fs.writeSync(RESULT_DESCRIPTOR, text),
    };
  }
  return {
    read: () => std.in.readAsString(),
    write: (text) => { const f = std.fdopen(RESULT_DESCRIPTOR, 'w'); f.puts(text); f.close(); },
  };
})();
const values = JSON.parse(_torgo.read());
const outputs = {};
(function () {
BLOCK
})();
_torgo.write(JSON.stringify(outputs));
"""


class HostError(Exception):
    """What the host refused, or could not do."""


class Unfit(Exception):
    """A value that cannot be handed on."""


# --- the host -------------------------------------------------------------------------------------


def read_exactly(size):
    data = b""
    while len(data) < size:
        piece = os.read(HOST, size - len(data))
        if not piece:
            os._exit(0)  # the host has gone
        data += piece
    return data


def receive():
    (size,) = struct.unpack(">I", read_exactly(4))
    return json.loads(read_exactly(size))


def send(message):
    body = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
    if len(body) > FRAME_MAX:
        raise Unfit(f"{len(body)} bytes leave this block; at most {FRAME_MAX} may")
    data = struct.pack(">I", len(body)) + body
    while data:
        data = data[os.write(HOST, data) :]


def call(service, **arguments):
    """Asks the host for a service, and waits for what it gives."""
    send({"call": service, "arguments": typed(arguments, "arguments")})
    answer = receive()
    if "error" in answer:
        raise HostError(answer["error"])
    return answer["result"]


# --- values ---------------------------------------------------------------------------------------


def typed(value, where):
    """The JSON value that `value` is. Raises Unfit for what is none."""
    if value is None or isinstance(value, (bool, str)):
        return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
    if isinstance(value, int):
        if not -INTEGER_MAX - 1 <= value <= INTEGER_MAX:
            raise Unfit(f"{where} has more than 64 bits")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unfit(f"{where} is {value}, which is no JSON")
        return float(value)
    if isinstance(value, (list, tuple)):
        return [typed(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict):
        return {str(key): typed(item, f"{where}.{key}") for key, item in value.items()}
    raise Unfit(f"{where} is a {type(value).__name__}")


def is_data(value):
    return value is None or isinstance(value, (bool, int, float, str, list, tuple, dict))


def circuit_text(value):
    """OpenQASM of a Qiskit circuit; None of anything else."""
    qiskit = sys.modules.get("qiskit")
    if qiskit is None or not isinstance(value, qiskit.QuantumCircuit):
        return None
    from qiskit import qasm3

    return qasm3.dumps(value)


# --- blocks ---------------------------------------------------------------------------------------


def run_python(source, name, values):
    space = {"__name__": "__main__", "__builtins__": __builtins__, **values}
    exec(compile(source, name, "exec"), space)
    given, circuits = {}, {}
    for key, value in space.items():
        if key.startswith("_"):
            continue
        if is_data(value):
            given[key] = typed(value, key)
        elif (text := circuit_text(value)) is not None:
            circuits[key] = text
    return {"values": given, "circuits": circuits}


def statements(source):
    """SQL by statement, each with what ends it."""
    text = ""
    for line in source.splitlines(keepends=True):
        text += line
        while True:
            for at, sign in enumerate(text):
                if sign == ";" and sqlite3.complete_statement(text[: at + 1]):
                    yield text[: at + 1]
                    text = text[at + 1 :]
                    break
            else:
                break
    if text.strip():
        yield text


def run_sql(source, name, values):
    """All statements on one database in memory. Names `:x` are values; what the last query gives
    is the value `rows`."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.row_factory = sqlite3.Row
    bound = {
        key: json.dumps(value) if isinstance(value, (list, dict)) else value
        for key, value in values.items()
    }
    rows = None
    for statement in statements(source):
        cursor = database.execute(statement, bound)
        if cursor.description is not None:
            rows = [dict(row) for row in cursor.fetchall()]
    return {"values": {} if rows is None else {"rows": typed(rows, "rows")}}


def run_program(arguments, source_input, environment=None):
    """Runs a program of the sandbox; what it wrote to its own descriptor."""
    out, into = os.pipe()
    with open(out, "rb") as result:
        try:
            process = subprocess.Popen(
                [word.replace("RESULT_DESCRIPTOR", str(into)) for word in arguments],
                stdin=subprocess.PIPE,
                pass_fds=(into,),
                env=environment if environment is not None else {"PATH": "/usr/bin:/bin"},
            )
        finally:
            os.close(into)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(source_input.encode())
            process.stdin.close()
        said = result.read(FRAME_MAX + 1)
        status = process.wait()
    if status != 0:
        how = f"signal {-status}" if status < 0 else f"exit code {status}"
        raise RuntimeError(f"{os.path.basename(arguments[0])} ended with {how}")
    if len(said) > FRAME_MAX:
        raise Unfit(f"more than {FRAME_MAX} bytes leave this block")
    return said.decode("utf-8", "replace")


def run_javascript(source, name, values):
    program = next((path for path in JAVASCRIPT if os.access(path, os.X_OK)), None)
    if program is None:
        raise RuntimeError("neither node nor qjs is installed (Debian: nodejs or quickjs)")
    script = JAVASCRIPT_FRAME.replace("BLOCK", source)
    words = [program, "-e", script]
    if program.endswith("qjs"):
        words.insert(1, "--std")
    said = run_program(words, json.dumps(values))
    return {"values": typed(json.loads(said or "{}"), "outputs")}


def run_bash(source, name, values):
    """Values are variables of the environment. Lines `NAME=VALUE` that the block appends to
    $TORGO_OUTPUT become values: JSON where the text is JSON, else texts."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/work", "LANG": "C.UTF-8"}
    for key, value in values.items():
        environment[key] = value if isinstance(value, str) else json.dumps(value)
    environment["TORGO_OUTPUT"] = OUTPUT
    open(OUTPUT, "w").close()
    run_program(["/bin/bash", "-euo", "pipefail", "-c", source], "", environment)
    with open(OUTPUT, encoding="utf-8", errors="replace") as file:
        said = file.read(FRAME_MAX)
    given = {}
    for line in said.splitlines():
        key, equals, text = line.partition("=")
        if not equals or not key.isidentifier():
            raise RuntimeError(f"$TORGO_OUTPUT has a line that is not NAME=VALUE: {line[:80]!r}")
        try:
            given[key] = typed(json.loads(text), key)
        except ValueError:
            given[key] = text
    return {"values": given}


LANGUAGES = {
    "python": run_python,
    "sql": run_sql,
    "bash": run_bash,
    "javascript": run_javascript,
}


def fault(problem, name):
    """What is told of an exception: its kind, its words, and the block's line."""
    line = 0
    for frame in traceback.extract_tb(problem.__traceback__):
        if frame.filename == name:
            line = frame.lineno or 0
    if isinstance(problem, SyntaxError) and problem.filename == name:
        line = problem.lineno or 0
    return {
        "exception": type(problem).__name__,
        "text": str(problem).encode("utf-8", "replace").decode()[:2000],
        "line": line,
    }


def flush():
    """What a block printed is there before its end is told."""
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()


def run_block(order):
    name = order["name"]
    try:
        done = LANGUAGES[order["language"]](order["source"], name, order["values"])
        flush()
        send({"done": done})
    except SystemExit as ended:
        flush()
        if ended.code in (None, 0):
            send({"done": {"values": {}}})
        else:
            send({"raised": {"exception": "SystemExit", "text": str(ended.code), "line": 0}})
    except BaseException as problem:  # whatever a block raises is its own
        flush()
        send({"raised": fault(problem, name)})


def main(start):
    host = types.ModuleType("torgo_host")
    host.call, host.HostError = call, HostError
    sys.modules["torgo_host"] = host
    for name, source in start["modules"].items():
        module = types.ModuleType(name)
        sys.modules[name] = module
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    for name in start["imports"]:
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            __import__(name)
    send({"ready": True})
    while True:
        run_block(receive()["run"])
