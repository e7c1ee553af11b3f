#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "repo/key_slot.hpp"

#include <string>
#include <string_view>

namespace torgo::cli {

/// Where a pass phrase or key file comes from; at most one is used, in this order.
struct KeySource {
    std::string key_file;
    std::string password_command;
    std::string password_file;
    std::string_view variable;      ///< environment variable that may hold the pass phrase itself
    std::string_view option_prefix; ///< "" or "new-": how the options are called in advice
};

/// What opens an existing repository: from the global options, TORGO_PASSWORD or the keyboard.
///
/// errors  `invalid_argument` when nothing is given and there is nobody to ask, saying what to
/// give;
///         or for an empty pass phrase, or a key file under 32 bytes
Result<repo::Credential> existing_credential(const Context& context);

/// What shall open a key slot from now on; asked for twice. A pass phrase that looks guessable gets
/// a warning; an empty one is refused. Errors: as existing_credential.
Result<repo::Credential> new_credential(const Context& context, const KeySource& source);

/// The global options as a source, for the pass phrase that `init` sets.
KeySource global_key_source(const Globals& globals);

} // namespace torgo::cli
