#pragma once

#include "crypto/sign.hpp"
#include "env/clock.hpp"
#include "node/service.hpp"
#include "sim/cluster/promises.hpp"
#include "sim/file_system.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace torgo::sim {

/// How a node lies. It says so to everybody.
enum class Lie : std::uint8_t {
    none,
    keeps_nothing,  ///< says yes to all that it is to keep, and has nothing
    flips_a_bit,    ///< of whatever bytes it gives out
    shows_old,      ///< the state of the day on which it began to lie; says yes to the rest
    swaps_segments, ///< gives another segment than the one that is asked for
    refuses_audits,
};

inline constexpr unsigned lie_count = 6;

/// What is wrong on purpose with the program of a node, so that the checkers can be shown to see
/// it.
enum class Defect : std::uint8_t {
    none,
    answers_before_sync, ///< its disk's flushes do nothing
    writers_delete,      ///< takes everybody for the founder
    forgets_locks,       ///< deletes in spite of a retention lock
    keeps_temporaries,   ///< what it gave up on stays on its disk for ever
    hides_receipts,      ///< of segments that it takes
    loses_roots,         ///< of those that it stored it drops one in eight
    // Of the program of clients:
    restores_wrongly, ///< a bit of what it gives back is another
    loses_snapshots,  ///< does not show the newest
    never_heals,      ///< says that it did
};

struct Served {
    peer::Answer answer;
    Bytes body;
};

/// One simulated machine with a node's own program: its disk, its power, its lies. Requests come
/// from several threads; what changes its power or its disk comes from one, between requests.
class Machine {
public:
    struct Parts {
        unsigned number = 0;
        const crypto::SigningKey* key = nullptr; ///< ML-DSA-65
        RepoId repository;                       ///< the one whose promises are watched
        PeerId founder;
        env::Clock* clock = nullptr;
        Promises* promises = nullptr;
        Defect defect = Defect::none;
    };

    Machine(std::unique_ptr<FileSystem> disk, Parts parts);

    unsigned number() const { return m_parts.number; }
    const PeerId& id() const { return m_id; }
    const std::string& uri() const { return m_uri; }
    bool is_up() const { return m_running && !disk().is_without_power(); }

    /// One request from its first byte to the last of its answer.
    ///
    /// in      `cut`, the link breaks after so many bytes of the body
    /// errors  `unavailable` when nobody answers
    Result<Served> serve(const peer::Request& request, const Bytes& body, const PeerId& client,
                         std::optional<std::size_t> cut = std::nullopt);

    /// The power goes with the n-th change of the disk from now.
    void lose_power_after(std::uint64_t changes) { disk().set_crash_after(changes); }

    /// The power goes now, and what the disk then holds is `seed`'s.
    void lose_power(std::uint64_t seed);
    /// It comes back, or the daemon is started anew.
    void start(std::uint64_t seed);
    /// A new disk, with nothing on it.
    void lose_disk();

    void begin_to_lie(Lie lie);
    Lie lie() const { return m_lie; }

    FileSystem& disk() const { return *m_disk; }
    node::Service& service() const { return *m_running->service; }
    node::Store& store() const { return *m_running->store; }

    std::string segment_path(const SegmentId& segment) const;
    std::string root_path(const std::string& name) const;
    std::string incoming_path() const;

    /// The retention locks that it has answered for.
    std::vector<std::string> locks() const;
    bool is_locked() const { return !locks().empty(); }

    /// Deletes that were done though they may not be.
    std::vector<std::string> outrages() const;

private:
    struct Running {
        std::unique_ptr<env::FileSystem> shown; ///< the disk as a defect shows it; none without
        std::unique_ptr<node::Store> store;
        std::unique_ptr<node::Service> service;
        std::unique_ptr<node::Service> silent; ///< the same without receipts
    };

    Result<Served> ask(node::Service& service, const peer::Request& request, ByteView body,
                       const PeerId& client, std::optional<std::size_t> cut) const;
    Result<Served> ask_liar(const peer::Request& request, ByteView body, const PeerId& client);
    std::unique_ptr<Running> run_on(FileSystem& disk) const;
    void note(const peer::Target& target, const peer::Request& request, const Bytes& body,
              const PeerId& client, const Served& served);
    void note_removal(const std::string& path, const std::string& what, const PeerId& client);
    std::string head_folder() const;

    Parts m_parts;
    PeerId m_id;
    std::string m_uri;
    std::unique_ptr<FileSystem> m_disk;
    std::unique_ptr<Running> m_running;
    Lie m_lie = Lie::none;
    std::unique_ptr<FileSystem> m_old_disk; ///< what a liar shows
    std::unique_ptr<Running> m_old;
    mutable std::mutex m_mutex; ///< of what follows
    std::vector<std::string> m_outrages;
};

} // namespace torgo::sim
