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
    if (!frame.starts_with(head)) return bad;
    frame.remove_prefix(head.size());
    if (frame.size() < flags.size() + 2 || frame[flags.size()] != ' ') return bad;
    Layers out;
    for (std::size_t at = 0; at < flags.size(); ++at) {
        if (frame[at] != '0' && frame[at] != '1') return bad;
        out.*flags[at].member = frame[at] == '1';
    }
    frame.remove_prefix(flags.size() + 1);
    const auto* const end = frame.data() + frame.size();
    const auto [stop, failed] = std::from_chars(frame.data(), end, out.landlock);
    if (failed != std::errc{} || stop != end) return bad;
    return out;
}

} // namespace torgo::sandbox
