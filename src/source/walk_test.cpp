// SPDX-License-Identifier: MIT
#include "source/list.hpp"
#include "source/resolve.hpp"
#include "source/test_tree.hpp"
#include "source/walk.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace torgo::source {

namespace {

using Names = std::vector<std::string>;

/// The events below the tree, with its own path left out.
Names events_below(const TestTree& tree, const Collector& seen) {
    Names out;
    for (const auto& event : seen.events)
        if (event.substr(1).starts_with(tree.path()))
            out.push_back(event[0] + event.substr(1 + tree.path().size()));
    return out;
}

Errc error_of(const Names& paths) {
    Collector seen;
    const auto done = walk(paths, {}, seen);
    EXPECT_TRUE(seen.events.empty()) << "something was visited before the error";
    EXPECT_FALSE(done.has_value());
    return done ? Errc::io : done.error().code();
}

WalkOptions with_excludes(const Names& patterns) {
    WalkOptions options;
    options.excludes = *Excludes::parse(patterns, {});
    return options;
}

bool make_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), std::min(path.size() + 1, sizeof address.sun_path));
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// Another file system at this place; false with the reason printed when that is not allowed.
class Mount {
public:
    explicit Mount(std::string path) : m_path(std::move(path)) {
        m_there = ::mount("none", m_path.c_str(), "tmpfs", 0, "size=1m") == 0;
        if (!m_there) std::printf("no tmpfs can be mounted here: %s\n", std::strerror(errno));
    }

    Mount(const Mount&) = delete;
    Mount& operator=(const Mount&) = delete;
    Mount(Mount&&) = delete;
    Mount& operator=(Mount&&) = delete;
    ~Mount() {
        if (m_there) ::umount(m_path.c_str());
    }

    bool there() const { return m_there; }

private:
    std::string m_path;
    bool m_there;
};

} // namespace

TEST(Walk, enters_and_leaves_directories_depth_first_in_byte_order) {
    const TestTree tree;
    for (const auto* file : {"b/x", "a/z/deep", "a/y", "a.b/1", "a-b/2", "\xff/3"})
        tree.file(file);
    const auto seen = collect({tree.path()});
    EXPECT_EQ(events_below(tree, seen),
              (Names{"+", "+/a", "+/a/z", "-/a/z", "-/a", "+/a-b", "-/a-b", "+/a.b", "-/a.b", "+/b",
                     "-/b", "+/\xff", "-/\xff", "-"}));
    EXPECT_EQ(seen.names(tree.path()), (Names{"a", "a-b", "a.b", "b", "\xff"}));
    EXPECT_EQ(seen.names(tree.at("a")), (Names{"y", "z"}));
    EXPECT_TRUE(seen.notes.empty());
}

TEST(Walk, is_rooted_at_the_root_through_partial_directories) {
    const TestTree tree;
    tree.file("a/wanted");
    tree.file("a/other");
    const auto seen = collect({tree.at("a/wanted")});
    EXPECT_EQ(seen.events.front(), "+/");
    EXPECT_EQ(seen.events.back(), "-/");
    EXPECT_EQ(seen.names(tree.at("a")), Names{"wanted"});
    for (const auto& directory : seen.directories) {
        EXPECT_TRUE(directory.partial) << directory.path;
        EXPECT_EQ(directory.children.size(), 1U) << directory.path;
    }
    const auto& root = seen.directories.front().entry;
    EXPECT_EQ(root.kind, Kind::directory);
    EXPECT_TRUE(root.name.empty());
    EXPECT_NE(root.inode, 0U);
}

TEST(Walk, gives_one_tree_for_nested_repeated_and_untidy_paths) {
    const TestTree tree;
    tree.file("a/b/c");
    tree.file("a/d");
    tree.file("e/f");
    tree.file("e/g");
    const auto once = collect({tree.at("a"), tree.at("e/f")});
    const auto untidy = collect({tree.at("e//f"), tree.at("a/b/"), tree.at("./a/b"),
                                 tree.at("a/b/c"), tree.at("a"), tree.at("a")});
    EXPECT_EQ(once.events, untidy.events);
    EXPECT_EQ(once.names(tree.at("a")), (Names{"b", "d"}));
    EXPECT_EQ(once.names(tree.at("e")), Names{"f"});
    EXPECT_EQ(untidy.names(tree.at("a/b")), Names{"c"});
}

