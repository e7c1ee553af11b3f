#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/secret.hpp"
#include "crypto/sign.hpp"
#include "env/world.hpp"
#include "head/opener.hpp"
#include "repo/descriptor.hpp"
#include "repo/key_slot.hpp"
#include "repo/snapshot.hpp"
#include "repo/snapshot_record.hpp"
#include "repo/wait.hpp"
#include "repo/writer.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::repo {

class Certificates;
class HeadSet;
class ChunkStore;

/// Stands in a Place for a head whose URI is not known (`init --from` with some of them).
inline constexpr std::string_view unknown_head = "none:";

/// Where a repository lies: what the descriptor file says. No secret.
struct Place {
    std::vector<std::string> heads; ///< URIs, in the order of their segments
    RepoId id;
    Digest root_fingerprint; ///< SHA-256 of the root public keys; pins the repository's owner
};

/// Local folders of this user for one repository; created when needed.
struct LocalFolders {
    std::string cache; ///< may be deleted at any time
    std::string state; ///< which writer this machine is, and the last snapshot it saw
};

/// A sentence for the user about something that is not as it should be and did not stop the work.
using Warn = std::function<void(const std::string&)>;

struct InitOptions {
    std::vector<std::string> heads; ///< as many as `code.n`, or an even part of that
    seal::Suite suite = seal::Suite::chimera2048;
    segment::Code code;
    Credential credential;
    crypto::Argon2Cost cost;
    std::string label; ///< of the first key slot: "alice@ward7"
};

/// What `init` hands to the owner, once.
struct RecoveryKit {
    Place place;
    crypto::SecretBytes secret{0}; ///< 32 random bytes that open the recovery key slot
};

struct Initialised {
    Place place;
    RecoveryKit kit;
};

/// Makes the heads, the owner's secrets, the first key slots and the signed descriptor.
///
/// errors  `exists` when a head already holds a repository; nothing is left half made: on any error
///         the heads created by this call are removed again
/// cost    two SLH-DSA signatures (about a second each) and one Argon2id
Result<Initialised> initialise(const env::World& world, const head::Opener& opener,
                               InitOptions options);

/// Reads the public descriptor from whichever of the heads answer: what `init --from URI…` does.
/// errors  `not_a_repository`, `unavailable`, `authentication` when the heads disagree
Result<Place> discover(const head::Opener& opener, const std::vector<std::string>& heads);

/// One open repository. Everything that needs no key works at once; the rest after `unlock`.
/// Methods are not thread-safe unless they say so.
class Repository {
public:
    /// errors  `not_a_repository`, `unavailable`, `too_few_heads` (fewer than k answer),
    ///         `unsupported` (made by a newer version), `authentication` (another owner's)
    static Result<std::unique_ptr<Repository>> open(const env::World& world,
                                                    const head::Opener& opener, Place place,
                                                    LocalFolders folders, Warn warn,
                                                    Wait wait = Wait::all);

    ~Repository();
    Repository(const Repository&) = delete;
    Repository& operator=(const Repository&) = delete;
    Repository(Repository&&) = delete;
    Repository& operator=(Repository&&) = delete;

    /// errors  `wrong_password` when no key slot opens
    Result<> unlock(const Credential& credential);

    /// The owner's ML-DSA-87 root key, for records that nodes verify. Needs `unlock`.
    Result<crypto::SigningKey> owner_key() const;

    bool unlocked() const noexcept { return m_secrets != nullptr; }

    const Place& place() const noexcept { return m_place; }

    const Descriptor& descriptor() const noexcept { return m_descriptor; }

    const env::World& world() const noexcept { return m_world; }

    const LocalFolders& folders() const noexcept { return m_folders; }

    void warn(const std::string& sentence) const { m_warn(sentence); }

    /// The heads as one thing. Thread-safe.
    HeadSet& heads() noexcept { return *m_heads; }

    /// Chunks by id; loads the index on first use. Needs `unlock`. Thread-safe afterwards.
    Result<ChunkStore*> chunks();

    /// The same made from the heads alone, without the local cache: what `check` believes.
    Result<std::unique_ptr<ChunkStore>> fresh_chunks(const Warn& warn);

    /// Reads the snapshots again and sends what is wrong with them to `warn`.
    Result<std::vector<Snapshot>> fresh_snapshots(const Warn& warn);

    /// All snapshots, the withdrawn ones too, oldest first by causal order then time; every one of
    /// them is authenticated by a verified signature or by the hash of a verified successor.
    /// Missing ancestors and rollbacks are reported through `warn`. Needs `unlock`.
    Result<std::vector<Snapshot>> snapshots();

    /// The signing keys this machine writes with; made and certified on first use.
    /// cost    about a second the first time (SLH-DSA)
    Result<WriterKeys> writer();

    /// Notes locally that this snapshot was there: should the heads ever show less, it is said.
    Result<> remember_snapshot(const SnapshotId& id);

    /// "latest" of those that are not withdrawn, a full id, or an unambiguous prefix of at least 4
    /// digits. Of a withdrawn one that is named it warns.
    Result<Snapshot> find_snapshot(std::string_view name);

    // Keys; need `unlock`.
    Result<std::vector<KeySlotInfo>> key_slots();
    Result<std::string> add_key(const Credential& credential, const crypto::Argon2Cost& cost,
                                const std::string& label);
    /// errors  `invalid_argument` for the last slot that a person can open, or the one in use
    Result<> remove_key(std::string_view slot_prefix);
    const std::string& current_slot() const noexcept { return m_current_slot; }

private:
    Repository(const env::World& world, Place place, LocalFolders folders, Warn warn);

    env::World m_world;
    Place m_place;
    LocalFolders m_folders;
    Warn m_warn;
    Descriptor m_descriptor;
    std::unique_ptr<HeadSet> m_heads;
    Result<> read_descriptor();
    Result<> check_secrets(const Secrets& secrets) const;
    Result<> spread_writer(const WriterId& id, ByteView record);
    Result<std::set<SnapshotId>> read_withdrawals();
    Result<> note_last_seen(const SnapshotId& id);
    bool m_verify_all = false;
    Result<std::vector<SnapshotFrame>> read_frames();
    Result<std::vector<SnapshotFrame>> authentic(std::vector<SnapshotFrame> frames);
    Result<> check_frame_signature(const SnapshotFrame& frame);
    Result<> may_keep(const SnapshotFrame& frame, std::size_t& unverified);
    void warn_about_history(const std::vector<Snapshot>& snapshots);

    std::unique_ptr<Secrets> m_secrets;
    std::unique_ptr<seal::Keys> m_keys;
    std::unique_ptr<seal::Sealer> m_sealer;
    std::unique_ptr<ChunkStore> m_chunks;
    std::unique_ptr<Certificates> m_certificates;
    std::optional<std::vector<Snapshot>> m_snapshots;
    std::string m_current_slot;
};

} // namespace torgo::repo
