"""Lints the repository for what no compiler checks; docs/STYLE.md has the reasons.

tidy.py [REPOSITORY]   prints one line a finding, exit status 1 if there is one

Lengths (lines, files, functions), a source's first include, words that belong behind env or
nowhere, white space, and the numbered MUSTs of docs/spec that no code and no test names.
"""

import ast
import pathlib
import re
import subprocess
import sys

LINE_COLUMNS_MAX = 100
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70

CPP = {".cpp", ".hpp"}
CODE = CPP | {".py", ".sh", ".awk", ".cmake"}
CODE_NAMES = {"dev", "CMakeLists.txt", "run"}
# Made by programs, or bytes: nothing in them is a matter of style.
NOT_WRITTEN = re.compile(r"^(fuzz/corpus|tests/vectors|sim/seeds)/|\.(png|bin|gz|zst)$")

# The world outside comes in by src/env only; src/sys is the one place that touches it.
WORLD = re.compile(r"\b(system_clock|high_resolution_clock|random_device|this_thread)\b")
WORLD_ALLOWED = re.compile(r"^src/sys/")
# Split here, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
ONE_MACHINE = re.compile(r"(?<![\w.$}/*~-])/(" + "|".join(["wo" + "rk", "ro" + "ot"]) + r")/")

TAG = re.compile(r"\*\*\[([A-Z][A-Z0-9]*-\d+)\]\*\*")
TAG_READERS = re.compile(r"^(src|tests|sim|apps|fuzz)/")


def repository_files(root):
    """Committed and new files, as paths relative to the root; all files where there is no git."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = filter(None, listed.stdout.split("\0"))
    else:
        names = (str(path.relative_to(root)) for path in root.rglob("*"))
    return sorted(name for name in names if (root / name).is_file())


def read_text(path):
    """The text of a file, or None of one that holds bytes."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def blank(match):
    """The same number of lines and columns, without the words."""
    return re.sub(r"[^\n]", " ", match[0])


CPP_WORDS = re.compile(
    r'R"(\w*)\(.*?\)\1"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)


def cpp_code(text):
    """C++ without its comments and literals, every line and column where it was."""
    return CPP_WORDS.sub(blank, text)


NOT_A_FUNCTION = re.compile(
    r"\b(namespace|class|struct|union|enum|concept)\b[^()]*$|=\s*$|extern\s+$"
    r"|\brequires\b[^()]*$"
)


def opens_function(head):
    """Does a brace after these words open a function, not a type, a namespace or a value?"""
    if NOT_A_FUNCTION.search(head) or ")" not in head or gives_a_value(head):
        return False
    return bool(re.fullmatch(r"[\s\w:<>,&*\->{}]*", head[head.rindex(")") + 1 :]))


def gives_a_value(head):
    """clang-format puts no space before the brace of `m_size{0}`, and one before that of a body."""
    return head[-1:].isalnum() or head[-1:] in ("_", ">", "]")


def cpp_functions(code):
    """First line and number of lines of each outermost body that follows a parameter list."""
    stack, head, line, found = [], "", 1, []
    for piece in re.split(r"([{};])", code):
        if piece == "{":
            inside = any(function for function, *_ in stack)
            stack.append((not inside and opens_function(head), line, head))
            head = ""
        elif piece == "}" and stack:
            function, start, before = stack.pop()
            if function:
                found.append((start, line - start + 1))
            head = before + "{}" if gives_a_value(before) else ""
        elif piece == ";" and head.count("(") == head.count(")"):
            head = ""
        else:
            head += piece
            line += piece.count("\n")
    return found


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def shell_functions(text):
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"^\w+\(\) \{$", line):
            start = number
        elif line == "}" and start:
            yield start, number - start + 1
            start = None


def functions(path, text):
    if path.suffix in CPP:
        return cpp_functions(cpp_code(text))
    if path.suffix == ".py":
        return python_functions(text)
    return shell_functions(text)


def check_lengths(name, path, text):
    lines = text.splitlines()
    if len(lines) > FILE_LINES_MAX:
        yield f"{name}: {len(lines)} lines, at most {FILE_LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            yield f"{name}:{number}: {len(line)} columns, at most {LINE_COLUMNS_MAX}"
    for start, count in functions(path, text):
        if count > FUNCTION_LINES_MAX:
            yield f"{name}:{start}: a function of {count} lines, at most {FUNCTION_LINES_MAX}"


def check_lines(name, path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip():
            yield f"{name}:{number}: white space at the end"
        if path.suffix in CPP and "\t" in line:
            yield f"{name}:{number}: a tab"
        if UNFINISHED.search(line):
            yield f"{name}:{number}: {UNFINISHED.search(line)[0]}: finish it, or open an issue"
        if ONE_MACHINE.search(line):
            yield f"{name}:{number}: a path of one machine: {ONE_MACHINE.search(line)[0]}"


def check_world(name, text):
    for number, line in enumerate(cpp_code(text).splitlines(), 1):
        match = WORLD.search(line)
        if match:
            yield f"{name}:{number}: {match[0]} is for src/sys/ only; take it from src/env/"


def check_first_include(root, name, text):
    """A source includes the header of its name first, so that it is known to stand on its own."""
    header = name.removesuffix(".cpp") + ".hpp"
    first = re.search(r'^#include\s+["<]([^">]+)', text, re.MULTILINE)
    if not (root / header).is_file() or (first and f"/{header}".endswith(f"/{first[1]}")):
        return
    yield f"{name}: includes {pathlib.Path(header).name} not first"


def check_file(root, name):
    path = root / name
    text = None if NOT_WRITTEN.search(name) else read_text(path)
    if text is None:
        return
    yield from check_lines(name, path, text)
    if path.suffix in CODE or path.name in CODE_NAMES:
        yield from check_lengths(name, path, text)
    if path.suffix == ".cpp":
        yield from check_first_include(root, name, text)
    if path.suffix in CPP and not WORLD_ALLOWED.search(name):
        yield from check_world(name, text)


def spec_tags(root, names):
    """Tag to the place that states it, and the tags stated twice."""
    places, twice = {}, []
    for name in names:
        if not (name.startswith("docs/spec/") and name.endswith(".md")):
            continue
        for number, line in enumerate((root / name).read_text().splitlines(), 1):
            for tag in TAG.findall(line):
                if tag in places:
                    twice.append(f"{name}:{number}: {tag} is stated at {places[tag]} already")
                places[tag] = f"{name}:{number}"
    return places, twice


def tag_mentions(root, names, prefixes):
    """Tag to the first place of code or test that names it."""
    mentions = {}
    if not prefixes:
        return mentions
    pattern = re.compile(r"\b(?:" + "|".join(sorted(prefixes)) + r")-\d+\b")
    for name in names:
        text = read_text(root / name) if TAG_READERS.search(name) else None
        for number, line in enumerate((text or "").splitlines(), 1):
            for tag in pattern.findall(line):
                mentions.setdefault(tag, f"{name}:{number}")
    return mentions


def check_spec(root, names):
    places, twice = spec_tags(root, names)
    mentions = tag_mentions(root, names, {tag.rsplit("-", 1)[0] for tag in places})
    yield from twice
    for tag in sorted(places.keys() - mentions.keys()):
        yield f"{places[tag]}: {tag} is named by no code and no test"
    for tag in sorted(mentions.keys() - places.keys()):
        yield f"{mentions[tag]}: {tag} is in no spec"


def check(root):
    """All findings in a repository, as lines."""
    names = repository_files(root)
    findings = [finding for name in names for finding in check_file(root, name)]
    return findings + list(check_spec(root, names))


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
    findings = check(root.resolve())
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
