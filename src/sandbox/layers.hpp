#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace torgo::sandbox {

/// What holds a process inside, each as the inner step found it after it was made.
struct Layers {
    bool user_namespace = false;
    bool pid_namespace = false;
    bool network_namespace = false; ///< with no interface but its own loopback, which is down
    bool mount_namespace = false;   ///< a read-only root without folders of this machine but /usr
    bool unprivileged = false;      ///< not root, no capabilities, and none to be had by a program
    bool limits = false;
    bool seccomp = false;
    std::uint32_t landlock = 0; ///< version of the kernel's interface; 0: none

    /// Is all there without which nothing is run?
    bool hold() const {
        return pid_namespace && network_namespace && mount_namespace && unprivileged && limits &&
               seccomp;
    }

    /// Does it hold also by a second means against reading files: a user namespace or Landlock?
    bool are_strict() const { return hold() && (user_namespace || landlock > 0); }

    bool operator==(const Layers&) const = default;
};

/// One line for a receipt: "user, pid, network and mount namespaces, …; without …".
std::string text(const Layers& layers);

/// The inner step's first frame, and back.
/// errors  `corrupt`
std::string encode(const Layers& layers);
Result<Layers> decode_layers(std::string_view frame);

} // namespace torgo::sandbox
