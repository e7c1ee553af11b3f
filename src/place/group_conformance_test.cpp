// The suite that every head passes, on groups of folders, called one after the other or at once.
#include "head/open.hpp"
#include "head/testing/conformance.hpp"
#include "place/distant_head.hpp"
#include "place/group_head.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::place {

namespace {

enum class Way : bool { near, distant };

class GroupPlace final : public head::HeadPlace {
public:
    GroupPlace(std::size_t count, Way way) : m_count(count), m_way(way) {
        for (std::size_t i = 0; i < count; ++i) {
            auto made = head::create(uri(i), m_files, head::conformance_repository,
                                     head::conformance_index);
            EXPECT_TRUE(made.has_value());
        }
    }

    std::unique_ptr<head::Head> open() override {
        std::vector<GroupHead::Opened> members;
        for (std::size_t i = 0; i < m_count; ++i) {
            std::shared_ptr<head::Head> head = *head::open(uri(i), m_files);
            if (m_way == Way::distant) head = std::make_shared<DistantHead>(std::move(head));
            members.push_back({.who = {.name = uri(i), .domain = "d" + std::to_string(i)},
                               .head = std::move(head)});
        }
        return std::make_unique<GroupHead>("group://test", std::move(members), m_clock);
    }

private:
    static std::string uri(std::size_t i) { return "dir:///disk/head" + std::to_string(i); }

    std::size_t m_count;
    Way m_way;
    sim::FileSystem m_files;
    sim::Clock m_clock;
};

bool on_members(const std::string& suite, std::size_t count, Way way) {
    return head::register_conformance(
        suite, [count, way] { return std::make_unique<GroupPlace>(count, way); });
}

[[maybe_unused]] const bool registered[] = {
    on_members("GroupOfOne", 1, Way::near),
    on_members("GroupOfThree", 3, Way::near),
    on_members("GroupOfFiveDistant", 5, Way::distant),
};

} // namespace

} // namespace torgo::place
