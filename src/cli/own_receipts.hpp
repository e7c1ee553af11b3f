#pragma once

// The receipts of this user on this machine: where they lie, and how a command leaves one.

#include "base/error.hpp"
#include "cli/context.hpp"
#include "cli/exit_code.hpp"
#include "crypto/sign.hpp"
#include "receipts/folder.hpp"
#include "receipts/ledger.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace torgo::cli {

struct OwnReceipts {
    receipts::Folder folder;
    std::string state; ///< the folder above
    PeerId author;     ///< by the key with which this machine is known to nodes
    crypto::SigningKey key;
};

/// errors  `not_found` without a home; those of load_signing_key
Result<OwnReceipts> own_receipts(const Context& context);

/// "17" or "latest"; none for any other word. errors  `not_found` for "latest" of none
Result<std::optional<std::uint64_t>> receipt_number(const receipts::Folder& folder,
                                                    const std::string& word);

/// Opened with what it lacks put in. errors  as Ledger::open; `not_found` where --ledger is none
Result<std::unique_ptr<receipts::Ledger>> open_ledger(const Context& context,
                                                      const OwnReceipts& own);

/// What an account says so far, with who and where; without an outcome.
markup::Receipt facts_so_far(const Context& context, const Account& account);

/// Appends a receipt and puts it into the ledger; that this does not take it is a warning.
/// errors  as receipts::Folder::append
Result<markup::SignedReceipt> keep_receipt(const Context& context, OwnReceipts& own,
                                           markup::Receipt facts);

/// The receipt of the command that has just ended, if it has begun its work. What can not be
/// written is a warning. (RECEIPT-20)
/// out  what it left
std::optional<markup::SignedReceipt> leave_receipt(const Context& context,
                                                   const Result<ExitCode>& result);

/// The same of one part of a command that runs for long. in  `account`, of that part
std::optional<markup::SignedReceipt> leave_receipt(const Context& context, const Account& account,
                                                   const Result<ExitCode>& result);

} // namespace torgo::cli
