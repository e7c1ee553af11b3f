"""Runs clang-tidy over the C++ sources, several at once, and remembers what is clean.

clang_tidy.py --build FOLDER --cache FOLDER --jobs N --toolchain NAME [--deep] [FILE...]

FOLDER of --build holds compile_commands.json. A source is clean for as long as its bytes, those of
every header of the repository it includes, its compile command, .clang-tidy and the toolchain are
the same; then it is not looked at again. Status 1 when anything was found. --deep adds clang's
static analyzer, which doubles the time. Tests are left to the compiler: most of what is found there
is in the macros of GoogleTest.
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

PROGRAM = "clang-tidy-19"
DEEP = "clang-analyzer-core.*,clang-analyzer-cplusplus.*,clang-analyzer-unix.*"
ROOT = pathlib.Path(__file__).resolve().parent.parent
QUOTED = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


class Digests:
    """Hashes of files together with the repository's headers they include, each file read once."""

    def __init__(self, root):
        self.root = root
        self.contents = {}
        self.included = {}

    def read(self, path):
        if path not in self.contents:
            data = path.read_bytes()
            self.contents[path] = hashlib.sha256(data).hexdigest()
            self.included[path] = [
                found
                for name in QUOTED.findall(data)
                for found in self.find(path, name.decode())
            ]
        return self.included[path]

    def find(self, path, name):
        for folder in (self.root / "src", self.root, path.parent):
            if (folder / name).is_file():
                return [(folder / name).resolve()]
        return []

    def of(self, path):
        """One hash over a file and all it includes, however deep."""
        seen, open_ends = set(), [path]
        while open_ends:
            file = open_ends.pop()
            if file not in seen:
                seen.add(file)
                open_ends.extend(self.read(file))
        return "".join(sorted(self.contents[file] for file in seen))


def sources(build, root, wanted):
    """Compile command of each source of the repository; none that the build made itself."""
    commands = json.loads((build / "compile_commands.json").read_text())
    found = {}
    for entry in commands:
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        written = path.is_relative_to(root) and not path.is_relative_to(root / "build")
        if written and not path.stem.endswith("_test") and (not wanted or path in wanted):
            found[path] = entry["command"].replace(str(root), "")
    return found


def run(path, arguments):
    command = [PROGRAM, "-p", str(arguments.build), "--quiet", str(path)]
    if arguments.deep:
        command.append(f"--checks={DEEP}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    output = done.stdout + ("" if done.returncode == 0 else done.stderr)
    if done.returncode < 0:
        output += f"{PROGRAM} was ended by signal {-done.returncode}\n"
    return done.returncode, output


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--toolchain", default="")
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    return parser.parse_args()


def stale(arguments, digests):
    """The sources not known to be clean, each with the name of its mark."""
    config = (ROOT / ".clang-tidy").read_text() + arguments.toolchain + DEEP * arguments.deep
    wanted = {file.resolve() for file in arguments.files}
    commands = sources(arguments.build.resolve(), ROOT, wanted)
    for path, command in sorted(commands.items()):
        key = hashlib.sha256((config + command + digests.of(path)).encode()).hexdigest()
        if not (arguments.cache / key).exists():
            yield path, arguments.cache / key


def main():
    arguments = parse_arguments()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    todo = list(stale(arguments, Digests(ROOT)))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda item: (*item, *run(item[0], arguments)), todo)
        for path, mark, status, output in results:
            if status == 0:
                mark.touch()
            else:
                failed += 1
                print(f"{path.relative_to(ROOT)}:\n{output}", flush=True)
    print(f"{len(todo)} looked at, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
