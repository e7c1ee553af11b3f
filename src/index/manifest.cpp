#include "index/manifest.hpp"

#include "base/codec.hpp"
#include "index/crc32c.hpp"

#include <charconv>

namespace torgo::index {

namespace {

constexpr std::string_view magic = "TGXM";
constexpr std::uint16_t version = 1;
constexpr std::uint64_t runs_limit = 4096;
constexpr std::size_t content_limit = 1_GiB;
constexpr std::string_view prefix = "run-";
constexpr std::size_t digits = 16;

std::string hex_digits(std::uint64_t value) {
    char text[digits];
    const auto end = std::to_chars(text, text + digits, value, 16).ptr;
    const std::string_view used(text, static_cast<std::size_t>(end - text));
    return std::string(digits - used.size(), '0').append(used);
}

std::optional<std::uint64_t> number(std::string_view hex) {
    std::uint64_t value = 0;
    const auto* const end = hex.data() + hex.size();
    const auto parsed = std::from_chars(hex.data(), end, value, 16);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return value;
}

} // namespace

std::string RunName::text() const {
    return std::string(prefix)
        .append(hex_digits(generation))
        .append("-")
        .append(hex_digits(digest));
}

std::optional<RunName> RunName::parse(std::string_view text) {
    if (text.ends_with(".tmp")) text.remove_suffix(4);
    if (text.size() != prefix.size() + digits + 1 + digits || !text.starts_with(prefix) ||
        text[prefix.size() + digits] != '-')
        return std::nullopt;
    const auto generation = number(text.substr(prefix.size(), digits));
    const auto digest = number(text.substr(prefix.size() + digits + 1));
    if (!generation || !digest) return std::nullopt;
    return RunName{*generation, *digest};
}

Bytes Manifest::encode() const {
    Writer out;
    out.raw(as_bytes(magic)).put(version).put(generation).raw(fingerprint.view());
    out.varint(runs.size());
    for (const auto& run : runs)
        out.put(run.generation).put(run.digest);
    out.blob(content);
    out.put(crc32c(out.view()));
    return std::move(out).take();
}

Result<Manifest> Manifest::decode(ByteView bytes) {
    constexpr auto sum_size = sizeof(std::uint32_t);
    if (bytes.size() < sum_size) return fail(Errc::corrupt, "the index manifest is too short");
    const auto body = bytes.first(bytes.size() - sum_size);
    if (Reader(bytes.last(sum_size)).get<std::uint32_t>() != crc32c(body))
        return fail(Errc::corrupt, "the index manifest is damaged");
    Reader in(body);
    TRY(const auto start, in.raw(magic.size()));
    if (as_text(start) != magic) return fail(Errc::corrupt, "not an index manifest");
    TRY(const auto found, in.get<std::uint16_t>());
    if (found != version) return fail(Errc::unsupported, "an index manifest of another version");
    Manifest manifest;
    TRY(manifest.generation, in.get<std::uint64_t>());
    TRY(manifest.fingerprint, in.id<Fingerprint>());
    TRY(const auto runs, in.varint(runs_limit));
    for (std::uint64_t i = 0; i < runs; ++i) {
        RunName name;
        TRY(name.generation, in.get<std::uint64_t>());
        TRY(name.digest, in.get<std::uint64_t>());
        manifest.runs.push_back(name);
    }
    TRY(const auto content, in.blob(content_limit));
    manifest.content.assign(content.begin(), content.end());
    CHECK_OK(in.done());
    return manifest;
}

} // namespace torgo::index
