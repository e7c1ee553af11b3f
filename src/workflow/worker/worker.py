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
JAVASCRIPT_INTEGER_MAX = (1 << 53) - 1
SHELL_TEXT_MAX = 100 << 10  # of one variable; Linux takes 128 KiB with its name
SHELL_NAMES = {"ENV", "EUID", "HOME", "IFS", "LANG", "PATH", "PPID", "PS4", "SHELLOPTS", "UID"}
SHELL_PREFIXES = ("BASH", "LC_", "LD_", "TORGO_")
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
        names = {str(key): typed(item, f"{where}.{key}") for key, item in value.items()}
        if len(names) != len(value):
            raise Unfit(f"{where} has two keys that are one text")
        return names
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
            columns = [column[0] for column in cursor.description]
            for column in columns:
                if columns.count(column) > 1:
                    raise Unfit(f"two columns are named {column}: give one another name with AS")
            rows = [dict(row) for row in cursor.fetchall()]
    return {"values": {} if rows is None else {"rows": typed(rows, "rows")}}


@contextlib.contextmanager
def scratch_file():
    """A new file that nobody else has; its path and its descriptor."""
    path = f"/tmp/.torgo-{os.getpid()}-{os.urandom(8).hex()}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        yield path, descriptor
    finally:
        os.close(descriptor)
        os.unlink(path)


def read_scratch(descriptor):
    said = os.pread(descriptor, FRAME_MAX + 1, 0)
    if len(said) > FRAME_MAX:
        raise Unfit(f"more than {FRAME_MAX} bytes leave this block")
    return said.decode("utf-8", "replace")


def run_program(arguments, source_input, environment, **more):
    """Runs a program of the sandbox to its end; what it has started and left goes with us."""
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, env=environment, **more)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(source_input.encode())
        process.stdin.close()
    status = process.wait()
    if status != 0:
        how = f"signal {-status}" if status < 0 else f"exit code {status}"
        raise RuntimeError(f"{os.path.basename(arguments[0])} ended with {how}")


def check_for_javascript(value, where):
    """JavaScript has one kind of number: integers above 2^53 would become others."""
    if isinstance(value, int) and abs(value) > JAVASCRIPT_INTEGER_MAX:
        raise Unfit(f"{where} is {value}, which JavaScript cannot hold: hand it on as a text")
    for key, item in value.items() if isinstance(value, dict) else ():
        check_for_javascript(item, f"{where}.{key}")
    for at, item in enumerate(value if isinstance(value, list) else ()):
        check_for_javascript(item, f"{where}[{at}]")


def run_javascript(source, name, values):
    program = next((path for path in JAVASCRIPT if os.access(path, os.X_OK)), None)
    if program is None:
        raise RuntimeError("neither node nor qjs is installed (Debian: nodejs or quickjs)")
    check_for_javascript(values, "values")
    with scratch_file() as (_, result):
        script = JAVASCRIPT_FRAME.replace("RESULT_DESCRIPTOR", str(result))
        words = [program, "-e", script.replace("BLOCK", source)]
        if program.endswith("qjs"):
            words.insert(1, "--std")
        run_program(words, json.dumps(values), {"PATH": "/usr/bin:/bin"}, pass_fds=(result,))
        outputs = json.loads(read_scratch(result) or "{}")
    check_for_javascript(outputs, "outputs")
    return {"values": typed(outputs, "outputs")}


def shell_environment(values):
    """Values as variables. What none can be is left out, so that its use is an error (bash -u)."""
    environment = {}
    for key, value in values.items():
        if key in SHELL_NAMES or key.startswith(SHELL_PREFIXES):
            raise Unfit(f"{key} means something to bash: give that value another name")
        text = value if isinstance(value, str) else json.dumps(value)
        if "\0" not in text and len(text.encode()) <= SHELL_TEXT_MAX:
            environment[key] = text
    return environment


def no_constant(word):
    raise ValueError(word)  # NaN and Infinity are no JSON


def run_bash(source, name, values):
    """Values are variables of the environment. Lines `NAME=VALUE` that the block appends to
    $TORGO_OUTPUT become values: JSON where the text is JSON, else texts."""
    environment = shell_environment(values)
    environment.update({"PATH": "/usr/bin:/bin", "HOME": "/work", "LANG": "C.UTF-8"})
    with scratch_file() as (path, output):
        environment["TORGO_OUTPUT"] = path
        run_program(["/bin/bash", "-euo", "pipefail", "-c", source], "", environment)
        said = read_scratch(output)
    given = {}
    for line in said.splitlines():
        key, equals, text = line.partition("=")
        if not equals or not key.isidentifier():
            raise RuntimeError(f"$TORGO_OUTPUT has a line that is not NAME=VALUE: {line[:80]!r}")
        try:
            given[key] = typed(json.loads(text, parse_constant=no_constant), key)
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
