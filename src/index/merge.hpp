#pragma once

#include "base/error.hpp"
#include "index/location.hpp"
#include "index/run.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace torgo::index {

/// Entries by rising id, a piece at a time.
class EntryStream {
public:
    EntryStream() = default;
    EntryStream(const EntryStream&) = delete;
    EntryStream& operator=(const EntryStream&) = delete;
    EntryStream(EntryStream&&) = delete;
    EntryStream& operator=(EntryStream&&) = delete;
    virtual ~EntryStream() = default;

    /// The next entries, at least one; none at the end. Valid until the next call.
    virtual Result<std::span<const Entry>> next() = 0;
};

/// Reads a run from front to back with a buffer of 64 KiB.
std::unique_ptr<EntryStream> stream_of(std::shared_ptr<const Run> run);

/// Streams entries that are sorted already.
std::unique_ptr<EntryStream> stream_of(std::vector<Entry> sorted);

/// Several streams as one. An id that is in more than one comes once, from the first that has it.
class Merge {
public:
    explicit Merge(std::vector<std::unique_ptr<EntryStream>> newest_first);

    /// The next entry; nothing at the end. Valid until the next call.
    Result<const Entry*> next();

private:
    struct Source {
        std::unique_ptr<EntryStream> stream;
        std::span<const Entry> left;
    };

    /// Reads more where a source has run dry; drops the sources that have ended.
    Result<> refill();

    std::vector<Source> m_sources;
    Entry m_current;
};

/// Which runs to merge, given their entry counts from the oldest on: those from the returned place
/// to the end, or none (the end) while there are at most `runs_max`. Takes as many as it can
/// without rewriting a run that is larger than all newer ones together, so that an entry is
/// rewritten a number of times that grows with the logarithm of the index only.
std::size_t merge_from(std::span<const std::uint64_t> counts, std::size_t runs_max) noexcept;

} // namespace torgo::index
