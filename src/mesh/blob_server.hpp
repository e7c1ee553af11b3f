#pragma once

#include "mesh/blob_messages.hpp"
#include "mesh/node.hpp"

namespace torgo::mesh {

/// Where a BLOB goes that comes in.
class BlobSink {
public:
    virtual ~BlobSink() = default;

    /// Part of the BLOB; in any order, perhaps twice after a power cut.
    virtual Result<> write(std::uint32_t offset, ByteView bytes) = 0;

    /// All that was written survives a power cut once this has returned without error: after each
    /// block.
    virtual Result<> sync() = 0;

    /// All of it is here; again when a power cut came between and the client begins once more.
    virtual void complete(BlobId) {}
};

/// Chunks that a server in pull mode asks for at a time: what a friend may have to keep for it.
inline constexpr std::size_t blob_asked_max = 8;

/// Receives a BLOB in push or pull mode, a server model (0x1400) on one element of a node that its
/// host gives its messages to. Which blocks are here is stored, so a power cut costs a block at
/// most.
class BlobServer {
public:
    /// The transfer that the store remembers goes on, suspended until the client starts it again.
    /// All outlive the server; a null store remembers nothing.
    BlobServer(Node& node, std::uint8_t element, BlobSink& sink, env::Random& random, Store* store);

    /// Waits for a BLOB of this number. `timeout_base`: 10 s × (base + 1) without a message suspend
    /// it, in pull mode 20 s at least. Errors: `unavailable` while another comes in; those of the
    /// store.
    Result<> expect(BlobId id, std::uint16_t timeout_base, std::uint8_t ttl = 0xFF);

    /// Gives up what comes in.
    void cancel();

    /// A message for this model; whether it was one of ours.
    bool on_message(Time now, const Received& received);
    void on_wake(Time now);
    Time next_wake() const { return std::min({m_reply_due, m_suspend_due, m_report_due}); }

    BlobPhase phase() const { return m_phase; }
    BlobMode mode() const { return m_mode; }
    const BlobShape& shape() const { return m_shape; }
    std::size_t blocks_missing() const { return m_missing.count(); }

private:
    enum class Reply : std::uint8_t { none, transfer, block, information };

    BlobError on_start(const BlobStart& message);
    BlobError on_block_start(const BlobBlockStart& message);
    BlobError block_get_error() const;
    void on_chunk(ByteView parameters);
    void finish_block();
    void tell_complete();
    void plan_report(Time now, BlobPhase before);
    void report(Time now);
    BlobChunks next_asked() const;
    void reply(Time now, const Received& to, Reply kind, BlobError error);
    AccessPayload reply_payload() const;
    bool save();
    bool load(ByteView record);
    void forget();
    Time timeout() const;

    Node& m_node;
    std::uint8_t m_element;
    BlobSink& m_sink;
    env::Random& m_random;
    Store* m_store;

    BlobPhase m_phase = BlobPhase::inactive;
    bool m_told = false; ///< the sink, that it is complete
    BlobShape m_shape{};
    BlobMode m_mode = BlobMode::none;
    std::uint16_t m_mtu = access_payload_max;
    std::uint16_t m_timeout_base = 0;
    std::uint8_t m_ttl = 0xFF;
    BlobBlocks m_missing{};
    BlobBlockStart m_block{};
    BlobChunks m_chunks{};
    Time m_suspend_due = never;

    Address m_client = unassigned; ///< who hears reports, in pull mode
    KeyIndex m_client_app = 0;
    BlobChunks m_asked{};        ///< and not come yet
    unsigned m_reports_left = 0; ///< that say that the block is here
    Time m_report_due = never;

    Reply m_reply = Reply::none;
    BlobError m_reply_error{};
    Address m_reply_to = unassigned;
    KeyIndex m_reply_app = 0;
    Time m_reply_due = never;
};

} // namespace torgo::mesh
