#include "workflow/storage_uri.hpp"

#include "base/utf8_cut.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace torgo::workflow {

namespace {

constexpr std::string_view scheme = "tor://";
constexpr std::size_t network_bytes_max = 64;
constexpr std::size_t quote_bytes_max = 100;

bool is_network_name(std::string_view text) {
    return !text.empty() && text.size() <= network_bytes_max &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

} // namespace

Result<StorageUri> read_storage_uri(std::string_view text) {
    const auto wrong = [&] {
        return fail(Errc::invalid_argument, "\"" + std::string(cut_utf8(text, quote_bytes_max)) +
                                                "\" is no store: tor://HOST:PORT/NETWORK");
    };
    if (!text.starts_with(scheme)) return wrong();
    const auto rest = text.substr(scheme.size());
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos ||
        rest.substr(0, slash).find(':') == std::string_view::npos)
        return wrong();
    if (!is_network_name(rest.substr(slash + 1))) return wrong();
    return StorageUri{.socks = std::string(rest.substr(0, slash)),
                      .network = std::string(rest.substr(slash + 1))};
}

Result<std::int64_t> mode_of(std::string_view encrypt) {
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> known{
        {{"256-bit-aes", 256}, {"512-bit-aes", 512}, {"2048-bit-aes", 2048}}};
    for (const auto& [name, mode] : known) {
        if (name == encrypt) return mode;
    }
    return fail(Errc::invalid_argument, "\"" + std::string(cut_utf8(encrypt, quote_bytes_max)) +
                                            "\" is no way to seal: 256-bit-aes, 512-bit-aes or "
                                            "2048-bit-aes");
}

} // namespace torgo::workflow
