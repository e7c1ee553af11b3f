#pragma once

#include "base/error.hpp"
#include "crypto/secret.hpp"

#include <stop_token>
#include <string>

namespace torgo::cli {

inline constexpr std::size_t typed_line_max = 4096;

/// Asks the person at the keyboard. An interface, so that tests can answer.
class Prompter {
public:
    virtual ~Prompter() = default;

    /// Whether there is somebody to ask: standard input is a terminal.
    virtual bool possible() const = 0;

    /// One line, not shown while it is typed. errors  `unavailable` without a terminal;
    /// `cancelled`; `limit_exceeded` over typed_line_max bytes
    virtual Result<crypto::SecretBytes> secret(const std::string& question) = 0;

    /// One line, shown. The same errors.
    virtual Result<crypto::SecretBytes> line(const std::string& question) = 0;
};

/// The terminal of this process, /dev/tty.
class TerminalPrompter final : public Prompter {
public:
    explicit TerminalPrompter(std::stop_token stop) : m_stop(std::move(stop)) {}

    bool possible() const override;
    Result<crypto::SecretBytes> secret(const std::string& question) override;
    Result<crypto::SecretBytes> line(const std::string& question) override;

private:
    Result<crypto::SecretBytes> ask(const std::string& question, bool shown) const;

    std::stop_token m_stop;
};

} // namespace torgo::cli
