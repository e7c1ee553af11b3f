#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"

#include <string>
#include <string_view>

// What a node signs before it runs a workflow, and what after.
namespace torgo::workflow {

/// [RUN-40] Signed before anything runs.
struct Ticket {
    std::string id; ///< 32 hexadecimal digits
    std::string file;
    Digest file_hash;   ///< of the file's bytes
    Digest inputs_hash; ///< of the inputs as compact JSON
    std::string principal;
    std::string node;
    std::size_t blocks = 0;
    std::string not_before; ///< RFC 3339
    std::uint32_t timeout_s = 0;
};

/// What a text says that has a ticket's form. By whom it is signed, only read_ticket() knows.
struct SignedTicket {
    Ticket ticket;
    Bytes key;
    Bytes signature;
};

/// [RUN-41] Signed when it has ended.
struct Record {
    std::string ticket;
    Digest outputs_hash;
    std::string worker; ///< what held the blocks: the layers of the sandbox
    std::string started;
    std::uint64_t duration_ms = 0;
    std::string status; ///< completed, failed, cancelled
};

/// errors  `unsupported` for a key that is not ML-DSA-65, `invalid_argument` for a field with
///         control characters
Result<std::string> signed_text(const Ticket& ticket, const crypto::SigningKey& key);
Result<std::string> signed_text(const Record& record, const crypto::SigningKey& key);

/// Each ticket has one text, and a text with anything beside is none.
///
/// errors  `corrupt`; `unsupported` for another version
Result<SignedTicket> parse_ticket(std::string_view text);
std::string format_ticket(const SignedTicket& ticket);

/// Reads a ticket that this key has signed: the signature is looked at before all else.
///
/// errors  `corrupt` for a text that is none, `authentication` for another signature,
///         `unsupported` for another version
Result<Ticket> read_ticket(std::string_view text, ByteView public_key);

} // namespace torgo::workflow
