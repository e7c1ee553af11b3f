"""A Bluetooth mesh network, for a workflow's block.

    from bluetooth_mesh import MeshNetwork
    network = MeshNetwork(nodes=200, latency_target=0.1)
    proof = network.relay_data("vitals.csv")

The network is simulated (docs/mesh.md says how far that was validated; the frames, keys and the
gateway are the product's own), unless torgo.toml names a real one (docs/workflows.md).
"""

from torgo_host import HostError, call

__all__ = ["HostError", "MeshNetwork"]


class MeshNetwork:
    """So many nodes, one of which is the gateway.

    latency_target  seconds, from a sensor to the gateway
    """

    def __init__(self, nodes, latency_target=0.1, seed=1):
        self.nodes, self.latency_target, self.seed = nodes, latency_target, seed

    def relay_data(self, data):
        """Sends a CSV file of vitals row by row and proves each at the far side. Needs `write`.

        returns  {"rows": N, "lost": 0, "doubled": 0, "changed": 0, "p50_ms": T, "p99_ms": T, …}
        raises   HostError where a row was lost, doubled or changed
        """
        return call(
            "bluetooth_mesh.relay_data",
            nodes=self.nodes,
            latency_target=self.latency_target,
            seed=self.seed,
            data=data,
        )
