#include "repo/browse.hpp"
#include "repo/chunk_store.hpp"
#include "repo/repository.hpp"
#include "repo/tree_reader.hpp"
#include "source/compare.hpp"

#include <algorithm>

namespace torgo::repo {

namespace {

using source::Kind;
using Report = std::function<void(const Difference&)>;

class Differ {
public:
    Differ(ChunkStore& store, bool with_metadata, const Report& report)
        : m_reader(store), m_with_metadata(with_metadata), m_report(report) {}

    Result<> directories(const Node* before, const Node* after, const std::string& path) {
        if (before != nullptr && after != nullptr && same_pages(*before, *after)) return {};
        TRY(const auto left, list(before));
        TRY(const auto right, list(after));
        auto l = left.begin();
        auto r = right.begin();
        while (l != left.end() || r != right.end()) {
            const bool take_left =
                r == right.end() || (l != left.end() && l->entry.name <= r->entry.name);
            const bool take_right =
                l == left.end() || (r != right.end() && r->entry.name <= l->entry.name);
            CHECK_OK(nodes(take_left ? &*l : nullptr, take_right ? &*r : nullptr, path));
            if (take_left) ++l;
            if (take_right) ++r;
        }
        return {};
    }

private:
    Result<Listing> list(const Node* directory) {
        return directory == nullptr ? Listing{} : list_directory(m_reader, *directory);
    }

    static bool same_pages(const Node& a, const Node& b) {
        return !a.pages.empty() && a.pages == b.pages;
    }

    Result<> nodes(const Node* before, const Node* after, const std::string& folder) {
        const auto& name = (after != nullptr ? after : before)->entry.name;
        const auto path = folder + "/" + name;
        const bool retyped =
            before != nullptr && after != nullptr && before->entry.kind != after->entry.kind;
        if (before == nullptr || after == nullptr || retyped) {
            const auto change = before == nullptr  ? Change::added
                                : after == nullptr ? Change::removed
                                                   : Change::type;
            say(change, path, before, after);
        } else if (changed_content(*before, *after)) {
            say(Change::content, path, before, after);
        } else if (m_with_metadata && !source::differences(before->entry, after->entry).empty()) {
            say(Change::metadata, path, before, after);
        }
        const auto* left = is_directory(before) ? before : nullptr;
        const auto* right = is_directory(after) ? after : nullptr;
        if (left == nullptr && right == nullptr) return {};
        return directories(left, right, path);
    }

    static bool is_directory(const Node* node) {
        return node != nullptr && node->entry.kind == Kind::directory;
    }

    static bool changed_content(const Node& a, const Node& b) {
        if (a.entry.kind == Kind::symlink) return a.entry.target != b.entry.target;
        if (a.entry.size != b.entry.size) return true;
        if (a.tag && b.tag) return *a.tag != *b.tag; // the same content may lie in two bundles
        return a.content != b.content || a.content_lists != b.content_lists;
    }

    void say(Change change, const std::string& path, const Node* before, const Node* after) {
        m_report({.change = change,
                  .path = path,
                  .size_before = before != nullptr ? before->entry.size : 0,
                  .size_after = after != nullptr ? after->entry.size : 0});
    }

    TreeReader m_reader;
    bool m_with_metadata;
    const Report& m_report;
};

} // namespace

Result<> diff(Repository& repository, const Snapshot& before, const Snapshot& after,
              bool with_metadata, const Report& report) {
    TRY(auto* store, repository.chunks());
    TRY(const auto left, root_node(repository, before));
    TRY(const auto right, root_node(repository, after));
    return Differ(*store, with_metadata, report).directories(&left, &right, "");
}

} // namespace torgo::repo
