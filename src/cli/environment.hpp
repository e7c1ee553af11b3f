#pragma once

#include "base/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace torgo::cli {

/// Who runs the program, and from where: variables, home, working folder. A value, so that tests
/// can make one.
class Environment {
public:
    struct Facts {
        std::map<std::string, std::string, std::less<>> variables;
        std::string working_folder; ///< absolute; empty when it has been removed
        std::string account_home;   ///< of the user database; used where HOME is not set
        std::string user;
        std::string host;
    };

    explicit Environment(Facts facts) : m_facts(std::move(facts)) {}

    /// Of this process.
    static Environment of_process();

    /// A variable; one that is set to nothing counts as not set.
    std::optional<std::string> get(std::string_view name) const;

    const std::map<std::string, std::string, std::less<>>& variables() const noexcept {
        return m_facts.variables;
    }

    const std::string& user() const noexcept { return m_facts.user; }

    const std::string& host() const noexcept { return m_facts.host; }

    /// The folders of this user, each ending in "/torgo", after the XDG base directory
    /// specification. Errors: `not_found` when there is no home.
    Result<std::string> config_folder() const;
    Result<std::string> data_folder() const;
    Result<std::string> cache_folder() const;
    Result<std::string> state_folder() const;

    /// Where files that live as long as this process go: TMPDIR or /tmp.
    std::string temporary_folder() const;

    /// "~" and "~/x" with the home folder in its place, as a shell does; anything else as it is.
    Result<std::string> expand_home(std::string_view path) const;

    /// An absolute path without empty, "." and ".." components. Does not look at the disk, so ".."
    /// after a symlink takes the symlink away.
    /// errors  `not_found` for a relative path without a working folder; `invalid_argument` when
    /// empty
    Result<std::string> absolute(std::string_view path) const;

private:
    Result<std::string> xdg_folder(std::string_view variable, std::string_view below_home) const;
    Result<std::string> home() const;

    Facts m_facts;
};

} // namespace torgo::cli
