#pragma once

#include "bluez/hci.hpp"
#include "env/clock.hpp"
#include "env/network.hpp"

namespace torgo::bluez {

/// Carries packets between a bearer and its controller until `until`.
/// in      `channel` of which each write is one packet, as of sys::open_hci_user_channel
/// errors  of HciBearer and of Stream
Result<> run(HciBearer& bearer, env::Stream& channel, const env::Clock& clock, env::Deadline until);

} // namespace torgo::bluez
