#pragma once

// The ledger of receipts: SQL tables in which people and programs look things up. It is made of the
// files and proves nothing; the files count. SQLite in a file, or PostgreSQL by URL; one schema,
// which tests/tools and python/torgo_receipts hold to as well. docs/spec/receipt.md 7

#include "base/error.hpp"
#include "base/id.hpp"
#include "markup/signed_receipt.hpp"
#include "receipts/folder.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::receipts {

/// One line of a list.
struct Row {
    std::uint64_t number = 0;
    std::string id; ///< "urn:uuid:…"
    std::string hash;
    std::string command;
    std::string repository; ///< empty where there is none
    std::string user;
    std::string host;
    std::string ended_at;
    std::string outcome;
    std::string error;
    std::string undo; ///< empty where it can not be rolled back

    bool operator==(const Row&) const = default;
};

struct Filter {
    std::string command;      ///< empty: all
    std::string repository;   ///< empty: all
    std::uint32_t newest = 0; ///< so many of the newest; 0: all
};

class Ledger {
public:
    /// Opens it, and brings its schema up to date.
    ///
    /// in      "sqlite:///path/to/file" or "postgresql://…" as libpq reads it
    /// errors  `invalid_argument` for another URL; `unsupported` for a schema of a later version,
    ///         or where this machine has no PostgreSQL client; `unavailable`, `io`
    static Result<std::unique_ptr<Ledger>> open(const std::string& url);

    virtual ~Ledger() = default;
    Ledger() = default;
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
    Ledger(Ledger&&) = delete;
    Ledger& operator=(Ledger&&) = delete;

    /// One transaction; nothing where it is there already.
    /// errors  `exists` where another one has its number: that one was taken away or replaced; `io`
    virtual Result<> put(const markup::SignedReceipt& receipt) = 0;

    /// Of one author, ascending. errors  `io`
    virtual Result<std::vector<Row>> list(const PeerId& author, const Filter& filter) = 0;
    virtual Result<std::vector<std::uint64_t>> numbers(const PeerId& author) = 0;

    /// Takes all of an author out.
    virtual Result<> forget(const PeerId& author) = 0;

    virtual Result<int> schema_version() = 0;
};

/// Puts in what the folder has and the ledger lacks; what can not be read is left out. Gives how
/// many that were.
Result<std::uint64_t> catch_up(Ledger& ledger, const Folder& folder, const PeerId& author);

} // namespace torgo::receipts
