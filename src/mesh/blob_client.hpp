#pragma once

#include "mesh/blob_messages.hpp"
#include "mesh/node.hpp"

#include <set>
#include <vector>

namespace torgo::mesh {

/// Where a BLOB comes from that goes out.
class BlobSource {
public:
    virtual ~BlobSource() = default;
    /// `size` bytes at `offset`, both within the BLOB. Errors end the transfer.
    virtual Result<Bytes> read(std::uint32_t offset, std::uint32_t size) = 0;
};

/// Sends a BLOB in push or pull mode to several servers at once, a client model (0x1401) on one
/// element of a node. It holds no more than bits about blocks and chunks; a transfer that broke off
/// at either end goes on with a new client under the same number.
class BlobClient {
public:
    static constexpr std::size_t targets_max = 32;

    struct Transfer {
        BlobShape shape{};
        BlobMode mode = BlobMode::push; ///< pull: for low power nodes, which take what they ask for
        std::uint16_t chunk_size = blob_chunk_size_max;
        std::vector<Address> targets{};
        /// To whom chunks go that more than one misses; unassigned: to each alone.
        Address group = unassigned;
        std::uint8_t element = 0;
        KeyIndex app_index = 0;
        std::uint8_t ttl = 0xFF;
        /// 10 s × (base + 2) without an answer give a target up.
        std::uint16_t timeout_base = 0;
    };

    struct Target {
        enum class State : std::uint8_t {
            running,
            complete,
            refused,
            lost,
            unread, ///< the source could not be read: a new client goes on where this one ended
        };

        Address address = unassigned;
        State state = State::running;
        BlobError error{};
        BlobBlocks blocks{};
        BlobChunks chunks{};
        bool answered = false;
        unsigned restarts = 0; ///< since it had a block
    };

    /// errors  `invalid_argument` for a shape, a chunk size or targets that this stack cannot serve
    static Result<BlobClient> begin(Node& node, BlobSource& source, Transfer transfer, Time now);

    /// A message for this model; whether it was one of ours.
    bool on_message(Time now, const Received& received);
    /// From Host::ended.
    void on_ended(MessageNumber number);
    void on_wake(Time now);
    Time next_wake() const { return m_stage == Stage::done ? never : m_due; }

    bool is_done() const { return m_stage == Stage::done; }
    const std::vector<Target>& targets() const { return m_targets; }
    /// Of chunks sent, repetitions counted.
    std::uint32_t chunks_sent() const { return m_chunks_sent; }

private:
    enum class Stage : std::uint8_t { start, block_start, chunks, block_get, wait_report, done };

    BlobClient(Node& node, BlobSource& source, Transfer transfer, Time now);

    void enter(Stage stage, Time now);
    void ask(Time now);
    void next(Time now);
    void next_block(Time now);
    void send_chunk(Time now);
    bool send(Time now, Address to, const AccessPayload& payload);
    AccessPayload question() const;
    void on_status(Target& target, const BlobStatus& status);
    void on_report(Time now, Target& target, const BlobChunks& asked);
    void wait_for_reports(Time now);
    void after_chunks(Time now);
    void end_unread();
    void forget_sent(bool to_all);
    void has_block(Target& target);
    void begin_round(Time now);
    BlobChunks of_block(const BlobChunks& chunks) const;
    void on_block_status(Time now, Target& target, const BlobBlockStatus& status);
    bool takes_part(const Target& target) const;
    bool is_pull() const { return m_transfer.mode == BlobMode::pull; }
    void give_up_silent();
    void restart(Time now, Target& target);
    Time retry() const;
    Time timeout() const;

    Node* m_node;
    BlobSource* m_source;
    Transfer m_transfer;
    std::vector<Target> m_targets;
    Stage m_stage = Stage::start;
    std::uint16_t m_block = 0;
    std::size_t m_chunk = 0;
    std::size_t m_target = 0; ///< of a chunk that goes to each alone
    std::set<MessageNumber> m_under_way;
    std::uint32_t m_chunks_sent = 0;
    unsigned m_rounds = 0; ///< of chunks, since a block was finished
    Time m_poll = never;   ///< when silent servers in pull mode are asked
    Time m_due = never;
    Time m_give_up = never;
};

} // namespace torgo::mesh
