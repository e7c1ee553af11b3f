#pragma once

// For tests: a PostgreSQL server of its own, in a folder, on a socket there. A server refuses to be
// root, so that root hands the folder to the user `postgres`.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace torgo::receipts {

class TestPostgresql {
public:
    explicit TestPostgresql(const std::filesystem::path& folder) : m_folder(folder / "postgresql") {
        std::filesystem::create_directory(m_folder);
        if (::geteuid() == 0) {
            std::filesystem::permissions(
                folder, std::filesystem::perms::others_exec | std::filesystem::perms::group_exec,
                std::filesystem::perm_options::add);
            shell("chown postgres " + m_folder.string());
        }
        const auto data = m_folder.string() + "/data";
        m_runs = server(bin() + "/initdb -D " + data + " -A trust -U torgo -E UTF8 --no-sync") &&
                 server(bin() + "/pg_ctl -D " + data + " -w -l " + m_folder.string() +
                        "/server.log -o \"-k " + m_folder.string() +
                        " -c listen_addresses='' -c fsync=off\" start");
    }

    TestPostgresql(const TestPostgresql&) = delete;
    TestPostgresql& operator=(const TestPostgresql&) = delete;
    TestPostgresql(TestPostgresql&&) = delete;
    TestPostgresql& operator=(TestPostgresql&&) = delete;

    ~TestPostgresql() {
        if (m_runs)
            server(bin() + "/pg_ctl -D " + m_folder.string() + "/data -m immediate -w stop");
    }

    static bool is_here() { return !bin().empty(); }

    bool runs() const { return m_runs; }

    std::string url() const { return "postgresql://torgo@/postgres?host=" + m_folder.string(); }

    std::string log() const {
        std::ifstream in(m_folder / "shell.log");
        return {std::istreambuf_iterator<char>(in), {}};
    }

private:
    static bool shell(const std::string& command) {
        return std::system(command.c_str()) == 0; // NOLINT(cert-env33-c): for tests
    }

    /// As a user who may run a server.
    bool server(const std::string& command) const {
        const auto line =
            ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " + command
                             : command;
        return shell("cd " + m_folder.string() + " && " + line + " >>shell.log 2>&1 </dev/null");
    }

    /// Debian's place, which is in nobody's PATH.
    static std::string bin() {
        const std::filesystem::path all = "/usr/lib/postgresql";
        if (!std::filesystem::is_directory(all)) return "";
        for (const auto& version : std::filesystem::directory_iterator(all))
            if (std::filesystem::exists(version.path() / "bin/initdb"))
                return (version.path() / "bin").string();
        return "";
    }

    std::filesystem::path m_folder;
    bool m_runs = false;
};

} // namespace torgo::receipts
