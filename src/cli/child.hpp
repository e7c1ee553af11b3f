#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "cli/environment.hpp"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::cli {

/// Reads a descriptor, and gives up when asked to stop.
class StoppableReader {
public:
    StoppableReader(int descriptor, std::stop_token stop);
    StoppableReader(const StoppableReader&) = delete;
    StoppableReader& operator=(const StoppableReader&) = delete;
    StoppableReader(StoppableReader&&) = delete;
    StoppableReader& operator=(StoppableReader&&) = delete;
    ~StoppableReader();

    /// Some bytes, or 0 at the end. errors  `cancelled`, `io`
    Result<std::size_t> read(ByteSpan out);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// A program that runs beside this one, its standard output read here. It sees no variable that
/// holds a password of ours. Its other streams are ours.
class Child {
public:
    /// in      `command`, the program (looked for in PATH) and its arguments
    /// errors  `not_found`, `permission`, …
    static Result<std::unique_ptr<Child>> start(const std::vector<std::string>& command,
                                                const Environment& environment,
                                                const std::stop_token& stop);

    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    Child(Child&&) = delete;
    Child& operator=(Child&&) = delete;

    /// Ends it (SIGTERM) where it still runs, and waits for that.
    ~Child();

    /// Some bytes of its output. At the end waits for it and gives 0 when it succeeded.
    /// errors  `io` when it failed, naming its exit code or signal; `cancelled`
    Result<std::size_t> read(ByteSpan out);

private:
    Child(int process, int output, std::string name, std::stop_token stop);

    Result<> wait();

    int m_process;
    int m_output;
    std::string m_name;
    StoppableReader m_reader;
};

/// The absolute path of the program that runs. errors  `io`
Result<std::string> own_program();

/// Variables that hold secrets or lead to them; children do not get them.
bool is_secret_variable(std::string_view name) noexcept;

} // namespace torgo::cli
