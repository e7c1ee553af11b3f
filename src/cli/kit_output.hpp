#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "repo/repository.hpp"

#include <string>

namespace torgo::cli {

/// Where the recovery kit of a new repository goes. Chosen and tried before the repository is made,
/// so that none is made whose kit cannot be handed over.
class KitOutput {
public:
    /// in      `file`, as --recovery-kit says it; empty: the terminal, or where standard output is
    ///         none, a file beside the descriptor file
    /// errors  `exists` when the file is there; whatever keeps it from being written
    static Result<KitOutput> prepare(const Context& context, const std::string& file,
                                     const std::string& descriptor_file);

    KitOutput(const KitOutput&) = delete;
    KitOutput& operator=(const KitOutput&) = delete;
    KitOutput(KitOutput&& other) noexcept;
    KitOutput& operator=(KitOutput&&) = delete;

    /// Removes the file again unless `hand_over` filled it.
    ~KitOutput();

    /// Writes the kit, durably, or shows it. Should that fail, it is printed to standard output,
    /// whatever that is, before the error is returned: a kit must never be lost.
    Result<> hand_over(const repo::RecoveryKit& kit, unsigned heads_needed);

    /// The file, or empty for the terminal.
    const std::string& path() const noexcept { return m_path; }

private:
    KitOutput(const Context& context, std::string path)
        : m_context(&context), m_path(std::move(path)) {}

    Result<> write_file(const repo::RecoveryKit& kit, unsigned heads_needed);
    Result<> show(const repo::RecoveryKit& kit, unsigned heads_needed);

    const Context* m_context;
    std::string m_path;
    bool m_pending = false; ///< the file was made and is still empty
};

} // namespace torgo::cli