TEST(Walk, refuses_bad_paths_before_anything_is_visited) {
    const TestTree tree;
    tree.file("there");
    EXPECT_EQ(error_of({}), Errc::invalid_argument);
    EXPECT_EQ(error_of({"relative"}), Errc::invalid_argument);
    EXPECT_EQ(error_of({""}), Errc::invalid_argument);
    EXPECT_EQ(error_of({tree.at("../x")}), Errc::invalid_argument);
    EXPECT_EQ(error_of({std::string("/a\0b", 4)}), Errc::invalid_argument);
    EXPECT_EQ(error_of({tree.at("there"), tree.at("missing")}), Errc::not_found);
    Collector seen;
    const Names missing{tree.at("missing")};
    EXPECT_TRUE(walk(missing, {}, seen).error().detail().contains(tree.at("missing")));
    WalkOptions options;
    options.threads = max_walk_threads + 1;
    EXPECT_EQ(walk(missing, options, seen).error().code(), Errc::invalid_argument);
}

TEST(Walk, follows_symlinks_above_a_named_path_and_nowhere_else) {
    const TestTree tree;
    tree.file("real/inside/file");
    tree.symlink("link", "real");
    tree.symlink("real/inside/back", "..");
    const auto through = collect({tree.at("link/inside")});
    EXPECT_EQ(through.entry(tree.at("link")).kind, Kind::directory);
    EXPECT_EQ(through.names(tree.at("link/inside")), (Names{"back", "file"}));
    EXPECT_EQ(through.entry(tree.at("link/inside/back")).kind, Kind::symlink);
    EXPECT_EQ(through.entry(tree.at("link/inside/back")).target, "..");
    const auto named = collect({tree.at("link")});
    EXPECT_EQ(named.entry(tree.at("link")).kind, Kind::symlink);
    // One path cannot be a symlink and a directory in the same tree.
    EXPECT_EQ(error_of({tree.path(), tree.at("link/inside")}), Errc::invalid_argument);
    EXPECT_EQ(error_of({tree.at("link"), tree.at("link/inside")}), Errc::invalid_argument);
    EXPECT_EQ(collect({tree.path(), tree.at("real/inside")}).names(tree.at("real")),
              Names{"inside"});
}

TEST(Walk, keeps_names_that_are_no_text) {
    const TestTree tree;
    const Names odd{"\n", "a\nb", std::string(255, 'n'), "\xc3(", "\xff\xfe", " ", "-rf", "*"};
    for (const auto& name : odd)
        tree.file(name);
    auto sorted = odd;
    std::ranges::sort(sorted);
    EXPECT_EQ(collect({tree.path()}).names(tree.path()), sorted);
}

TEST(Walk, tells_the_same_with_any_number_of_threads) {
    const TestTree tree;
    for (int i = 0; i < 60; ++i)
        for (int j = 0; j < 5; ++j)
            tree.file("d" + std::to_string(i % 7) + "/e" + std::to_string(i) + "/f" +
                      std::to_string(j));
    // More than one stretch, so that threads share a directory.
    tree.file("wide/first");
    for (std::size_t i = 1; i < 2 * stretch_entries; ++i)
        std::filesystem::create_hard_link(tree.at("wide/first"),
                                          tree.at("wide/" + std::to_string(i)));
    WalkOptions options;
    options.threads = 0;
    const auto alone = collect({tree.path()}, options);
    EXPECT_EQ(alone.names(tree.at("wide")).size(), 2 * stretch_entries);
    for (const unsigned threads : {1U, 4U}) {
        options.threads = threads;
        const auto together = collect({tree.path()}, options);
        EXPECT_EQ(alone.events, together.events);
        for (std::size_t i = 0; i < alone.directories.size(); ++i) {
            // Others may be at work in the temporary folder above.
            if (!alone.directories[i].path.starts_with(tree.path())) continue;
            EXPECT_EQ(alone.directories[i].children, together.directories[i].children);
        }
    }
}

