#pragma once

#include "crypto/sign.hpp"
#include "head/opener.hpp"
#include "peer/capability.hpp"
#include "peer/ledger_book.hpp"
#include "peer/messages.hpp"
#include "peer/tracer.hpp"
#include "repo/backup.hpp"
#include "repo/check.hpp"
#include "repo/repository.hpp"
#include "sim/cluster/link.hpp"
#include "sim/random.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace torgo::sim {

/// Opens heads on simulated machines, each over its own link with its own chance.
class SimOpener final : public head::Opener {
public:
    SimOpener(Network& network, std::vector<Machine*> machines, std::string client,
              const PeerId& id, peer::NoteReceipt note, std::uint64_t seed);

    RepoId repository;
    std::map<unsigned, peer::InviteSecret> invites; ///< for `create`, by machine
    bool distant = false; ///< heads are asked by many threads, as over a real network

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override;
    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override;
    Result<> discard(const std::string&, const RepoId&) const override { return {}; }

    Link& link(unsigned machine) const { return *m_ways.at(machine).link; }
    peer::Exchanger& way(unsigned machine) const { return *m_ways.at(machine).tracer; }
    /// errors  `invalid_argument` where no machine has this URI
    Result<unsigned> machine_at(const std::string& uri) const;

private:
    struct Way {
        std::unique_ptr<Random> random;
        std::unique_ptr<Link> link;
        std::unique_ptr<peer::Tracer> tracer;
    };

    std::unique_ptr<head::Head> with_patience(std::unique_ptr<head::Head> head,
                                              unsigned machine) const;

    Network& m_network;
    std::vector<Machine*> m_machines;
    std::vector<Way> m_ways;
};

/// A machine of somebody who backs up: the program's own code over simulated links, and a disk of
/// its own for cache, state and receipts.
class Client {
public:
    struct Parts {
        std::string name;
        const crypto::SigningKey* key = nullptr; ///< ML-DSA-65: who it is to nodes
        repo::Place place;
        std::vector<Machine*> machines;
        Network* network = nullptr;
        std::uint64_t seed = 0;
        Defect defect = Defect::none;
    };

    Client(std::unique_ptr<FileSystem> disk, Parts parts);

    const std::string& name() const { return m_parts.name; }
    PeerId id() const { return peer::peer_id_of(m_parts.key->public_key()); }
    FileSystem& disk() const { return *m_disk; }
    SimOpener& opener() const { return *m_opener; }
    repo::Place& place() { return m_parts.place; }
    const std::vector<std::string>& warnings() const { return m_warnings; }
    peer::LedgerBook& ledgers() const { return *m_ledgers; }

    Result<std::unique_ptr<repo::Repository>> open(bool unlock = true);
    /// One file of this content, tagged.
    Result<SnapshotId> backup(const Bytes& content, const std::string& tag);
    Result<repo::HealReport> heal(int head, bool read_data);
    Result<repo::CheckReport> check(bool read_data);

    /// All that can be seen: for each tag the content, or why it cannot be had.
    Result<std::map<std::string, Result<Bytes>>> restore_all();

    /// What it does from now on gets to nobody after so much of it.
    void stop_after(Prng& draw);
    /// It starts anew, with what its disk holds: all if it was not stopped.
    void restart(std::uint64_t seed);

    static repo::Credential pass_phrase();

private:
    void run();
    env::World world() const;

    Parts m_parts;
    std::unique_ptr<FileSystem> m_disk;
    std::unique_ptr<Random> m_random;
    std::unique_ptr<peer::LedgerBook> m_ledgers;
    std::unique_ptr<SimOpener> m_opener;
    std::vector<std::string> m_warnings;
    unsigned m_runs = 0;
    bool m_is_dead = false; ///< its last words are lost
};

} // namespace torgo::sim
