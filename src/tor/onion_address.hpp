#pragma once

#include "base/error.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace torgo::tor {

/// The name of an onion service, version 3: its Ed25519 key.
struct OnionAddress {
    std::array<std::uint8_t, 32> key{};

    /// in      56 base32 characters and ".onion", lower case only: one spelling for each service
    /// errors  `invalid_argument`: another form, version or checksum
    /// source  rend-spec-v3, section 6 (encoding onion addresses)
    static Result<OnionAddress> parse(std::string_view host);

    /// The same without ".onion", as the control port speaks of it.
    static Result<OnionAddress> parse_service_id(std::string_view id);

    std::string service_id() const;

    std::string host() const;

    bool operator==(const OnionAddress&) const = default;
};

} // namespace torgo::tor
