#include "cli/environment.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <vector>

extern char** environ; // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace torgo::cli {

namespace {

constexpr std::size_t host_name_max = 256;

std::map<std::string, std::string, std::less<>> process_variables() {
    std::map<std::string, std::string, std::less<>> out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

std::string working_folder() {
    char* folder = ::getcwd(nullptr, 0);
    if (folder == nullptr) return {};
    std::string out = folder;
    std::free(folder); // NOLINT(cppcoreguidelines-no-malloc): getcwd allocated it
    return out;
}

std::string normal(std::string_view path) {
    std::vector<std::string_view> kept;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            kept.push_back(part);
        } else if (!kept.empty()) {
            kept.pop_back();
        }
    }
    std::string out;
    for (const auto part : kept)
        out.append("/").append(part);
    return out.empty() ? "/" : out;
}

} // namespace

Environment Environment::of_process() {
    Facts facts;
    facts.variables = process_variables();
    facts.working_folder = working_folder();
    // Before there are threads. NOLINTNEXTLINE(concurrency-mt-unsafe)
    if (const auto* account = ::getpwuid(::getuid()); account != nullptr) {
        facts.account_home = account->pw_dir;
        facts.user = account->pw_name;
    } else {
        facts.user = std::to_string(::getuid());
    }
    std::array<char, host_name_max> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) facts.host = host.data();
    return Environment(std::move(facts));
}

std::optional<std::string> Environment::get(std::string_view name) const {
    const auto found = m_facts.variables.find(name);
    if (found == m_facts.variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
}

Result<std::string> Environment::home() const {
    if (const auto home = get("HOME"); home && home->starts_with('/')) return *home;
    if (m_facts.account_home.starts_with('/')) return m_facts.account_home;
    return fail(Errc::not_found, "this user has no home folder: set HOME");
}

Result<std::string> Environment::xdg_folder(std::string_view variable,
                                            std::string_view below_home) const {
    // A relative value is to be ignored, says the specification.
    if (const auto set = get(variable); set && set->starts_with('/'))
        return normal(*set + "/torgo");
    TRY(const auto home_folder, home());
    return normal(home_folder + "/" + std::string(below_home) + "/torgo");
}

Result<std::string> Environment::config_folder() const {
    return xdg_folder("XDG_CONFIG_HOME", ".config");
}

Result<std::string> Environment::data_folder() const {
    return xdg_folder("XDG_DATA_HOME", ".local/share");
}

Result<std::string> Environment::cache_folder() const {
    return xdg_folder("XDG_CACHE_HOME", ".cache");
}

Result<std::string> Environment::state_folder() const {
    return xdg_folder("XDG_STATE_HOME", ".local/state");
}

std::string Environment::temporary_folder() const {
    const auto set = get("TMPDIR");
    return set && set->starts_with('/') ? normal(*set) : "/tmp";
}

Result<std::string> Environment::expand_home(std::string_view path) const {
    if (path != "~" && !path.starts_with("~/")) return std::string(path);
    TRY(const auto home_folder, home());
    return home_folder + std::string(path.substr(1));
}

Result<std::string> Environment::absolute(std::string_view path) const {
    if (path.empty()) return fail(Errc::invalid_argument, "an empty path names nothing");
    if (path.starts_with('/')) return normal(path);
    if (m_facts.working_folder.empty()) {
        return fail(Errc::not_found, "the working folder is gone: give \"" + std::string(path) +
                                         "\" as an absolute path");
    }
    return normal(m_facts.working_folder + "/" + std::string(path));
}

} // namespace torgo::cli
