// SPDX-License-Identifier: MIT
#include "source/compare.hpp"
#include "source/test_tree.hpp"
#include "source/write.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace torgo::source {

namespace {

Bytes bytes(std::string_view text) {
    const auto view = as_bytes(text);
    return {view.begin(), view.end()};
}

template <class T>
Errc code(const Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? Errc{} : result.error().code();
}

#define EXPECT_OK(...)                                                                             \
    do {                                                                                           \
        const auto result_ = (__VA_ARGS__);                                                        \
        EXPECT_TRUE(result_.has_value()) << result_.error().detail();                              \
    } while (false)

/// A target beside a folder that nothing may ever be written to.
class Writing : public testing::Test {
protected:
    void SetUp() override {
        m_tree.directory("target");
        m_tree.file("outside/file", "precious");
    }

    void write(std::string_view relative, std::string_view content, bool sparse = false) {
        auto file = m_writer.create_file(relative, content.size(), sparse);
        ASSERT_TRUE(file.has_value()) << file.error().detail();
        EXPECT_OK(file->write_at(0, as_bytes(content)));
        EXPECT_OK(std::move(*file).finish());
    }

    std::string at(std::string_view relative) const {
        return m_tree.at("target/" + std::string(relative));
    }

    Entry status(std::string_view relative) const {
        const auto found = m_writer.status(relative);
        EXPECT_TRUE(found.has_value() && found->has_value()) << relative;
        return found && *found ? **found : Entry{};
    }

    /// Applies, and tells what differs from what was asked for.
    std::vector<std::string> applied(const std::string& relative, const Entry& entry) {
        EXPECT_OK(m_writer.apply_metadata(relative, entry));
        return differences(entry, status(relative));
    }

    Entry own_entry(Kind kind) const {
        Entry entry;
        entry.kind = kind;
        entry.mode = 0640;
        entry.uid = is_root() ? 1234 : ::geteuid();
        entry.gid = is_root() ? 5678 : ::getegid();
        entry.mtime_ns = 1'234'567'890'123'456'789;
        return entry;
    }

    TestTree m_tree;
    TreeWriter m_writer = *TreeWriter::open(
        (std::filesystem::create_directory(m_tree.at("target")), m_tree.at("target")));
};

} // namespace

TEST_F(Writing, makes_directories_files_links_and_fifos) {
    EXPECT_OK(m_writer.make_directory("a"));
    EXPECT_OK(m_writer.make_directory("a/b"));
    EXPECT_OK(m_writer.make_directory("a")); // is there already
    write("a/b/file", "content");
    EXPECT_OK(m_writer.make_symlink("a/link", "../\xff"));
    EXPECT_OK(m_writer.make_hard_link("a/b/file", "second"));
    Entry fifo;
    fifo.kind = Kind::fifo;
    EXPECT_OK(m_writer.make_node("fifo", fifo));
    EXPECT_EQ(read_file(at("a/b/file")), "content");
    EXPECT_EQ(status("a/link").target, "../\xff");
    EXPECT_EQ(status("second").inode, status("a/b/file").inode);
    EXPECT_EQ(status("fifo").kind, Kind::fifo);
    EXPECT_EQ(status("a/b/file").mode,
              0600U); // nobody else looks in before the metadata is applied
    EXPECT_EQ(status("a").mode, 0700U);
    EXPECT_OK(m_writer.sync());
}

TEST_F(Writing, makes_the_target_where_it_is_not_there) {
    const auto made = TreeWriter::open(m_tree.at("new/er/target"));
    ASSERT_TRUE(made.has_value());
    EXPECT_TRUE(std::filesystem::is_directory(m_tree.at("new/er/target")));
    EXPECT_EQ(code(TreeWriter::open(m_tree.at("outside/file"))), Errc::io);
    m_tree.symlink("link", "target");
    auto through = TreeWriter::open(m_tree.at("link")); // the user's own way to the target
    ASSERT_TRUE(through.has_value());
    EXPECT_OK(through->make_directory("x"));
    EXPECT_TRUE(std::filesystem::is_directory(at("x")));
}

