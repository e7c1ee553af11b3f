"""tools/check_layers.py finds each kind of breach, and nothing in a tree that keeps the rules."""

import importlib.util
import pathlib

import pytest

TOOLS = pathlib.Path(__file__).parents[2] / "tools"


def load(name):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check_layers = load("check_layers")

MODULES = {
    "base": "",
    "env": "DEPS torgo::base",
    "crypto": "DEPS torgo::base",
    "chunk": "DEPS torgo::base PRIVATE_DEPS torgo::crypto TEST_DEPS torgo::sys",
    "seal": "DEPS torgo::base torgo::chunk",
    "sys": "DEPS torgo::base torgo::env",
}


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    for name, words in MODULES.items():
        write(tmp_path, f"src/{name}/CMakeLists.txt", f"torgo_module({name} HEADERS a.hpp {words})")
    return tmp_path


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_tree_that_keeps_the_rules_is_clean(tree):
    write(tree, "src/chunk/a.hpp", '#include "base/bytes.hpp"\n#include <vector>\n')
    write(tree, "src/chunk/a.cpp", '#include "chunk/a.hpp"\n#include "crypto/hash.hpp"\n')
    write(tree, "src/chunk/own.hpp", '#include "crypto/hash.hpp"\n')
    write(tree, "src/chunk/a_test.cpp", '#include "sys/random.hpp"\n#include <openssl/evp.h>\n')
    write(tree, "src/chunk/test_a.hpp", '#include "sys/random.hpp"\n')
    write(tree, "src/chunk/testing/a.hpp", '#include "sys/random.hpp"\n')
    write(tree, "src/crypto/a.cpp", "#include <openssl/evp.h>\n")
    assert check_layers.check(tree) == []


@pytest.mark.parametrize(
    ("name", "line", "finding"),
    [
        ("src/base/a.cpp", '#include "crypto/hash.hpp"', "base may not use crypto"),
        ("src/chunk/a.hpp", '#include "crypto/hash.hpp"', "chunk may not use crypto"),
        ("src/seal/a.cpp", '#include "crypto/hash.hpp"', "seal may not use crypto"),
        ("src/chunk/a.cpp", '#include "sys/random.hpp"', "only programs and tests"),
        ("src/chunk/deep/a.cpp", '#  include "sim/clock.hpp"', "only programs and tests"),
        ("src/seal/a_test.cpp", '#include "sys/random.hpp"', "seal may not use sys"),
        ("src/seal/a.cpp", "#include <openssl/evp.h>", "belongs to crypto"),
        ("src/chunk/a.cpp", "#include <isa-l/erasure_code.h>", "belongs to segment"),
        ("src/unknown/a.cpp", "", "no CMakeLists.txt"),
    ],
)
def test_a_forbidden_include_is_found(tree, name, line, finding):
    write(tree, name, f"// first line\n{line}\n")
    findings = check_layers.check(tree)
    assert len(findings) == 1
    assert finding in findings[0]
    assert findings[0].startswith(name)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("base", "DEPS torgo::crypto"),
        ("chunk", "PRIVATE_DEPS torgo::seal"),
        ("chunk", "DEPS torgo::sys"),
        ("env", "DEPS torgo::nothing"),
    ],
)
def test_a_module_may_not_name_one_to_its_right(tree, module, words):
    write(tree, f"src/{module}/CMakeLists.txt", f"torgo_module({module} HEADERS a.hpp {words})")
    assert [line for line in check_layers.check(tree) if f"{module} may not use" in line]


def test_a_module_without_a_rank_is_found(tree):
    write(tree, "src/novel/CMakeLists.txt", "torgo_module(novel HEADERS a.hpp)")
    assert ["src/novel: has no rank"] == [line.split(";")[0] for line in check_layers.check(tree)]
