#pragma once

// A tor of our own: a folder of mode 0700 with its configuration, its two sockets and its data.

#include "env/network.hpp"
#include "env/processes.hpp"
#include "env/world.hpp"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::tor {

/// How to run it.
struct OwnTor {
    std::string folder;          ///< absolute, short (its sockets lie in it); made if needed
    std::string program = "tor"; ///< searched in PATH
    std::vector<std::string> torrc_lines; ///< more configuration, for private test networks

    std::string torrc_path() const { return folder + "/torrc"; }

    std::string log_path() const { return folder + "/tor.log"; }

    std::string cookie_path() const { return folder + "/cookie"; }

    std::string control_path() const { return folder + "/control"; }

    std::string socks_path() const { return folder + "/socks"; }
};

/// A running one; it ends when `process` does.
struct LaunchedTor {
    std::unique_ptr<env::Process> process;
    std::unique_ptr<env::Stream> control; ///< not yet authenticated
};

/// errors  `invalid_argument`: a relative or too long folder, or control characters somewhere
Result<> check(const OwnTor& tor);

/// The configuration; `owner` is the number of the process without which it shall not run.
Result<std::string> torrc_text(const OwnTor& tor, std::int64_t owner);

/// Starts it and waits until its control socket answers; usually some 100 ms.
/// errors  those of check; `not_found` no such program; `exists` one runs in this folder already;
///         `unavailable` it ended at once, with the end of its log; `timeout`; `cancelled`
Result<LaunchedTor> launch(const env::World& world, const OwnTor& tor, env::Deadline deadline,
                           const std::stop_token& stop);

} // namespace torgo::tor