TEST_F(Writing, refuses_names_that_a_hostile_repository_might_hold) {
    const std::vector<std::string> hostile{
        "",         ".",    "..",  "/",     "/etc",   "a/",      "a//b",
        "../x",     "a/..", "./a", "a/./b", "a/../b", "../../x", m_tree.at("outside/x"),
        {"a\0b", 3}};
    EXPECT_OK(m_writer.make_directory("a"));
    write("file", "x");
    Entry fifo;
    fifo.kind = Kind::fifo;
    for (const auto& path : hostile) {
        EXPECT_EQ(code(m_writer.make_directory(path)), Errc::corrupt) << path;
        EXPECT_EQ(code(m_writer.create_file(path, 1)), Errc::corrupt) << path;
        EXPECT_EQ(code(m_writer.make_symlink(path, "x")), Errc::corrupt) << path;
        EXPECT_EQ(code(m_writer.make_hard_link(path, "new")), Errc::corrupt) << path;
        EXPECT_EQ(code(m_writer.make_hard_link("file", path)), Errc::corrupt) << path;
        EXPECT_EQ(code(m_writer.make_node(path, fifo)), Errc::corrupt) << path;
        EXPECT_EQ(code(m_writer.apply_metadata(path, own_entry(Kind::directory))), Errc::corrupt);
        EXPECT_EQ(code(m_writer.remove(path)), Errc::corrupt) << path;
        EXPECT_EQ(code(m_writer.status(path)), Errc::corrupt) << path;
    }
    EXPECT_EQ(code(m_writer.make_symlink("l", "")), Errc::corrupt);
    EXPECT_EQ(code(m_writer.make_symlink("l", std::string("a\0b", 3))), Errc::corrupt);
    EXPECT_EQ(code(m_writer.create_file("huge", max_file_bytes + 1)), Errc::corrupt);
    EXPECT_EQ(code(m_writer.make_node("n", own_entry(Kind::socket))), Errc::invalid_argument);
}

TEST_F(Writing, never_goes_through_a_symlink_out_of_the_target) {
    EXPECT_OK(m_writer.make_directory("a"));
    EXPECT_OK(m_writer.make_symlink("a/evil", m_tree.at("outside")));
    EXPECT_OK(m_writer.make_symlink("a/file", m_tree.at("outside/file")));
    write("own", "x");
    EXPECT_EQ(code(m_writer.create_file("a/evil/new", 1)), Errc::exists);
    EXPECT_EQ(code(m_writer.create_file("a/file", 1)), Errc::exists);
    EXPECT_EQ(code(m_writer.make_directory("a/evil")), Errc::exists);
    EXPECT_EQ(code(m_writer.make_directory("a/evil/new")), Errc::exists);
    EXPECT_EQ(code(m_writer.make_symlink("a/evil/new", "x")), Errc::exists);
    EXPECT_EQ(code(m_writer.make_hard_link("own", "a/evil/new")), Errc::exists);
    EXPECT_EQ(code(m_writer.make_hard_link("a/evil/file", "stolen")), Errc::exists);
    EXPECT_EQ(code(m_writer.remove("a/evil/file")), Errc::exists);
    EXPECT_EQ(code(m_writer.apply_metadata("a/evil/file", own_entry(Kind::file))), Errc::exists);
    EXPECT_EQ(code(m_writer.apply_metadata("a/evil", own_entry(Kind::directory))), Errc::changed);
    EXPECT_EQ(code(m_writer.apply_metadata("a/file", own_entry(Kind::file))), Errc::changed);
    EXPECT_FALSE(m_writer.status("a/evil/file").value().has_value());
    EXPECT_EQ(status("a/evil").kind, Kind::symlink);
    // A second name of the symlink is a symlink, not what it leads to.
    EXPECT_OK(m_writer.make_hard_link("a/file", "linked"));
    EXPECT_EQ(status("linked").kind, Kind::symlink);
    const auto outside = collect({m_tree.at("outside")});
    EXPECT_EQ(outside.names(m_tree.at("outside")), std::vector<std::string>{"file"});
    EXPECT_EQ(read_file(m_tree.at("outside/file")), "precious");
    EXPECT_NE(outside.entry(m_tree.at("outside/file")).mode, 0640U);
}

TEST_F(Writing, notices_a_symlink_that_takes_the_place_of_a_directory_in_use) {
    EXPECT_OK(m_writer.make_directory("a"));
    EXPECT_OK(m_writer.make_directory("a/b"));
    write("a/b/one", "x"); // a/b is held open now
    std::filesystem::rename(at("a/b"), at("a/moved"));
    std::filesystem::create_symlink(m_tree.at("outside"), at("a/b"));
    write("a/b/two", "x"); // goes where the directory went
    EXPECT_TRUE(std::filesystem::exists(at("a/moved/two")));
    EXPECT_FALSE(std::filesystem::exists(m_tree.at("outside/two")));
}