TEST(Walk, lists_no_more_ahead_than_its_bound) {
    const TestTree tree;
    for (std::size_t i = 0; i < 3 * max_directories_ahead; ++i)
        tree.directory("d" + std::to_string(i));
    std::size_t most = 0;
    Collector seen;
    seen.on_enter = [&](Directory&) -> Result<> {
        const std::filesystem::directory_iterator all("/proc/self/fd");
        const auto open = static_cast<std::size_t>(std::distance(begin(all), end(all)));
        most = std::max(most, open);
        if (open > max_directories_ahead / 2) return {};
        ::usleep(100); // lets the threads run ahead
        return {};
    };
    WalkOptions options;
    options.threads = 2;
    ASSERT_TRUE(walk(Names{tree.path()}, options, seen).has_value());
    EXPECT_GT(most, max_directories_ahead / 2); // they did run ahead
    EXPECT_LT(most, max_directories_ahead + 40);
}

TEST(Walk, leaves_out_what_is_excluded_and_what_lies_in_it) {
    const TestTree tree;
    for (const auto* file : {"keep/a.o", "keep/a.c", "skip/a.c", "keep/tmp/x", "keep/sub/tmp"})
        tree.file(file);
    const auto seen = collect({tree.path()}, with_excludes({"*.o", "skip", "tmp/"}));
    EXPECT_EQ(events_below(tree, seen),
              (Names{"+", "+/keep", "+/keep/sub", "-/keep/sub", "-/keep", "-"}));
    EXPECT_EQ(seen.names(tree.at("keep")), (Names{"a.c", "sub"}));
    EXPECT_EQ(seen.names(tree.at("keep/sub")), Names{"tmp"});
}

TEST(Walk, keeps_named_paths_whatever_the_rules_say) {
    const TestTree tree;
    tree.file("skip/deep/named/file");
    tree.file("skip/other");
    const auto rules = with_excludes({"skip", "named"});
    EXPECT_TRUE(collect({tree.at("skip")}, rules).has(tree.at("skip/other")));
    const auto seen = collect({tree.path(), tree.at("skip/deep/named")}, rules);
    EXPECT_EQ(seen.names(tree.at("skip")), Names{"deep"});
    EXPECT_EQ(seen.names(tree.at("skip/deep/named")), Names{"file"});
    for (const auto& directory : seen.directories) {
        if (!directory.path.starts_with(tree.path())) continue;
        const bool between = directory.path.ends_with("skip") || directory.path.ends_with("deep");
        EXPECT_EQ(directory.partial, between) << directory.path;
    }
}

TEST(Walk, takes_only_the_tag_of_a_cache_directory) {
    const TestTree tree;
    const std::string signature = "Signature: 8a477f597d28d172789f06886806bc55";
    tree.file("cache/CACHEDIR.TAG", signature + "\n# made by a test\n");
    tree.file("cache/big");
    tree.file("cache/sub/big");
    tree.file("cache/named/file");
    tree.file("fake/CACHEDIR.TAG", "Signature: something else, of the same length..");
    tree.file("fake/kept");
    tree.symlink("linked/CACHEDIR.TAG", "../cache/CACHEDIR.TAG");
    tree.file("linked/kept");
    WalkOptions options;
    options.exclude_caches = true;
    const auto seen = collect({tree.path()}, options);
    EXPECT_EQ(seen.names(tree.at("cache")), Names{"CACHEDIR.TAG"});
    EXPECT_TRUE(seen.has(tree.at("fake/kept")));
    EXPECT_TRUE(seen.has(tree.at("linked/kept")));
    EXPECT_TRUE(collect({tree.path()}).has(tree.at("cache/sub/big")));
    const auto named = collect({tree.path(), tree.at("cache/named")}, options);
    EXPECT_EQ(named.names(tree.at("cache")), (Names{"CACHEDIR.TAG", "named"}));
    EXPECT_EQ(named.names(tree.at("cache/named")), Names{"file"});
}

TEST(Walk, stays_on_one_file_system_where_asked) {
    const TestTree tree;
    tree.directory("mounted");
    tree.file("beside");
    const Mount mount(tree.at("mounted"));
    if (!mount.there()) GTEST_SKIP();
    tree.file("mounted/sub/file");
    EXPECT_TRUE(collect({tree.path()}).has(tree.at("mounted/sub/file")));
    WalkOptions options;
    options.one_file_system = true;
    const auto seen = collect({tree.path()}, options);
    EXPECT_TRUE(seen.has(tree.at("beside")));
    EXPECT_EQ(seen.entry(tree.at("mounted")).kind, Kind::directory);
    EXPECT_TRUE(seen.names(tree.at("mounted")).empty());
    EXPECT_TRUE(std::ranges::contains(seen.events, "-" + tree.at("mounted")));
    EXPECT_TRUE(seen.notes.empty());
    // Named, it is wanted; and so is what is named in it, with nothing beside.
    const auto named = collect({tree.path(), tree.at("mounted")}, options);
    EXPECT_TRUE(named.has(tree.at("mounted/sub/file")));
    tree.file("mounted/other");
    const auto inner = collect({tree.path(), tree.at("mounted/sub")}, options);
    EXPECT_EQ(inner.names(tree.at("mounted")), Names{"sub"});
    EXPECT_TRUE(inner.has(tree.at("mounted/sub/file")));
}

