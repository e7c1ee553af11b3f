#pragma once

#include "base/error.hpp"
#include "cli/environment.hpp"
#include "cli/top_model.hpp"
#include "env/file_system.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What running commands of this machine say of themselves, for `torgo top`: a small file each.
/// It names no file that is saved, and holds no secret. source  docs/spec/cli.md 8
namespace torgo::cli {

/// No file is longer; a repository has at most 64 heads.
inline constexpr std::size_t max_activity = 32 * 1024;
/// So many are looked at.
inline constexpr std::size_t max_activities = 64;

std::string format_activity(const top::Work& work);

/// errors  `corrupt` for anything but what format_activity writes, `unsupported` for a later
/// version
Result<top::Work> parse_activity(std::string_view text);

/// Where they are: XDG_RUNTIME_DIR, which ends with the session, else the state folder.
Result<std::string> activity_folder(const Environment& environment);

/// The file of this process; written again and again, gone when destroyed. What cannot be written
/// is not shown, and no error.
class ActivityFile {
public:
    /// `folder` as activity_folder says; `files` outlives it
    ActivityFile(env::FileSystem& files, std::string folder);
    ActivityFile(const ActivityFile&) = delete;
    ActivityFile& operator=(const ActivityFile&) = delete;
    ActivityFile(ActivityFile&&) = delete;
    ActivityFile& operator=(ActivityFile&&) = delete;
    ~ActivityFile();

    /// cost    a file of a few hundred bytes, not flushed
    void write(top::Work work);

private:
    env::FileSystem& m_files;
    std::string m_path;
    bool m_usable = true;
};

/// Those of processes that live; files of dead ones are removed.
std::vector<top::Work> read_activities(env::FileSystem& files, const std::string& folder);

} // namespace torgo::cli