TEST_F(Writing, says_what_is_missing_or_in_the_way) {
    write("file", "x");
    EXPECT_EQ(code(m_writer.create_file("file", 1)), Errc::exists);
    EXPECT_EQ(code(m_writer.make_directory("file")), Errc::exists);
    EXPECT_EQ(code(m_writer.create_file("file/x", 1)), Errc::exists);
    EXPECT_EQ(code(m_writer.create_file("none/x", 1)), Errc::not_found);
    EXPECT_EQ(code(m_writer.remove("none")), Errc::not_found);
    EXPECT_FALSE(m_writer.status("none").value().has_value());
    EXPECT_FALSE(m_writer.status("none/x").value().has_value());
    EXPECT_FALSE(m_writer.status("file/x").value().has_value());
}

TEST_F(Writing, removes_names_and_empty_directories) {
    EXPECT_OK(m_writer.make_directory("a"));
    write("a/file", "x");
    EXPECT_OK(m_writer.make_symlink("link", "a"));
    EXPECT_EQ(code(m_writer.remove("a")), Errc::exists);
    EXPECT_OK(m_writer.remove("link"));
    EXPECT_OK(m_writer.remove("a/file"));
    EXPECT_OK(m_writer.remove("a"));
    EXPECT_FALSE(std::filesystem::exists(at("a")));
    // The directory that was held open is not written into any more.
    EXPECT_OK(m_writer.make_directory("a"));
    write("a/file", "new");
    EXPECT_EQ(read_file(at("a/file")), "new");
}

TEST_F(Writing, moves_names_out_and_in_again_and_replaces_nothing) {
    EXPECT_OK(m_writer.make_directory("folder"));
    write("folder/file", "kept");
    const auto aside = m_tree.at("outside/aside");
    EXPECT_OK(m_writer.move_out("folder/file", aside));
    EXPECT_FALSE(m_writer.status("folder/file")->has_value());
    EXPECT_EQ(code(m_writer.move_out("folder/file", aside)), Errc::not_found);
    EXPECT_EQ(code(m_writer.move_out("folder", m_tree.at("outside/file"))), Errc::exists);
    write("folder/file", "new");
    EXPECT_EQ(code(m_writer.move_in(aside, "folder/file")), Errc::exists);
    EXPECT_OK(m_writer.remove("folder/file"));
    EXPECT_OK(m_writer.move_in(aside, "folder/file"));
    EXPECT_EQ(status("folder/file").size, 4U);
    EXPECT_EQ(code(m_writer.move_out("../outside/file", aside)), Errc::corrupt);
    ASSERT_EQ(::symlink("../outside", at("way").c_str()), 0);
    EXPECT_EQ(code(m_writer.move_out("way/file", aside)), Errc::exists);
    EXPECT_EQ(code(m_writer.move_in(at("folder/file"), "way/new")), Errc::exists);
}

TEST_F(Writing, gives_what_is_ready_its_name_in_the_place_of_another_or_not) {
    EXPECT_OK(m_writer.make_directory("folder"));
    const auto beside = m_writer.temporary_name("folder/file");
    EXPECT_TRUE(beside.starts_with("folder/.torgo-new-")) << beside;
    EXPECT_NE(beside, m_writer.temporary_name("folder/file"));
    write("folder/file", "old");
    write(beside, "new");
    EXPECT_EQ(code(m_writer.rename(beside, "folder/file", false)), Errc::exists);
    EXPECT_OK(m_writer.rename(beside, "folder/file", true));
    EXPECT_EQ(read_file(at("folder/file")), "new");
    EXPECT_OK(m_writer.make_directory("full"));
    write("full/inside", "kept");
    EXPECT_EQ(code(m_writer.rename("folder/file", "full", true)), Errc::exists);
    EXPECT_OK(m_writer.remove("full/inside"));
    EXPECT_OK(m_writer.rename("folder/file", "full", true));
}

