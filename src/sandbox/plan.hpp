#pragma once

#include "base/error.hpp"
#include "sandbox/setup.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace torgo::sandbox {

inline constexpr const char* bwrap_path = "/usr/bin/bwrap";
inline constexpr const char* work_folder = "/work";
inline constexpr const char* temporary_folder = "/tmp";

/// The user that a process is inside where it has a user namespace.
inline constexpr std::uint32_t nobody = 65534;

/// What the inner step is told.
struct Inner {
    std::vector<std::string> arguments;
    std::vector<std::string> read_only_folders;
    Limits limits;
    std::optional<std::uint32_t> become; ///< the user to become, where it begins as root
};

/// errors  `invalid_argument` what makes no sense, `limit_exceeded`
Result<> check(const Setup& setup);

/// The command line of bubblewrap that makes the namespaces, lays the files (its descriptors from
/// 4 on) and runs the inner step. `become` as in Inner; without it there is a user namespace.
std::vector<std::string> outer_words(const Program& program, const Setup& setup,
                                     std::optional<std::uint32_t> become);

/// The words of the inner step, and back.
/// errors  `invalid_argument`
std::vector<std::string> encode(const Inner& inner);
Result<Inner> decode_inner(const std::vector<std::string>& words);

} // namespace torgo::sandbox
