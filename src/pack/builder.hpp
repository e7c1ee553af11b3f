#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/pack_class.hpp"
#include "env/random.hpp"
#include "pack/entry.hpp"
#include "pack/ladder.hpp"
#include "seal/sealer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace torgo::pack {

/// Memory for one pack; pages never written cost nothing.
class Buffer {
public:
    Buffer() noexcept = default;

    /// Aborts when memory is out, as new does.
    explicit Buffer(std::size_t size);

    std::size_t size() const noexcept { return m_bytes ? m_size : 0; }

    ByteSpan span() noexcept { return {m_bytes.get(), size()}; }

    ByteView view() const noexcept { return {m_bytes.get(), size()}; }

    /// Gives the memory of the first `end` bytes back to the system; they read as anything after.
    void forget(std::size_t end) noexcept;

private:
    struct Free {
        void operator()(std::uint8_t* bytes) const noexcept { std::free(bytes); }
    };

    std::unique_ptr<std::uint8_t[], Free> m_bytes;
    std::size_t m_size = 0;
};

/// A finished pack, ready to be split into segments.
struct Finished {
    PackClass cls = PackClass::data;
    Buffer buffer;              ///< the pack is its first `size` bytes
    std::size_t size = 0;       ///< a step of the ladder
    std::vector<Entry> entries; ///< of its chunks, in the order of their offsets

    ByteView bytes() const noexcept { return buffer.view().first(size); }
};

/// Room for one sealed chunk in a Builder.
struct Slot {
    ByteSpan out;            ///< payload size + seal::tag_size bytes, to seal into
    std::uint32_t index = 0; ///< of the entry
};

/// Gathers sealed chunks into packs. Any thread may reserve and fill; they hold a lock for moments
/// and seal straight into the pack outside of it.
class Builder {
public:
    /// in      `max_size`, a step of the ladder: of a full pack
    explicit Builder(PackClass cls, std::size_t max_size = ladder.back());

    /// Room for a chunk of `payload_size` bytes, or nothing when the pack with its trailer would
    /// grow over max_size: then finish, and reserve again in an empty builder. A chunk that no
    /// empty builder takes is a bug of the caller (16 MiB needs a max_size of 64 MiB).
    std::optional<Slot> reserve(std::size_t payload_size);

    /// Says that `slot.out` holds the sealed chunk of `header`. Each slot must be filled, once.
    void fill(const Slot& slot, const seal::SealedHeader& header);

    /// True when every reserved slot is filled (also when there is none).
    bool complete() const;

    /// Sealed bytes reserved so far.
    std::size_t bytes() const;

    /// Slots reserved so far.
    std::size_t count() const;

    /// Ends a complete builder: everything becomes packs, and the builder is empty again (with a
    /// new buffer, or one given back by recycle). Without chunks: no pack.
    ///
    /// in      `last` false: one pack of max_size, with no copy of what is in it; true: packs of
    /// the
    ///         steps that fit (docs/spec/segment.md 1.4), which copies all but the first
    /// errors  what sealing answers; the chunks are then lost
    Result<std::vector<Finished>> finish(seal::Sealer& sealer, const seal::Keys& keys,
                                         env::Random& random, bool last);

    /// Gives back the buffer of a finished pack of max_size to be used again; smaller ones are let
    /// go.
    void recycle(Buffer buffer);

    /// Forgets all chunks; keeps the buffer. No slot may still be written to.
    void reset();

private:
    PackClass m_class;
    std::size_t m_max_size;
    mutable std::mutex m_mutex;
    Buffer m_buffer;
    std::vector<Entry> m_entries;
    std::size_t m_bytes = 0;
    std::size_t m_filled = 0;
};

} // namespace torgo::pack
