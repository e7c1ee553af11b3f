#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/network.hpp"

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

    /// poll(), after waiting for the end until `deadline`.
    virtual Result<std::optional<int>> wait(Deadline deadline) = 0;

    /// Asks it to end (SIGTERM).
    virtual Result<> terminate() = 0;

    /// Ends it (SIGKILL) and waits until it is gone.
    virtual void kill() noexcept = 0;
};

/// A program with ways to it.
struct Connected {
    std::unique_ptr<Process> process;
    std::unique_ptr<Stream> socket; ///< the other end of its descriptor 3
    std::unique_ptr<Stream> output; ///< what it writes to its descriptors 1 and 2; read only
};

class Processes {
public:
    virtual ~Processes() = default;

    static constexpr int connected_socket = 3;
    static constexpr int first_content = 4;

    /// Starts `arguments[0]` (searched in PATH) without input; its output goes to the file
    /// `log_path`, made anew. It gets no signals of our terminal.
    /// errors  `not_found` when there is no such program, `io`
    virtual Result<std::unique_ptr<Process>> start(const std::vector<std::string>& arguments,
                                                   const std::string& log_path) = 0;

    /// Starts the program at the path `arguments[0]` with an empty environment, without input, and
    /// connected: a socket as its descriptor 3, and of each of `contents` a descriptor, from 4 on,
    /// where it can be read.
    /// errors  `not_found` when there is no such program, `io`, `unsupported`
    virtual Result<Connected> start_connected(const std::vector<std::string>& /*arguments*/,
                                              const std::vector<Bytes>& /*contents*/) {
        return fail(Errc::unsupported, "no programs can be started here");
    }

    /// Tells the service manager that started this process, if one asked to be told, a state like
    /// "READY=1" (sd_notify(3)). Best effort.
    virtual void tell_manager(std::string_view /*state*/) noexcept {}

    /// This process's own number.
    virtual std::int64_t own_id() const = 0;
};

} // namespace torgo::env
