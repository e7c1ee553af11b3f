"""Makes maml/cases.json, which src/maml/corpus_test.cpp reads: texts, what a reader has to say of
them, their canonical form and the end of their chain. Shares no code with the program.

make_maml_vectors.py     writes tests/vectors/maml/cases.json
"""

import hashlib
import json
import pathlib
import re

FRONT = [
    'maml_version: "2.0.0"',
    'id: "urn:uuid:3f2a1c44-90ab-4cde-8123-456789abcdef"',
    'type: "workflow"',
    'origin: "agent://night-shift"',
    'permissions:',
    '  read: ["agent://*"]',
    '  execute: ["gateway://ward-3/*"]',
    'created_at: 2026-01-02T03:04:05Z',
]
BODY = [
    "## Intent", "Count beds.  ", "", "", "",
    "## Context", 'ward: "3"', "",
    "## Code_Blocks", "```python", "print(1)  ", "", "", "```", "",
    "## Input_Schema", "{", '  "type": "object"', "}", "",
    "## History",
    "- 2026-01-02T03:05:00Z: [CREATE] Written.",
]


def document(front=None, body=None):
    lines = ["---", *(front or FRONT), "---", *(body or BODY)]
    return "\n".join(lines) + "\n"


def replaced(lines, old, new):
    assert old in lines
    return [line for each in lines for line in ([each] if each != old else new)]


def canonical(text):
    """Only for the texts here: a fence is three backticks, History is last."""
    front, rest = re.fullmatch(r"(---\n.*?\n---\n)(.*)", text, re.DOTALL).groups()
    out, literal, empty = [], False, False
    for line in rest.splitlines():
        if line.startswith("## History"):
            break
        if line.startswith("```"):
            literal = not literal
        elif literal:
            out.append(line)
            empty = False
            continue
        line = line.rstrip(" \t")
        if not line and empty:
            continue
        out.append(line)
        empty = not line
    return front + "\n".join(out).rstrip("\n") + "\n"


def chain_end(text):
    digest = bytes(32)
    for line in re.findall(r"^- .*$", text, re.MULTILINE):
        digest = hashlib.sha256(digest + line.rstrip().encode()).digest()
    return digest.hex()


def good(name, text):
    return {"name": name, "text": text, "lenient": [], "strict": [],
            "canonical": canonical(text), "chain_end": chain_end(text)}


def wrong(name, text, rule, line, column, only_strict=False):
    finding = [[rule, line, column]]
    return {"name": name, "text": text, "strict": finding,
            "lenient": finding, "refused_leniently": not only_strict}


def front_case(name, old, new, *rest, **more):
    return wrong(name, document(front=replaced(FRONT, old, new)), *rest, **more)


def front_cases():
    """Line 2 is the first of the front matter."""
    version, number, kind, origin = FRONT[:4]
    yield front_case("key twice", kind, [kind, kind], "MAML-5", 5, 1)
    yield front_case("anchor", kind, ['type: &a "workflow"'], "MAML-5", 4, 7)
    yield front_case("alias", kind, [kind, "also: *a"], "MAML-5", 5, 7)
    yield front_case("tag", kind, ['type: !!str "workflow"'], "MAML-5", 4, 7)
    yield front_case("merge key", kind, [kind, "<<: {a: 1}"], "MAML-5", 5, 1)
    yield front_case("too deep", kind, [kind, "deep: " + 16 * "[" + 16 * "]"], "MAML-5", 5, 22)
    yield front_case("version 3", version, ['maml_version: "3.0.0"'], "MAML-7", 2, 15)
    yield front_case("version of two numbers", version, ['maml_version: "2.0"'], "MAML-7", 2, 15,
                     only_strict=True)
    yield front_case("id that is no UUID", number, ["id: ward-3"], "MAML-8", 3, 5,
                     only_strict=True)
    yield front_case("id that is no name", number, ['id: "ward 3"'], "MAML-8", 3, 5)
    yield front_case("type in capitals", kind, ["type: Workflow"], "MAML-9", 4, 7)
    yield front_case("origin in prose", origin, ["origin: Night Shift"], "MAML-10", 5, 9,
                     only_strict=True)
    yield front_case("permission for everybody", FRONT[5], ["  read: [everybody]"], "MAML-12", 7, 10,
                     only_strict=True)
    yield front_case("day only", FRONT[7], ["created_at: 2026-01-02"], "MAML-14", 9, 13,
                     only_strict=True)
    yield front_case("no such day", FRONT[7], ["created_at: 2026-02-30"], "MAML-14", 9, 13)
    yield front_case("spec file elsewhere", kind, [kind, "verification:", "  spec_files: [../a]"],
                     "MAML-13", 6, 16)
    yield front_case("no timeout", kind, [kind, "timeout_seconds: 0"], "MAML-15", 5, 18)


def body_case(name, old, new, *rest, **more):
    return wrong(name, document(body=replaced(BODY, old, new)), *rest, **more)


def body_cases():
    """Line 11 is the first after the front matter."""
    yield body_case("section twice", '{', ["{}", "## input schema 🐪", "{"], "MAML-21", 28, 1)
    yield body_case("no Context", "## Context", ["### Context"], "MAML-21", 1, 1, only_strict=True)
    yield body_case("block without a language", "```python", ["```", "a", "```", "```python"],
                    "MAML-22", 20, 1, only_strict=True)
    yield body_case("fence in a block", "print(1)  ", ["```sql"], "MAML-23", 21, 1)
    yield body_case("block without an end", "```", ["~~~"], "MAML-24", 20, 1)
    yield body_case("schema without an end", "}", ["]"], "MAML-27", 27, 1)
    yield body_case("schema with a key twice", '  "type": "object"',
                    ['  "type": "object",', '  "type": "array"'], "MAML-28", 29, 9)
    yield body_case("schema with a pattern", '  "type": "object"', ['  "pattern": "a"'],
                    "MAML-29", 27, 1)
    yield body_case("history in prose", BODY[-1], [BODY[-1], "And so on."], "MAML-30", 33, 1,
                    only_strict=True)
    link = " {sha256:" + 64 * "0" + "}"
    yield body_case("broken chain", BODY[-1],
                    [BODY[-1], "- 2026-01-02T03:06:00Z: [RUN] Done." + link], "MAML-31", 33, 1)


def main():
    chained = document()
    chained += f"- 2026-01-02T03:06:00Z: [RUN] Done. {{sha256:{chain_end(chained)}}}\n"
    cases = [
        good("plain", document()),
        good("chained", chained),
        good("code is not read", document(body=replaced(BODY, "print(1)  ", ["## Intent", "~~~"]))),
        *front_cases(),
        *body_cases(),
        wrong("no front matter", "## Intent\n", "MAML-4", 1, 1),
        wrong("front matter without an end", "\n".join(["---", *FRONT]), "MAML-4", 1, 1),
        wrong("carriage return", document().replace("ward:", "w\rard:"), "MAML-2", 17, 2),
        wrong("turned writing", document().replace("Count", "Co\u202eunt"), "MAML-2", 12, 3,
              only_strict=True),
    ]
    path = pathlib.Path(__file__).parent / "maml/cases.json"
    path.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
