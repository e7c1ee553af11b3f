#pragma once

#include "crypto/secret.hpp"

#include <initializer_list>
#include <utility>

namespace torgo::mesh {

/// Bytes on the heap that may hold keys; overwritten when it ends.
struct WipedBytes {
    Bytes bytes{};

    explicit WipedBytes(Bytes taken) : bytes(std::move(taken)) {}

    WipedBytes(const WipedBytes&) = delete;
    WipedBytes& operator=(const WipedBytes&) = delete;

    ~WipedBytes() { crypto::wipe(bytes); }
};

/// One after another in memory of just that size: bytes that grow leave copies of themselves.
inline Bytes joined(std::initializer_list<ByteView> parts) {
    std::size_t size = 0;
    for (const auto part : parts)
        size += part.size();
    Bytes out;
    out.reserve(size);
    for (const auto part : parts)
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

} // namespace torgo::mesh
