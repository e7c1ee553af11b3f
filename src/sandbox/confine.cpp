#include "sandbox/confine.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

namespace torgo::sandbox {

namespace {

std::unexpected<Error> failed(std::string_view what) {
    return std::unexpected(system_error(errno, what));
}

Result<> set_limit(int which, std::uint64_t value, std::string_view what) {
    const rlimit limit{value, value};
    // What is allowed already may be less: an ordinary user cannot raise it again.
    if (::setrlimit(static_cast<__rlimit_resource>(which), &limit) == 0) return {};
    rlimit present{};
    if (::getrlimit(static_cast<__rlimit_resource>(which), &present) == 0 &&
        present.rlim_max <= value) {
        present.rlim_cur = present.rlim_max;
        if (::setrlimit(static_cast<__rlimit_resource>(which), &present) == 0) return {};
    }
    return failed(what);
}

/// The value behind `name` in /proc/self/status.
std::string status_value(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name + ":")) return line.substr(line.find_last_of(" \t") + 1);
    return "";
}

bool is_zero(const std::string& number) {
    return !number.empty() && number.find_first_not_of('0') == std::string::npos;
}

bool have_no_privileges() {
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    if (::getresuid(&real, &effective, &saved) != 0) return false;
    if (real == 0 || effective != real || saved != real) return false;
    for (const auto* const set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
        if (!is_zero(status_value(set))) return false;
    return status_value("NoNewPrivs") == "1";
}

bool have_user_namespace() {
    std::ifstream map("/proc/self/uid_map");
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    constexpr std::uint64_t all = 0xffff'ffff;
    return (map >> inside >> outside >> count) && count != all;
}

/// Is there no way out by a network: no interface but the loopback?
bool have_no_network() {
    std::ifstream devices("/proc/self/net/dev");
    std::string line;
    std::getline(devices, line);
    if (!std::getline(devices, line)) return false; // two lines of titles
    while (std::getline(devices, line)) {
        std::string name;
        std::istringstream(line) >> name;
        if (!name.starts_with("lo:")) return false;
    }
    return true;
}

bool is_read_only(const char* path) {
    struct statvfs about{};
    return ::statvfs(path, &about) == 0 && (about.f_flag & ST_RDONLY) != 0;
}

/// Is the root the one that bubblewrap makes, in memory and read-only, and /usr read-only?
bool have_own_files() {
    struct statfs root{};
    if (::statfs("/", &root) != 0 || root.f_type != TMPFS_MAGIC) return false;
    for (const auto* const path : {"/sys", "/etc/passwd", "/etc/shadow"})
        if (::access(path, F_OK) == 0) return false;
    return is_read_only("/") && is_read_only("/usr");
}

} // namespace

Result<> become(std::uint32_t user) {
    for (const int output : {STDOUT_FILENO, STDERR_FILENO})
        if (::fchown(output, user, user) != 0) return failed("giving away the output");
    for (unsigned long one = 0; ::prctl(PR_CAPBSET_READ, one, 0, 0, 0) >= 0; ++one)
        if (::prctl(PR_CAPBSET_DROP, one, 0, 0, 0) != 0) return failed("dropping a capability");
    if (::setgroups(0, nullptr) != 0) return failed("leaving all groups");
    if (::setresgid(user, user, user) != 0) return failed("becoming another group");
    if (::setresuid(user, user, user) != 0) return failed("becoming another user");
    return {};
}

Result<> drop_privileges() {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return failed("dropping capabilities");
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    if (::syscall(SYS_capset, &header, none.data()) != 0) return failed("dropping capabilities");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("renouncing privileges");
    return {};
}

Result<> set_limits(const Limits& limits) {
    CHECK_OK(set_limit(RLIMIT_AS, limits.memory_bytes, "limiting memory"));
    CHECK_OK(set_limit(RLIMIT_NPROC, limits.processes, "limiting processes"));
    CHECK_OK(set_limit(RLIMIT_FSIZE, limits.file_bytes, "limiting files"));
    CHECK_OK(set_limit(RLIMIT_NOFILE, limits.open_files, "limiting open files"));
    CHECK_OK(set_limit(RLIMIT_CPU, limits.cpu_seconds, "limiting processor time"));
    CHECK_OK(set_limit(RLIMIT_RTPRIO, 0, "limiting priorities"));
    return set_limit(RLIMIT_CORE, 0, "limiting core files");
}

Layers look_around() {
    Layers out;
    out.user_namespace = have_user_namespace();
    out.pid_namespace = ::getpid() == 1;
    out.network_namespace = have_no_network();
    out.mount_namespace = have_own_files();
    out.unprivileged = have_no_privileges();
    return out;
}

} // namespace torgo::sandbox
