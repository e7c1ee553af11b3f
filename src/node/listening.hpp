#pragma once

// Private to this module: sockets that listen.

#include "node/server.hpp"

#include <string>

namespace torgo::node {

/// A listening socket, which it closes, and the path of a Unix socket, which it removes.
class Listening {
public:
    /// errors  as Server::start
    static Result<Listening> open(const Listener& listener);

    Listening(Listening&& other) noexcept;
    Listening& operator=(Listening&&) = delete;
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening();

    /// The socket itself, which belongs to the caller from now on.
    int take_socket() noexcept;

    int family() const noexcept { return m_family; }

    Listener::Kind kind() const noexcept { return m_kind; }

    /// With the port that was found.
    const env::Endpoint& at() const noexcept { return m_at; }

private:
    Listening() = default;
    Result<> bind_unix();
    Result<> bind_tcp();

    int m_socket = -1;
    int m_family = 0;
    Listener::Kind m_kind = Listener::Kind::peers;
    env::Endpoint m_at;
    bool m_has_path = false;
};

} // namespace torgo::node
