// The power goes at every operation of a scenario; whatever way the disk is then found, all that
// was acknowledged is there, and nothing half-made has a final name.
#include "head/open.hpp"
#include "head/testing/conformance_case.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace torgo::head {

namespace {

constexpr std::uint64_t seeds = 40;
constexpr const char* uri = "dir:///disk/heads/one";
const std::string absent = "absent"; ///< no content of the scenario is this

/// What may be found of each thing: one possibility once a call was acknowledged, several while
/// not.
using Possible = std::map<std::string, std::set<std::string>>;

std::string text(std::size_t size, std::uint8_t seed) {
    const auto content = make_content(size, seed);
    return std::string(as_text(content));
}

struct Known {
    bool has_head = false;
    Possible segments; ///< by hex
    Possible roots;
};

/// Notes that `name` is being set to `value`; the returned function notes that it has been.
auto announce(Possible& things, const std::string& name, const std::string& value) {
    auto& possible = things.try_emplace(name, std::set{absent}).first->second;
    possible.insert(value);
    return [&possible, value](const Result<>& done) {
        if (done) possible = {value};
        return done.has_value();
    };
}

bool write_segment(Head& head, Known& known, const SegmentId& name, std::uint8_t seed) {
    const auto content = text(1500, seed);
    const auto note = announce(known.segments, name.hex(), content);
    return note(put_segment(head, name, as_bytes(content)));
}

bool write_root(Head& head, Known& known, const std::string& name, std::uint8_t seed) {
    const auto content = text(700, seed);
    const auto note = announce(known.roots, name, content);
    return note(head.put_root(name, as_bytes(content)));
}

/// Stops at the first failure, as the power is gone then.
bool run_scenario(env::FileSystem& files, Known& known) {
    const auto made = create(uri, files, conformance_repository, conformance_index);
    if (!made) return false;
    known.has_head = true;
    auto& head = **made;
    bool on = write_root(head, known, "descriptor", 1) && write_root(head, known, "key-0", 2);
    on = on && write_segment(head, known, make_name(5, 1), 3);
    on = on && write_segment(head, known, make_name(5, 2), 4);
    on = on && write_segment(head, known, make_name(5, 2), 4); // again, which must save it too
    on = on && write_segment(head, known, make_name(9, 1), 5);
    on = on && write_root(head, known, "snapshot-1", 6) && write_root(head, known, "snapshot-1", 6);
    on = on && write_root(head, known, "descriptor", 7);
    return on && announce(known.roots, "snapshot-1", absent)(head.remove_root("snapshot-1"));
}

std::string found_segment(Head& head, const SegmentId& name) {
    const auto content = read_whole(head, name);
    if (content) return std::string(as_text(*content));
    EXPECT_EQ(content.error().code(), Errc::not_found);
    return absent;
}

std::string found_root(Head& head, const std::string& name) {
    const auto content = head.get_root(name);
    if (content) return std::string(as_text(*content));
    EXPECT_EQ(content.error().code(), Errc::not_found);
    return absent;
}

void expect_nothing_lost(Head& head, const Known& known) {
    for (const auto& [name, possible] : known.segments)
        EXPECT_TRUE(possible.contains(found_segment(head, *SegmentId::parse(name)))) << name;
    for (const auto& [name, possible] : known.roots)
        EXPECT_TRUE(possible.contains(found_root(head, name))) << name;
    const auto segments = head.list_segments(SegmentId{}, 100);
    const auto roots = head.list_roots("");
    ASSERT_TRUE(segments && roots);
    for (const auto& segment : *segments)
        EXPECT_TRUE(known.segments.contains(segment.hex())) << segment.hex();
    for (const auto& root : *roots)
        EXPECT_TRUE(known.roots.contains(root)) << root;
}

void expect_a_usable_head(sim::FileSystem& files, const Known& known) {
    const auto head = open(uri, files);
    ASSERT_TRUE(head.has_value());
    const auto probed = (*head)->probe();
    if (known.has_head) {
        EXPECT_EQ(outcome(probed), "success");
        expect_nothing_lost(**head, known);
    } else if (!probed) {
        EXPECT_TRUE(probed.error().code() == Errc::not_a_repository ||
                    probed.error().code() == Errc::unavailable)
            << probed.error().detail();
    }
}

/// Life goes on: the same scenario again brings everything to its end and sweeps what was left
/// lying.
void expect_it_can_go_on(sim::FileSystem& files) {
    Known known;
    ASSERT_TRUE(run_scenario(files, known));
    const auto head = open(uri, files);
    expect_nothing_lost(**head, known);
    EXPECT_TRUE(files.list("/disk/heads/one/incoming")->empty());
}

} // namespace

// HEAD-1 HEAD-2 HEAD-12 HEAD-13 HEAD-24
TEST(DirHeadPowerCut, loses_nothing_acknowledged_and_shows_nothing_half_made) {
    for (std::uint64_t operation = 1;; ++operation) {
        sim::FileSystem files;
        ASSERT_TRUE(env::make_directories(files, "/disk").has_value());
        files.set_crash_after(operation);
        Known known;
        const bool ended = run_scenario(files, known);
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            SCOPED_TRACE("operation " + std::to_string(operation) + ", seed " +
                         std::to_string(seed));
            const auto found = files.crash(seed);
            expect_a_usable_head(*found, known);
            if (seed % 4 == 0) expect_it_can_go_on(*found);
            if (HasFailure()) return;
        }
        if (ended) {
            EXPECT_GT(operation, 50U) << "the scenario is longer than that";
            return;
        }
    }
}

/// As after a head was copied with other means: what lies there may not be on the disk yet.
TEST(DirHeadPowerCut, loses_nothing_that_somebody_else_brought_and_a_put_then_found) {
    sim::FileSystem files;
    ASSERT_TRUE(env::make_directories(files, "/disk").has_value());
    Known known;
    ASSERT_TRUE(run_scenario(files, known));
    const auto name = make_name(5, 77);
    const auto content = make_content(1500, 9);
    for (const auto& path : {"segments/05/" + name.hex(), std::string("roots/batch-7")}) {
        const auto file = files.create("/disk/heads/one/" + path, false);
        ASSERT_TRUE(file && (*file)->append(content)) << path;
    }
    const auto head = *open(uri, files);
    ASSERT_EQ(outcome(put_segment(*head, name, content)), "success");
    ASSERT_EQ(outcome(head->put_root("batch-7", content)), "success");
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto found = files.crash(seed);
        const auto again = *open(uri, *found);
        EXPECT_EQ(read_whole(*again, name), content) << seed;
        EXPECT_EQ(again->get_root("batch-7"), content) << seed;
    }
}

// HEAD-17
TEST(DirHeadFaults, any_operation_may_fail_once_and_the_call_is_made_again) {
    for (const auto code : {Errc::io, Errc::no_space, Errc::unavailable}) {
        bool ended = false;
        for (std::uint64_t operation = 1; !ended; ++operation) {
            sim::FileSystem files;
            ASSERT_TRUE(env::make_directories(files, "/disk").has_value());
            files.fail_nth_change(operation, code);
            Known known;
            ended = run_scenario(files, known);
            SCOPED_TRACE("operation " + std::to_string(operation));
            expect_a_usable_head(files, known);
            expect_a_usable_head(*files.crash(operation), known);
            if (!ended) expect_it_can_go_on(files);
            if (HasFailure()) return;
        }
    }
}

} // namespace torgo::head
