// SPDX-License-Identifier: MIT
// A tree that is walked and written elsewhere is the same tree.
#include "source/compare.hpp"
#include "source/read.hpp"
#include "source/test_tree.hpp"
#include "source/walk.hpp"
#include "source/write.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <map>

namespace torgo::source {

namespace {

/// Writes what a walk visits, as a restore does.
class Copier : public Visitor {
public:
    Copier(std::string from, TreeWriter& writer) : m_from(std::move(from)), m_writer(writer) {}

    Result<> enter(Directory& directory) override {
        if (!directory.path.starts_with(m_from)) return {};
        for (const auto& child : directory.children)
            CHECK_OK(copy(directory, child));
        return {};
    }

    Result<> leave(Directory& directory) override {
        if (!directory.path.starts_with(m_from + "/")) return {};
        return m_writer.apply_metadata(directory.path.substr(m_from.size() + 1), directory.entry);
    }

    void note(Note note) override { ADD_FAILURE() << note.error.detail(); }

private:
    Result<> copy(const Directory& directory, const Entry& entry) {
        const auto path = (directory.path + "/" + entry.name).substr(m_from.size() + 1);
        if (entry.kind == Kind::directory) {
            CHECK_OK(m_writer.make_directory(path));
            return {};
        }
        const auto [first, is_new] = m_names.try_emplace({entry.device, entry.inode}, path);
        if (!is_new) return m_writer.make_hard_link(first->second, path);
        if (entry.kind == Kind::file) return copy_file(directory, entry, path);
        if (entry.kind == Kind::symlink)
            CHECK_OK(m_writer.make_symlink(path, entry.target));
        else
            CHECK_OK(m_writer.make_node(path, entry));
        return m_writer.apply_metadata(path, entry);
    }

    Result<> copy_file(const Directory& directory, const Entry& entry, const std::string& path) {
        TRY(auto reader, FileReader::open(*directory.descriptor, entry.name));
        TRY(const auto extents, reader.data_extents());
        TRY(auto file, m_writer.create_file(path, entry.size, true));
        for (const auto& extent : extents) {
            Bytes content(extent.size);
            TRY(const auto got, reader.read_at(extent.offset, content));
            RC_ASSERT(got == extent.size);
            CHECK_OK(file.write_at(extent.offset, content));
        }
        TRY(const bool unchanged, reader.unchanged_since(entry));
        RC_ASSERT(unchanged);
        return std::move(file).finish(entry);
    }

    std::string m_from;
    TreeWriter& m_writer;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> m_names;
};

std::string some_name() {
    const auto letter = rc::gen::elementOf(std::string("ab\n \xff\xc3\xa9*-.Z"));
    auto name = *rc::gen::container<std::string>(letter);
    if (name.size() > 200) name.resize(200);
    // Names that no file can have.
    return name.empty() || name == "." || name == ".." ? "x" + name : name;
}

/// Makes random things in a tree, by the plainest calls there are.
class Grower {
public:
    explicit Grower(const TestTree& tree) : m_root(tree.at("from")) {
        RC_ASSERT(::mkdir(m_root.c_str(), 0755) == 0);
        m_directories.push_back(m_root);
        m_attributes = set_xattr(m_root, "user.probe", {});
    }

    void grow() {
        const auto path = *rc::gen::elementOf(m_directories) + "/" + some_name();
        struct stat info{};
        if (path.size() > 3000 || ::lstat(path.c_str(), &info) == 0) return;
        make(path);
        decorate(path);
    }

    /// Modes and times of directories come last: what is made in them changes both.
    void finish() {
        for (auto at = m_directories.rbegin(); at != m_directories.rend(); ++at) {
            set_times(*at);
            RC_ASSERT(::chmod(at->c_str(), *rc::gen::element(0700U, 0755U, 01777U, 02750U)) == 0);
        }
    }

private:
    void make(const std::string& path) {
        switch (*rc::gen::inRange(0, 8)) {
        case 0:
        case 1:
            RC_ASSERT(::mkdir(path.c_str(), 0700) == 0);
            m_directories.push_back(path);
            return;
        case 2:
            RC_ASSERT(::symlink((some_name() + "/..").c_str(), path.c_str()) == 0);
            return;
        case 3:
            RC_ASSERT(::mkfifo(path.c_str(), 0600) == 0);
            return;
        case 4:
            if (!m_files.empty()) {
                const auto first = *rc::gen::elementOf(m_files);
                RC_ASSERT(::link(first.c_str(), path.c_str()) == 0);
                return;
            }
            break;
        case 5:
            if (is_root()) {
                RC_ASSERT(::mknod(path.c_str(), S_IFCHR | 0600U, makedev(1, 3)) == 0);
                return;
            }
            break;
        default:
            break;
        }
        make_file(path);
        m_files.push_back(path);
    }

