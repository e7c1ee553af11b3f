#pragma once

#include "base/error.hpp"

#include <string>

namespace torgo::source {
class TreeWriter;
} // namespace torgo::source

namespace torgo::repo {

/// Keeps the way back from a restore. Called by one thread, before each change; paths are relative
/// to the target.
class Aside {
public:
    virtual ~Aside() = default;
    Aside() = default;
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    Aside(Aside&&) = delete;
    Aside& operator=(Aside&&) = delete;

    /// Something is about to be made where nothing is.
    virtual Result<> will_make(const std::string& relative) = 0;

    /// Moves away what is there. False: it could not be moved, and will be lost.
    virtual Result<bool> move(source::TreeWriter& tree, const std::string& relative) = 0;

    /// Everything is written.
    virtual Result<> finish(const source::TreeWriter& tree) = 0;
};

} // namespace torgo::repo
