#pragma once

#include "base/error.hpp"
#include "source/entry.hpp"

#include <functional>
#include <optional>
#include <string>

namespace torgo::source {
class TreeWriter;
} // namespace torgo::source

namespace torgo::repo {

/// Gives what is ready its name; where `over`, in the place of what has it now, else only where
/// nothing has. out  what has the name then, as far as that is known
using TakeName = std::function<Result<std::optional<source::Entry>>(bool over)>;

/// Keeps the way back from a restore. Thread-safe for different paths, which are relative to the
/// target.
class Aside {
public:
    virtual ~Aside() = default;
    Aside() = default;
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    Aside(Aside&&) = delete;
    Aside& operator=(Aside&&) = delete;

    /// Moves away what has the name, where that is to be replaced, and lets `take` take it; when
    /// that fails, what was there is there again.
    ///
    /// out     whether it was noted, so that it can be taken back
    /// errors  what has the name stays: it could not be moved away; those of `take`
    virtual Result<bool> put(source::TreeWriter& tree, const std::string& relative, bool replace,
                             const TakeName& take) = 0;

    /// What was put there, and noted, was changed by the restore itself.
    virtual void changed(const std::string& relative, const source::Entry& now) = 0;

    /// Everything is written. errors  there is no way back
    virtual Result<> finish() = 0;
};

/// `aside` may be null: then what is replaced is gone.
inline Result<bool> put_in_place(Aside* aside, source::TreeWriter& tree,
                                 const std::string& relative, bool replace, const TakeName& take) {
    if (aside != nullptr) return aside->put(tree, relative, replace, take);
    CHECK_OK(take(replace));
    return false;
}

} // namespace torgo::repo
