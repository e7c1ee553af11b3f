// SPDX-License-Identifier: MIT
#include "source/descriptor.hpp"
#include "source/inspect.hpp"
#include "source/test_tree.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

namespace torgo::source {

namespace {

Bytes bytes(std::string_view text) {
    const auto view = as_bytes(text);
    return {view.begin(), view.end()};
}

/// Sets a flag of the inode; false where the file system or the caller may not.
bool set_flag(const std::string& path, int flag) {
    const Descriptor file(::open(path.c_str(), O_RDONLY));
    return ::ioctl(file.get(), FS_IOC_SETFLAGS, &flag) == 0;
}

} // namespace

TEST(Entry, tells_every_kind_of_thing) {
    const TestTree tree;
    tree.file("file", "12345");
    tree.directory("directory");
    tree.symlink("symlink", "some\xff/where");
    ASSERT_EQ(::mkfifo(tree.at("fifo").c_str(), 0600), 0);
    const auto seen = collect({tree.path()});
    EXPECT_EQ(seen.entry(tree.at("file")).kind, Kind::file);
    EXPECT_EQ(seen.entry(tree.at("file")).size, 5U);
    EXPECT_EQ(seen.entry(tree.at("directory")).kind, Kind::directory);
    EXPECT_EQ(seen.entry(tree.at("directory")).size, 0U);
    EXPECT_EQ(seen.entry(tree.at("symlink")).kind, Kind::symlink);
    EXPECT_EQ(seen.entry(tree.at("symlink")).target, "some\xff/where");
    EXPECT_EQ(seen.entry(tree.at("symlink")).size, 0U);
    EXPECT_EQ(seen.entry(tree.at("fifo")).kind, Kind::fifo);
}

TEST(Entry, tells_device_numbers) {
    if (!is_root()) GTEST_SKIP() << "only root makes device nodes";
    const TestTree tree;
    ASSERT_EQ(::mknod(tree.at("c").c_str(), S_IFCHR | 0600, makedev(1, 3)), 0);
    ASSERT_EQ(::mknod(tree.at("b").c_str(), S_IFBLK | 0600, makedev(259, 70'000)), 0);
    EXPECT_EQ(entry_of(tree.at("c")).kind, Kind::character_device);
    EXPECT_EQ(entry_of(tree.at("c")).rdev, makedev(1, 3));
    EXPECT_EQ(entry_of(tree.at("b")).kind, Kind::block_device);
    EXPECT_EQ(entry_of(tree.at("b")).rdev, makedev(259, 70'000));
}

TEST(Entry, tells_mode_owner_and_times_to_the_nanosecond) {
    const TestTree tree;
    tree.file("file");
    const auto path = tree.at("file");
    const auto uid = is_root() ? 1234 : ::geteuid();
    const auto gid = is_root() ? 5678 : ::getegid();
    ASSERT_EQ(::chown(path.c_str(), uid, gid), 0);
    ASSERT_EQ(::chmod(path.c_str(), 07654), 0);
    const timespec times[2] = {{1, 1}, {-3, 999'999'999}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    const auto entry = entry_of(path);
    EXPECT_EQ(entry.mode, 07654U);
    EXPECT_EQ(entry.mtime_ns, -2'000'000'001);
    EXPECT_GT(entry.ctime_ns, 1'600'000'000'000'000'000);
    EXPECT_EQ(entry.uid, uid);
    EXPECT_EQ(entry.gid, gid);
}

TEST(Entry, tells_hard_links_by_device_and_inode) {
    const TestTree tree;
    tree.file("one");
    ASSERT_EQ(::link(tree.at("one").c_str(), tree.at("two").c_str()), 0);
    tree.file("three");
    const auto seen = collect({tree.path()});
    const auto& one = seen.entry(tree.at("one"));
    const auto& two = seen.entry(tree.at("two"));
    EXPECT_EQ(one.inode, two.inode);
    EXPECT_EQ(one.device, two.device);
    EXPECT_EQ(one.links, 2U);
    EXPECT_NE(one.inode, seen.entry(tree.at("three")).inode);
    EXPECT_EQ(seen.entry(tree.at("three")).links, 1U);
}

TEST(Entry, tells_the_flags_of_the_inode) {
    const TestTree tree;
    tree.file("file");
    EXPECT_EQ(entry_of(tree.at("file")).flags, 0U);
    if (!set_flag(tree.at("file"), FS_NODUMP_FL)) GTEST_SKIP() << "no inode flags here";
    EXPECT_EQ(entry_of(tree.at("file")).flags, flag_nodump);
    if (!is_root() || !set_flag(tree.at("file"), FS_IMMUTABLE_FL | FS_APPEND_FL)) return;
    EXPECT_EQ(entry_of(tree.at("file")).flags, flag_immutable | flag_append);
    EXPECT_TRUE(set_flag(tree.at("file"), 0));
}

TEST(Entry, leaves_attributes_unread_that_are_older_than_asked_for) {
    const TestTree tree;
    tree.file("file");
    if (!set_xattr(tree.at("file"), "user.a", bytes("1"))) GTEST_SKIP() << "no attributes here";
    WalkOptions options;
    const auto ctime = entry_of(tree.at("file")).ctime_ns;
    options.xattrs_changed_since_ns = ctime;
    EXPECT_EQ(collect({tree.path()}, options).entry(tree.at("file")).xattrs.size(), 1U);
    options.xattrs_changed_since_ns = ctime + 1;
    Collector seen;
    seen.on_enter = [&](Directory& directory) -> Result<> {
        if (directory.path != tree.path()) return {};
        auto& entry = directory.children.at(0);
        EXPECT_FALSE(entry.xattrs_read);
        EXPECT_TRUE(entry.xattrs.empty());
        EXPECT_TRUE(read_xattrs(directory, entry).has_value());
        EXPECT_TRUE(entry.xattrs_read);
        EXPECT_EQ(entry.xattrs.size(), 1U);
        return {};
    };
    const std::vector<std::string> paths{tree.path()};
    EXPECT_TRUE(walk(paths, options, seen).has_value());
}

TEST(Nanoseconds, stop_at_the_ends_of_their_range) {
    using Limits = std::numeric_limits<std::int64_t>;
    EXPECT_EQ(to_nanoseconds(1, 5), 1'000'000'005);
    EXPECT_EQ(to_nanoseconds(-1, 999'999'999), -1);
    EXPECT_EQ(to_nanoseconds(Limits::max() / 1'000'000'000, 999'999'999), Limits::max());
    EXPECT_EQ(to_nanoseconds(Limits::max(), 0), Limits::max());
    EXPECT_EQ(to_nanoseconds(Limits::min(), 0), Limits::min());
}

class Attributes : public testing::TestWithParam<XattrCalls> {
protected:
    void SetUp() override {
        if (GetParam() == XattrCalls::relative && preferred_xattr_calls() != XattrCalls::relative)
            GTEST_SKIP() << "this kernel has no listxattrat";
        m_tree.file("file");
        if (!set_xattr(m_tree.at("file"), "user.there", bytes("x")))
            GTEST_SKIP() << "no attributes here";
    }

    Entry read(const std::string& name, Symlinks symlinks = Symlinks::keep) {
        const Descriptor directory(::open(m_tree.path().c_str(), O_PATH | O_DIRECTORY));
        Entry entry;
        EXPECT_EQ(Inspector::read_status(directory.get(), name.c_str(), symlinks, entry), 0);
        EXPECT_EQ(m_inspector.read_xattrs(directory.get(), name.c_str(), symlinks, entry), 0);
        return entry;
    }

    TestTree m_tree;
    Inspector m_inspector{GetParam()};
};

TEST_P(Attributes, come_sorted_and_byte_for_byte) {
    const Bytes binary{0, 1, 255, 0};
    set_xattr(m_tree.at("file"), "user.zebra", binary);
    set_xattr(m_tree.at("file"), "user.empty", {});
    set_xattr(m_tree.at("file"), "user.\xff", bytes("name"));
    const auto large = Bytes(2000, 7);
    set_xattr(m_tree.at("file"), "user.large", large);
    const std::vector<Xattr> wanted{{"user.empty", {}},
                                    {"user.large", large},
                                    {"user.there", bytes("x")},
                                    {"user.zebra", binary},
                                    {"user.\xff", bytes("name")}};
    EXPECT_EQ(read("file").xattrs, wanted);
}

TEST_P(Attributes, hold_the_lists_of_access) {
    const auto acl = test_acl(6, 4, 0);
    set_xattr(m_tree.at("file"), "system.posix_acl_access", acl);
    const auto entry = read("file");
    ASSERT_EQ(entry.xattrs.size(), 2U);
    EXPECT_EQ(entry.xattrs[0], (Xattr{"system.posix_acl_access", acl}));
    m_tree.directory("directory");
    set_xattr(m_tree.at("directory"), "system.posix_acl_default", acl);
    EXPECT_EQ(read("directory").xattrs, (std::vector<Xattr>{{"system.posix_acl_default", acl}}));
}

TEST_P(Attributes, of_a_symlink_are_its_own) {
    m_tree.symlink("link", "file");
    EXPECT_TRUE(read("link").xattrs.empty());
    EXPECT_EQ(read("link", Symlinks::follow).xattrs.size(), 1U);
    if (!is_root()) return;
    set_xattr(m_tree.at("link"), "trusted.of_link", bytes("y"));
    EXPECT_EQ(read("link").xattrs, (std::vector<Xattr>{{"trusted.of_link", bytes("y")}}));
}

TEST_P(Attributes, of_the_directory_itself_can_be_read) {
    set_xattr(m_tree.path(), "user.of_directory", bytes("z"));
    EXPECT_EQ(read(".").xattrs.size(), 1U);
}

TEST_P(Attributes, that_cannot_be_read_are_reported) {
    const auto path = m_tree.at("file");
    ASSERT_EQ(::chmod(path.c_str(), 0), 0);
    as_nobody([&] {
        if (is_root()) return;
        const Descriptor directory(::open(m_tree.path().c_str(), O_PATH | O_DIRECTORY));
        Entry entry;
        EXPECT_EQ(Inspector::read_status(directory.get(), "file", Symlinks::keep, entry), 0);
        EXPECT_EQ(m_inspector.read_xattrs(directory.get(), "file", Symlinks::keep, entry), EACCES);
        EXPECT_EQ(m_inspector.read_xattrs(directory.get(), "none", Symlinks::keep, entry), ENOENT);
        const auto seen = collect({m_tree.path()});
        EXPECT_TRUE(seen.has(path));
        ASSERT_EQ(seen.notes.size(), 1U);
        EXPECT_EQ(seen.notes[0].kind, Note::Kind::attributes_unreadable);
        EXPECT_EQ(seen.notes[0].path, path);
    });
}

INSTANTIATE_TEST_SUITE_P(With, Attributes,
                         testing::Values(XattrCalls::relative, XattrCalls::through_proc),
                         [](const auto& instance) {
                             return instance.param == XattrCalls::relative ? "relative" : "proc";
                         });

} // namespace torgo::source
