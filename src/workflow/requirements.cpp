#include "workflow/requirements.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace torgo::workflow {

namespace {

/// What is no program and no distribution, or has something that stands in for it.
struct Known {
    std::string_view name;
    std::string_view path;    ///< a file that is there when it is
    std::string_view program; ///< or a program
    std::string_view instead; ///< empty: nothing
    std::string_view get;     ///< how to get it
};

constexpr std::array known{
    Known{"cuda", "/dev/nvidia0", "", "the processor does its work",
          "an NVIDIA GPU and its driver"},
    Known{"jetson_orin", "/etc/nv_tegra_release", "", "this machine's processor does its work",
          "run it on a Jetson Orin"},
    Known{"bluetooth-meshd", "/usr/libexec/bluetooth/bluetooth-meshd", "", "the mesh is simulated",
          "apt-get install bluez-meshd"},
    Known{"tor", "", "tor", "", "apt-get install tor"},
    Known{"python", "", "python3", "", "apt-get install python3"},
    Known{"sqlite", "", "python3", "", "apt-get install python3"},
    Known{"bash", "", "bash", "", "apt-get install bash"},
    Known{"node", "", "node", "", "apt-get install nodejs"},
    Known{"quickjs", "", "qjs", "", "apt-get install quickjs"},
};

/// Groups of `requires` whose entries are Python's distributions.
constexpr std::array<std::string_view, 3> python_groups{"libs", "libraries", "python"};

/// What the folder of an installed distribution ends with.
constexpr std::array<std::string_view, 2> distribution_ends{".dist-info", ".egg-info"};

constexpr std::string_view unknown_version = "there; of which version is not known";

constexpr std::string_view any_end = ".*";

std::uint64_t next_number(std::string_view& text) {
    std::uint64_t out = 0;
    constexpr std::uint64_t most = 1'000'000'000;
    std::size_t i = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
        out = std::min(most, 10 * out + static_cast<std::uint64_t>(text[i] - '0'));
    while (i < text.size() && text[i] != '.')
        ++i; // "rc1" and the like say nothing
    text.remove_prefix(std::min(i + 1, text.size()));
    return out;
}

/// -1, 0, 1
int compare(std::string_view a, std::string_view b) {
    while (!a.empty() || !b.empty()) {
        const auto left = next_number(a);
        const auto right = next_number(b);
        if (left != right) return left < right ? -1 : 1;
    }
    return 0;
}

/// "~= 1.4.2": at least that, with the same 1.4.
bool compatible(std::string_view have, std::string_view wanted) {
    if (compare(have, wanted) < 0) return false;
    auto parts = std::max<std::ptrdiff_t>(1, std::ranges::count(wanted, '.'));
    for (; parts > 0; --parts) {
        if (next_number(have) != next_number(wanted)) return false;
    }
    return true;
}

/// "1.4.*": whatever begins with 1.4.
bool begins_with(std::string_view have, std::string_view wanted) {
    wanted.remove_suffix(any_end.size());
    while (!wanted.empty())
        if (next_number(have) != next_number(wanted)) return false;
    return true;
}

/// Distributions are the same whatever case, and with any of - _ . between words (PEP 503).
std::string normal_name(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool between = c == '-' || c == '_' || c == '.';
        if (between && out.ends_with('-')) continue;
        const bool upper = c >= 'A' && c <= 'Z';
        out += between ? '-' : upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

Resolution known_state(const maml::Requirement& need, const Known& entry, const Machine& machine) {
    Resolution out{.need = need, .state = Resolution::State::there, .found = {}, .note = {}};
    if (!entry.path.empty() && machine.exists(std::string(entry.path))) {
        out.found = entry.path;
    } else if (!entry.program.empty()) {
        out.found = machine.program(std::string(entry.program));
    }
    if (!out.found.empty()) {
        if (!need.conditions.empty()) out.note = unknown_version;
        return out;
    }
    out.state = entry.instead.empty() ? Resolution::State::missing : Resolution::State::replaced;
    out.note = entry.instead.empty() ? entry.get : entry.instead;
    return out;
}

Resolution module_state(const maml::Requirement& need, const Machine& machine) {
    Resolution out{.need = need, .state = Resolution::State::missing, .found = {}, .note = {}};
    out.found = machine.python_module(need.name);
    if (!out.found.empty() && version_fits(out.found, need))
        out.state = Resolution::State::there;
    else
        out.note = "python3 -m venv DIR && DIR/bin/pip install '" + need.text() +
                   "', then --python DIR/bin/python3";
    return out;
}

Resolution state_of(const maml::Requirement& need, const Machine& machine) {
    if (std::ranges::contains(python_groups, need.group)) return module_state(need, machine);
    const auto entry = std::ranges::find(known, need.name, &Known::name);
    if (entry != known.end()) return known_state(need, *entry, machine);
    if (need.name == "torgo") {
        const bool fits = version_fits(machine.own_version, need);
        return {.need = need,
                .state = fits ? Resolution::State::there : Resolution::State::missing,
                .found = machine.own_version,
                .note = fits ? "" : "another version of torgo"};
    }
    auto path = machine.program(need.name);
    const bool there = !path.empty();
    return {.need = need,
            .state = there ? Resolution::State::there : Resolution::State::missing,
            .found = std::move(path),
            .note = there ? (need.conditions.empty() ? "" : std::string(unknown_version))
                          : "no program " + need.name + " is in /usr/bin or /usr/local/bin"};
}

} // namespace

bool version_fits(std::string_view have, std::string_view comparison, std::string_view wanted) {
    if (comparison == "~=") return compatible(have, wanted);
    if (wanted.ends_with(any_end) && (comparison == "==" || comparison == "!="))
        return begins_with(have, wanted) == (comparison == "==");
    const int order = compare(have, wanted);
    if (comparison == "==") return order == 0;
    if (comparison == "!=") return order != 0;
    if (comparison == ">=") return order >= 0;
    if (comparison == "<=") return order <= 0;
    if (comparison == ">") return order > 0;
    return comparison == "<" && order < 0;
}

bool version_fits(std::string_view have, const maml::Requirement& need) {
    return std::ranges::all_of(need.conditions, [&](const auto& one) {
        return version_fits(have, one.comparison, one.version);
    });
}

std::string version_in(std::string_view entry, std::string_view distribution) {
    for (const auto end : distribution_ends) {
        if (!entry.ends_with(end)) continue;
        const auto words = entry.substr(0, entry.size() - end.size());
        const auto dash = words.find('-');
        if (dash == std::string_view::npos ||
            normal_name(words.substr(0, dash)) != normal_name(distribution))
            continue;
        const auto version = words.substr(dash + 1);
        return std::string(version.substr(0, version.find('-')));
    }
    return {};
}

std::vector<Resolution> resolve(const std::vector<maml::Requirement>& needs,
                                const Machine& machine) {
    std::vector<Resolution> out;
    for (const auto& need : needs)
        out.push_back(state_of(need, machine));
    return out;
}

} // namespace torgo::workflow
