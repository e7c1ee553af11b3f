// SPDX-License-Identifier: MIT
#include "source/walk.hpp"

#include "source/inspect.hpp"
#include "source/named.hpp"
#include "source/prefetch.hpp"

#include <utility>

namespace torgo::source {

namespace {

/// The visitor's way through the nodes: one level for each directory that is entered.
class Walk {
public:
    Walk(const WalkOptions& options, Visitor& visitor, std::unique_ptr<Node> root)
        : m_options(options), m_visitor(visitor), m_prefetch(options, *root) {
        m_levels.push_back({std::move(root), 0});
    }

    Result<> run() {
        CHECK_OK(enter(*m_levels.back().node));
        while (!m_levels.empty()) {
            auto& level = m_levels.back();
            if (level.next == level.node->subdirectories.size()) {
                CHECK_OK(m_visitor.leave(level.node->directory));
                m_levels.pop_back();
                continue;
            }
            auto child = std::move(level.node->subdirectories[level.next++]);
            m_levels.push_back({std::move(child), 0});
            CHECK_OK(enter(*m_levels.back().node));
        }
        return {};
    }

private:
    struct Level {
        std::unique_ptr<Node> node;
        std::size_t next; ///< of its subdirectories
    };

    Result<> enter(Node& node) {
        if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "the walk was stopped");
        m_prefetch.await(node);
        for (auto& note : node.notes)
            m_visitor.note(std::move(note));
        node.notes = {};
        CHECK_OK(m_visitor.enter(node.directory));
        node.directory.descriptor.reset();
        return {};
    }

    const WalkOptions& m_options;
    Visitor& m_visitor;
    std::vector<Level> m_levels;
    Prefetch m_prefetch; ///< ends first: its threads use the nodes
};

} // namespace

Result<> walk(std::span<const std::string> absolute_paths, const WalkOptions& options,
              Visitor& visitor) {
    if (options.threads > max_walk_threads)
        return fail(Errc::invalid_argument, "too many threads for a walk");
    TRY(const auto named, parse_named(absolute_paths));
    CHECK_OK(check_named(named));
    TRY(auto root, root_node(named));
    return Walk(options, visitor, std::move(root)).run();
}

Result<> read_xattrs(const Directory& directory, Entry& entry) {
    Inspector inspector;
    const int failed = inspector.read_xattrs(directory.descriptor->get(), entry.name.c_str(),
                                             Symlinks::keep, entry);
    if (failed == 0) return {};
    return std::unexpected(system_error(failed, directory.path + "/" + entry.name));
}

} // namespace torgo::source
