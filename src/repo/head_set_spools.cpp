// What the heads do not take: how HeadSet keeps it in their spools (docs/spec/spool.md).
#include "head/spool.hpp"
#include "repo/head_set.hpp"

namespace torgo::repo {

head::Head* HeadSet::spool_of(std::size_t index) const {
    return m_heads[index] ? m_heads[index]->spool() : nullptr;
}

Result<std::size_t> HeadSet::complete_heads() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (m_lacks[i]) continue;
        auto* const spool = spool_of(i);
        if (spool != nullptr) {
            TRY(const auto segments, spool->list_segments(SegmentId{}, 1));
            if (!segments.empty()) continue;
            TRY(const auto roots, spool->list_roots(""));
            if (std::ranges::any_of(roots, head::commits)) continue;
        }
        ++count;
    }
    return count;
}

// SPOOL-8
Result<bool> HeadSet::must_hold(const std::string& name, std::size_t needed) const {
    if (!m_spooling || !head::commits(name)) return false;
    TRY(const auto complete, complete_heads());
    return complete < needed;
}

/// Puts a root into the spools of the heads that did not take it; gives how many spools took it.
std::size_t HeadSet::keep_root(const std::string& name, ByteView content, std::vector<bool>& took,
                               std::optional<Error>& reason) const {
    if (!m_spooling || !head::may_wait(name)) return 0;
    std::size_t done = 0;
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        auto* const spool = spool_of(i);
        if (took[i] || spool == nullptr) continue;
        auto kept = spool->put_root(name, content);
        if (kept)
            ++done;
        else
            reason = std::move(kept).error();
    }
    return done;
}

} // namespace torgo::repo
