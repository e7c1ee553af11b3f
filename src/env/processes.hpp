#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::env {

/// A program that this one started. Destroyed, it is killed if it still runs, and reaped.
class Process {
public:
    virtual ~Process() = default;

    virtual std::int64_t id() const = 0;

    /// The exit status, 128 + n for an end by signal n; nothing while it runs. Does not wait.
    virtual Result<std::optional<int>> poll() = 0;

    /// Asks it to end (SIGTERM).
    virtual Result<> terminate() = 0;

    /// Ends it (SIGKILL) and waits until it is gone.
    virtual void kill() noexcept = 0;
};

class Processes {
public:
    virtual ~Processes() = default;

    /// Starts `arguments[0]` (searched in PATH) without input; its output goes to the file
    /// `log_path`, made anew. It gets no signals of our terminal.
    /// errors  `not_found` when there is no such program, `io`
    virtual Result<std::unique_ptr<Process>> start(const std::vector<std::string>& arguments,
                                                   const std::string& log_path) = 0;

    /// Tells the service manager that started this process, if one asked to be told, a state like
    /// "READY=1" (sd_notify(3)). Best effort.
    virtual void tell_manager(std::string_view /*state*/) noexcept {}

    /// This process's own number.
    virtual std::int64_t own_id() const = 0;
};

} // namespace torgo::env
