#pragma once

#include "env/file_system.hpp"
#include "workflow/channel.hpp"
#include "workflow/values.hpp"

#include <map>
#include <optional>

namespace torgo::workflow {

inline constexpr std::size_t circuits_max = 16; ///< that one block may leave

/// One block, ready to be run.
struct BlockOrder {
    std::string language; ///< python, sql, bash, javascript
    std::string name;     ///< for messages: "block 2 (FILE:24)"
    std::string source;
    Values values;
};

/// An exception that a block raised.
struct BlockFault {
    std::string exception;
    std::string text;
    std::int64_t line = 0; ///< of the block, from 1; 0 where none is known
};

struct BlockResult {
    Values values;                                            ///< new ones, and old ones again
    std::map<std::string, std::string, std::less<>> circuits; ///< OpenQASM by name
    std::optional<BlockFault> fault;
};

/// Answers what a block asks for. An error is told to the block; `cancelled` ends the run.
using AskHost = std::function<Result<gospel::Value>(const std::string& service,
                                                    const gospel::Value& arguments)>;

/// Python with the imports made that its block needs, waiting for the block. [RUN-30]
class Worker {
public:
    /// Starts it and does not wait.
    ///
    /// in      `python`: an absolute path; what lies beside its folder `bin` is visible to it
    static Result<Worker> start(const OpenChannel& open, const std::string& python,
                                const std::string& language, const std::string& source,
                                std::vector<WorkFile> files, std::uint32_t seconds,
                                env::Deadline deadline);

    /// errors  those of the channel; `unavailable` where Python or its first import fails
    Result<> wait_until_ready(env::Deadline deadline, const std::stop_token& stop);

    /// Runs the block, once it is ready.
    ///
    /// errors  those of the channel; `corrupt` for a message that is none
    Result<BlockResult> run(const BlockOrder& order, const AskHost& host, env::Deadline deadline,
                            const std::stop_token& stop);

    Channel& channel() noexcept { return *m_channel; }

private:
    explicit Worker(std::unique_ptr<Channel> channel) : m_channel(std::move(channel)) {}

    Result<gospel::Value> receive(env::Deadline deadline, const std::stop_token& stop);
    Result<> send(const gospel::Value& message, env::Deadline deadline);

    std::unique_ptr<Channel> m_channel;
};

/// [RUN-21] An interpreter outside of /usr is shown with its virtual environment, and no more.
///
/// in      `state`: a folder that no block may see
/// errors  `invalid_argument` where it is in none, or `state` lies in there
Result<> check_interpreter(env::FileSystem& files, const std::string& python,
                           const std::string& state);

/// Modules that take long to import, of those that Python's source names.
std::vector<std::string> slow_imports(std::string_view source);

} // namespace torgo::workflow