TEST(Walk, notes_sockets_and_leaves_them_out) {
    const TestTree tree;
    ASSERT_TRUE(make_socket(tree.at("socket")));
    tree.file("file");
    const auto seen = collect({tree.path()});
    EXPECT_EQ(seen.names(tree.path()), Names{"file"});
    ASSERT_EQ(seen.notes.size(), 1U);
    EXPECT_EQ(seen.notes[0].kind, Note::Kind::socket_skipped);
    EXPECT_EQ(seen.notes[0].path, tree.at("socket"));
}

TEST(Walk, notes_directories_that_cannot_be_read_and_goes_on) {
    const TestTree tree;
    tree.file("closed/file");
    tree.file("open/file");
    tree.file("unsearchable/file");
    // The walk goes through a folder that can be searched but not read.
    tree.file("through/inner/file");
    ASSERT_EQ(::chmod(tree.at("closed").c_str(), 0), 0);
    ASSERT_EQ(::chmod(tree.at("unsearchable").c_str(), 0444), 0);
    ASSERT_EQ(::chmod(tree.at("through").c_str(), 0111), 0);
    as_nobody([&] {
        const auto seen = collect({tree.path()});
        EXPECT_TRUE(seen.has(tree.at("open/file")));
        Names noted;
        for (const auto& note : seen.notes) {
            EXPECT_EQ(note.kind, Note::Kind::unreadable);
            EXPECT_EQ(note.error.code(), Errc::permission);
            EXPECT_TRUE(note.error.detail().contains(note.path));
            noted.push_back(note.path);
        }
        EXPECT_EQ(noted,
                  (Names{tree.at("closed"), tree.at("through"), tree.at("unsearchable/file")}));
        for (const auto& directory : seen.directories)
            EXPECT_EQ(directory.unreadable,
                      directory.path == tree.at("closed") || directory.path == tree.at("through"));
        EXPECT_TRUE(collect({tree.at("through/inner")}).has(tree.at("through/inner/file")));
    });
}

TEST(Walk, notes_a_directory_that_vanishes_before_it_is_entered) {
    const TestTree tree;
    tree.directory("a");
    tree.directory("b");
    tree.file("c/file");
    Collector seen;
    seen.on_enter = [&](Directory& directory) -> Result<> {
        if (directory.path == tree.path()) std::filesystem::remove(tree.at("b"));
        return {};
    };
    WalkOptions options;
    options.threads = 0; // so nothing is listed before its time
    ASSERT_TRUE(walk(Names{tree.path()}, options, seen).has_value());
    ASSERT_EQ(seen.notes.size(), 1U);
    EXPECT_EQ(seen.notes[0].kind, Note::Kind::vanished);
    EXPECT_EQ(seen.notes[0].path, tree.at("b"));
    EXPECT_EQ(events_below(tree, seen),
              (Names{"+", "+/a", "-/a", "+/b", "-/b", "+/c", "-/c", "-"}));
}

TEST(Walk, does_not_follow_a_symlink_that_takes_a_directorys_place) {
    const TestTree tree;
    tree.directory("top/sub/deep");
    tree.file("secret/deep/file");
    Collector seen;
    seen.on_enter = [&](Directory& directory) -> Result<> {
        if (directory.path != tree.at("top")) return {};
        std::filesystem::rename(tree.at("top/sub"), tree.at("moved"));
        std::filesystem::create_symlink(tree.at("secret"), tree.at("top/sub"));
        return {};
    };
    WalkOptions options;
    options.threads = 0;
    ASSERT_TRUE(walk(Names{tree.at("top")}, options, seen).has_value());
    ASSERT_EQ(seen.notes.size(), 1U);
    EXPECT_EQ(seen.notes[0].kind, Note::Kind::unreadable);
    EXPECT_TRUE(seen.names(tree.at("top/sub")).empty());
}

