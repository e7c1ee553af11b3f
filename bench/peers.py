"""The programs that do the same work, behind the same few verbs."""

import os
import shutil

from measure import folder_bytes, run

PASS_PHRASE = "a pass phrase for measuring"


class Program:
    """One program with a home, a cache and a repository of its own."""

    name = ""

    def __init__(self, program, place):
        self.program = program
        self.place = place
        place.mkdir(parents=True)
        self.repository = place / "repository"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "LANG": "C.UTF-8",
            "TORGO_BENCH_LOG": str(place / "log"),
            "TORGO_PASSWORD": PASS_PHRASE,
            "RESTIC_PASSWORD": PASS_PHRASE,
            "BORG_PASSPHRASE": PASS_PHRASE,
            "RESTIC_REPOSITORY": str(self.repository),
            "BORG_REPO": str(self.repository),
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }

    def do(self, *arguments, folder=None):
        return run([self.program, *arguments], self.environment, folder=folder)

    def forget_cache(self):
        """Deletes the local cache, so that the next command begins cold."""
        shutil.rmtree(self.place / ".cache", ignore_errors=True)


class Torgo(Program):
    name = "torgo"

    def init(self):
        heads = [part for n in range(4) for part in ("--head", f"dir://{self.repository}/{n}")]
        return self.do("init", *heads, "--recovery-kit", self.place / "kit.txt")

    def backup(self, tree):
        return self.do("backup", "--quiet", tree)

    def restore(self, target):
        return self.do("restore", "latest", "--quiet", "--target", target, "--verify")

    def restore_one(self, target, path):
        return self.do("restore", "latest", "--quiet", "--target", target, "--include", path)

    def list(self):
        return self.do("snapshots")

    def stored(self):
        """Before the erasure code, to compare: any half of the heads' bytes is enough."""
        return folder_bytes(self.repository) // 2


class Restic(Program):
    name = "restic"

    def init(self):
        return self.do("init")

    def backup(self, tree):
        return self.do("backup", "--quiet", tree)

    def restore(self, target):
        return self.do("restore", "latest", "--quiet", "--target", target, "--verify")

    def restore_one(self, target, path):
        return self.do("restore", "latest", "--quiet", "--target", target, "--include", path)

    def list(self):
        return self.do("snapshots")

    def stored(self):
        return folder_bytes(self.repository)


class Borg(Program):
    name = "borg"

    def __init__(self, program, place):
        super().__init__(program, place)
        self.count = 0

    def init(self):
        return self.do("init", "--encryption", "repokey")

    def backup(self, tree):
        self.count += 1
        return self.do("create", "--compression", "zstd,3", f"::a{self.count}", tree)

    def restore(self, target):
        target.mkdir()
        return self.do("extract", f"::a{self.count}", folder=target)

    def stored(self):
        return folder_bytes(self.repository)
