"""Counts a stage of ./dev test from its JUnit files: prints `passed failed skipped`.

count.py STATUS FILE...   STATUS is the exit status of the stage's command; without files the
command is one test itself. What failed and what was skipped, and why, goes to standard error.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

LINES_OF_A_FAILURE = 40


def text_of(case):
    """All that a case printed, the failure's own words first."""
    parts = [case.find("failure"), case.find("error"), case.find("system-out")]
    found = [part for part in parts if part is not None]
    return "\n".join(f"{part.get('message') or ''}\n{part.text or ''}" for part in found).strip()


def skip_reason(case):
    """GoogleTest prints it after a line `file:line: Skipped`; pytest gives it as message."""
    skipped = case.find("skipped")
    printed = case.findtext("system-out") or ""
    match = re.search(r": Skipped\n(.+)", printed)
    if match and match[1].strip() and not match[1].startswith("["):
        return match[1].strip()
    return (skipped.get("message") if skipped is not None else None) or "no reason given"


def count_case(case, counts):
    name = case.get("name")
    if case.find("failure") is not None or case.find("error") is not None:
        counts["failed"] += 1
        tail = "\n".join(text_of(case).splitlines()[-LINES_OF_A_FAILURE:])
        print(f"FAILED {name}\n{tail}\n", file=sys.stderr)
    elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        counts["skipped"] += 1
        print(f"skipped {name}: {skip_reason(case)}", file=sys.stderr)
    else:
        counts["passed"] += 1


def count(status, files):
    """passed, failed and skipped; a command that failed without a failed test counts as one."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    if not files:
        counts["passed" if status == 0 else "failed"] = 1
    for file in files:
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            count_case(case, counts)
    if status != 0 and counts["failed"] == 0:
        counts["failed"] = 1
        print("FAILED as a whole: see the log in build/logs", file=sys.stderr)
    return counts


def main():
    files = [name for name in sys.argv[2:] if pathlib.Path(name).is_file()]
    counts = count(int(sys.argv[1]), files)
    print(counts["passed"], counts["failed"], counts["skipped"])
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
