#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "head/opener.hpp"
#include "head/uri.hpp"
#include "repo/lane.hpp"
#include "repo/wait.hpp"
#include "segment/code.hpp"
#include "segment/joiner.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace torgo::repo {

/// The heads of one repository, seen as one place: roots lie on all of them, segment i of a pack on
/// head i, counted around. A head that fails or hangs is asked last for a while, and no call waits
/// for it that others can serve. Thread-safe.
class HeadSet {
public:
    /// Opens every head that answers; the others stay known with their reason.
    ///
    /// errors  `not_a_repository` when no head holds one; `too_few_heads`; `unavailable`
    static Result<std::unique_ptr<HeadSet>>
    open(const head::Opener& opener, const std::vector<std::string>& uris, Wait wait = Wait::all);

    /// Gives up what still waits for a distant head; its links are cancelled then.
    ~HeadSet();

    HeadSet(const HeadSet&) = delete;
    HeadSet& operator=(const HeadSet&) = delete;

    std::size_t size() const noexcept { return m_heads.size(); }

    const std::string& uri(std::size_t index) const { return m_uris.at(index); }

    /// For people: of a group its name, without its members.
    std::string label(std::size_t index) const {
        return std::string(head::short_uri(m_uris.at(index)));
    }

    /// Nothing when the head cannot be used; `why_not` then says the reason.
    head::Head* at(std::size_t index) const { return m_heads.at(index).get(); }

    /// Why a head cannot be used, or is read through its spool alone, or serves no writes.
    const Error* why_not(std::size_t index) const;

    std::size_t usable() const;

    /// Whether the head itself was there when it was opened, not only what waits for it in a spool.
    bool is_there(std::size_t index) const;

    /// What is known of a head's ways, usable or not.
    Lane& lane(std::size_t index) const { return *m_lanes.at(index); }

    /// How many threads keep the heads busy that read many things.
    unsigned reading_threads() const;

    /// Heads that hold another repository than `id` are taken as unusable from here on.
    void require_repository(const RepoId& id);

    /// Makes an unusable head anew at its URI (an empty or vanished folder that came back).
    Result<> recreate(std::size_t index, head::NewHead made);

    // What heads do not take (docs/spec/spool.md).

    /// From here on the heads' spools keep what a head does not take, and count as heads.
    void use_spools() noexcept { m_spooling = true; }

    bool uses_spools() const noexcept { return m_spooling; }

    /// How many heads have all that this machine ever wrote, as far as the spools know.
    Result<std::size_t> complete_heads() const;

    // Roots.

    /// Stores a root on every usable head, but those that hang while others are enough; success
    /// when at least `needed` took it. With spools, what commits waits there for all heads while
    /// fewer than `needed` are complete.
    Result<> put_root(const std::string& name, ByteView content, std::size_t needed);

    /// From the first head whose copy fits its name (names that end in a hash are checked).
    /// errors  `not_found` when no head has it, `corrupt` when none has a good copy
    Result<Bytes> get_root(const std::string& name) const;

    /// The same for a name that is not bound to its content: the first copy that `good` takes.
    using Good = std::function<bool(ByteView content)>;
    Result<Bytes> get_root(const std::string& name, const Good& good) const;

    /// Is told of a head that gave no list.
    using LeftOut = std::function<void(std::size_t head, const Error& reason)>;

    /// Names on any usable head, ascending. A head that fails is left out; all failing is an error.
    Result<std::vector<std::string>> list_roots(const std::string& prefix,
                                                const LeftOut& left_out = {}) const;

    /// Removes it from every usable head; an unusable one keeps it (said by the error's text).
    Result<> remove_root(const std::string& name);

    // Packs.

    struct WrittenPack {
        segment::PackInfo info;
        std::vector<std::size_t> missing; ///< heads that did not take their segment
        std::vector<std::size_t> waiting; ///< those of whom a spool took it; not among the missing
        std::uint64_t bytes = 0;          ///< written to all heads together
    };

    /// Is told how many bytes of the pack are not needed any more.
    using Done = std::function<void(std::size_t bytes)>;

    /// Streams one pack as n segments to the heads and waits until they are durable.
    ///
    /// in      `needed`: heads; so many more than give the pack back may be lost afterwards, where
    ///         each holds several segments whichever they are (REPO-40)
    /// errors  `no_space` or `too_few_heads` when too little was taken for that
    Result<WrittenPack> write_pack(const RepoId& repo, segment::PackClass cls, segment::Code code,
                                   ByteView pack, std::size_t needed, const Done& done);

    /// How segment/ reads the segments of one pack, one after the other. The pack must outlive the
    /// function.
    segment::Fetch fetch(const segment::PackInfo& pack) const;

    /// The same, from distant heads at once. The pack must outlive it.
    std::unique_ptr<segment::Fetcher> fetcher(const segment::PackInfo& pack) const;

    /// The head that holds segment `index` of any pack (REPO-44).
    std::size_t head_of(unsigned index) const { return index % m_heads.size(); }

    /// The segments of a pack that belong on one head, in the order of the pack.
    std::vector<SegmentId> slots_on(std::size_t head, const segment::PackInfo& pack) const;

    /// How many heads give a pack back: each has the same number of its segments.
    std::size_t heads_to_restore(segment::Code code) const;

private:
    HeadSet(const head::Opener& opener, std::vector<std::string> uris);
    using Begun = std::function<void(const std::shared_ptr<head::Head>& head)>;
    void try_open(std::size_t index, const Begun& begun);
    head::Head* spool_of(std::size_t index) const;
    Result<bool> must_hold(const std::string& name, std::size_t needed) const;
    std::size_t keep_root(const std::string& name, ByteView content, std::vector<bool>& took,
                          std::optional<Error>& reason) const;
    std::vector<std::size_t> in_order_of_readiness() const;
    std::size_t ready() const;
    Lane::Clock::duration writing_tail(std::uint64_t bytes) const;

    const head::Opener& m_opener;
    std::vector<std::string> m_uris;
    std::vector<std::shared_ptr<head::Head>> m_heads;
    std::vector<std::optional<Error>> m_errors;
    std::vector<bool> m_lacks; ///< heads of whom not even a spool took something
    bool m_spooling = false;
    std::vector<std::unique_ptr<Lane>> m_lanes; ///< by head; they end before the heads do
};

/// What it means that only so many heads took something.
Error too_few(std::size_t usable, std::size_t total, std::size_t needed, const Error* reason);

/// True when the content of a root fits a name that ends in its SHA-256 ("batch-<64 hex>"); other
/// names are not bound to their content and give true.
bool fits_name(const std::string& name, ByteView content);

} // namespace torgo::repo
