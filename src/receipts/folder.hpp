#pragma once

// Receipts of one author as files: a `.mu` that counts, and beside it its Markdown for people. A
// thousand of them lie in one folder, so that the newest is found without looking at all.
// docs/spec/receipt.md 5

#include "base/error.hpp"
#include "crypto/sign.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"
#include "markup/signed_receipt.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace torgo::receipts {

/// A UUID of version 7: time first, then chance. in  `wall_ns`, not before 1970
markup::Uuid make_uuid(env::Random& random, std::int64_t wall_ns);

/// What a receipt names that follows one of which nothing could be read.
Digest prev_of_unreadable();

class Folder {
public:
    static constexpr std::uint64_t group_size = 1000;

    /// in  `files` and `clock` outlive the folder; `path` is made with the first receipt
    Folder(env::FileSystem& files, env::Clock& clock, std::string path)
        : m_files(files), m_clock(clock), m_path(std::move(path)) {}

    const std::string& path() const noexcept { return m_path; }

    /// Numbers, chains, signs and writes it; durable when it returns. Several processes take turns.
    ///
    /// in      `facts` without author, number and prev, which are put in; an id is drawn where it
    ///         has none
    /// errors  those of the disk; `timeout` where others keep the folder locked for seconds
    /// cost    a signature, and the flushes of one file and its folder
    Result<markup::SignedReceipt> append(markup::Receipt facts, const crypto::SigningKey& key,
                                         env::Random& random);

    /// Of all receipts, ascending; nothing where there is no folder.
    Result<std::vector<std::uint64_t>> numbers() const;

    /// The largest. cost  two folders are listed
    Result<std::optional<std::uint64_t>> newest() const;

    /// The `.mu` as it lies there. errors  `not_found`
    Result<std::string> mirror_of(std::uint64_t number) const;
    /// The Markdown beside it. errors  `not_found`
    Result<std::string> text_of(std::uint64_t number) const;
    /// Writes the Markdown anew from the mirror.
    Result<> restore_text(std::uint64_t number, const std::string& text) const;

    std::string mirror_path(std::uint64_t number) const;
    std::string text_path(std::uint64_t number) const;

private:
    using Lock = std::unique_ptr<env::File>;

    struct Tail {
        std::uint64_t next = 0;
        Digest prev;
    };

    Result<Lock> lock() const;
    Result<Tail> tail() const;
    std::string stem(std::uint64_t number) const;
    Result<std::vector<std::uint64_t>> groups() const;
    Result<std::vector<std::uint64_t>> numbers_in(std::uint64_t group) const;

    env::FileSystem& m_files;
    env::Clock& m_clock;
    std::string m_path;
};

} // namespace torgo::receipts
