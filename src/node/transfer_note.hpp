#pragma once

// Private to this module: what a node writes down of one request that is a transfer.

#include "crypto/hash.hpp"
#include "node/exchange.hpp"
#include "peer/receipt.hpp"

#include <cstdint>
#include <optional>

namespace torgo::node {

/// Follows one transfer to its end. Used by one thread at a time.
class TransferNote {
public:
    /// Nothing for a request that is no transfer. source  PEER-36
    static std::optional<TransferNote> begin(const peer::Request& request,
                                             const peer::Target& target, const PeerId& client);

    const RepoId& repository() const noexcept { return m_repository; }

    /// More of the request's body.
    void take(ByteView bytes);

    /// The receipt of what was answered; once. in  wall time
    peer::Receipt finish(const Response& response, std::int64_t now_ns);

    /// The receipt of what was not answered.
    peer::Receipt cut(std::int64_t now_ns) { return fail(Errc::cancelled, now_ns); }

private:
    TransferNote(const RepoId& repository, std::uint64_t size, const peer::Receipt& receipt)
        : m_repository(repository), m_size(size), m_receipt(receipt) {}

    peer::Receipt fail(Errc code, std::int64_t now_ns);

    RepoId m_repository;
    std::uint64_t m_size; ///< announced of the request's body
    peer::Receipt m_receipt;
    crypto::Sha256 m_hash; ///< of a root that is put
};

} // namespace torgo::node
