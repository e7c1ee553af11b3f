#include "node/age.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"

namespace torgo::node {

namespace {

constexpr std::string_view magic = "TGE1";
constexpr std::uint8_t version = 1;
constexpr std::size_t fields_size = 4 + 1 + 8;
constexpr std::size_t file_size = fields_size + Digest::size;
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::uint64_t day_s = 24 * 60 * 60;

Result<std::uint64_t> parse(ByteView file) {
    Reader in(file);
    TRY(const auto found, in.raw(magic.size()));
    TRY(const auto number, in.get<std::uint8_t>());
    TRY(const auto seconds, in.get<std::uint64_t>());
    TRY(const auto digest, in.id<Digest>());
    CHECK_OK(in.done());
    if (as_text(found) == magic && number == version &&
        digest == crypto::sha256(file.first(fields_size)))
        return seconds;
    return fail(Errc::corrupt, "the node's age is damaged");
}

} // namespace

Age::Age(env::FileSystem& files, env::Clock& clock, std::string path)
    : m_files(files), m_clock(clock), m_path(std::move(path)), m_began_ns(clock.monotonic_ns()) {
    const auto file = env::read_file(m_files, m_path, file_size);
    if (!file) return;
    m_before = parse(*file).value_or(0);
}

std::uint64_t Age::seconds() const {
    return m_before + static_cast<std::uint64_t>((m_clock.monotonic_ns() - m_began_ns) / second_ns);
}

Bin::Day Age::day() const {
    return static_cast<Bin::Day>(seconds() / day_s);
}

Result<> Age::save() const {
    Writer out;
    out.raw(as_bytes(magic)).put(version).put(seconds());
    out.raw(crypto::sha256(out.view()).view());
    return env::write_file_atomically(m_files, m_path, out.view());
}

} // namespace torgo::node
