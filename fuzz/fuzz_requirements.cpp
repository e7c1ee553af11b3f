// What a workflow requires, against what a machine says of itself: versions are of other people's
// making, and so are the names of folders that Python's distributions are known by. The input is
// lines: a requirement, three versions, then names of folders.
#include "base/bytes.hpp"
#include "base/ensure.hpp"
#include "workflow/requirements.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace torgo;
using workflow::version_fits;

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        out.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return out;
}

void check_order(std::string_view a, std::string_view b) {
    if (a.ends_with(".*") || b.ends_with(".*")) return; // a beginning has no place in the order
    const bool less = version_fits(a, "<", b);
    const bool same = version_fits(a, "==", b);
    ENSURE(int{less} + int{same} + int{version_fits(a, ">", b)} == 1);
    ENSURE(version_fits(a, "<=", b) == (less || same) && version_fits(a, ">=", b) == !less);
    ENSURE(version_fits(a, "!=", b) == !same && version_fits(b, ">", a) == less);
    ENSURE(!version_fits(a, "~=", b) || !less);
    ENSURE(version_fits(a, "==", a));
    ENSURE(!version_fits(a, "", b) && !version_fits(a, "=", b));
}

void check_version_in(const std::string& entry, const std::string& name) {
    const auto version = workflow::version_in(entry, name);
    if (version.empty()) return;
    ENSURE(!version.contains('-') && entry.contains("-" + version));
    ENSURE(entry.ends_with(".dist-info") || entry.ends_with(".egg-info"));
    std::string again = name;
    std::ranges::replace(again, '-', '_');
    ENSURE(workflow::version_in(again + "-" + version + ".dist-info", name) == version);
}

void check_resolution(const workflow::Resolution& one, const std::vector<std::string>& entries) {
    using State = workflow::Resolution::State;
    const auto& need = one.need;
    if (one.state == State::missing) ENSURE(!one.note.empty());
    if (need.group != "libs") return;
    ENSURE(one.state != State::replaced);
    ENSURE(one.found.empty() || std::ranges::any_of(entries, [&](const std::string& entry) {
               return entry.contains(one.found);
           }));
    if (one.state == State::there) ENSURE(!one.found.empty() && version_fits(one.found, need));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto lines = lines_of(torgo::as_text(torgo::ByteView(data, size)));
    lines.resize(std::max<std::size_t>(lines.size(), 4));
    const std::vector<std::string> entries(lines.begin() + 4, lines.end());
    for (std::size_t i = 1; i < 4; ++i)
        for (std::size_t j = 1; j < 4; ++j)
            check_order(lines[i], lines[j]);
    if (version_fits(lines[1], "<=", lines[2]) && version_fits(lines[2], "<=", lines[3]))
        ENSURE(version_fits(lines[1], "<=", lines[3]));
    auto need = maml::read_requirement(lines[0]);
    if (!need) return 0;
    for (const auto& entry : entries)
        check_version_in(entry, need->name);
    const workflow::Machine machine{
        .program = [&](const std::string& name) { return name == lines[1] ? "/usr/bin/x" : ""; },
        .exists = [&](const std::string& path) { return path == lines[1]; },
        .python_module =
            [&](const std::string& name) {
                for (const auto& entry : entries)
                    if (auto found = workflow::version_in(entry, name); !found.empty())
                        return found;
                return std::string();
            },
        .own_version = lines[2]};
    for (const auto* group : {"libs", "tools"}) {
        need->group = group;
        for (const auto& one : workflow::resolve({*need}, machine))
            check_resolution(one, entries);
    }
    return 0;
}
