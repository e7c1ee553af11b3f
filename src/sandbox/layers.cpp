#include "sandbox/layers.hpp"

#include <array>
#include <charconv>

namespace torgo::sandbox {

namespace {

constexpr std::string_view head = "torgo-sandbox 1 ";

struct Flag {
    bool Layers::* member;
    std::string_view name;
};

constexpr std::array flags = {
    Flag{&Layers::user_namespace, "user namespace"},
    Flag{&Layers::pid_namespace, "pid namespace"},
    Flag{&Layers::network_namespace, "network namespace"},
    Flag{&Layers::mount_namespace, "mount namespace"},
    Flag{&Layers::unprivileged, "no privileges"},
    Flag{&Layers::limits, "limits"},
    Flag{&Layers::seccomp, "seccomp"},
};

void append(std::string& list, std::string_view word) {
    if (!list.empty()) list += ", ";
    list += word;
}

} // namespace

std::string text(const Layers& layers) {
    std::string with;
    std::string without;
    for (const auto& flag : flags)
        append(layers.*flag.member ? with : without, flag.name);
    append(layers.landlock > 0 ? with : without, "Landlock");
    if (layers.landlock > 0) with += " " + std::to_string(layers.landlock);
    return without.empty() ? with : with + "; without " + without;
}

std::string encode(const Layers& layers) {
    std::string out(head);
    for (const auto& flag : flags)
        out += layers.*flag.member ? '1' : '0';
    return out + " " + std::to_string(layers.landlock);
}

Result<Layers> decode_layers(std::string_view frame) {
    const auto bad = fail(Errc::corrupt, "the sandbox's first frame is not one");
    auto rest = frame;
    if (!rest.starts_with(head)) return bad;
    rest.remove_prefix(head.size());
    if (rest.size() < flags.size() + 2) return bad;
    Layers out;
    for (std::size_t at = 0; at < flags.size(); ++at)
        out.*flags[at].member = rest[at] == '1';
    rest.remove_prefix(flags.size() + 1);
    const auto* const end = rest.data() + rest.size();
    const auto [stop, failed] = std::from_chars(rest.data(), end, out.landlock);
    // One form each: what would not be written so is not read.
    if (failed != std::errc{} || stop != end || encode(out) != frame) return bad;
    return out;
}

} // namespace torgo::sandbox
