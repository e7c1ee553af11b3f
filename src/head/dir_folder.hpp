#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "env/file_system.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace torgo::head {

/// What the file `torgo-head` says: whose head the folder is.
struct Marker {
    RepoId repository;
    unsigned index = 0;

    bool operator==(const Marker&) const = default;
};

/// The text of docs/spec/head.md 3.2, and its strict inverse. Errors of parse: `corrupt`;
/// `unsupported` for a later version.
std::string format_marker(const Marker& marker);
Result<Marker> parse_marker(std::string_view text);

/// A file being made in `incoming/`. Gone when destroyed, unless published.
class Temporary {
public:
    Temporary(env::FileSystem& files, std::string path, std::unique_ptr<env::File> file,
              std::unique_ptr<env::File> lock);
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    Temporary(Temporary&&) = delete;
    Temporary& operator=(Temporary&&) = delete;
    ~Temporary();

    env::File& file() { return *m_file; }

    enum class Replace : bool { no, yes };

    /// Gives the synced file its final name. Errors: `exists` where Replace::no and the name is
    /// taken; `not_found` when the target's folder or the temporary is gone. Not yet durable.
    Result<> publish(const std::string& target, Replace replace);

    /// Whether the temporary itself has been taken away by something else.
    bool is_lost();

private:
    env::FileSystem& m_files;
    std::string m_path;
    std::unique_ptr<env::File> m_file;
    std::unique_ptr<env::File>
        m_lock; ///< shared lock on the marker: nobody sweeps while it is held
    bool m_published = false;
};

/// The folder of a dir head: paths, the marker, temporaries, and the question that decides what an
/// error means: is this folder still the head it was? Thread-safe.
class DirFolder {
public:
    DirFolder(env::FileSystem& files, std::string path);

    env::FileSystem& files() { return m_files; }

    const std::string& path() const { return m_path; }

    std::string marker_path() const { return m_path + "/torgo-head"; }

    std::string segments_path() const { return m_path + "/segments"; }

    std::string roots_path() const { return m_path + "/roots"; }

    std::string incoming_path() const { return m_path + "/incoming"; }

    std::string fan_out_path(const SegmentId& segment) const;
    std::string segment_path(const SegmentId& segment) const;
    std::string root_path(const std::string& name) const;

    /// Reads the marker and compares it with the one seen first. Errors as Head::probe.
    Result<Marker> marker();

    /// marker(), and that the three folders are there. Errors as Head::probe.
    Result<Marker> check();

    /// check() for operations: whatever is wrong with the place, the head is `unavailable`.
    Result<Marker> require();

    /// What a failed call on this folder means: its own error while the head is there, else
    /// `unavailable`.
    Error explain(Error error);

    /// A new file in `incoming/` that no other process sweeps away.
    Result<std::unique_ptr<Temporary>> make_temporary(bool secret);

    /// The same in a folder that has no marker yet, and so is swept by nobody.
    Result<std::unique_ptr<Temporary>> make_first_temporary();

    /// Makes a file durable that another process may have put there a moment ago.
    Result<> make_durable(const std::string& file_path);

    /// Makes the folder a segment lies in, and then makes it durable: each once in the folder's
    /// life. Between the two the content is synced, as a journal then saves both at the price of
    /// one.
    Result<> make_fan_out(const SegmentId& segment);
    Result<> save_fan_out(const SegmentId& segment);

    /// To be called when a fan-out folder that was there is gone.
    void forget_fan_out(const SegmentId& segment);

private:
    Result<Marker> parse_and_compare(ByteView content);
    std::unexpected<Error> explain_marker(const Error& error);
    Result<std::unique_ptr<env::File>> lock_against_sweep();
    void sweep_incoming();
    Result<std::unique_ptr<Temporary>> create_temporary(bool secret,
                                                        std::unique_ptr<env::File> lock);

    env::FileSystem& m_files;
    std::string m_path;
    std::mutex m_mutex;
    std::optional<Marker> m_marker; ///< guarded by m_mutex; the one seen first
    bool m_swept = false;           ///< guarded by m_mutex
    std::atomic<std::uint64_t> m_next_temporary{0};
    std::array<std::atomic<bool>, 256> m_fan_out{}; ///< folders known to be there and durable
};

/// Makes the folder at `path` a head. See head::create.
Result<> create_dir_head(env::FileSystem& files, const std::string& path, const Marker& marker);

} // namespace torgo::head
