// A group whose members fail, hang, come back, or are another head.
#include "crypto/hash.hpp"
#include "head/open.hpp"
#include "head/opener.hpp"
#include "head/testing/fault_head.hpp"
#include "place/distant_head.hpp"
#include "place/group_head.hpp"
#include "place/group_opener.hpp"
#include "place/group_uri.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace torgo::place {
namespace {

constexpr RepoId repository{{7}};
constexpr unsigned number = 1;

SegmentId name(unsigned which) {
    return SegmentId{crypto::sha256(as_bytes("segment " + std::to_string(which))).bytes};
}

Bytes content(unsigned which) {
    return Bytes(1000 + which, static_cast<std::uint8_t>(which));
}

template <class T>
std::string_view outcome(const Result<T>& result) {
    return result ? "success" : torgo::name(result.error().code());
}

class GroupHeadTest : public testing::Test {
protected:
    void SetUp() override { open(5, 5); }

    void open(std::size_t count, std::size_t domains) {
        m_members.clear();
        std::vector<GroupHead::Opened> opened;
        for (std::size_t i = 0; i < count; ++i) {
            const auto uri = "dir:///disk" + std::to_string(i);
            auto head = head::create(uri, m_files, repository, number);
            m_members.push_back(std::make_shared<head::FaultHead>(*std::move(head)));
            opened.push_back({.who = {.name = uri, .domain = "site" + std::to_string(i % domains)},
                              .head = m_members.back()});
        }
        m_group = std::make_unique<GroupHead>("group://test", std::move(opened), m_clock);
    }

    Result<> put(unsigned which, std::vector<SegmentId> slots = {}) {
        TRY(const auto writer, m_group->begin_segment(0));
        CHECK_OK(writer->append(content(which)));
        if (slots.empty()) return writer->commit(name(which));
        return writer->commit_beside(name(which), slots);
    }

    bool has(std::size_t member, unsigned which) {
        return m_members[member]->segment_size(name(which)).has_value();
    }

    /// The members that have it.
    std::vector<std::size_t> holders(unsigned which) {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < m_members.size(); ++i)
            if (has(i, which)) out.push_back(i);
        return out;
    }

    Result<Bytes> get(unsigned which) {
        TRY(const auto size, m_group->segment_size(name(which)));
        Bytes out(size);
        CHECK_OK(m_group->read_segment(name(which), 0, out));
        return out;
    }

    sim::FileSystem m_files;
    sim::Clock m_clock;
    std::vector<std::shared_ptr<head::FaultHead>> m_members;
    std::unique_ptr<GroupHead> m_group;
};

// HEAD-34
TEST_F(GroupHeadTest, a_segment_lies_on_one_member_and_is_asked_of_the_right_one_first) {
    for (unsigned i = 0; i < 40; ++i)
        ASSERT_EQ(outcome(put(i)), "success");
    std::set<std::size_t> used;
    for (unsigned i = 0; i < 40; ++i) {
        ASSERT_EQ(holders(i).size(), 1U);
        used.insert(holders(i).front());
    }
    EXPECT_EQ(used.size(), 5U) << "all members are used";
    const auto asked = [&] {
        std::uint64_t sum = 0;
        for (const auto& member : m_members)
            sum += member->calls(head::Call::read_segment);
        return sum;
    };
    for (unsigned i = 0; i < 40; ++i)
        EXPECT_EQ(get(i), content(i));
    EXPECT_EQ(asked(), 40U) << "no member is asked in vain";
}

// PLACE-5
TEST_F(GroupHeadTest, segments_of_a_pack_are_kept_apart) {
    open(6, 3);
    for (unsigned pack = 0; pack < 10; ++pack) {
        const std::vector slots{name(3 * pack), name(3 * pack + 1), name(3 * pack + 2)};
        std::set<std::size_t> domains;
        for (unsigned i = 3; i-- > 0;) { // in any order
            ASSERT_EQ(outcome(put(3 * pack + i, slots)), "success");
            domains.insert(holders(3 * pack + i).front() % 3);
        }
        EXPECT_EQ(domains.size(), 3U);
    }
}

// PLACE-6
TEST_F(GroupHeadTest, when_a_member_is_away_another_one_in_a_free_domain_takes_its_segments) {
    for (std::size_t away = 0; away < 5; ++away) {
        m_members[away]->vanish();
        for (unsigned pack = 0; pack < 10; ++pack) {
            const auto first = static_cast<unsigned>(away) * 100 + 3 * pack;
            const std::vector slots{name(first), name(first + 1), name(first + 2)};
            for (unsigned i = 0; i < 3; ++i)
                ASSERT_EQ(outcome(put(first + i, slots)), "success");
            std::set<std::size_t> used;
            for (unsigned i = 0; i < 3; ++i) {
                EXPECT_EQ(get(first + i), content(first + i));
                used.insert(holders(first + i).front());
            }
            EXPECT_EQ(used.size(), 3U);
            EXPECT_FALSE(used.contains(away));
        }
        m_members[away]->reappear();
    }
    for (unsigned i = 0; i < 30; ++i) // by a group that remembers nothing of it
        EXPECT_EQ(get(400 + i), content(400 + i));
}

