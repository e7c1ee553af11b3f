#pragma once

// The other side of a connection as a function, and a network that leads to it.

#include "env/network.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace torgo::tor {

/// What the other side knows and does; outlives the streams.
struct Peer {
    /// Called with all that was written and not yet taken; takes what it understands and gives the
    /// answer.
    std::function<std::string(std::string& input)> answer;
    std::string output;          ///< ready to be read
    std::size_t piece = 1 << 20; ///< bytes that one read gives at most
    bool ended = false;          ///< after the output comes the end
    bool closed = false;         ///< by our side
};

/// A stream that never waits: what is not there is a `timeout`.
class PeerStream final : public env::Stream {
public:
    explicit PeerStream(Peer& peer) : m_peer(peer) {}

    Result<std::size_t> read_some(ByteSpan out, env::Deadline /*deadline*/) override {
        if (m_peer.closed) return fail(Errc::cancelled, "closed");
        const auto size = std::min({out.size(), m_peer.piece, m_peer.output.size()});
        if (size == 0 && m_peer.ended) return 0;
        if (size == 0) return fail(Errc::timeout, "nothing to read");
        std::copy_n(m_peer.output.begin(), size, out.begin());
        m_peer.output.erase(0, size);
        return size;
    }

    Result<> write(ByteView bytes, env::Deadline /*deadline*/) override {
        if (m_peer.closed) return fail(Errc::cancelled, "closed");
        m_input += as_text(bytes);
        if (m_peer.answer) m_peer.output += m_peer.answer(m_input);
        return {};
    }

    void close() noexcept override { m_peer.closed = true; }

private:
    Peer& m_peer;
    std::string m_input;
};

/// Leads to one peer at one endpoint, and remembers who was asked for.
class PeerNetwork final : public env::Network {
public:
    PeerNetwork(env::Endpoint at, Peer& peer) : m_at(std::move(at)), m_peer(peer) {}

    Result<std::unique_ptr<env::Stream>> connect(const env::Endpoint& to,
                                                 env::Deadline /*deadline*/,
                                                 const std::stop_token& /*stop*/) override {
        asked.push_back(to);
        if (to != m_at) return fail(Errc::unavailable, "nobody there");
        m_peer.closed = false;
        return std::make_unique<PeerStream>(m_peer);
    }

    std::vector<env::Endpoint> asked;

private:
    env::Endpoint m_at;
    Peer& m_peer;
};

/// A control port: answers whole lines by their first words.
struct ControlPort {
    ControlPort() {
        peer.answer = [this](std::string& input) {
            std::string out;
            for (auto end = input.find("\r\n"); end != std::string::npos;
                 end = input.find("\r\n")) {
                out += answer_line(input.substr(0, end));
                input.erase(0, end + 2);
            }
            return out;
        };
    }

    ControlPort(const ControlPort&) = delete;
    ControlPort& operator=(const ControlPort&) = delete;

    std::string answer_line(const std::string& line) {
        heard.push_back(line);
        for (auto& [begin, replies] : script)
            if (line.starts_with(begin) && !replies.empty()) {
                auto reply = replies.front();
                if (replies.size() > 1) replies.erase(replies.begin());
                return reply;
            }
        return "510 Unrecognized command\r\n";
    }

    std::size_t count(std::string_view begin) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            heard, [&](const auto& line) { return line.starts_with(begin); }));
    }

    Peer peer;
    std::map<std::string, std::vector<std::string>> script; ///< the last one is given again
    std::vector<std::string> heard;
};

} // namespace torgo::tor