TEST(Walk, ends_with_the_error_of_the_visitor) {
    const TestTree tree;
    tree.directory("a/b");
    Collector seen;
    seen.on_enter = [&](Directory& directory) -> Result<> {
        if (directory.path == tree.at("a")) return fail(Errc::no_space, "full");
        return {};
    };
    EXPECT_EQ(walk(Names{tree.path()}, {}, seen).error().code(), Errc::no_space);
    EXPECT_EQ(seen.events.back(), "+" + tree.at("a"));
}

TEST(Walk, can_be_stopped) {
    const TestTree tree;
    tree.directory("a/b/c");
    std::stop_source stop;
    Collector seen;
    seen.on_enter = [&](Directory& directory) -> Result<> {
        if (directory.path == tree.at("a")) stop.request_stop();
        return {};
    };
    WalkOptions options;
    options.stop = stop.get_token();
    EXPECT_EQ(walk(Names{tree.path()}, options, seen).error().code(), Errc::cancelled);
    EXPECT_EQ(seen.events.back(), "+" + tree.at("a"));
}

TEST(Walk, goes_deeper_than_the_longest_path_and_the_descriptors_allow) {
    const TestTree tree;
    constexpr int levels = 300;
    const std::string name(16, 'd');
    rlimit usual{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
    const rlimit few{levels - 50, usual.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    Descriptor at(::open(tree.path().c_str(), O_PATH | O_DIRECTORY));
    for (int i = 0; i < levels; ++i) {
        ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0755), 0);
        at = Descriptor(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY));
    }
    ASSERT_EQ(::symlinkat("bottom", at.get(), "link"), 0);
    const auto seen = collect({tree.path()});
    EXPECT_TRUE(seen.notes.empty()) << seen.notes[0].error.detail();
    const auto& last = seen.directories.back();
    EXPECT_EQ(last.path.size(), tree.path().size() + levels * (name.size() + 1));
    ASSERT_EQ(last.children.size(), 1U);
    EXPECT_EQ(last.children[0].target, "bottom");
    // And the path can be named as a whole.
    EXPECT_EQ(collect({last.path + "/link"}).entry(last.path + "/link").target, "bottom");
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
}

TEST(Walk, hands_the_open_directory_to_the_visitor) {
    const TestTree tree;
    tree.file("a/file");
    Collector seen;
    std::shared_ptr<const Descriptor> kept;
    seen.on_enter = [&](Directory& directory) -> Result<> {
        EXPECT_NE(directory.descriptor, nullptr) << directory.path;
        if (directory.path == tree.at("a")) kept = directory.descriptor;
        return {};
    };
    ASSERT_TRUE(walk(Names{tree.path()}, {}, seen).has_value());
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(::faccessat(kept->get(), "file", R_OK, 0), 0);
}

TEST(Walk, walks_the_root_itself) {
    WalkOptions options;
    options.one_file_system = true;
    Collector seen;
    seen.on_enter = [](Directory& directory) -> Result<> {
        return directory.path == "/" ? Result<>() : fail(Errc::cancelled, "seen enough");
    };
    EXPECT_EQ(walk(Names{"/"}, options, seen).error().code(), Errc::cancelled);
    ASSERT_FALSE(seen.directories.empty());
    EXPECT_FALSE(seen.directories[0].partial);
    EXPECT_TRUE(std::ranges::contains(seen.names("/"), "tmp"));
}

TEST(Lister, notes_what_vanishes_between_listing_and_looking) {
    const TestTree tree;
    tree.file("gone");
    tree.file("stays");
    const WalkOptions options;
    Lister lister(options);
    Node node;
    node.directory.path = tree.path();
    node.inside = true;
    node.base = std::make_shared<Descriptor>(::open("/", O_PATH | O_DIRECTORY));
    node.base_length = 1;
    lister.open(node);
    std::filesystem::remove(tree.at("gone"));
    lister.inspect(node, 0, node.notes);
    lister.finish(node);
    ASSERT_EQ(node.directory.children.size(), 1U);
    EXPECT_EQ(node.directory.children[0].name, "stays");
    ASSERT_EQ(node.notes.size(), 1U);
    EXPECT_EQ(node.notes[0].kind, Note::Kind::vanished);
    EXPECT_EQ(node.notes[0].path, tree.at("gone"));
    EXPECT_EQ(node.notes[0].error.code(), Errc::not_found);
}

} // namespace torgo::source
