"""tools/tidy.py finds each kind of flaw, and nothing in files without one."""

import importlib.util
import pathlib

import pytest

TOOLS = pathlib.Path(__file__).parents[2] / "tools"


def load(name):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tidy = load("tidy")

# Written in two parts, so that the lint does not find this file.
UNFINISHED = "TO" + "DO"
ONE_MACHINE = "/ro" + "ot/"


def body(lines):
    return "    step();\n" * lines


def findings_of(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return tidy.check(root)


FLAWS = [
    ("src/a/a.cpp", "int a;\n" * 501, "501 lines"),
    ("src/a/a.cpp", "// " + "x" * 98 + "\n", "101 columns"),
    ("src/a/a.cpp", f"void f() {{\n{body(69)}}}\n", "a function of 71 lines"),
    ("src/a/a.cpp", f"A::A(int a) : m_a{{a}} {{\n{body(69)}}}\n", "a function of 71 lines"),
    ("src/a/a.cpp", f"auto A::f() const -> int {{\n{body(69)}}}\n", "a function of 71 lines"),
    ("tools/a.py", "def f():\n" + "    a()\n" * 70, "a function of 71 lines"),
    ("tools/a.sh", "f() {\n" + "    a\n" * 69 + "}\n", "a function of 71 lines"),
    ("src/a/a.cpp", "auto now = std::chrono::system_clock::now();\n", "system_clock"),
    ("sim/a.cpp", "std::random_device d;\n", "random_device"),
    ("src/a/a_test.cpp", "std::this_thread::yield();\n", "this_thread"),
    ("src/a/a.cpp", f"// {UNFINISHED} more\n", UNFINISHED),
    ("docs/a.md", f"see {ONE_MACHINE}a\n", "a path of one machine"),
    ("docs/a.md", "words \n", "white space at the end"),
    ("src/a/a.cpp", "\tint a;\n", "a tab"),
]


@pytest.mark.parametrize(("name", "text", "finding"), FLAWS, ids=[flaw[2] for flaw in FLAWS])
def test_a_flaw_is_found(tmp_path, name, text, finding):
    findings = findings_of(tmp_path, name, text)
    assert len(findings) == 1
    assert finding in findings[0]
    assert findings[0].startswith(name)


WORK = "/" + "work/"  # in pieces, like the names above

RIGHT = [
    ("src/a/a.cpp", "int a;\n" * 500),
    ("src/a/a.cpp", f"void f() {{\n{body(68)}}}\n"),
    ("src/a/a.cpp", f"namespace torgo {{\n{body(80)}}} // namespace torgo\n"),
    ("src/a/a.cpp", f"struct A : B {{\n{body(80)}}};\n"),
    ("src/a/a.cpp", f"const Table t = {{\n{body(80)}}};\n"),
    ("src/a/a.cpp", '// system_clock is for sys\nauto a = "random_device";\n'),
    ("src/a/a.cpp", "int a = 1'000'000; // it's {\nvoid f() { }\n"),
    ("src/sys/a.cpp", "auto now = std::chrono::system_clock::now();\n"),
    ("fuzz/corpus/a/1", f"{UNFINISHED} {ONE_MACHINE} \n"),
    ("docs/a.md", f"build/root/x and ~{WORK}x are nobody's; so is $HOME{WORK}\n"),
    ("src/a/bytes.bin", "\0 \n"),
]


@pytest.mark.parametrize(("name", "text"), RIGHT, ids=[str(index) for index in range(len(RIGHT))])
def test_what_is_right_is_left_alone(tmp_path, name, text):
    assert findings_of(tmp_path, name, text) == []


SPEC = "**[SEAL-1]** A reader MUST stop.\n**[SEAL-2]** A writer MUST go on.\n"


def test_a_source_includes_its_own_header_first(tmp_path):
    (tmp_path / "src/a").mkdir(parents=True)
    (tmp_path / "src/a/a.hpp").write_text("#pragma once\n")
    right = '#include "a/a.hpp"\n\n#include "b/b.hpp"\n'
    assert not findings_of(tmp_path, "src/a/a.cpp", right)
    for text in ('#include "b/b.hpp"\n\n#include "a/a.hpp"\n', "int a;\n"):
        assert findings_of(tmp_path, "src/a/a.cpp", text) == [
            "src/a/a.cpp: includes a.hpp not first"]


def test_a_must_that_nothing_names_is_found(tmp_path):
    findings_of(tmp_path, "src/seal/seal.cpp", "// SEAL-1: stop.\n// SHA-256 is no rule\n")
    findings = findings_of(tmp_path, "docs/spec/seal.md", SPEC)
    assert findings == ["docs/spec/seal.md:2: SEAL-2 is named by no code and no test"]


def test_a_test_may_name_a_must(tmp_path):
    findings_of(tmp_path, "src/seal/seal.cpp", "// SEAL-1: stop.\n")
    findings_of(tmp_path, "tests/functional/test_a.py", "# SEAL-2\n")
    assert findings_of(tmp_path, "docs/spec/seal.md", SPEC) == []


def test_a_must_that_no_spec_states_is_found(tmp_path):
    findings_of(tmp_path, "src/seal/seal.cpp", "// SEAL-1, SEAL-2, SEAL-3\n")
    findings = findings_of(tmp_path, "docs/spec/seal.md", SPEC)
    assert findings == ["src/seal/seal.cpp:1: SEAL-3 is in no spec"]


def test_a_must_stated_twice_is_found(tmp_path):
    findings_of(tmp_path, "src/seal/seal.cpp", "// SEAL-1, SEAL-2\n")
    findings = findings_of(tmp_path, "docs/spec/seal.md", SPEC + SPEC.splitlines()[0] + "\n")
    assert findings == ["docs/spec/seal.md:3: SEAL-1 is stated at docs/spec/seal.md:1 already"]
