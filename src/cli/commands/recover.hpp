#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "cli/exit_code.hpp"
#include "crypto/kdf.hpp"

#include <string>
#include <vector>

namespace torgo::cli {

struct RecoverArgs {
    std::string kit_file;           ///< empty: typed, or on standard input
    std::vector<std::string> heads; ///< empty: those the kit names, else the default folders
    crypto::Argon2Cost cost;
    std::string label;
};

/// `init --recover`: opens a repository with its kit, sets a new pass phrase, writes the
/// descriptor.
Result<ExitCode> run_recover(const Context& context, const RecoverArgs& args);

/// `init --from`: writes the descriptor file again from the heads.
Result<ExitCode> run_discover(const Context& context, const std::vector<std::string>& heads);

} // namespace torgo::cli
