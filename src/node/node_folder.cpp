#include "node/node_folder.hpp"

namespace torgo::node {

namespace {
constexpr std::size_t addresses_size_max = (peer::max_addresses + 1) * (peer::max_address + 1);
}

Result<> save_addresses(env::FileSystem& files, const NodeFolder& folder,
                        const std::vector<peer::Address>& addresses) {
    std::string text;
    for (const auto& address : addresses)
        text += peer::format_address(address) + "\n";
    return env::write_file_atomically(files, folder.addresses(), as_bytes(text));
}

Result<std::vector<peer::Address>> load_addresses(env::FileSystem& files,
                                                  const NodeFolder& folder) {
    auto content = env::read_file(files, folder.addresses(), addresses_size_max);
    if (!content && content.error().code() == Errc::not_found)
        return fail(Errc::not_found,
                    "no node has run in " + folder.path() + " yet: start it with \"torgo start\"");
    if (!content) return std::unexpected(std::move(content).error());
    std::vector<peer::Address> out;
    auto text = as_text(*content);
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto address = peer::parse_address(text.substr(0, end));
        if (!address || end == std::string_view::npos)
            return fail(Errc::corrupt, folder.addresses() + " is damaged: it is written again "
                                                            "when the node starts");
        out.push_back(*std::move(address));
        text.remove_prefix(end + 1);
    }
    return out;
}

} // namespace torgo::node
