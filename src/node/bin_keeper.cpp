#include "node/bin_keeper.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"

namespace torgo::node {

namespace {

constexpr std::string_view magic = "TGB1";
constexpr std::uint8_t version = 1;
constexpr std::size_t fields_size = 4 + 1 + 4;
constexpr std::size_t file_size = fields_size + Digest::size;

Result<std::uint32_t> parse(ByteView file) {
    Reader in(file);
    TRY(const auto found, in.raw(magic.size()));
    TRY(const auto number, in.get<std::uint8_t>());
    TRY(const auto days, in.get<std::uint32_t>());
    TRY(const auto digest, in.id<Digest>());
    CHECK_OK(in.done());
    if (as_text(found) == magic && number == version && days >= 1 && days <= keep_days_max &&
        digest == crypto::sha256(file.first(fields_size)))
        return days;
    return fail(Errc::corrupt, "for how long the node keeps what is deleted can not be read");
}

Bytes encode(std::uint32_t days) {
    Writer out;
    out.raw(as_bytes(magic)).put(version).put(days);
    out.raw(crypto::sha256(out.view()).view());
    return std::move(out).take();
}

} // namespace

Result<BinKeeper> BinKeeper::make(Store& store, const std::string& path, std::uint32_t days) {
    const auto saved = env::read_file(store.files(), path, file_size).and_then(parse);
    if (days == 0) return BinKeeper(store, saved.value_or(keep_days_max), false);
    if (!saved || *saved != days)
        CHECK_OK(env::write_file_atomically(store.files(), path, encode(days)));
    return BinKeeper(store, days, true);
}

Bin::Emptied BinKeeper::tend(Bin::Day today) {
    if (m_takes) m_store.keep_deleted(today);
    if (today <= m_days) return {};
    return m_store.empty_bins(today - m_days);
}

} // namespace torgo::node
