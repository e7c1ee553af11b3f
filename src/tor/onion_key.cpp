#include "tor/onion_key.hpp"

#include <algorithm>

namespace torgo::tor {

namespace {

constexpr std::size_t max_file = 1_KiB;
constexpr std::string_view prefix = "ED25519-V3:";
constexpr std::size_t base64_size = 88; ///< of the 64 bytes of an expanded key

bool is_key(std::string_view text) {
    static constexpr std::string_view base64 =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    return text.size() == prefix.size() + base64_size && text.starts_with(prefix) &&
           text.find_first_not_of(base64, prefix.size()) == std::string_view::npos;
}

Result<OnionKey> parse(std::string_view text) {
    const auto first = text.find('\n');
    if (first == std::string_view::npos || !text.ends_with('\n') || first + 1 >= text.size())
        return fail(Errc::corrupt, "no key of an onion service");
    const auto key = text.substr(first + 1, text.size() - first - 2);
    auto address = OnionAddress::parse(text.substr(0, first));
    if (!address || !is_key(key)) return fail(Errc::corrupt, "no key of an onion service");
    return OnionKey{*address, crypto::SecretBytes::copy_of(as_bytes(key))};
}

} // namespace

Result<std::optional<OnionKey>> load_onion_key(env::FileSystem& files, const std::string& path) {
    auto content = env::read_file(files, path, max_file);
    if (!content && content.error().code() == Errc::not_found) return std::nullopt;
    if (!content) return std::unexpected(std::move(content).error());
    auto key = parse(as_text(*content));
    crypto::wipe(*content);
    if (!key) return std::unexpected(std::move(key).error().with(path));
    return std::optional(std::move(*key));
}

Result<> save_onion_key(env::FileSystem& files, const std::string& path, const OnionKey& key) {
    if (!is_key(as_text(key.key.view())))
        return fail(Errc::corrupt, "tor gave no proper key of an onion service");
    const auto address = key.address.host();
    crypto::SecretBytes text(address.size() + key.key.size() + 2);
    auto out = std::ranges::copy(as_bytes(address), text.span().begin()).out;
    *out++ = '\n';
    out = std::ranges::copy(key.key.view(), out).out;
    *out = '\n';
    return env::write_file_atomically(files, path, text.view(), true);
}

} // namespace torgo::tor