TEST_F(GroupHeadTest, a_write_goes_on_to_the_next_member_after_any_failure_of_one) {
    for (const auto code : {Errc::no_space, Errc::unavailable, Errc::io, Errc::read_only,
                            Errc::timeout, Errc::permission}) {
        const auto which = static_cast<unsigned>(code);
        for (const auto& member : m_members)
            member->on(head::Call::commit).nth(1).fail(code);
        const auto refused = put(which);
        EXPECT_EQ(outcome(refused), torgo::name(code)) << "all of them";
        ASSERT_EQ(outcome(put(which)), "success");
        EXPECT_EQ(get(which), content(which));
        EXPECT_EQ(holders(which).size(), 1U);
    }
}

// HEAD-34 HEAD-7
TEST_F(GroupHeadTest, not_found_is_said_when_every_member_says_so) {
    ASSERT_EQ(outcome(put(1)), "success");
    EXPECT_EQ(outcome(m_group->segment_size(name(2))), "not_found");
    const auto home = holders(1).front();
    const auto other = (home + 1) % 5;
    m_members[other]->vanish();
    EXPECT_EQ(get(1), content(1));
    EXPECT_EQ(outcome(m_group->segment_size(name(2))), "unavailable");
    EXPECT_EQ(outcome(m_group->list_segments({}, 10)), "unavailable");
    m_members[other]->reappear();
    m_members[home]->vanish();
    EXPECT_EQ(outcome(m_group->segment_size(name(1))), "unavailable");
    m_members[home]->reappear();
    EXPECT_EQ(outcome(m_group->segment_size(name(2))), "not_found");
}

TEST_F(GroupHeadTest, a_segment_is_found_wherever_it_lies) {
    for (std::size_t i = 0; i < 5; ++i) {
        auto writer = m_members[i]->begin_segment(0);
        ASSERT_TRUE((*writer)->append(content(static_cast<unsigned>(i))).has_value());
        ASSERT_TRUE((*writer)->commit(name(static_cast<unsigned>(i))).has_value());
    }
    for (unsigned i = 0; i < 5; ++i)
        EXPECT_EQ(get(i), content(i));
    m_members[3]->vanish();
    ASSERT_EQ(outcome(m_group->remove_segment(name(4))), "success");
    EXPECT_TRUE(holders(4).empty());
}

// HEAD-33
TEST_F(GroupHeadTest, a_root_is_stored_with_more_than_half_of_the_members) {
    const Bytes bytes = content(1);
    m_members[0]->vanish();
    m_members[3]->vanish();
    ASSERT_EQ(outcome(m_group->put_root("batch-1", bytes)), "success");
    m_members[4]->vanish();
    EXPECT_EQ(outcome(m_group->put_root("batch-2", bytes)), "unavailable");
    EXPECT_EQ(m_group->get_root("batch-1"), bytes);
    EXPECT_EQ(outcome(m_group->list_roots("")), "unavailable") << "some may be on the others only";
    EXPECT_EQ(outcome(m_group->get_root("batch-9")), "unavailable");
    m_members[0]->reappear();
    m_members[3]->reappear();
    m_members[1]->vanish();
    // 1, 2 and 4 took it; 0, 2 and 3 are there: one of any three has it.
    EXPECT_EQ(m_group->get_root("batch-1"), bytes);
    EXPECT_EQ(m_group->list_roots(""), (std::vector<std::string>{"batch-1", "batch-2"}));
    EXPECT_EQ(outcome(m_group->get_root("batch-9")), "not_found");
    EXPECT_EQ(outcome(m_group->put_root("batch-1", content(2))), "exists");
    EXPECT_EQ(outcome(m_group->remove_root("batch-1")), "unavailable") << "it would come back";
}

// HEAD-33
TEST_F(GroupHeadTest, the_descriptor_that_most_members_have_is_the_one) {
    ASSERT_EQ(outcome(m_group->put_root("descriptor", content(1))), "success");
    m_members[0]->vanish();
    ASSERT_EQ(outcome(m_group->put_root("descriptor", content(2))), "success");
    m_members[0]->reappear();
    EXPECT_EQ(m_group->get_root("descriptor"), content(2));
}

