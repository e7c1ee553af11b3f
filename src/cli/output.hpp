#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/json.hpp"

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::cli {

/// Everything the program says. Results go to standard output; warnings, errors and progress to
/// standard error. With --json both speak one object a line. Thread-safe.
class Output {
public:
    struct Settings {
        bool json = false;
        bool quiet = false;
        bool verbose = false;
        bool out_is_terminal = false;
        bool err_is_terminal = false;
    };

    Output(int out_descriptor, int err_descriptor, Settings settings)
        : m_out(out_descriptor), m_err(err_descriptor), m_settings(settings) {}

    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    Output(Output&&) = delete;
    Output& operator=(Output&&) = delete;
    ~Output();

    const Settings& settings() const noexcept { return m_settings; }

    void configure(Settings settings) { m_settings = settings; }

    bool json() const noexcept { return m_settings.json; }

    bool verbose() const noexcept { return m_settings.verbose; }

    /// A line that was asked for. Not with --json.
    void line(std::string_view text);
    void lines(const std::vector<std::string>& texts);

    /// A line that is good to know. Not with --json, not with --quiet.
    void say(std::string_view text);

    /// One object a line. Only with --json.
    void object(const Json& json);

    /// Bytes as they are.
    void data(ByteView bytes);

    /// Something is not as it should be, and the work goes on.
    void warn(std::string_view text);

    /// What happened, to what, and what to do. Gives the exit code that belongs to it.
    ExitCode error(const Error& error);

    /// Lines that stand at the bottom of a terminal until the next call; none takes them away.
    /// Nothing where standard error is no terminal.
    void status(std::vector<std::string> lines);

    /// Columns of the terminal behind standard error; 80 where there is none.
    std::size_t columns() const;

    /// Writes out what waits. Errors: the first write that failed since the start.
    Result<> flush();

private:
    // All of these want the lock held.
    void put_line(std::string_view text);
    void complain(std::string_view text);
    void write_out();
    void write_all(int descriptor, std::string_view text);
    std::string erasing() const;
    std::string drawing() const;

    int m_out;
    int m_err;
    Settings m_settings;
    std::mutex m_mutex;
    std::string m_waiting; ///< for standard output
    std::vector<std::string> m_status;
    int m_write_error = 0;
};

} // namespace torgo::cli
