#include "workflow/storage_uri.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace torgo::workflow {

namespace {

constexpr std::string_view scheme = "tor://";
constexpr std::size_t network_bytes_max = 64;

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
        return fail(Errc::invalid_argument, "\"" + std::string(text.substr(0, 100)) +
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
    return fail(Errc::invalid_argument, "\"" + std::string(encrypt.substr(0, 100)) +
                                            "\" is no way to seal: 256-bit-aes, 512-bit-aes or "
                                            "2048-bit-aes");
}

std::string mesh_scenario(std::uint32_t nodes, std::uint32_t seed) {
    constexpr double square_metres = 7.5;
    constexpr double step_m = 12;
    const double side = std::max(step_m, std::sqrt(square_metres * nodes));
    const auto wanted = static_cast<std::uint32_t>(std::ceil(side / step_m));
    // Few nodes: one edge node, and the others are sensors.
    const auto columns = wanted * wanted < nodes ? wanted : 1;
    const auto sensors = nodes - columns * columns;
    const auto metres = std::to_string(side);
    return "name = \"workflow\"\nseed = " + std::to_string(seed) +
           "\nduration_s = 6\n\n[radio]\nexponent = 4.0\n\n[[role]]\nname = \"sensor\"\n\n"
           "[[role]]\nname = \"edge\"\nedge = true\n\n[[nodes]]\nrole = \"sensor\"\n"
           "place = \"random\"\narea = [0, 0, " +
           metres + ", " + metres + "]\ncount = " + std::to_string(sensors) +
           "\n\n[[nodes]]\nrole = \"edge\"\nplace = \"grid\"\ncorner = [6, 6]\ncolumns = " +
           std::to_string(columns) + "\nrows = " + std::to_string(columns) +
           "\nstep_m = 12\n\n[[traffic]]\nrole = \"sensor\"\nperiod_s = 60\n";
}

} // namespace torgo::workflow
