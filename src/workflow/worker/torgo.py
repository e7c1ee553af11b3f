"""What the command line does, for a workflow's block: `import torgo`.

Each function asks the host, which runs the command if the workflow's permissions allow it. Files
are those beside the workflow that its inputs name. What comes back is what --json prints: a list of
objects, each with its `message_type`.
"""

from torgo_host import HostError, call

__all__ = [
    "HostError",
    "backup",
    "check",
    "find",
    "heal",
    "ls",
    "snapshots",
    "stats",
    "status",
    "verify_receipts",
]


def backup(files, tags=()):
    """Snapshots files beside the workflow. Needs `write`."""
    return call("torgo.backup", files=[files] if isinstance(files, str) else files, tags=list(tags))


def snapshots(tags=()):
    """The snapshots of the repository. Needs `read`."""
    return call("torgo.snapshots", tags=list(tags))


def ls(snapshot="latest"):
    """What a snapshot holds. Needs `read`."""
    return call("torgo.ls", snapshot=snapshot)


def find(pattern):
    """Where a name is in all snapshots. Needs `read`."""
    return call("torgo.find", pattern=pattern)


def stats():
    """Sizes of the repository. Needs `read`."""
    return call("torgo.stats")


def check():
    """Whether everything is there on all heads. Needs `read`."""
    return call("torgo.check")


def heal():
    """Rebuilds what heads lack. Needs `write`."""
    return call("torgo.heal")


def status():
    """Heads, and how many more may be lost. Needs `read`."""
    return call("torgo.status")


def verify_receipts():
    """Whether the chain of receipts is whole. Needs `read`."""
    return call("torgo.verify_receipts")