TEST_F(Writing, fills_files_in_any_order_and_to_their_size) {
    auto file = m_writer.create_file("file", 30);
    ASSERT_TRUE(file.has_value());
    EXPECT_OK(file->write_at(10, as_bytes("0123456789")));
    EXPECT_OK(file->write_at(0, as_bytes("abcdefghij")));
    EXPECT_EQ(code(file->write_at(25, as_bytes("too much"))), Errc::corrupt);
    EXPECT_EQ(code(file->write_at(~0ULL, as_bytes("x"))), Errc::corrupt);
    EXPECT_OK(std::move(*file).finish());
    EXPECT_EQ(read_file(at("file")), "abcdefghij0123456789" + std::string(10, '\0'));
    write("empty", "");
    EXPECT_EQ(status("empty").size, 0U);
}

TEST_F(Writing, takes_ranges_of_one_file_from_many_threads) {
    constexpr std::size_t part = 100'000;
    for (const bool sparse : {false, true}) {
        const std::string name = sparse ? "sparse" : "plain";
        auto file = m_writer.create_file(name, 12 * part, sparse);
        {
            std::vector<std::jthread> threads;
            for (std::size_t t = 0; t < 4; ++t)
                threads.emplace_back([&, t] {
                    for (std::size_t i = t; i < 12; i += 4) {
                        const std::string content(part, static_cast<char>('a' + i));
                        EXPECT_OK(file->write_at(i * part, as_bytes(content)));
                    }
                });
        }
        EXPECT_OK(std::move(*file).finish());
        const auto content = read_file(at(name));
        ASSERT_EQ(content.size(), 12 * part);
        for (std::size_t i = 0; i < content.size(); i += 1009)
            ASSERT_EQ(content[i], static_cast<char>('a' + i / part));
    }
}

