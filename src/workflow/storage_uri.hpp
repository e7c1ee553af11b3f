#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace torgo::workflow {

/// `tor://HOST:PORT/NETWORK`: Tor's SOCKS port, and the name of the repository.
struct StorageUri {
    std::string socks; ///< HOST:PORT
    std::string network;
};

/// errors  `invalid_argument`
Result<StorageUri> read_storage_uri(std::string_view text);

/// The least mode of sealing that a name like "512-bit-aes" asks for: 256, 512 or 2048.
///
/// errors  `invalid_argument` for another name
Result<std::int64_t> mode_of(std::string_view encrypt);

} // namespace torgo::workflow
