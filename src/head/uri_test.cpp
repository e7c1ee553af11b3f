#include "head/open.hpp"
#include "head/uri.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace torgo::head {

namespace {

Errc code_of(std::string_view uri) {
    const auto path = dir_path(uri);
    return path ? Errc{} : path.error().code();
}

std::string advice_for(std::string_view uri) {
    const auto path = dir_path(uri);
    return path ? "" : path.error().detail();
}

} // namespace

// HEAD-20
TEST(DirUri, is_an_absolute_path_after_three_slashes) {
    EXPECT_EQ(dir_path("dir:///mnt/disk1"), "/mnt/disk1");
    EXPECT_EQ(dir_path("/mnt/disk1"), "/mnt/disk1");
    EXPECT_EQ(dir_path("dir:///"), "/");
    EXPECT_EQ(dir_uri("/mnt/disk1"), "dir:///mnt/disk1");
}

TEST(DirUri, has_one_spelling_for_each_path) {
    EXPECT_EQ(dir_path("dir:////mnt/./disk1//"), "/mnt/disk1");
    EXPECT_EQ(dir_path("/mnt//disk1/."), "/mnt/disk1");
    EXPECT_EQ(dir_uri("/mnt/my disk/ä%"), "dir:///mnt/my%20disk/%C3%A4%25");
    EXPECT_EQ(dir_path("dir:///mnt/my%20disk/%c3%A4%25"), "/mnt/my disk/ä%");
    EXPECT_EQ(dir_path("/mnt/100%25"), "/mnt/100%25") << "a plain path means what it says";
}

TEST(DirUri, refuses_what_is_no_head_and_says_what_to_write) {
    for (const auto* uri :
         {"", "disk1", "./disk1", "~/disk1", "dir:/mnt", "dir://", "dir://host/mnt", "dir://mnt",
          "http://x", "://x", "dir:///a/../b", "/a/..", "dir:///a%2", "dir:///a%zz", "dir:///a%00",
          "dir:///a?b", "dir:///a#b", "DIR:///a"})
        EXPECT_EQ(code_of(uri), Errc::invalid_argument) << uri;
    EXPECT_NE(advice_for("disk1").find("dir:///"), std::string::npos);
    EXPECT_NE(advice_for("dir://host/mnt").find("three slashes"), std::string::npos);
    EXPECT_NE(advice_for("http://x").find("dir:///"), std::string::npos);
    EXPECT_EQ(code_of("/" + std::string(max_path, 'a')), Errc::invalid_argument);
    EXPECT_EQ(code_of(std::string("/a\0b", 4)), Errc::invalid_argument);
    EXPECT_EQ(code_of("dir:///" + std::string(max_uri, 'a')), Errc::invalid_argument);
}

TEST(DirUri, leaves_the_schemes_of_later_versions_alone) {
    for (const auto* uri : {"tor://abc", "group://ward", "mongodb://h/d", "dtn://mars"})
        EXPECT_EQ(code_of(uri), Errc::unsupported) << uri;
    EXPECT_NE(advice_for("tor://abc").find("tor:// heads"), std::string::npos);
}

TEST(DirUri, open_refuses_the_same) {
    sim::FileSystem files;
    EXPECT_EQ(open("disk1", files).error().code(), Errc::invalid_argument);
    EXPECT_EQ(create("tor://abc", files, RepoId{}, 0).error().code(), Errc::unsupported);
    EXPECT_EQ((*open("/a//b/", files))->uri(), "dir:///a/b");
    EXPECT_TRUE(files.operations().empty());
}

TEST(DirUri, round_trips_every_path) {
    EXPECT_TRUE(rc::check([] {
        std::string path;
        for (const auto& part : *rc::gen::container<std::vector<std::string>>(
                 rc::gen::container<std::string>(rc::gen::nonZero<char>()))) {
            if (part.empty() || part == "." || part == ".." || part.contains('/')) continue;
            path.append("/").append(part);
        }
        if (path.empty()) path = "/";
        RC_PRE(path.size() <= max_path);
        RC_ASSERT(dir_path(dir_uri(path)).value_or("refused") == path);
        RC_ASSERT(dir_path(path).value_or("refused") == path);
    }));
}

} // namespace torgo::head