TEST_F(GroupHeadTest, a_member_of_another_repository_is_left_out) {
    auto foreign = head::create("dir:///foreign", m_files, RepoId{{9}}, number);
    std::vector<GroupHead::Opened> opened;
    for (std::size_t i = 0; i < 2; ++i)
        opened.push_back({.who = {.name = std::to_string(i), .domain = std::to_string(i)},
                          .head = m_members[i]});
    const std::shared_ptr<head::Head> wrong = *std::move(foreign);
    opened.push_back({.who = {.name = "w", .domain = "w"}, .head = wrong});
    m_group = std::make_unique<GroupHead>("group://test", std::move(opened), m_clock);
    const auto status = m_group->status();
    ASSERT_EQ(outcome(status), "success");
    EXPECT_EQ(status->repository, repository);
    EXPECT_EQ(status->index, number);
    for (unsigned i = 0; i < 20; ++i)
        ASSERT_EQ(outcome(put(i)), "success");
    ASSERT_EQ(outcome(m_group->put_root("batch-1", content(1))), "success");
    EXPECT_EQ(wrong->list_segments({}, 10)->size(), 0U);
    EXPECT_EQ(wrong->list_roots("")->size(), 0U);
    EXPECT_EQ(outcome(m_group->segment_size(name(99))), "unavailable");
}

TEST_F(GroupHeadTest, a_member_that_hangs_holds_nobody_up_that_has_enough_of_others) {
    std::vector<GroupHead::Opened> opened;
    std::vector<std::shared_ptr<DistantHead>> distant;
    for (std::size_t i = 0; i < 3; ++i) {
        distant.push_back(std::make_shared<DistantHead>(m_members[i]));
        opened.push_back({.who = {.name = std::to_string(i), .domain = std::to_string(i)},
                          .head = distant.back()});
    }
    m_group = std::make_unique<GroupHead>("group://test", std::move(opened), m_clock);
    distant[1]->hang();
    EXPECT_EQ(outcome(m_group->probe()), "success");
    const auto status = m_group->status();
    ASSERT_EQ(outcome(status), "success");
    EXPECT_EQ(status->total_bytes, 2 * m_members[0]->status()->total_bytes);
    EXPECT_TRUE(m_group->is_distant());
    m_group.reset(); // gives the one up that hangs
}

/// Members of a real file's world, opened by their URIs.
TEST(GroupOpener, makes_every_member_and_mends_a_group_that_got_a_new_one) {
    sim::FileSystem files;
    sim::Clock clock;
    const head::DirOpener folders(files);
    GroupUri group{.name = "g", .members = {}};
    for (const auto* uri : {"dir:///a", "dir:///b", "dir:///c"})
        group.members.push_back({.uri = uri, .domain = std::string(1, uri[7]), .weight = 1});
    const auto uri = *format_group_uri(group);
    const auto opened = open_group(uri, folders, clock);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(outcome((*opened)->probe()), "unavailable");
    const head::NewHead made{.repository = repository, .index = number};
    const auto created = create_group(uri, folders, clock, made);
    ASSERT_EQ(outcome(created), "success");
    EXPECT_EQ((*created)->uri(), uri);
    EXPECT_EQ((*created)->members().size(), 3U);
    for (const auto& member : group.members)
        EXPECT_EQ((*folders.open(member.uri))->status()->index, number);

    group.members[1].uri = "dir:///d";
    const auto mended = create_group(*format_group_uri(group), folders, clock, made);
    ASSERT_EQ(outcome(mended), "success");
    EXPECT_EQ((*folders.open("dir:///d"))->status()->repository, repository);
    EXPECT_EQ(outcome(create_group(uri, folders, clock, {.repository = RepoId{{9}}, .index = 0})),
              "exists");

    EXPECT_EQ(outcome(discard_group(uri, folders, repository)), "success");
    EXPECT_EQ(outcome((*folders.open("dir:///a"))->probe()), "unavailable");
}

TEST(GroupOpener, does_not_make_a_former_member_anew_that_holds_nothing) {
    sim::FileSystem files;
    sim::Clock clock;
    const head::DirOpener folders(files);
    GroupUri group{.name = "g", .members = {}};
    for (const auto* uri : {"dir:///a", "dir:///b", "dir:///c"})
        group.members.push_back({.uri = uri, .domain = std::string(1, uri[7]), .weight = 1});
    const auto former = *format_group_uri(group);
    const head::NewHead made{.repository = repository, .index = number};
    ASSERT_EQ(outcome(create_group(former, folders, clock, made)), "success");
    auto moved = made;
    moved.former = former;

    ASSERT_EQ(outcome((*folders.open("dir:///b"))->probe()), "success");
    ASSERT_EQ(outcome(folders.discard("dir:///b", repository)), "success");
    ASSERT_TRUE(env::make_directories(files, "/b").has_value()); // where a disk is not mounted
    group.members[2].uri = "dir:///d";
    const auto refused = create_group(*format_group_uri(group), folders, clock, moved);
    ASSERT_EQ(outcome(refused), "invalid_argument");
    EXPECT_TRUE(refused.error().detail().contains("dir:///b was a member"))
        << refused.error().detail();
    EXPECT_EQ(outcome((*folders.open("dir:///d"))->probe()), "unavailable") << "nothing is made";

    group.members.erase(group.members.begin() + 1);
    EXPECT_EQ(outcome(create_group(*format_group_uri(group), folders, clock, moved)), "success");
    EXPECT_EQ(outcome((*folders.open("dir:///d"))->probe()), "success");
}

} // namespace
} // namespace torgo::place
