"""Holds the layering of docs/ARCHITECTURE.md: who may include and link whom.

check_layers.py [REPOSITORY]   prints one line a breach, exit status 1 if there is one

  1. A file includes only modules that its module's CMakeLists names: a header of HEADERS those of
     DEPS, any other file also those of PRIVATE_DEPS, a test also those of TEST_DEPS.
  2. A module names only modules of lower ranks, or the neighbours listed here.
  3. Only apps/, sim/, tests/, bench/, fuzz/ and tests beside the code include sys/ or sim/.
  4. The headers of an outside library are included by one module.
"""

import pathlib
import re
import sys

# Left may be used by right. sys implements env; nothing but programs and tests stands on it.
RANKS = [
    ["base"],
    ["env", "crypto"],
    ["source", "chunk", "seal", "pack", "segment"],
    ["index", "head", "place"],
    ["repo", "peer", "mesh", "radio", "tor", "bluez", "envelope", "reading", "quantum", "gospel"],
    ["node", "markup", "maml", "meshsim", "sandbox", "uplink"],
    ["receipts", "workflow"],
    ["gateway", "cli"],
]
RANK = {name: rank for rank, names in enumerate(RANKS) for name in names}
RANK["sys"] = RANK["env"] + 1

# Within a rank a step may use the values of the step before it.
NEIGHBOURS = {
    ("seal", "chunk"),
    ("pack", "seal"),
    ("segment", "pack"),
    ("place", "head"),
    ("crypto", "env"),
    ("reading", "envelope"),
    ("gospel", "reading"),
}

ONLY_PROGRAMS = {"sys", "sim"}

OUTSIDE = {
    "openssl/": "crypto",
    "isa-l": "segment",
    "zstd": "seal",
    "jsoncons": "maml",
    "libfyaml": "maml",
    "toml++/": "cli",
    "qrencode": "cli",
    "ftxui/": "cli",
    "sys/acl.h": "source",
    "boost/": "node",
    "sdbus-c++/": "bluez",
    "systemd/": "bluez",
    "soci/": "receipts",
    "seccomp.h": "sandbox",
}

KEYWORDS = ["SOURCES", "HEADERS", "DEPS", "PRIVATE_DEPS", "TESTS", "TEST_DEPS"]
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def read_modules(root):
    """Module name to its torgo_module() lists."""
    modules = {}
    for file in sorted((root / "src").glob("*/CMakeLists.txt")):
        text = re.sub(r"#.*", "", file.read_text())
        call = re.search(r"torgo_module\(\s*(\w+)([^)]*)\)", text)
        lists = {keyword: [] for keyword in KEYWORDS}
        current = None
        for word in call[2].split() if call else []:
            if word in lists:
                current = word
            elif current:
                lists[current].append(word)
        modules[file.parent.name] = lists
    return modules


def torgo_names(words):
    return {word.removeprefix("torgo::") for word in words if word.startswith("torgo::")}


def check_ranks(modules):
    for name, lists in modules.items():
        if name not in RANK:
            yield f"src/{name}: has no rank; give it one in tools/check_layers.py"
            continue
        for used in sorted(torgo_names(lists["DEPS"] + lists["PRIVATE_DEPS"]) - {"warnings", name}):
            lower = RANK.get(used, len(RANKS)) < RANK[name] and used not in ONLY_PROGRAMS
            if not lower and (name, used) not in NEIGHBOURS:
                yield f"src/{name}/CMakeLists.txt: {name} may not use {used}"


def allowed_modules(file, lists):
    """The modules that a file of src/ may include beside its own."""
    names = torgo_names(lists["DEPS"])
    if file.name not in lists["HEADERS"]:
        names |= torgo_names(lists["PRIVATE_DEPS"])
    if is_test(file):
        names |= torgo_names(lists["TEST_DEPS"])
    return names


def is_test(file):
    """Tests, and what several of them share: test_*.hpp and the folder testing/."""
    return file.stem.endswith("_test") or file.stem.startswith("test_") or "testing" in file.parts


def includes(file):
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1], match[2]


def check_own(file, place, header, modules):
    """A quoted include `module/file.hpp` of a file of src/."""
    name = file.name
    used = header.split("/")[0]
    if "/" not in header or used == name or (used not in modules and used not in ONLY_PROGRAMS):
        return
    if used in ONLY_PROGRAMS and not file.test:
        yield f"{place}: only programs and tests may include {used}/"
    elif used not in file.allowed:
        yield f"{place}: {name} may not use {used}: its CMakeLists does not name it there"


class SourceFile:
    """One file of src/, with what its module's CMakeLists lets it include."""

    def __init__(self, path, name, modules):
        self.path = path
        self.name = name
        self.test = is_test(path)
        self.allowed = allowed_modules(path, modules[self.name])


def check_outside(file, place, header):
    for prefix, owner in OUTSIDE.items():
        if header.startswith(prefix) and file.name != owner and not file.test:
            yield f"{place}: <{header}> belongs to {owner}, not to {file.name}"


def check_includes(root, modules):
    for path in sorted((root / "src").glob("*/**/*.?pp")):
        name = path.relative_to(root / "src").parts[0]
        if name not in modules:
            yield f"{path.relative_to(root)}: its folder has no CMakeLists.txt"
            continue
        file = SourceFile(path, name, modules)
        for number, own, outside in includes(path):
            place = f"{path.relative_to(root)}:{number}"
            if own:
                yield from check_own(file, place, own, modules)
            yield from check_outside(file, place, own or outside)


def check(root):
    """All breaches in a repository, as lines."""
    modules = read_modules(root)
    return [*check_ranks(modules), *check_includes(root, modules)]


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
    breaches = check(root)
    print("\n".join(breaches), end="\n" if breaches else "")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
