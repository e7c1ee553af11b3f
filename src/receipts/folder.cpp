#include "receipts/folder.hpp"

#include "crypto/hash.hpp"
#include "crypto/tls.hpp"
#include "env/lock.hpp"
#include "markup/envelope.hpp"
#include "markup/receipt_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace torgo::receipts {

namespace {

constexpr std::string_view mirror_suffix = ".mu";
constexpr std::string_view text_suffix = ".md";
constexpr int group_width = 6;
constexpr int number_width = 9;
constexpr std::int64_t millisecond_ns = 1'000'000;

std::string padded(std::uint64_t number, int width) {
    std::array<char, 32> out{};
    const auto size = std::snprintf(out.data(), out.size(), "%0*llu", width,
                                    static_cast<unsigned long long>(number));
    return {out.data(), static_cast<std::size_t>(size)};
}

/// Of a name as padded() writes it: of another that means the same number nobody finds the file.
std::optional<std::uint64_t> number_of(std::string_view text, std::size_t width) {
    std::uint64_t value = 0;
    if (text.size() != width) return std::nullopt;
    const auto* end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, value);
    if (problem != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

} // namespace

markup::Uuid make_uuid(env::Random& random, std::int64_t wall_ns) {
    constexpr std::size_t time_bytes = 6;
    markup::Uuid out;
    random.fill(out.bytes);
    auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(wall_ns, 0) / millisecond_ns);
    for (std::size_t i = time_bytes; i-- > 0; time >>= 8U)
        out.bytes.at(i) = static_cast<std::uint8_t>(time);
    out.bytes[6] = static_cast<std::uint8_t>((out.bytes[6] & 0x0FU) | 0x70U); // version 7
    out.bytes[8] = static_cast<std::uint8_t>((out.bytes[8] & 0x3FU) | 0x80U); // RFC 9562
    return out;
}

std::string Folder::stem(std::uint64_t number) const {
    return m_path + "/" + padded(number / group_size, group_width) + "/" +
           padded(number, number_width);
}

std::string Folder::mirror_path(std::uint64_t number) const {
    return stem(number) + std::string(mirror_suffix);
}

std::string Folder::text_path(std::uint64_t number) const {
    return stem(number) + std::string(text_suffix);
}

Result<std::vector<std::uint64_t>> Folder::groups() const {
    std::vector<std::uint64_t> out;
    const auto entries = m_files.list(m_path);
    if (!entries && entries.error().code() == Errc::not_found) return out;
    if (!entries) return std::unexpected(entries.error());
    for (const auto& entry : *entries)
        if (const auto number = number_of(entry.name, group_width);
            number && entry.type == env::FileType::directory)
            out.push_back(*number);
    std::ranges::sort(out);
    return out;
}

Result<std::vector<std::uint64_t>> Folder::numbers_in(std::uint64_t group) const {
    std::vector<std::uint64_t> out;
    TRY(const auto entries, m_files.list(m_path + "/" + padded(group, group_width)));
    for (const auto& entry : entries) {
        const std::string_view name = entry.name;
        if (!name.ends_with(mirror_suffix)) continue;
        const auto number =
            number_of(name.substr(0, name.size() - mirror_suffix.size()), number_width);
        if (number && *number / group_size == group) out.push_back(*number);
    }
    std::ranges::sort(out);
    return out;
}

Result<std::vector<std::uint64_t>> Folder::numbers() const {
    std::vector<std::uint64_t> out;
    TRY(const auto all, groups());
    for (const auto group : all) {
        TRY(const auto inside, numbers_in(group));
        out.insert(out.end(), inside.begin(), inside.end());
    }
    return out;
}

Result<std::optional<std::uint64_t>> Folder::newest() const {
    TRY(const auto all, groups());
    for (auto group = all.rbegin(); group != all.rend(); ++group) {
        TRY(const auto inside, numbers_in(*group));
        if (!inside.empty()) return std::optional(inside.back());
    }
    return std::optional<std::uint64_t>{};
}

Result<std::string> Folder::mirror_of(std::uint64_t number) const {
    TRY(const auto bytes, env::read_file(m_files, mirror_path(number), markup::mu_text_max));
    return std::string(as_text(bytes));
}

Result<std::string> Folder::text_of(std::uint64_t number) const {
    TRY(const auto bytes, env::read_file(m_files, text_path(number), markup::receipt_text_max));
    return std::string(as_text(bytes));
}

/// The copy for people is not flushed: it can be had from the mirror at any time.
Result<> Folder::restore_text(std::uint64_t number, const std::string& text) const {
    const auto path = text_path(number);
    const auto beside = path + ".new";
    if (auto gone = m_files.remove(beside); !gone && gone.error().code() != Errc::not_found)
        return gone;
    TRY(const auto file, m_files.create(beside, true));
    CHECK_OK(file->append(as_bytes(text)));
    return m_files.rename(beside, path);
}

Result<Folder::Lock> Folder::lock() const {
    return env::lock_file(m_files, m_clock, m_path + "/lock");
}

namespace {

/// Not one that may be read in a minute: without descriptors or memory, or by another user.
bool is_bad_for_good(const Error& error) {
    return error.code() == Errc::corrupt || error.code() == Errc::limit_exceeded ||
           error.code() == Errc::io || error.code() == Errc::permission;
}

} // namespace

Digest prev_of_unreadable() {
    return crypto::sha256({});
}

/// A damaged newest one must not end the chain: the next names what lies there, or that nothing
/// can be read, and whoever verifies finds both.
Result<Folder::Tail> Folder::tail() const {
    TRY(const auto last, newest());
    if (!last) return Tail{};
    const auto text = mirror_of(*last);
    if (!text && !is_bad_for_good(text.error())) return std::unexpected(text.error());
    if (!text) return Tail{*last + 1, prev_of_unreadable()};
    const auto read = markup::read_receipt(*text);
    return Tail{*last + 1, read ? read->hash : crypto::sha256(as_bytes(*text))};
}

// RECEIPT-13, RECEIPT-14
Result<markup::SignedReceipt> Folder::append(markup::Receipt facts, const crypto::SigningKey& key,
                                             env::Random& random) {
    CHECK_OK(env::make_directories(m_files, env::parent_path(m_path)));
    CHECK_OK(m_files.make_directory(m_path, true)); // it names what is saved
    TRY(const auto locked, lock());
    TRY(const auto end, tail());
    facts.author = crypto::peer_id_of(key.public_key());
    facts.number = end.next;
    facts.prev = end.prev;
    if (facts.id.is_zero()) facts.id = make_uuid(random, facts.ended_ns);
    facts = markup::bounded(std::move(facts));
    TRY(const auto mu, markup::sign_receipt(facts, make_uuid(random, facts.ended_ns), key));
    auto text = markup::write_receipt(facts);
    const auto hash = markup::hash_of(text);
    CHECK_OK(m_files.make_directory(env::parent_path(mirror_path(facts.number)), true));
    CHECK_OK(restore_text(facts.number, text));
    CHECK_OK(env::write_file_atomically(m_files, mirror_path(facts.number), as_bytes(mu), true));
    if (facts.number % group_size == 0) { // the folder is new, or with the first all of them
        CHECK_OK(m_files.sync_directory(m_path));
        CHECK_OK(m_files.sync_directory(env::parent_path(m_path)));
    }
    return markup::SignedReceipt{std::move(facts), std::move(text), hash};
}

} // namespace torgo::receipts
