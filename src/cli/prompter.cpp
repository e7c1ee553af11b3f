#include "cli/prompter.hpp"

#include "base/bytes.hpp"
#include "cli/child.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace torgo::cli {

namespace {

/// The terminal with its echo off for as long as this lives.
class Terminal {
public:
    explicit Terminal(int descriptor, bool shown) : m_descriptor(descriptor) {
        m_changed = !shown && ::tcgetattr(descriptor, &m_before) == 0;
        if (!m_changed) return;
        auto silent = m_before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(descriptor, TCSAFLUSH, &silent);
    }

    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    Terminal(Terminal&&) = delete;
    Terminal& operator=(Terminal&&) = delete;

    ~Terminal() {
        if (m_changed) {
            ::tcsetattr(m_descriptor, TCSAFLUSH, &m_before);
            write("\n"); // the one typed was not shown
        }
        ::close(m_descriptor);
    }

    void write(std::string_view text) const {
        static_cast<void>(!::write(m_descriptor, text.data(), text.size()));
    }

private:
    int m_descriptor;
    bool m_changed = false;
    termios m_before{};
};

Result<crypto::SecretBytes> read_line(int descriptor, const std::stop_token& stop) {
    crypto::SecretBytes buffer(typed_line_max);
    StoppableReader reader(descriptor, stop);
    std::size_t size = 0;
    while (size < buffer.size()) {
        // A terminal hands over whole lines, so this seldom reads one byte at a time.
        TRY(const auto got, reader.read(buffer.span().subspan(size)));
        const auto fresh = buffer.view().subspan(size, got);
        const auto end = std::ranges::find(fresh, static_cast<std::uint8_t>('\n'));
        size += static_cast<std::size_t>(end - fresh.begin());
        if (got == 0 || end != fresh.end()) {
            return crypto::SecretBytes::copy_of(buffer.view().first(size));
        }
    }
    return fail(Errc::limit_exceeded, "that line is too long");
}

} // namespace

bool TerminalPrompter::possible() const {
    return ::isatty(STDIN_FILENO) == 1;
}

Result<crypto::SecretBytes> TerminalPrompter::ask(const std::string& question, bool shown) const {
    if (!possible()) return fail(Errc::unavailable, "standard input is no terminal");
    const int descriptor = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) return std::unexpected(system_error(errno, "/dev/tty"));
    const Terminal terminal(descriptor, shown);
    terminal.write(question);
    return read_line(descriptor, m_stop);
}

Result<crypto::SecretBytes> TerminalPrompter::secret(const std::string& question) {
    return ask(question, false);
}

Result<crypto::SecretBytes> TerminalPrompter::line(const std::string& question) {
    return ask(question, true);
}

} // namespace torgo::cli
