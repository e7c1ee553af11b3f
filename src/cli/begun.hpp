#pragma once

// What commands at work have begun, noted so that one that is killed leaves a receipt all the same:
// the next command writes it. docs/spec/receipt.md 5, RECEIPT-32

#include "cli/context.hpp"
#include "env/file_system.hpp"

#include <memory>
#include <string>

namespace torgo::cli {

/// The note of one command, written when its account begins and whenever that grows; gone when
/// destroyed, after the receipt was left. What cannot be written is a warning.
class BegunNote {
public:
    /// in  `context` and its account outlive the note
    explicit BegunNote(const Context& context);
    BegunNote(const BegunNote&) = delete;
    BegunNote& operator=(const BegunNote&) = delete;
    BegunNote(BegunNote&&) = delete;
    BegunNote& operator=(BegunNote&&) = delete;
    ~BegunNote();

private:
    void write();
    Result<> begin();
    Result<> put(ByteView text);

    const Context& m_context;
    std::string m_stem;                ///< of its two files; empty until the account begins
    std::unique_ptr<env::File> m_lock; ///< tells others that this process lives
    bool m_usable = true;
};

/// Leaves a receipt of each command that was killed, and tells of it. What cannot be read or
/// written is a warning.
void settle_killed(const Context& context);

} // namespace torgo::cli
