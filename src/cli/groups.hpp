#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "place/group_uri.hpp"

#include <string>
#include <string_view>

namespace torgo::cli {

/// The group of this name as `groups.toml` gives it: members as they stand there.
///
/// errors  `invalid_argument` "FILE:LINE: …" for what the file may not hold; `not_found` where it
///         does not have the group
/// source  docs/spec/cli.md, [CLI-24]
Result<place::GroupUri> read_group(std::string_view text, std::string_view file,
                                   std::string_view name);

/// `group://NAME`, with its members out of `groups.toml` beside the default descriptor file.
Result<place::GroupUri> load_group(const Context& context, std::string_view name);

} // namespace torgo::cli
