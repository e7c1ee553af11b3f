#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "peer/ledger.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace torgo::peer {

/// One author's ledgers, one for each repository, made when they are first needed. Thread-safe.
class LedgerBook {
public:
    /// Where the ledger of a repository lies.
    using PathOf = std::function<std::string(const RepoId& repository)>;

    /// in  `files`, `clock` and `key` (ML-DSA-65, the author's) outlive the book
    LedgerBook(env::FileSystem& files, env::Clock& clock, const crypto::SigningKey& key,
               PathOf path_of);

    Ledger& of(const RepoId& repository);

    /// Writes what waits since so long. errors  the first; all are tried
    Result<> flush_older(std::int64_t age_ns);

    /// As Ledger::close, of all. errors  the first; all are tried
    Result<> close();

    /// Of all together.
    LedgerCounts counts() const;

private:
    std::vector<Ledger*> all() const;

    env::FileSystem& m_files;
    env::Clock& m_clock;
    const crypto::SigningKey& m_key;
    PathOf m_path_of;
    mutable std::mutex m_mutex;
    std::map<RepoId, std::unique_ptr<Ledger>> m_ledgers; ///< guarded by m_mutex; none is removed
};

} // namespace torgo::peer