    void make_file(const std::string& path) {
        const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600));
        const auto content = *rc::gen::arbitrary<std::string>();
        const auto offset = *rc::gen::element(0L, 0L, 5000L, 200'000L);
        const auto put = ::pwrite(file.get(), content.data(), content.size(), offset);
        RC_ASSERT(put == static_cast<ssize_t>(content.size()));
        const auto tail = *rc::gen::element(0L, 0L, 100'000L);
        if (tail > 0) RC_ASSERT(::ftruncate(file.get(), offset + put + tail) == 0);
    }

    void decorate(const std::string& path) {
        struct stat info{};
        RC_ASSERT(::lstat(path.c_str(), &info) == 0);
        if (is_root()) {
            const auto id = *rc::gen::inRange(0U, 70'000U);
            RC_ASSERT(::lchown(path.c_str(), id, id / 2) == 0);
        }
        if (!S_ISLNK(info.st_mode) && !S_ISDIR(info.st_mode))
            RC_ASSERT(::chmod(path.c_str(), *rc::gen::element(0600U, 0644U, 04755U, 0U)) == 0);
        const bool can = m_attributes && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
        if (can && *rc::gen::arbitrary<bool>())
            set_xattr(path, "user.some", *rc::gen::arbitrary<Bytes>());
        if (can && S_ISREG(info.st_mode) && *rc::gen::inRange(0, 4) == 0)
            set_xattr(path, "system.posix_acl_access", test_acl(6, 4, 0));
        set_times(path);
    }

    static void set_times(const std::string& path) {
        const auto seconds = *rc::gen::inRange(-5'000'000'000L, 5'000'000'000L);
        const auto rest = *rc::gen::inRange(0L, 1'000'000'000L);
        const timespec times[2] = {{0, 0}, {seconds, rest}};
        RC_ASSERT(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
    }

    std::string m_root;
    std::vector<std::string> m_directories;
    std::vector<std::string> m_files;
    bool m_attributes = false;
};

std::string content_of(const std::string& directory, const Entry& entry) {
    if (entry.kind != Kind::file) return {};
    auto reader = FileReader::open(directory + "/" + entry.name);
    RC_ASSERT(reader.has_value());
    Bytes content(entry.size + 1);
    const auto got = reader->read(content);
    RC_ASSERT(got.has_value());
    return std::string(as_text(ByteView(content).first(*got)));
}

void compare_trees(const Collector& want, const Collector& got, const std::string& from,
                   const std::string& to) {
    RC_ASSERT(want.directories.size() == got.directories.size());
    for (std::size_t i = 0; i < want.directories.size(); ++i) {
        const auto& left = want.directories[i];
        const auto& right = got.directories[i];
        if (!left.path.starts_with(from)) continue;
        RC_ASSERT(left.path.substr(from.size()) == right.path.substr(to.size()));
        RC_ASSERT(left.children.size() == right.children.size());
        for (std::size_t j = 0; j < left.children.size(); ++j) {
            const auto& child = left.children[j];
            RC_ASSERT(child.name == right.children[j].name);
            RC_ASSERT(differences(child, right.children[j]) == std::vector<std::string>{});
            if (child.kind != Kind::directory) RC_ASSERT(child.links == right.children[j].links);
            RC_ASSERT(content_of(left.path, child) == content_of(right.path, right.children[j]));
        }
    }
}

} // namespace

RC_GTEST_PROP(Tree, round_trip_gives_identical_entries, ()) {
    const TestTree tree;
    Grower grower(tree);
    const auto things = *rc::gen::inRange(0, 30);
    for (int i = 0; i < things; ++i)
        grower.grow();
    grower.finish();
    const auto from = tree.at("from");
    const auto to = tree.at("to");
    const auto before = collect({from});
    auto writer = TreeWriter::open(to);
    RC_ASSERT(writer.has_value());
    Copier copier(from, *writer);
    const std::vector<std::string> paths{from};
    const auto copied = walk(paths, {}, copier);
    RC_ASSERT(copied.has_value());
    compare_trees(before, collect({to}), from, to);
}

} // namespace torgo::source
