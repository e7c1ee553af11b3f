#include "reading/folder.hpp"

#include "crypto/hash.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace torgo::reading {

namespace {
constexpr std::string_view magic = "TGRCHK3\n";
constexpr std::string_view magic_2 = "TGRCHK2\n"; ///< counts something else in the same place
constexpr std::string_view magic_1 = "TGRCHK1\n"; ///< counts nothing
constexpr std::string_view checkpoint_name = "checkpoint";
constexpr std::string_view log_prefix = "log-";
constexpr std::string_view segment_prefix = "seg-";
constexpr std::size_t checkpoint_size_max = 64_MiB;
constexpr std::int64_t day_ns = 86'400'000'000'000;
constexpr unsigned looks_max = 16;
constexpr std::size_t roll_digits = 10;

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t out = 0;
    const auto* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc() || at != end || text.empty()) return std::nullopt;
    return out;
}

/// The roll that "seg-1-20261122-0000000007" names.
std::optional<std::uint64_t> roll_of(std::string_view name) {
    const auto dash = name.rfind('-');
    return number_of(name.substr(dash + 1));
}
} // namespace

Bytes encode(const Checkpoint& checkpoint) {
    Writer out;
    out.raw(as_bytes(magic)).put(checkpoint.rolled).put(checkpoint.records);
    out.varint(checkpoint.sources.size());
    for (const auto& [source, state] : checkpoint.sources) {
        out.put(source);
        state.encode(out);
    }
    const auto hash = crypto::sha256(out.view());
    out.raw(hash.view());
    return std::move(out).take();
}

Result<Checkpoint> decode_checkpoint(ByteView bytes) {
    if (bytes.size() < magic.size() + Digest::size)
        return fail(Errc::corrupt, "a checkpoint too small");
    const auto is = [&](std::string_view one) {
        return std::ranges::equal(bytes.first(one.size()), as_bytes(one));
    };
    if (!is(magic) && !is(magic_2) && !is(magic_1))
        return fail(Errc::unsupported, "not a checkpoint of this version");
    const auto fields = bytes.first(bytes.size() - Digest::size);
    if (!std::ranges::equal(crypto::sha256(fields).view(), bytes.last(Digest::size)))
        return fail(Errc::corrupt, "the checkpoint of the readings is damaged");
    Reader in(fields.subspan(magic.size()));
    Checkpoint out;
    TRY(out.rolled, in.get<std::uint64_t>());
    if (!is(magic_1)) {
        TRY(const auto records, in.get<std::uint64_t>());
        if (is(magic)) out.records = records;
    }
    TRY(const auto count, in.varint(sources_max));
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY(const auto source, in.get<std::uint64_t>());
        if (!out.sources.empty() && out.sources.rbegin()->first >= source)
            return fail(Errc::corrupt, "sources that do not rise");
        TRY(auto state, SourceState::decode(in));
        out.sources.emplace(source, std::move(state));
    }
    CHECK_OK(in.done());
    return out;
}

std::string segment_name(std::uint8_t profile, std::int64_t day, std::uint64_t roll,
                         std::size_t part) {
    const Moment moment{.ns = day * day_ns, .digits = 0};
    auto date = print(moment).substr(0, 10);
    std::erase(date, '-');
    if (part > 0) date += "." + std::to_string(part);
    auto number = std::to_string(roll);
    if (number.size() < roll_digits) number.insert(0, roll_digits - number.size(), '0');
    return std::string(segment_prefix) + std::to_string(profile) + "-" + date + "-" + number;
}

Result<Listing> list_store(env::FileSystem& files, const std::string& folder,
                           std::uint64_t rolled) {
    Listing out;
    out.last_log = rolled;
    TRY(const auto entries, files.list(folder));
    for (const auto& [name, type] : entries) {
        if (type != env::FileType::file) continue;
        const bool is_log = name.starts_with(log_prefix);
        if (!is_log && !name.starts_with(segment_prefix)) continue;
        const auto number =
            is_log ? number_of(std::string_view(name).substr(log_prefix.size())) : roll_of(name);
        if (!number) continue;
        out.last_log = std::max(out.last_log, *number);
        if (is_log && *number > rolled)
            out.logs.push_back(*number);
        else if (!is_log && *number <= rolled)
            out.segments.push_back(name);
        else
            out.superseded.push_back(name);
    }
    std::ranges::sort(out.logs);
    std::ranges::sort(out.segments);
    return out;
}

bool is_damaged_log(env::FileSystem& files, const std::string& folder, const std::string& name) {
    if (!name.starts_with(log_prefix)) return false;
    const auto number = number_of(std::string_view(name).substr(log_prefix.size()));
    const auto content = env::read_file(files, folder + "/" + name, log_size_max);
    if (!number || !content) return false;
    const auto log = decode_log(*content, *number);
    return log && log->goes_on;
}

Result<Checkpoint> read_checkpoint(env::FileSystem& files, const std::string& folder) {
    const auto bytes =
        env::read_file(files, folder + "/" + std::string(checkpoint_name), checkpoint_size_max);
    if (!bytes && bytes.error().code() == Errc::not_found) return Checkpoint{};
    if (!bytes) return std::unexpected(bytes.error());
    auto out = decode_checkpoint(*bytes);
    if (!out)
        return fail(out.error().code(), folder + "/" + std::string(checkpoint_name) + ": " +
                                            out.error().detail() +
                                            "; bring the folder back from a snapshot");
    return out;
}

Result<> write_checkpoint(env::FileSystem& files, const std::string& folder,
                          const Checkpoint& checkpoint) {
    return env::write_file_atomically(files, folder + "/" + std::string(checkpoint_name),
                                      encode(checkpoint), /*secret=*/true);
}

Result<Listing> list_living_store(env::FileSystem& files, const std::string& folder) {
    TRY(auto before, read_checkpoint(files, folder));
    for (unsigned looks = 0; looks < looks_max; ++looks) {
        TRY(auto listing, list_store(files, folder, before.rolled));
        TRY(auto after, read_checkpoint(files, folder));
        if (after.rolled == before.rolled) return listing;
        before = std::move(after);
    }
    return fail(Errc::unavailable, folder + ": the store changes faster than it can be looked at");
}

std::int64_t day_of(const Reading& reading) noexcept {
    return reading.time.ns / day_ns;
}

} // namespace torgo::reading
