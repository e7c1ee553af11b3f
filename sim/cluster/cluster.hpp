#pragma once

#include "sim/cluster/client.hpp"
#include "sim/cluster/founding.hpp"
#include "sim/cluster/link.hpp"
#include "sim/cluster/machine.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace torgo::sim {

struct ClusterOptions {
    segment::CodeKind code = segment::CodeKind::reed_solomon;
    Defect defect = Defect::none; ///< of the program on machine `defective`
    unsigned defective = 0;
    bool readable = false; ///< the trace is kept as text
};

/// A whole repository in one process: machines, clients, the network between them, and a model of
/// what must be true of them (STYLE.md part 3). One thread.
class Cluster {
public:
    Cluster(std::uint64_t seed, const ClusterOptions& options);

    Network& network() { return m_network; }
    Machine& machine(unsigned number) { return *m_machines.at(number); }
    Client& client(unsigned number) { return *m_clients.at(number); }

    // What clients do, and what the model makes of it. False: it did not succeed.

    bool backup(unsigned client, const Bytes& content);
    bool restore(unsigned client);

    // What goes wrong with machines. Each of these spoils a head, so that it counts as wrong until
    // a heal has filled it.

    bool is_wrong(unsigned machine) const { return m_wrong.contains(machine); }
    const std::set<unsigned>& wrong() const { return m_wrong; }
    void lie(unsigned machine, Lie lie);
    void lose_disk(unsigned machine);
    /// One bit of one file decays.
    void rot(unsigned machine, Prng& draw);

    /// Whether everything could still be restored without this machine: k honest segments of each
    /// pack, and a root somewhere. Looks at the disks, past all nodes.
    bool could_lose(unsigned machine);

    // Checkers. What is found is kept.

    /// What nodes have promised is on their disks, and nothing was deleted that may not be.
    void check_promises(bool whole);
    /// Everything that was acknowledged is there.
    void check_saved(unsigned client);
    /// The ledgers of a client and of the nodes agree, but for what liars have done: no honest node
    /// is accused, and who took segments without keeping them is named.
    void check_receipts(unsigned client);
    /// Its receipts may be gone without its doing.
    void suspect(unsigned machine) { m_suspects.insert(machine); }
    /// Nothing is left of what was given up.
    void check_temporaries();

    void violate(const std::string& what);
    const std::vector<std::string>& violations() const { return m_violations; }

    std::size_t acknowledged() const { return m_acknowledged.size(); }
    std::size_t owed() const { return m_owed.size(); }
    /// A heal has filled it again.
    void is_right(unsigned machine) { m_wrong.erase(machine); }
    void note(const std::string& line) { m_network.trace.note("cluster", line); }

private:
    using Heads = std::array<unsigned, head_count>; ///< the machine of each head

    Heads heads() const;
    void promise_the_beginning();
    void learn_packs();
    unsigned honest_copies(const segment::PackInfo& pack, const Heads& heads,
                           std::optional<unsigned> without) const;
    bool is_owed();
    bool could_lose_file(unsigned machine, const std::string& path);
    void compare(const std::map<std::string, Result<Bytes>>& found);

    const Founding& m_founding;
    Network m_network;
    std::vector<std::unique_ptr<Machine>> m_machines;
    std::vector<std::unique_ptr<Client>> m_clients;
    std::map<std::string, Bytes> m_contents; ///< of every snapshot that was ever begun, by tag
    std::set<std::string> m_acknowledged;    ///< tags
    std::set<std::string> m_owed;            ///< those that must be restored at the end
    std::map<std::string, std::vector<segment::PackInfo>> m_packs; ///< by the name of their batch
    std::set<unsigned> m_wrong;
    std::set<unsigned> m_suspects; ///< that have ever lied, lost a disk or had a full one
    std::vector<std::string> m_violations;
    unsigned m_backups = 0;
};

} // namespace torgo::sim
