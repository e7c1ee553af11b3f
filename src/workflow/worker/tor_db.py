"""The repository as a store of named data, for a workflow's block.

    from tor_db import TorStorage
    storage = TorStorage("tor://localhost:9050/ward7")
    storage.store(data="vitals.csv")

The URI names Tor's SOCKS port and the network, which is the name of the repository
(docs/spec/workflow.md 7).
"""

import base64

from torgo_host import HostError, call

__all__ = ["HostError", "TorStorage"]


class TorStorage:
    """A repository whose heads are reached through Tor."""

    def __init__(self, uri):
        self.uri = uri
        call("tor_db.open", uri=uri)

    def store(self, data, encrypt="2048-bit-aes"):
        """Stores a file beside the workflow, sealed, over all heads. Needs `write`.

        encrypt  "256-bit-aes", "512-bit-aes" or "2048-bit-aes": refused where the repository seals
                 with less. No cipher has such keys: these are names of the layers it must have.
        returns  {"snapshot": ID, "bytes": N, "mode": N}
        """
        return call("tor_db.store", uri=self.uri, data=data, encrypt=encrypt)

    def fetch(self, data, snapshot="latest"):
        """The bytes that were stored under this name; at most 512 KiB. Needs `read`."""
        text = call("tor_db.fetch", uri=self.uri, data=data, snapshot=snapshot)
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def list(self):
        """Names of what is stored by workflows. Needs `read`."""
        return call("tor_db.list", uri=self.uri)

    def history(self, data):
        """The snapshots that hold this name, the newest last. Needs `read`."""
        return call("tor_db.history", uri=self.uri, data=data)
