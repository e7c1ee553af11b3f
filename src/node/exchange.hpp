#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/file_system.hpp"
#include "peer/exchange.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace torgo::node {

/// What a node answers. The body is in memory or in a file, never a whole segment in memory.
class Response {
public:
    /// No body.
    explicit Response(int status) : m_status(status) {}

    Response(int status, Bytes body)
        : m_status(status), m_size(body.size()), m_body(std::move(body)) {}

    /// `size` bytes of a file from `offset`.
    Response(int status, std::unique_ptr<env::File> file, std::uint64_t offset, std::uint64_t size)
        : m_status(status), m_size(size), m_file(std::move(file)), m_offset(offset) {}

    /// The answer to HEAD: a size and no body.
    static Response of_size(std::uint64_t size);

    /// source  PEER-3
    static Response refuse(const Error& error);
    static Response refuse(const Error& error, int status);

    Response&& with(std::string_view name, std::string value) &&;

    int status() const noexcept { return m_status; }

    const std::vector<peer::Header>& headers() const noexcept { return m_headers; }

    /// For Content-Length.
    std::uint64_t size() const noexcept { return m_size; }

    /// "ok", or the name of the error.
    std::string_view outcome() const noexcept;

    /// The whole body, where it is in memory; else nothing.
    ByteView in_memory() const noexcept { return m_body; }

    /// The next bytes of the body, 0 at its end.
    ///
    /// errors  `io`, `corrupt`: the rest can not be had; the announced size is not kept, so the
    ///         link must be broken
    Result<std::size_t> read(ByteSpan out);

private:
    int m_status;
    std::vector<peer::Header> m_headers;
    std::uint64_t m_size = 0;
    bool m_has_body = true;
    Bytes m_body;
    std::unique_ptr<env::File> m_file;
    std::uint64_t m_offset = 0;
    std::uint64_t m_sent = 0;
};

/// One request being served. Used by one thread at a time; the service outlives it. Destroyed
/// before `finish`, it leaves nothing.
class Exchange {
public:
    virtual ~Exchange() = default;

    /// True when the answer is known without the (rest of the) body: refused, or there already.
    /// May become true with any write.
    virtual bool answered() const = 0;

    /// The next bytes of the request's body. After answered() they are passed over.
    virtual void write(ByteView bytes) = 0;

    /// The answer; once, after the body, or when answered(). A body that is not complete is
    /// refused.
    virtual Response finish() = 0;
};

} // namespace torgo::node
