#pragma once

// Private to this module: the part of serving a request that waits for the disk.

#include "node/exchange.hpp"
#include "node/service.hpp"

#include <memory>
#include <optional>
#include <string>

namespace torgo::node {

/// One request from its head to the last byte of its answer. Used by one thread at a time; every
/// call may wait for the disk, the destructor too unless `over`.
class Served {
public:
    /// in  `piece`, the memory through which all bodies go; it outlives this
    explicit Served(Bytes& piece) : m_piece(piece) {}

    /// Whether the connection goes on after the answer, and whether the answer is one to HEAD.
    struct Manner {
        bool keep_alive = true;
        bool is_head = false;
    };

    /// Begins; makes the answer at once where it is known, or no body comes.
    void begin(Service& service, const peer::Request& request, const PeerId& peer, Manner manner);
    /// Takes the next part of the body; makes the answer after the last, or when it is known.
    void take(ByteView part, bool last, Manner manner);
    /// An answer that no service gave.
    void answer(Response response, Manner manner);

    bool answered() const noexcept { return m_answered; }

    /// What is to be sent next of the answer.
    ByteView ready() const noexcept { return ByteView(m_piece).first(m_filled); }

    /// The next part of the answer's body becomes ready.
    void refill();

    /// True when nothing follows what is ready.
    bool over() const noexcept { return m_answered && m_left == 0; }

    /// True when the answer cannot be completed: the link must be broken.
    bool failed() const noexcept { return m_failed; }

    /// Lets all go; a body that was not complete leaves nothing.
    void drop();

private:
    void fill();

    Bytes& m_piece;
    std::unique_ptr<Exchange> m_exchange;
    std::optional<Response> m_response;
    std::size_t m_filled = 0;
    std::uint64_t m_left = 0; ///< of the answer's body
    bool m_answered = false;
    bool m_failed = false;
    bool m_told = false; ///< that it failed
};

} // namespace torgo::node
