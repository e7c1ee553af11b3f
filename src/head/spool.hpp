#pragma once

#include "env/file_system.hpp"
#include "head/head.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::head {

/// Of a spool that nobody gave another size: a few days of a laptop's work.
inline constexpr std::uint64_t spool_limit_default = 64_GiB;
/// What a spool leaves free on its disk, whatever its limit is: a full disk stops more than
/// backups.
inline constexpr std::uint64_t spool_reserve_default = 1_GiB;

struct SpoolLimits {
    std::uint64_t bytes = spool_limit_default;     ///< of all segments that wait
    std::uint64_t reserve = spool_reserve_default; ///< that stay free on the disk
};

/// What waits for one head.
struct Waiting {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0; ///< of the segments
    std::uint64_t roots = 0;

    bool none() const noexcept { return segments == 0 && roots == 0; }
};

/// True for the roots that may wait for a head: made once and never changed, so that bringing them
/// late means the same as bringing them in time.
bool may_wait(std::string_view root) noexcept;

/// True for the roots that make packs part of the repository.
bool commits(std::string_view root) noexcept;

class SpoolQuota;

/// A folder of this machine that keeps what a repository's heads did not take (docs/spec/spool.md).
/// For each head it has a *part*, which is a dir head of its own and so keeps all that head.md
/// promises; and a *mirror* of the records that are needed to open the repository while no head
/// answers. Thread-safe; any number of processes may use one spool.
class Spool {
public:
    /// The spool that is there. errors  `not_found` where there is none; those of a dir head
    static Result<std::unique_ptr<Spool>> open(env::FileSystem& files, const std::string& folder,
                                               const RepoId& repository, unsigned heads,
                                               const SpoolLimits& limits = {});

    /// The same, made where it is not there or not whole. errors  as head::create
    static Result<std::unique_ptr<Spool>> create(env::FileSystem& files, const std::string& folder,
                                                 const RepoId& repository, unsigned heads,
                                                 const SpoolLimits& limits = {});

    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    const std::string& folder() const noexcept { return m_folder; }

    std::size_t size() const noexcept { return m_parts.size(); }

    /// Writing to it fails with `no_space` where the limit would be passed.
    Head& part(std::size_t index) const { return *m_parts.at(index); }

    Head& mirror() const { return *m_mirror; }

    /// cost    one listing and a look at each segment's size
    Result<Waiting> waiting(std::size_t index) const;

    /// Of all heads together.
    Result<Waiting> waiting() const;

private:
    Spool(env::FileSystem& files, std::string folder, unsigned heads, const SpoolLimits& limits);

    std::string m_folder;
    std::unique_ptr<SpoolQuota> m_quota;
    std::vector<std::unique_ptr<Head>> m_parts;
    std::unique_ptr<Head> m_mirror;
};

} // namespace torgo::head
