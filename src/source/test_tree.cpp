// SPDX-License-Identifier: MIT
#include "source/test_tree.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace torgo::source {

namespace {
constexpr unsigned nobody = 65534;

std::string joined(const std::string& directory, const std::string& name) {
    return (directory == "/" ? "" : directory) + "/" + name;
}
} // namespace

TestTree::TestTree() : m_path(testing::TempDir() + "torgo_source_XXXXXX") {
    EXPECT_NE(::mkdtemp(m_path.data()), nullptr);
    EXPECT_EQ(::chmod(m_path.c_str(), 0755), 0);
}

TestTree::~TestTree() {
    std::error_code failed;
    std::filesystem::remove_all(m_path, failed);
    if (!failed) return;
    // Where a test left directories that their owner may not change.
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    EXPECT_EQ(std::system(("chmod -R u+rwX '" + m_path + "' && rm -rf '" + m_path + "'").c_str()),
              0);
}

void TestTree::directory(std::string_view relative) const {
    std::filesystem::create_directories(at(relative));
}

void TestTree::file(std::string_view relative, std::string_view content) const {
    if (relative.contains('/')) directory(relative.substr(0, relative.rfind('/')));
    std::ofstream out(at(relative), std::ios::binary);
    out << content;
    out.flush();
    EXPECT_TRUE(out.good()) << relative;
}

void TestTree::symlink(std::string_view relative, const std::string& target) const {
    if (relative.contains('/')) directory(relative.substr(0, relative.rfind('/')));
    EXPECT_EQ(::symlink(target.c_str(), at(relative).c_str()), 0);
}

Result<> Collector::enter(Directory& directory) {
    events.push_back("+" + directory.path);
    directories.push_back(directory);
    directories.back().descriptor.reset();
    return on_enter(directory);
}

Result<> Collector::leave(Directory& directory) {
    EXPECT_EQ(directory.descriptor, nullptr);
    events.push_back("-" + directory.path);
    return {};
}

void Collector::note(Note note) {
    notes.push_back(std::move(note));
}

bool Collector::has(const std::string& path) const {
    return std::ranges::any_of(directories, [&](const Directory& directory) {
        return std::ranges::any_of(directory.children, [&](const Entry& child) {
            return joined(directory.path, child.name) == path;
        });
    });
}

const Entry& Collector::entry(const std::string& path) const {
    for (const auto& directory : directories)
        for (const auto& child : directory.children)
            if (joined(directory.path, child.name) == path) return child;
    ADD_FAILURE() << path << " was not visited";
    static const Entry none;
    return none;
}

std::vector<std::string> Collector::names(const std::string& path) const {
    std::vector<std::string> out;
    for (const auto& directory : directories)
        if (directory.path == path)
            for (const auto& child : directory.children)
                out.push_back(child.name);
    return out;
}

Collector collect(const std::vector<std::string>& paths, const WalkOptions& options) {
    Collector collector;
    const auto done = walk(paths, options, collector);
    EXPECT_TRUE(done.has_value()) << done.error().detail();
    return collector;
}

Entry entry_of(const std::string& path) {
    return collect({path}).entry(path);
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in.good()) << path;
    return {std::istreambuf_iterator<char>(in), {}};
}

bool is_root() {
    return ::geteuid() == 0;
}

void as_nobody(const std::function<void()>& body) {
    if (!is_root()) return body();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const bool changed =
            ::setgroups(0, nullptr) == 0 && ::setgid(nobody) == 0 && ::setuid(nobody) == 0;
        if (changed) body();
        ::fflush(nullptr);
        ::_exit(!changed || testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "as user nobody";
}

Bytes test_acl(std::uint16_t owner, std::uint16_t group, std::uint16_t others) {
    constexpr std::uint32_t no_id = 0xFFFFFFFF;
    Bytes out{2, 0, 0, 0}; // POSIX_ACL_XATTR_VERSION
    const auto add = [&out](std::uint16_t tag, std::uint16_t permissions, std::uint32_t id) {
        for (const unsigned shift : {0U, 8U})
            out.push_back(static_cast<std::uint8_t>(tag >> shift));
        for (const unsigned shift : {0U, 8U})
            out.push_back(static_cast<std::uint8_t>(permissions >> shift));
        for (const unsigned shift : {0U, 8U, 16U, 24U})
            out.push_back(static_cast<std::uint8_t>(id >> shift));
    };
    add(0x01, owner, no_id);
    add(0x02, 4, 4242);
    add(0x04, group, no_id);
    add(0x10, 4, no_id); // the mask
    add(0x20, others, no_id);
    return out;
}

bool set_xattr(const std::string& path, const std::string& name, const Bytes& value) {
    const int outcome = ::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0);
    EXPECT_TRUE(outcome == 0 || errno == EOPNOTSUPP) << path << " " << name << " " << errno;
    return outcome == 0;
}

} // namespace torgo::source
