#pragma once

// All receipts of a folder, verified one after another. docs/spec/receipt.md 6

#include "base/error.hpp"
#include "base/id.hpp"
#include "markup/signed_receipt.hpp"
#include "receipts/folder.hpp"
#include "receipts/ledger.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::receipts {

struct Fault {
    enum class Kind : std::uint8_t {
        damaged, ///< not what its mirror, hash or signature says
        foreign, ///< of another author, or under another number
        missing, ///< numbers before it are left out
        broken,  ///< does not follow the one before it
        altered, ///< the Markdown beside it is not what the mirror gives
        cut,     ///< it is in the ledger, and not there any more, or another has its number
    };
    Kind kind = Kind::damaged;
    std::uint64_t number = 0;
    std::string why;
};

std::string_view name(Fault::Kind kind) noexcept;

struct Chain {
    std::uint64_t verified = 0; ///< receipts without a fault of their own
    std::vector<Fault> faults;
    /// Receipts whose Markdown is missing or empty, as a power cut may leave it: no fault.
    std::vector<std::uint64_t> without_text;
};

using OnReceipt = std::function<void(const markup::SignedReceipt&)>;

/// Verifies all, goes on behind each fault, and hands on what is sound.
///
/// in      `author`, whose they must be
/// errors  those of listing the folder
/// cost    about 0.4 ms for each
Result<Chain> verify_chain(const Folder& folder, const PeerId& author, const OnReceipt& sound = {});

/// What a ledger knows and the folder does not show: *cut*. A file that can not be read is none: it
/// is *damaged*.
///
/// errors  those of listing the folder
/// cost    each file is read, none verified
Result<std::vector<Fault>> compare_with_ledger(const Folder& folder, const std::vector<Row>& rows);

} // namespace torgo::receipts
