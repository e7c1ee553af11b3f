// SPDX-License-Identifier: MIT
#include "source/resolve.hpp"
#include "source/test_tree.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

namespace torgo::source {

class OpenBeneath : public testing::TestWithParam<Resolver> {
protected:
    Descriptor open(std::string_view relative, int flags = O_PATH) {
        return open_beneath(m_root.get(), relative, flags, GetParam());
    }

    TestTree m_tree;
    Descriptor m_root{::open(m_tree.path().c_str(), O_PATH | O_DIRECTORY)};
};

TEST_P(OpenBeneath, finds_what_is_there) {
    m_tree.file("a/b/file", "x");
    EXPECT_TRUE(open("a"));
    EXPECT_TRUE(open("a/b/file"));
    EXPECT_TRUE(open("a/b/file", O_RDONLY));
    EXPECT_TRUE(open("", O_RDONLY | O_DIRECTORY));
    EXPECT_FALSE(open("a/none"));
    EXPECT_EQ(errno, ENOENT);
    EXPECT_FALSE(open("none/file"));
    EXPECT_EQ(errno, ENOENT);
    EXPECT_FALSE(open("a/b/file/x"));
    EXPECT_EQ(errno, ENOTDIR);
}

TEST_P(OpenBeneath, follows_no_symlink) {
    m_tree.file("a/file");
    m_tree.symlink("link", "a");
    m_tree.symlink("out", "/");
    m_tree.symlink("a/up", "..");
    for (const auto* path : {"link/file", "out/etc", "a/up/a", "a/up/a/file"}) {
        EXPECT_FALSE(open(path)) << path;
        EXPECT_TRUE(errno == ELOOP || errno == ENOTDIR) << path << " " << errno;
    }
    EXPECT_FALSE(open("link", O_RDONLY));
    EXPECT_FALSE(open("link", O_PATH | O_DIRECTORY));
    struct stat info{};
    const auto link = open("link"); // the link itself, by O_PATH alone
    ASSERT_TRUE(link);
    ASSERT_EQ(::fstat(link.get(), &info), 0);
    EXPECT_TRUE(S_ISLNK(info.st_mode));
}

TEST_P(OpenBeneath, opens_paths_longer_than_one_call_takes) {
    const std::string name(200, 'n');
    std::string path;
    Descriptor at(::open(m_tree.path().c_str(), O_PATH | O_DIRECTORY));
    while (path.size() < 10'000) {
        ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0700), 0);
        at = Descriptor(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY));
        path = path.empty() ? name : join_path(path, name);
        EXPECT_TRUE(open(path)) << path.size();
    }
    EXPECT_TRUE(open_following(m_tree.at(path), O_PATH));
    ASSERT_EQ(::symlinkat(".", at.get(), "link"), 0);
    EXPECT_FALSE(open(path + "/link/" + name));
    EXPECT_TRUE(open_following(m_tree.at(path) + "/link/link", O_PATH | O_DIRECTORY));
    EXPECT_FALSE(open(path + "/" + std::string(256, 'x')));
    EXPECT_EQ(errno, ENAMETOOLONG);
}

INSTANTIATE_TEST_SUITE_P(With, OpenBeneath, testing::Values(Resolver::kernel, Resolver::components),
                         [](const auto& instance) {
                             return instance.param == Resolver::kernel ? "kernel" : "components";
                         });

TEST(JoinPath, puts_one_slash_between) {
    EXPECT_EQ(join_path("/", "a"), "/a");
    EXPECT_EQ(join_path("/a", "b"), "/a/b");
}

} // namespace torgo::source
