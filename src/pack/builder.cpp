#include "pack/builder.hpp"

#include "base/ensure.hpp"
#include "crypto/cascade.hpp"
#include "pack/footer.hpp"
#include "pack/shares.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <utility>

namespace torgo::pack {
namespace {

/// True when chunks of `bytes` sealed bytes leave room for the longest trailer they may have.
bool fits(std::size_t bytes, std::size_t count, std::size_t max_size) noexcept {
    const auto trailer = entries_size_bound(count);
    return count <= limits::max_entries && trailer <= seal::chunk_size_max &&
           bytes + trailer + seal::tag_size + footer_size <= max_size;
}

/// [PACK-3] noise: keystreams, each of a key that is used once and forgotten.
void fill_with_noise(ByteSpan out, env::Random& random) {
    constexpr std::size_t tile = 64_KiB; // stays in the caches
    const Bytes zeros(std::min(tile, out.size()));
    crypto::Cascade cascade;
    while (!out.empty()) {
        const auto part = out.first(std::min(tile, out.size()));
        crypto::ShortLivedKey key;
        random.fill(key.bytes);
        std::array<std::uint8_t, crypto::Cascade::tag_size> unused{};
        cascade.encrypt({}, key, {}, ByteView(zeros).first(part.size()), part, unused);
        out = out.subspan(part.size());
    }
}

/// Ends a pack whose chunks are at the front of `pack`. [PACK-10]
Result<> seal_pack(ByteSpan pack, std::span<const Entry> entries, seal::Sealer& sealer,
                   const seal::Keys& keys, env::Random& random) {
    const auto end = entries.back().offset + entries.back().header.sealed_size();
    const auto plain = encode_entries(entries);
    const auto size = plain.size() + seal::tag_size;
    ENSURE(end + size + footer_size <= pack.size());
    const auto offset = pack.size() - footer_size - size;
    fill_with_noise(pack.subspan(end, offset - end), random);
    const auto id = keys.id(seal::ChunkType::trailer, plain);
    TRY(const auto header,
        sealer.seal(seal::ChunkType::trailer, id, plain, {.bytes = plain, .flags = 0}, true,
                    pack.subspan(offset, size)));
    TRY(const auto footer, seal_footer({.trailer_offset = static_cast<std::uint32_t>(offset),
                                        .trailer_size = static_cast<std::uint32_t>(size),
                                        .trailer = header},
                                       keys));
    std::ranges::copy(footer, pack.last(footer_size).begin());
    return {};
}

/// Takes the chunks of `entries` out of `from` into a buffer of their own.
Finished copy_out(PackClass cls, const Buffer& from, std::span<const Entry> entries,
                  std::size_t size) {
    Finished out{.cls = cls, .buffer = Buffer(size), .size = size, .entries = {}};
    out.entries.assign(entries.begin(), entries.end());
    const auto start = entries.front().offset;
    const auto end = entries.back().offset + entries.back().header.sealed_size();
    std::ranges::copy(from.view().subspan(start, end - start), out.buffer.span().begin());
    for (auto& entry : out.entries)
        entry.offset -= start;
    return out;
}

} // namespace

Buffer::Buffer(std::size_t size) : m_size(size) {
    constexpr std::size_t huge_page = 2_MiB;
    constexpr std::size_t page = 4_KiB;
    m_bytes.reset(static_cast<std::uint8_t*>(
        std::aligned_alloc(size % huge_page == 0 ? huge_page : page, size)));
    ENSURE(m_bytes != nullptr);
}

void Buffer::forget(std::size_t end) noexcept {
    constexpr std::size_t page = 4_KiB; // the buffer begins on one
    const auto whole = std::min(end, size()) / page * page;
    // Advice: where the system does not take it, the memory is only kept longer.
    if (whole != 0) (void)::madvise(m_bytes.get(), whole, MADV_DONTNEED);
}

Builder::Builder(PackClass cls, std::size_t max_size) : m_class(cls), m_max_size(max_size) {
    ENSURE(on_ladder(max_size));
}

std::optional<Slot> Builder::reserve(std::size_t payload_size) {
    const auto size = payload_size + seal::tag_size;
    ENSURE(payload_size <= seal::chunk_size_max && fits(size, 1, m_max_size));
    const std::lock_guard lock(m_mutex);
    if (!fits(m_bytes + size, m_entries.size() + 1, m_max_size)) return std::nullopt;
    if (m_buffer.size() == 0) m_buffer = Buffer(m_max_size);
    const Slot slot{.out = m_buffer.span().subspan(m_bytes, size),
                    .index = static_cast<std::uint32_t>(m_entries.size())};
    m_entries.push_back({.header = {}, .offset = static_cast<std::uint32_t>(m_bytes)});
    m_bytes += size;
    return slot;
}

void Builder::fill(const Slot& slot, const seal::SealedHeader& header) {
    ENSURE(header.sealed_size() == slot.out.size());
    const std::lock_guard lock(m_mutex);
    auto& entry = m_entries.at(slot.index);
    ENSURE(entry.header == seal::SealedHeader{});
    entry.header = header;
    ++m_filled;
}

bool Builder::complete() const {
    const std::lock_guard lock(m_mutex);
    return m_filled == m_entries.size();
}

std::size_t Builder::bytes() const {
    const std::lock_guard lock(m_mutex);
    return m_bytes;
}

std::size_t Builder::count() const {
    const std::lock_guard lock(m_mutex);
    return m_entries.size();
}

void Builder::recycle(Buffer buffer) {
    const std::lock_guard lock(m_mutex);
    if (m_buffer.size() == 0 && buffer.size() == m_max_size) m_buffer = std::move(buffer);
}

void Builder::reset() {
    const std::lock_guard lock(m_mutex);
    m_entries.clear();
    m_bytes = 0;
    m_filled = 0;
}

Result<std::vector<Finished>> Builder::finish(seal::Sealer& sealer, const seal::Keys& keys,
                                              env::Random& random, bool last) {
    const std::lock_guard lock(m_mutex);
    ENSURE(m_filled == m_entries.size());
    const auto entries = std::exchange(m_entries, {});
    m_bytes = 0;
    m_filled = 0;
    const auto dealt = last ? shares(entries) : std::vector{Share{entries.size(), m_max_size}};
    std::vector<Finished> packs;
    if (entries.empty()) return packs;
    std::span rest(entries);
    for (const auto& share : dealt) {
        if (!packs.empty())
            packs.push_back(copy_out(m_class, m_buffer, rest.first(share.chunks), share.size));
        else
            packs.push_back({.cls = m_class,
                             .buffer = {},
                             .size = share.size,
                             .entries = {rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(
                                                                          share.chunks)}});
        rest = rest.subspan(share.chunks);
    }
    packs.front().buffer = std::move(m_buffer); // its own chunks are in place; the others are out
    for (auto& pack : packs)
        CHECK_OK(
            seal_pack(pack.buffer.span().first(pack.size), pack.entries, sealer, keys, random));
    return packs;
}

} // namespace torgo::pack
