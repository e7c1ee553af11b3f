#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace torgo::sandbox {

inline constexpr std::size_t files_max = 256;
inline constexpr std::size_t files_total_max = 64_MiB;
inline constexpr std::size_t folders_max = 64;
inline constexpr std::size_t arguments_max = 256;
inline constexpr std::size_t argument_size_max = 64_KiB;

/// What a process inside may use. Address space, file size, open files and processor time are
/// limits of each of its processes; scratch is one of /work and again one of /tmp.
struct Limits {
    std::uint64_t memory_bytes = 2_GiB; ///< address space of each, and held by all together
    std::uint32_t processes = 32;       ///< threads count, too
    std::uint64_t file_bytes = 64_MiB;
    std::uint64_t scratch_bytes = 64_MiB;
    std::uint32_t open_files = 256;
    std::uint64_t cpu_seconds = 600;
    bool may_fork = true; ///< without it threads, but no second process
};

/// A file that lies inside in /work under its name, read-only.
struct File {
    std::string name; ///< no path: one name, up to 255 bytes
    Bytes content;
};

/// What runs inside.
struct Setup {
    /// The interpreter and its arguments. The interpreter is an absolute path inside, or a name
    /// that is searched in /usr/bin and /usr/local/bin.
    std::vector<std::string> arguments;
    std::vector<File> files;
    /// Absolute paths of folders that are seen inside at the same path, read-only.
    std::vector<std::string> read_only_folders;
    Limits limits;
};

/// The program whose hidden command is the inner step (enter()). The names of its shared libraries
/// must lead below /usr, or into `folders`.
struct Program {
    std::string path;                 ///< absolute
    std::vector<std::string> words;   ///< before the words of enter(): the name of the command
    std::vector<std::string> folders; ///< seen inside as `read_only_folders` are
};

} // namespace torgo::sandbox
