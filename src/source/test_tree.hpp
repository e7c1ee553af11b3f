// SPDX-License-Identifier: MIT
// Real trees for the tests: made in a temporary folder, gone afterwards.
#pragma once

#include "source/entry.hpp"
#include "source/walk.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::source {

/// A temporary folder that everybody may enter. Each step that fails fails the test.
class TestTree {
public:
    TestTree();
    TestTree(const TestTree&) = delete;
    TestTree& operator=(const TestTree&) = delete;
    TestTree(TestTree&&) = delete;
    TestTree& operator=(TestTree&&) = delete;
    ~TestTree();

    const std::string& path() const { return m_path; }

    /// `relative` below the folder.
    std::string at(std::string_view relative) const { return m_path + "/" + std::string(relative); }

    /// Missing directories above are made too.
    void directory(std::string_view relative) const;
    void file(std::string_view relative, std::string_view content = "content") const;
    void symlink(std::string_view relative, const std::string& target) const;

private:
    std::string m_path;
};

/// What a walk told, in order.
class Collector : public Visitor {
public:
    Result<> enter(Directory& directory) override;
    Result<> leave(Directory& directory) override;
    void note(Note note) override;

    /// The entry of an absolute path; fails the test when it was not visited.
    const Entry& entry(const std::string& path) const;
    bool has(const std::string& path) const;
    /// Names of the children of a directory; empty when it was not entered.
    std::vector<std::string> names(const std::string& path) const;

    std::vector<Directory> directories;
    std::vector<Note> notes;
    std::vector<std::string> events; ///< "+/a" and "-/a"
    std::function<Result<>(Directory&)> on_enter = [](Directory&) {
        return Result<>();
    };
};

/// Walks; fails the test when the walk fails.
Collector collect(const std::vector<std::string>& paths, const WalkOptions& options = {});

/// The entry that a walk reports for this path.
Entry entry_of(const std::string& path);

std::string read_file(const std::string& path);

/// Runs `body` in another process as user and group 65534; its failures are failures of this test.
/// When the test is not run by root, it runs here and now.
void as_nobody(const std::function<void()>& body);

bool is_root();

/// The bytes of an ACL that lets user 4242 read, besides owner, group and others (acl(5)).
Bytes test_acl(std::uint16_t owner, std::uint16_t group, std::uint16_t others);

/// Sets an attribute; false where the file system has none.
bool set_xattr(const std::string& path, const std::string& name, const Bytes& value);

} // namespace torgo::source
