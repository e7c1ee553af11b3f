// Landlock holds again, by paths, what the mounts hold already: a second wall, which also stands
// where a mistake of the first would show a folder of this machine. The C library has no calls for
// it. What the kernel does not know yet is left out.
#include "sandbox/confine.hpp"
#include "sandbox/plan.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace torgo::sandbox {

namespace {

constexpr std::uint64_t read_rights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t run_rights = read_rights | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t device_rights =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
constexpr std::uint64_t change_rights =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;

constexpr std::uint64_t first_rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;

/// The rights of files that version `version` of the interface knows.
std::uint64_t known_rights(std::uint32_t version) {
    std::uint64_t out = first_rights;
    if (version >= 2) out |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) out |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (version >= 5) out |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    return out;
}

std::unexpected<Error> failed(std::string_view what) {
    return std::unexpected(system_error(errno, what));
}

class Rules {
public:
    static Result<Rules> make(std::uint32_t version) {
        landlock_ruleset_attr attributes{};
        attributes.handled_access_fs = known_rights(version);
        if (version >= 4)
            attributes.handled_access_net =
                LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
        if (version >= 6)
            attributes.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
        const auto made =
            ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0U);
        if (made < 0) return failed("making Landlock's rules");
        return Rules(static_cast<int>(made), attributes.handled_access_fs);
    }

    Rules(Rules&& other) noexcept : m_number(other.m_number), m_known(other.m_known) {
        other.m_number = -1;
    }

    Rules& operator=(Rules&&) = delete;
    Rules(const Rules&) = delete;
    Rules& operator=(const Rules&) = delete;

    ~Rules() {
        if (m_number >= 0) ::close(m_number);
    }

    /// Allows this below `path`. What is not there needs no right.
    Result<> allow(const std::string& path, std::uint64_t rights) {
        const int place = ::open(path.c_str(), O_PATH | O_CLOEXEC);
        if (place < 0 && errno == ENOENT) return {};
        if (place < 0) return failed(path);
        landlock_path_beneath_attr rule{};
        rule.allowed_access = rights & m_known;
        rule.parent_fd = place;
        const auto added =
            ::syscall(SYS_landlock_add_rule, m_number, LANDLOCK_RULE_PATH_BENEATH, &rule, 0U);
        const int problem = errno;
        ::close(place);
        if (added != 0) return std::unexpected(system_error(problem, "a rule of Landlock"));
        return {};
    }

    Result<> hold() {
        if (::syscall(SYS_landlock_restrict_self, m_number, 0U) != 0)
            return failed("beginning Landlock");
        return {};
    }

private:
    Rules(int number, std::uint64_t known) : m_number(number), m_known(known) {}

    int m_number;
    std::uint64_t m_known;
};

} // namespace

Result<std::uint32_t> restrict_files(const std::vector<std::string>& folders) {
    const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0},
                                   LANDLOCK_CREATE_RULESET_VERSION);
    if (version <= 0) return 0U;
    TRY(auto rules, Rules::make(static_cast<std::uint32_t>(version)));
    CHECK_OK(rules.allow("/usr", run_rights));
    for (const auto& folder : folders)
        CHECK_OK(rules.allow(folder, run_rights));
    for (const auto* const folder : {"/etc", "/proc"})
        CHECK_OK(rules.allow(folder, read_rights));
    CHECK_OK(rules.allow("/dev", LANDLOCK_ACCESS_FS_READ_DIR));
    for (const auto* const device : {"null", "zero", "full", "random", "urandom"})
        CHECK_OK(rules.allow(std::string("/dev/") + device, device_rights));
    for (const auto* const folder : {work_folder, temporary_folder})
        CHECK_OK(rules.allow(folder, read_rights | change_rights));
    CHECK_OK(rules.hold());
    return static_cast<std::uint32_t>(version);
}

} // namespace torgo::sandbox
