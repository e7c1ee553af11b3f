#pragma once

#include "cli/command.hpp"
#include "crypto/kdf.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace torgo::cli {

/// How much work a guess at a new pass phrase shall cost. The default is RFC 9106's second
/// recommended option: 64 MiB, 3 passes, 4 lanes.
struct KdfArgs {
    std::uint32_t memory_mib = 64;
    bool strong = false; ///< 1 GiB, 3 passes, 4 lanes

    crypto::Argon2Cost cost() const noexcept;
};

/// --kdf-memory, --kdf-strong.
std::vector<Option> kdf_options(KdfArgs& args);

} // namespace torgo::cli