TEST_F(Writing, leaves_long_runs_of_zeros_as_holes_where_asked) {
    constexpr std::size_t unit = 64 * hole_bytes;
    std::string content(10 * unit, '\0');
    content.replace(3 * unit, 5, "hello");
    content.replace(6 * unit - 2, 4, "over"); // across a boundary
    for (const bool sparse : {true, false}) {
        const std::string name = sparse ? "sparse" : "plain";
        auto file = m_writer.create_file(name, content.size(), sparse);
        // In pieces that do not lie on the boundaries of holes.
        for (std::size_t i = 0; i < content.size(); i += 100'001)
            EXPECT_OK(file->write_at(i, as_bytes(std::string_view(content).substr(i, 100'001))));
        EXPECT_OK(std::move(*file).finish());
        EXPECT_EQ(read_file(at(name)), content);
    }
    const auto blocks = [&](const char* name) {
        struct stat info{};
        EXPECT_EQ(::stat(at(name).c_str(), &info), 0);
        return static_cast<std::size_t>(info.st_blocks) * 512;
    };
    EXPECT_GE(blocks("plain"), content.size());
    if (blocks("sparse") >= content.size()) GTEST_SKIP() << "this file system keeps no holes";
    EXPECT_LE(blocks("sparse"), 100 * hole_bytes);
}

TEST_F(Writing, says_at_once_that_a_large_file_cannot_fit) {
    const auto refused = m_writer.create_file("huge", std::uint64_t{1} << 60U);
    ASSERT_FALSE(refused.has_value());
    EXPECT_TRUE(refused.error().code() == Errc::no_space ||
                refused.error().code() == Errc::limit_exceeded)
        << refused.error().detail();
    EXPECT_FALSE(std::filesystem::exists(at("huge")));
}

TEST_F(Writing, applies_metadata_to_every_kind) {
    write("file", "content");
    auto file = own_entry(Kind::file);
    file.size = 7;
    file.mode = 0755;
    EXPECT_EQ(applied("file", file), std::vector<std::string>{});
    EXPECT_OK(m_writer.make_directory("directory"));
    auto directory = own_entry(Kind::directory);
    directory.mode = 03711;
    EXPECT_EQ(applied("directory", directory), std::vector<std::string>{});
    EXPECT_OK(m_writer.make_symlink("link", "nowhere"));
    auto link = own_entry(Kind::symlink);
    link.target = "nowhere";
    link.mtime_ns = -5;
    EXPECT_EQ(applied("link", link), std::vector<std::string>{});
    auto fifo = own_entry(Kind::fifo);
    EXPECT_OK(m_writer.make_node("fifo", fifo));
    EXPECT_EQ(applied("fifo", fifo), std::vector<std::string>{});
    if (!is_root()) return;
    auto device = own_entry(Kind::character_device);
    device.rdev = makedev(1, 3);
    EXPECT_OK(m_writer.make_node("null", device));
    EXPECT_EQ(applied("null", device), std::vector<std::string>{});
    auto block = own_entry(Kind::block_device);
    block.rdev = makedev(259, 70'000);
    EXPECT_OK(m_writer.make_node("block", block));
    EXPECT_EQ(applied("block", block), std::vector<std::string>{});
}

TEST_F(Writing, applies_the_same_when_finishing_a_file) {
    auto entry = own_entry(Kind::file);
    entry.mode = 04711;
    entry.size = 1;
    if (set_xattr(m_tree.path(), "user.probe", {})) entry.xattrs = {{"user.a", bytes("1")}};
    auto file = m_writer.create_file("file", 1);
    EXPECT_OK(file->write_at(0, as_bytes("x")));
    EXPECT_OK(std::move(*file).finish(entry));
    EXPECT_EQ(differences(entry, status("file")), std::vector<std::string>{});
}

TEST_F(Writing, applies_to_the_target_itself) {
    const auto entry = own_entry(Kind::directory);
    EXPECT_OK(m_writer.apply_root_metadata(entry));
    EXPECT_EQ(differences(entry, entry_of(m_tree.at("target"))), std::vector<std::string>{});
}

TEST_F(Writing, replaces_attributes_and_lists_of_access) {
    write("file", "");
    if (!set_xattr(at("file"), "user.old", bytes("x"))) GTEST_SKIP() << "no attributes here";
    set_xattr(at("file"), "user.other", bytes("x"));
    auto entry = own_entry(Kind::file);
    entry.mode = 0640; // what the list says of owner, mask and others
    entry.xattrs = {{"system.posix_acl_access", test_acl(6, 4, 0)},
                    {"user.new", bytes("n")},
                    {"user.other", bytes("y")}};
    EXPECT_EQ(applied("file", entry), std::vector<std::string>{});
    entry.xattrs = {};
    EXPECT_EQ(applied("file", entry), std::vector<std::string>{});
    EXPECT_OK(m_writer.make_directory("directory"));
    auto directory = own_entry(Kind::directory);
    directory.xattrs = {{"system.posix_acl_default", test_acl(7, 5, 5)}};
    EXPECT_EQ(applied("directory", directory), std::vector<std::string>{});
    // What a file gets from such a directory, and did not have, it loses again.
    auto inside = m_writer.create_file("directory/file", 0);
    const auto plain = own_entry(Kind::file);
    EXPECT_OK(std::move(*inside).finish(plain));
    EXPECT_EQ(differences(plain, status("directory/file")), std::vector<std::string>{});
}

TEST_F(Writing, applies_what_it_can_and_reports_the_rest) {
    write("file", "");
    auto entry = own_entry(Kind::file);
    entry.xattrs = {{"nonsense", bytes("x")}};
    const auto result = m_writer.apply_metadata("file", entry);
    EXPECT_EQ(code(result), Errc::unsupported);
    EXPECT_TRUE(result.error().detail().contains("file: nonsense"));
    EXPECT_EQ(differences(entry, status("file")), std::vector<std::string>{"xattr nonsense"});
    entry.xattrs = {{std::string("user.a\0b", 8), bytes("x")}};
    EXPECT_EQ(code(m_writer.apply_metadata("file", entry)), Errc::invalid_argument);
    EXPECT_TRUE(status("file").xattrs.empty());
    EXPECT_EQ(code(m_writer.apply_metadata("file", own_entry(Kind::fifo))), Errc::changed);
    EXPECT_EQ(code(m_writer.apply_metadata("none", entry)), Errc::not_found);
}

TEST_F(Writing, leaves_out_what_the_options_leave_out) {
    write("file", "");
    auto entry = own_entry(Kind::file);
    entry.uid = 4321;
    entry.mode = 06755;
    entry.xattrs = {{"user.a", bytes("x")}};
    entry.flags = flag_nodump;
    const MetadataOptions none{.owner = Owner::never, .xattrs = false, .flags = false};
    EXPECT_OK(m_writer.apply_metadata("file", entry, none));
    const auto now = status("file");
    EXPECT_EQ(now.uid, ::geteuid());
    EXPECT_TRUE(now.xattrs.empty());
    EXPECT_EQ(now.flags, 0U);
    EXPECT_EQ(now.mtime_ns, entry.mtime_ns);
    // A program of user 4321 must not run as the user who restored it.
    EXPECT_EQ(now.mode, 0755U);
}

TEST_F(Writing, sets_flags_last_and_takes_them_away_again) {
    EXPECT_OK(m_writer.make_directory("directory"));
    auto file = own_entry(Kind::file);
    file.flags = flag_nodump;
    auto probe = m_writer.create_file("file", 0);
    EXPECT_OK(std::move(*probe).finish(file));
    if (status("file").flags == 0) GTEST_SKIP() << "no inode flags here";
    EXPECT_EQ(differences(file, status("file")), std::vector<std::string>{});
    file.flags = 0;
    EXPECT_EQ(applied("file", file), std::vector<std::string>{});
    if (!is_root()) return;
    auto directory = own_entry(Kind::directory);
    directory.flags = flag_immutable | flag_nodump;
    EXPECT_EQ(applied("directory", directory), std::vector<std::string>{});
    EXPECT_EQ(code(m_writer.create_file("directory/new", 0)), Errc::permission);
    const Descriptor opened(::open(at("directory").c_str(), O_RDONLY));
    const unsigned flags = 0;
    EXPECT_EQ(::ioctl(opened.get(), FS_IOC_SETFLAGS, &flags), 0);
}

TEST_F(Writing, as_an_ordinary_user_restores_all_but_the_owner) {
    ASSERT_EQ(::chmod(m_tree.at("target").c_str(), 0777), 0);
    as_nobody([&] {
        EXPECT_OK(m_writer.make_directory("closed"));
        auto closed = own_entry(Kind::directory);
        closed.mode = 0;
        EXPECT_OK(m_writer.apply_metadata("closed", closed));
        EXPECT_EQ(status("closed").mode, 0U);
        // Again over the same tree: the directory is opened up for what comes into it.
        EXPECT_OK(m_writer.make_directory("closed"));
        auto entry = own_entry(Kind::file);
        entry.uid = entry.gid = 4321;
        entry.mode = 0400; // attributes can be set on it all the same
        if (set_xattr(at("closed"), "user.probe", {})) entry.xattrs = {{"user.a", bytes("x")}};
        auto file = m_writer.create_file("closed/file", 0);
        ASSERT_TRUE(file.has_value()) << file.error().detail();
        EXPECT_OK(std::move(*file).finish(entry));
        const CompareOptions but_owner{.owner = false};
        const std::vector<std::string> nothing;
        EXPECT_EQ(differences(entry, status("closed/file"), but_owner), nothing);
        if (!entry.xattrs.empty()) entry.xattrs[0].value = bytes("y");
        EXPECT_OK(m_writer.apply_metadata("closed/file", entry));
        EXPECT_EQ(differences(entry, status("closed/file"), but_owner), nothing);
        Entry device;
        device.kind = Kind::block_device;
        EXPECT_EQ(code(m_writer.make_node("device", device)), Errc::permission);
    });
}

TEST_F(Writing, reaches_deeper_than_the_longest_path) {
    const std::string name(250, 'n');
    std::string path;
    while (path.size() < 5'000) {
        path += (path.empty() ? "" : "/") + name;
        EXPECT_OK(m_writer.make_directory(path));
    }
    write(path + "/file", "deep");
    EXPECT_EQ(status(path + "/file").size, 4U);
    EXPECT_EQ(applied(path, own_entry(Kind::directory)), std::vector<std::string>{});
    EXPECT_EQ(code(m_writer.make_directory(std::string(256, 'x'))), Errc::invalid_argument);
}

TEST_F(Writing, writes_many_directories_from_many_threads) {
    constexpr int directories = 150; // more than are kept open
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (int i = t; i < directories; i += 4) {
                    const auto directory = "d" + std::to_string(i);
                    EXPECT_OK(m_writer.make_directory(directory));
                    for (const auto* name : {"/a", "/b"})
                        write(directory + name, directory);
                    EXPECT_OK(m_writer.apply_metadata(directory, own_entry(Kind::directory)));
                }
            });
    }
    for (int i = 0; i < directories; ++i) {
        const auto directory = "d" + std::to_string(i);
        EXPECT_EQ(read_file(at(directory + "/b")), directory);
        EXPECT_EQ(status(directory).mode, 0640U);
    }
}

} // namespace torgo::source
