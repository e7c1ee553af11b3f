"""What the command line does, for a workflow's block: `import torgo`.

Each function asks the host, which runs the command if the workflow's permissions allow it. Files
are those beside the workflow that its inputs name. What comes back is what --json prints: a list of
objects, each with its `message_type`. What is served and what not: docs/spec/workflow.md 7.
"""

import base64

from torgo_host import HostError, call

__all__ = [
    "HostError",
    "backup",
    "check",
    "diff",
    "dump",
    "find",
    "grants",
    "heal",
    "keys",
    "locks",
    "ls",
    "mesh_plan",
    "mesh_simulate",
    "quantum",
    "receipt",
    "receipts",
    "reconcile",
    "repairs",
    "snapshots",
    "stats",
    "status",
    "sync",
    "transfers",
    "validate",
    "verify_receipts",
]


# --- what is stored: `read` -----------------------------------------------------------------------


def snapshots(tags=(), newest=None):
    """The snapshots of the repository, or only the newest of them."""
    return call("torgo.snapshots", tags=list(tags), newest=newest)


def ls(snapshot="latest", folder=None):
    """What a snapshot holds, or what lies in one folder of it."""
    return call("torgo.ls", snapshot=snapshot, folder=folder)


def find(pattern):
    """Where a name is in all snapshots."""
    return call("torgo.find", pattern=pattern)


def diff(before, after="latest"):
    """What differs between two snapshots."""
    return call("torgo.diff", before=before, after=after)


def dump(file, snapshot="latest"):
    """The bytes that a file had in a snapshot; at most 512 KiB.

    file  a name that is an input, of a file beside the workflow. It may be gone by now.
    """
    text = call("torgo.dump", file=file, snapshot=snapshot)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def stats():
    """Sizes of the repository."""
    return call("torgo.stats")


# --- how it is kept: `read` -----------------------------------------------------------------------


def status():
    """Heads, and how many more may be lost. What is away says so, and raises nothing."""
    return call("torgo.status")


def check():
    """Proves that everything is there on all heads. Raises HostError, which names what is not."""
    return call("torgo.check")


def keys():
    """What opens the repository."""
    return call("torgo.keys")


def locks():
    """Retention locks."""
    return call("torgo.locks")


def grants():
    """What other machines may do."""
    return call("torgo.grants")


def repairs():
    """Who rebuilds lost heads."""
    return call("torgo.repairs")


# --- what was done: `read` ------------------------------------------------------------------------


def receipts(newest=100):
    """What this user's commands did with this repository, the newest last."""
    return call("torgo.receipts", newest=newest)


def receipt(number):
    """One of them, verified: its Markdown is `text`."""
    return call("torgo.receipt", number=number)


def verify_receipts():
    """Proves that the chain of receipts is whole. Raises HostError, which names what is not."""
    return call("torgo.verify_receipts")


def transfers():
    """What passed between this machine and nodes."""
    return call("torgo.transfers")


# --- what can be reckoned: `read` -----------------------------------------------------------------


def validate(file):
    """What is wrong with a workflow file: `valid` of the last object says whether it is refused."""
    return call("torgo.validate", file=file)


def quantum(circuit, shots=1024, seed=1):
    """How often each result of a circuit in OpenQASM comes, simulated: {"00": 510, "11": 514}."""
    return call("torgo.quantum", circuit=circuit, shots=shots, seed=seed)


def mesh_simulate(file, seed=None):
    """Runs the mesh of a scenario in virtual time."""
    return call("torgo.mesh_simulate", file=file, seed=seed)


def mesh_plan(file):
    """Relays, edge nodes and networks for a building: `met` of the last object says how it went."""
    return call("torgo.mesh_plan", file=file)


# --- what changes something: `write` --------------------------------------------------------------


def backup(files, tags=()):
    """Snapshots files beside the workflow."""
    return call("torgo.backup", files=[files] if isinstance(files, str) else files, tags=list(tags))


def heal():
    """Rebuilds what heads lack."""
    return call("torgo.heal")


def sync():
    """Brings what waits in the spool to the heads: `complete` of the last object says whether
    all."""
    return call("torgo.sync")


def reconcile():
    """Proves that both ends have the same transfer records, and leaves this machine's with the
    nodes. Raises HostError, which names what differs."""
    return call("torgo.reconcile")
