#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/network.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::workflow {

/// Of one message either way.
inline constexpr std::size_t frame_size_max = 1U << 20U;

/// [RUN-32] A process that runs blocks, and the one way to it. Destroyed, the process and all that
/// it started are gone.
class Channel {
public:
    virtual ~Channel() = default;

    /// errors  `timeout`, `cancelled`; `unavailable` where the process has ended, with how;
    ///         `limit_exceeded` for a frame above frame_size_max
    virtual Result<std::string> receive(env::Deadline deadline, const std::stop_token& stop) = 0;

    virtual Result<> send(std::string_view frame, env::Deadline deadline) = 0;

    /// Ends the process and all that it started; what waits here then ends with `cancelled` or
    /// `unavailable`. From any thread.
    virtual void kill() noexcept = 0;

    /// What the process wrote to its standard output and error since it was last asked.
    virtual std::string take_output() = 0;

    /// The layers that hold it: "user, pid, network, …", or "none".
    virtual std::string layers() const = 0;
};

/// What a block may see beside its values: laid into its folder, read-only.
struct WorkFile {
    std::string name;
    Bytes content;
};

struct WorkerNeeds {
    std::vector<std::string> arguments; ///< the interpreter and its arguments
    std::vector<WorkFile> files;
    std::vector<std::string> folders; ///< of the interpreter's libraries, read-only
    std::uint64_t cpu_seconds = 0;
    bool may_fork = false; ///< the block's language is run by another program
};

using OpenChannel = std::function<Result<std::unique_ptr<Channel>>(const WorkerNeeds& needs)>;

} // namespace torgo::workflow
