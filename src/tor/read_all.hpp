#pragma once

#include "base/bytes.hpp"
#include "env/network.hpp"

namespace torgo::tor {

/// Fills `out` whole. errors  those of read_some; `unavailable` when the stream ends before
inline Result<> read_all(env::Stream& stream, ByteSpan out, env::Deadline deadline) {
    while (!out.empty()) {
        TRY(const auto got, stream.read_some(out, deadline));
        if (got == 0) return fail(Errc::unavailable, "the connection ended early");
        out = out.subspan(got);
    }
    return {};
}

} // namespace torgo::tor
