#include "cli/groups.hpp"

#include "cli/toml.hpp"
#include "env/file_system.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

constexpr std::string_view file_name = "groups.toml";
/// [group.NAME.DOMAIN] and a key of it.
constexpr std::size_t domain_depth = 3;
constexpr std::size_t key_depth = 4;

/// What one domain's table says.
struct Domain {
    std::string name;
    std::vector<std::string> members;
    std::uint32_t weight = 1;
};

class GroupReader {
public:
    GroupReader(std::string_view file, std::string_view name) : m_file(file), m_name(name) {}

    Result<> take(const TomlEntry& entry) {
        const auto& path = entry.path;
        const bool known =
            path.front() == "group" &&
            (entry.is_table() ? path.size() <= domain_depth : path.size() == key_depth);
        if (!known) return wrong(entry, "unknown key \"" + path.back() + "\"");
        if (path.size() >= 2 && !place::is_group_name(path[1]))
            return wrong(entry, "a group's name is 1 to 64 of a-z, 0-9 and -");
        if (path.size() >= domain_depth && !place::is_domain(path[2]))
            return wrong(entry, "a domain's name is 1 to 64 letters, digits, - . _ and ~");
        if (path.size() < key_depth) return {};
        Domain other; // of a group that was not asked for, and read strictly all the same
        return take_key(entry, path[1] == m_name ? domain(path[2]) : other);
    }

    Result<place::GroupUri> finish() const {
        place::GroupUri out{.name = std::string(m_name), .members = {}};
        for (const auto& one : m_domains)
            for (const auto& member : one.members)
                out.members.push_back({.uri = member, .domain = one.name, .weight = one.weight});
        if (out.members.empty())
            return fail(Errc::not_found, m_file + " has no group \"" + out.name + "\"");
        return out;
    }

private:
    Domain& domain(const std::string& name) {
        const auto found = std::ranges::find(m_domains, name, &Domain::name);
        if (found != m_domains.end()) return *found;
        return m_domains.emplace_back(Domain{.name = name, .members = {}, .weight = 1});
    }

    Result<> take_key(const TomlEntry& entry, Domain& to) const {
        const auto& key = entry.path.back();
        if (key == "members") {
            const auto* list = std::get_if<std::vector<std::string>>(&entry.value);
            if (list == nullptr || list->empty() || std::ranges::contains(*list, std::string()))
                return wrong(entry, "\"members\" must be a list of folders, URIs and invites");
            to.members = *list;
            return {};
        }
        if (key != "weight") return wrong(entry, "unknown key \"" + key + "\"");
        const auto* number = std::get_if<std::int64_t>(&entry.value);
        if (number == nullptr || *number < 1 || *number > place::max_weight)
            return wrong(entry, "\"weight\" must be 1 to " + std::to_string(place::max_weight));
        to.weight = static_cast<std::uint32_t>(*number);
        return {};
    }

    std::unexpected<Error> wrong(const TomlEntry& entry, const std::string& what) const {
        return fail(Errc::invalid_argument,
                    m_file + ":" + std::to_string(entry.line) + ": " + what);
    }

    std::string m_file;
    std::string_view m_name;
    std::vector<Domain> m_domains;
};

} // namespace

// CLI-24
Result<place::GroupUri> read_group(std::string_view text, std::string_view file,
                                   std::string_view name) {
    TRY(const auto entries, read_toml(text, file));
    GroupReader reader(file, name);
    for (const auto& entry : entries)
        CHECK_OK(reader.take(entry));
    return reader.finish();
}

Result<place::GroupUri> load_group(const Context& context, std::string_view name) {
    TRY(const auto folder, context.environment.config_folder());
    const auto path = folder + "/" + std::string(file_name);
    const auto content = env::read_file(*context.world.files, path, toml_file_max);
    if (!content && content.error().code() == Errc::not_found)
        return fail(Errc::invalid_argument, "group://" + std::string(name) +
                                                " is to be described in " + path +
                                                ", which is not there");
    if (!content) return std::unexpected(content.error());
    auto group = read_group(as_text(*content), path, name);
    if (!group && group.error().code() == Errc::not_found)
        return fail(Errc::invalid_argument, group.error().detail());
    return group;
}

} // namespace torgo::cli
