#pragma once

// All receipts of a folder, verified one after another. docs/spec/receipt.md 6

#include "base/error.hpp"
#include "base/id.hpp"
#include "markup/signed_receipt.hpp"
#include "receipts/folder.hpp"

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
        cut,     ///< it was in the ledger, and is not there any more
    };
    Kind kind = Kind::damaged;
    std::uint64_t number = 0;
    std::string why;
};

std::string_view name(Fault::Kind kind) noexcept;

struct Chain {
    std::uint64_t verified = 0; ///< receipts without a fault of their own
    std::vector<Fault> faults;
};

using OnReceipt = std::function<void(const markup::SignedReceipt&)>;

/// Verifies all, goes on behind each fault, and hands on what is sound.
///
/// in      `author`, whose they must be
/// errors  those of the disk
/// cost    about 0.4 ms for each
Result<Chain> verify_chain(const Folder& folder, const PeerId& author, const OnReceipt& sound = {});

} // namespace torgo::receipts
