#pragma once

#include "base/error.hpp"
#include "env/network.hpp"

#include <cstdint>
#include <memory>

namespace torgo::sys {

/// The user channel of a Bluetooth adapter (hci0 is 0): packets go straight to and from the
/// controller, one a read or write, and the kernel's own Bluetooth leaves it alone. The adapter
/// must be down, and this process have CAP_NET_ADMIN. close() does not wake who reads; a deadline
/// does. Never run on hardware.
///
/// errors  `not_found` no such adapter; `unsupported` no Bluetooth here; `permission`;
///         `unavailable` the adapter is up or in use
Result<std::unique_ptr<env::Stream>> open_hci_user_channel(std::uint16_t adapter);

} // namespace torgo::sys
