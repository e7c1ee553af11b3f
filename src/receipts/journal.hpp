#pragma once

// The way back: a file to which each step is written before it is done. docs/spec/receipt.md 8

#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/hash.hpp"
#include "env/file_system.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::receipts {

/// What a file was like when the work had ended. A change of any kind moves ctime.
struct LeftState {
    std::uint64_t kind = 0;
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;

    bool operator==(const LeftState&) const = default;
};

struct Step {
    enum class Kind : std::uint8_t {
        made,  ///< there was nothing
        moved, ///< what was there lies aside
        lost,  ///< what was there is gone
    };
    Kind kind = Kind::made;
    std::string path;              ///< relative to the target
    std::uint64_t aside = 0;       ///< of moved: the name that it has aside
    std::size_t folder = 0;        ///< of moved: which of the folders aside
    std::optional<LeftState> left; ///< of made
    bool taken_back = false;       ///< by the work itself: nothing came of it

    bool operator==(const Step&) const = default;
};

struct Journal {
    std::string target;              ///< absolute
    std::vector<std::string> asides; ///< absolute: the folders with what was moved
    std::vector<Step> steps;
    std::uint64_t unnoted = 0; ///< steps over the bound

    bool operator==(const Journal&) const = default;
};

inline constexpr std::uint64_t steps_max = 200'000;
inline constexpr std::size_t asides_max = 1'000;
inline constexpr std::size_t journal_max = 512U << 20U;

/// Strict. errors  `corrupt`, naming the line; `limit_exceeded`
Result<Journal> parse_journal(std::string_view text);

class JournalWriter {
public:
    /// Makes the file. errors  those of the disk
    static Result<JournalWriter> begin(env::FileSystem& files, const std::string& path,
                                       const std::string& target, const std::string& aside);

    /// Whether so many more steps may be noted.
    bool take_steps(std::uint64_t count);
    /// Counts one that is not.
    void leave_out() { ++m_unnoted; }

    std::uint64_t unnoted() const noexcept { return m_unnoted; }

    // Each returns when the line would survive the end of this process.
    Result<> made(std::string_view path);
    Result<> moved(std::uint64_t aside, std::string_view path);
    Result<> left(const LeftState& state, std::string_view path);
    /// The folder for what is moved from now on.
    Result<> aside(std::string_view folder);
    /// Nothing came of the steps of this path: what was there is there.
    Result<> taken_back(std::string_view path);

    /// Durable when it returns; the SHA-256 of the file.
    Result<Digest> finish();

private:
    explicit JournalWriter(std::unique_ptr<env::File> file) : m_file(std::move(file)) {}

    Result<> line(const std::string& text);

    std::unique_ptr<env::File> m_file;
    crypto::Sha256 m_hash;
    std::set<std::string, std::less<>> m_asides;
    std::uint64_t m_steps = 0;
    std::uint64_t m_unnoted = 0;
};

} // namespace torgo::receipts
