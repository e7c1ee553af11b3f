#include "repo/record_head.hpp"

#include <string>

namespace torgo::repo {

Result<> read_head(Reader& in, std::string_view magic, std::uint8_t version,
                   std::string_view what) {
    TRY(const auto found, in.raw(magic.size()));
    if (as_text(found) != magic) return fail(Errc::corrupt, "this is not " + std::string(what));
    TRY(const auto found_version, in.get<std::uint8_t>());
    if (found_version == version) return {};
    return fail(Errc::unsupported, std::string(what) + " has a newer format: use a newer torgo");
}

} // namespace torgo::repo
