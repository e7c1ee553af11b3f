#include "pack/reader.hpp"

#include "pack/footer.hpp"
#include "pack/ladder.hpp"

#include <algorithm>
#include <optional>

namespace torgo::pack {
namespace {

constexpr std::size_t first_read = 64_KiB; ///< holds the trailer of some 590 chunks

/// A footer and whose keys opened it.
struct Opened {
    Footer footer;
    const EpochKeys* epoch = nullptr;
};

Result<Opened> open_with_any(ByteView sealed, std::uint64_t pack_size,
                             std::span<const EpochKeys> epochs) {
    for (const auto& epoch : epochs) {
        auto footer = open_footer(sealed, *epoch.keys, pack_size);
        if (footer) return Opened{.footer = *footer, .epoch = &epoch};
        if (footer.error().code() != Errc::authentication)
            return std::unexpected(std::move(footer).error());
    }
    return fail(Errc::authentication, "a pack does not belong to this repository, or is damaged");
}

} // namespace

Result<std::vector<Entry>> read_entries(std::uint64_t pack_size, const ReadAt& read,
                                        std::span<const EpochKeys> epochs) {
    if (!on_ladder(pack_size)) return fail(Errc::corrupt, "no pack has this size"); // [PACK-1]
    Bytes end(first_read);
    CHECK_OK(read(pack_size - end.size(), end));
    TRY(const auto opened, open_with_any(ByteView(end).last(footer_size), pack_size, epochs));
    const auto& footer = opened.footer;
    Bytes trailer(footer.trailer_size);
    if (const auto back = footer.trailer_size + footer_size; back <= end.size())
        std::ranges::copy(ByteView(end).last(back).first(trailer.size()), trailer.begin());
    else
        CHECK_OK(read(footer.trailer_offset, trailer));
    Bytes plain;
    CHECK_OK(opened.epoch->sealer->open(footer.trailer, trailer, plain));
    TRY(auto entries, decode_entries(plain, footer.trailer.suite, footer.trailer_offset));
    for (const auto& entry : entries) // [PACK-9] a trailer may outlive the epoch of its chunks
        if (entry.header.epoch > footer.trailer.epoch)
            return fail(Errc::corrupt, "a chunk of a later epoch than its pack");
    return entries;
}

} // namespace torgo::pack
