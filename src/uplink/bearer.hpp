#pragma once

#include "base/error.hpp"
#include "env/network.hpp"
#include "uplink/outbound.hpp"

#include <optional>

namespace torgo::uplink {

struct Heard {
    Address from = 0;
    Bytes payload;
};

/// A mesh node's way to the others, in real time: access payloads from and to addresses. One thread
/// at a time.
class Bearer {
public:
    virtual ~Bearer() = default;

    /// Hands a payload to the mesh. Whether it arrives is not told here.
    /// errors  `unavailable` while there is no radio or daemon; others when there will be none
    virtual Result<> send(Address to, ByteView payload) = 0;

    /// Whether it takes another payload now without piling them up.
    virtual bool is_free() const = 0;

    /// What came in; nothing at the deadline. Errors: as send.
    virtual Result<std::optional<Heard>> receive(env::Deadline until) = 0;
};

} // namespace torgo::uplink
