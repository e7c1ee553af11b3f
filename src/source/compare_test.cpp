// SPDX-License-Identifier: MIT
#include "source/compare.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace torgo::source {

namespace {

using Names = std::vector<std::string>;

Entry sample(Kind kind) {
    Entry entry;
    entry.name = "name";
    entry.kind = kind;
    entry.mode = 0640;
    entry.uid = 1;
    entry.gid = 2;
    entry.mtime_ns = 3;
    entry.size = 4;
    entry.target = "target";
    entry.rdev = 5;
    entry.flags = flag_nodump;
    entry.xattrs = {{"user.a", {1}}, {"user.c", {3}}};
    return entry;
}

Names changed(Kind kind, const std::function<void(Entry&)>& change,
              const CompareOptions& options = {}) {
    auto other = sample(kind);
    change(other);
    return differences(sample(kind), other, options);
}

} // namespace

TEST(Differences, name_each_attribute_that_differs) {
    EXPECT_EQ(changed(Kind::file, [](Entry&) {}), Names{});
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.kind = Kind::fifo; }), Names{"kind"});
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.mode = 0600; }), Names{"mode"});
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.uid = 9; }), Names{"uid"});
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.gid = 9; }), Names{"gid"});
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.mtime_ns = 9; }), Names{"mtime"});
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.size = 9; }), Names{"size"});
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.flags = 0; }), Names{"flags"});
    EXPECT_EQ(changed(Kind::symlink, [](Entry& e) { e.target = "x"; }), Names{"target"});
    EXPECT_EQ(changed(Kind::block_device, [](Entry& e) { e.rdev = 9; }), Names{"rdev"});
    EXPECT_EQ(changed(Kind::character_device, [](Entry& e) { e.rdev = 9; }), Names{"rdev"});
}

TEST(Differences, name_attributes_that_are_missing_added_or_other) {
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.xattrs = {}; }),
              (Names{"xattr user.a", "xattr user.c"}));
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.xattrs[1].value = {9}; }),
              Names{"xattr user.c"});
    EXPECT_EQ(
        changed(Kind::file,
                [](Entry& e) { e.xattrs = {{"user.b", {2}}, {"user.c", {3}}, {"user.d", {4}}}; }),
        (Names{"xattr user.a", "xattr user.b", "xattr user.d"}));
}

TEST(Differences, come_in_fixed_order) {
    const auto all = changed(Kind::file, [](Entry& e) { e = Entry{}; });
    EXPECT_EQ(all, (Names{"mode", "uid", "gid", "mtime", "size", "flags", "xattr user.a",
                          "xattr user.c"}));
}

TEST(Differences, ignore_what_a_kind_has_not_got_and_what_belongs_to_the_disk) {
    const auto disk = [](Entry& e) {
        e.name = "other";
        e.ctime_ns = e.mtime_ns + 1;
        e.inode = 77;
        e.device = 77;
        e.links = 77;
    };
    EXPECT_EQ(changed(Kind::file, disk), Names{});
    EXPECT_EQ(changed(Kind::directory, [](Entry& e) { e.size = 9; }), Names{});
    EXPECT_EQ(changed(Kind::symlink, [](Entry& e) { e.mode = 0777; }), Names{});
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e.target = "x"; }), Names{});
    EXPECT_EQ(changed(Kind::fifo, [](Entry& e) { e.rdev = 9; }), Names{});
}

TEST(Differences, ignore_what_the_options_leave_out) {
    const CompareOptions none{.owner = false, .mtime = false, .xattrs = false, .flags = false};
    EXPECT_EQ(changed(Kind::file, [](Entry& e) { e = Entry{}; }, none), (Names{"mode", "size"}));
}

} // namespace torgo::source
