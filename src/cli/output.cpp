#include "cli/output.hpp"

#include "cli/advice.hpp"
#include "cli/format.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace torgo::cli {

namespace {

constexpr std::size_t waiting_max = 64_KiB;
constexpr std::size_t columns_default = 80;
constexpr std::string_view clear_line = "\r\x1b[K";
constexpr std::string_view line_up = "\x1b[1A";

/// "the disk is full" → "The disk is full."
std::string sentence(std::string text) {
    if (!text.empty() && !text.ends_with('.') && !text.ends_with('?') && !text.ends_with('!')) {
        text += '.';
    }
    return text;
}

} // namespace

Output::~Output() {
    status({});
    static_cast<void>(flush());
}

void Output::write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            if (descriptor == m_out && m_write_error == 0) m_write_error = errno;
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void Output::write_out() {
    write_all(m_out, m_waiting);
    m_waiting.clear();
}

std::string Output::erasing() const {
    std::string out;
    for (std::size_t i = 0; i < m_status.size(); ++i) {
        if (i != 0) out += line_up;
        out += clear_line;
    }
    return out;
}

std::string Output::drawing() const {
    return joined(m_status, "\n");
}

void Output::put_line(std::string_view text) {
    m_waiting.append(text).append("\n");
    if (!m_settings.out_is_terminal && m_waiting.size() < waiting_max) return;
    // On a terminal both streams meet on one screen: the status steps aside.
    write_all(m_err, erasing());
    write_out();
    write_all(m_err, drawing());
}

void Output::complain(std::string_view text) {
    write_out();
    write_all(m_err, erasing() + std::string(text) + "\n" + drawing());
}

void Output::line(std::string_view text) {
    if (m_settings.json) return;
    const std::lock_guard lock(m_mutex);
    put_line(text);
}

void Output::lines(const std::vector<std::string>& texts) {
    for (const auto& text : texts)
        line(text);
}

void Output::say(std::string_view text) {
    if (!m_settings.quiet) line(text);
}

void Output::object(const Json& json) {
    if (!m_settings.json) return;
    const std::lock_guard lock(m_mutex);
    put_line(json.line());
}

void Output::data(ByteView bytes) {
    const std::lock_guard lock(m_mutex);
    write_out();
    write_all(m_out, as_text(bytes));
}

void Output::warn(std::string_view text) {
    const std::lock_guard lock(m_mutex);
    const auto whole = sentence(std::string(text));
    complain(m_settings.json ? Json("warning").text("message", whole).line()
                             : "torgo: warning: " + printable(whole));
}

ExitCode Output::error(const Error& error) {
    const auto advice = advice_for(error.code());
    const auto what = sentence(error.detail());
    const std::lock_guard lock(m_mutex);
    if (m_settings.json) {
        complain(Json("error")
                     .number("code", static_cast<std::uint64_t>(error.code()))
                     .text("name", name(error.code()))
                     .text("message", what)
                     .text("advice", advice.what_to_do)
                     .number("exit_code", static_cast<std::uint64_t>(advice.exit_code))
                     .line());
    } else {
        complain("torgo: " + printable(what) + (advice.what_to_do.empty() ? "" : " ") +
                 std::string(advice.what_to_do));
    }
    return advice.exit_code;
}

void Output::status(std::vector<std::string> lines) {
    if (!m_settings.err_is_terminal || m_settings.json) return;
    const std::lock_guard lock(m_mutex);
    auto text = erasing();
    m_status = std::move(lines);
    write_all(m_err, text + drawing());
}

std::size_t Output::columns() const {
    winsize size{};
    if (::ioctl(m_err, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return columns_default;
    return size.ws_col;
}

Result<> Output::flush() {
    const std::lock_guard lock(m_mutex);
    write_out();
    if (m_write_error == 0) return {};
    return std::unexpected(system_error(m_write_error, "writing to standard output"));
}

} // namespace torgo::cli
