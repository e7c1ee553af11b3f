#include "reading/json.hpp"
#include "reading/log.hpp"
#include "reading/source_state.hpp"
#include "reading/test_readings.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <set>

namespace torgo::reading {
namespace {

// [READING-2]
TEST(Decimal, each_number_has_one_spelling) {
    for (const auto* const text : {"0", "36.6", "36.60", "-1", "-0.5", "0.001",
                                   "123456789012345678", "0.00000000000000001"}) {
        const auto value = parse_decimal(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(print(*value), text);
        EXPECT_TRUE(is_valid(*value));
    }
    for (const auto* const text : {"", "-", ".", "1.", ".5", "+1", "01", "-0", "-0.0", "1e3", " 1",
                                   "1 ", "1,5", "1234567890123456789", "0x1", "--1", "1.-5"})
        EXPECT_FALSE(parse_decimal(text)) << text;
}

TEST(Decimal, every_valid_value_comes_back) {
    rc::check([] {
        const auto value = any_decimal().value_or(Decimal{});
        RC_ASSERT((parse_decimal(print(value)) == value));
    });
}

// [READING-3]
TEST(Moment, each_time_has_one_spelling) {
    for (const auto* const text :
         {"1970-01-01T00:00:00Z", "2026-11-22T19:06:45Z", "2024-02-29T23:59:59.5Z",
          "2199-12-31T23:59:59.999999999Z", "2026-11-22T19:06:45.000Z"}) {
        const auto moment = parse_moment(text);
        ASSERT_TRUE(moment) << text;
        EXPECT_EQ(print(*moment), text);
    }
    for (const auto* const text :
         {"", "2026-11-22", "2026-11-22T19:06:45", "2026-11-22 19:06:45Z", "2026-13-01T00:00:00Z",
          "2025-02-29T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T19:06:60Z",
          "2026-11-22T19:06:45.Z", "2026-11-22T19:06:45.1234567890Z", "1969-12-31T23:59:59Z",
          "2200-01-01T00:00:00Z", "2026-11-22T19:06:45+01:00", "2026-11-22T19:06:45z"})
        EXPECT_FALSE(parse_moment(text)) << text;
    EXPECT_EQ(parse_moment("2026-11-22T20:06:45+01:00", true),
              parse_moment("2026-11-22T19:06:45Z").value());
    EXPECT_FALSE(parse_moment("1970-01-01T00:30:00+01:00", true));
}

TEST(Moment, every_valid_moment_comes_back) {
    rc::check([] {
        const auto moment = any_sent(1, 1).reading.time;
        RC_ASSERT((parse_moment(print(moment)) == moment));
    });
}

// [READING-5]
TEST(Profile, each_is_what_the_spec_says) {
    std::set<std::uint8_t> ids;
    for (const auto& profile : profiles()) {
        EXPECT_TRUE(ids.insert(profile.id).second);
        EXPECT_LE(profile.fields.size(), values_max);
        EXPECT_EQ(find_profile(profile.name), &profile);
        EXPECT_EQ(profile.is_small(), profile.fields.size() < 4) << profile.name;
    }
    EXPECT_EQ(find_profile(std::uint8_t{0}), nullptr);
    EXPECT_EQ(find_profile("vitals-pulse")->bits(), packed_bits);
    EXPECT_EQ(find_profile("room-air")->bits(), packed_bits);
}

// [READING-6]
TEST(Profile, gives_back_exactly_what_it_packs_and_packs_nothing_else) {
    rc::check([] {
        for (const auto& profile : profiles()) {
            Reading reading;
            reading.profile = profile.id;
            for (std::size_t i = 0; i < profile.fields.size(); ++i)
                reading.values[i] = *rc::gen::inRange(0, 3) == 0
                                        ? any_decimal()
                                        : profile.fields[i].expand(*rc::gen::inRange<std::uint32_t>(
                                              0, profile.fields[i].missing() + 1));
            const auto packed = profile.pack(reading);
            if (!packed) continue;
            Reading back;
            profile.unpack(*packed, back);
            RC_ASSERT((back.values == reading.values));
        }
    });
    auto reading = pulse(1, 1);
    EXPECT_TRUE(find_profile(std::uint8_t{2})->pack(reading));
    reading.values[2] = decimal(3660, 2);
    EXPECT_FALSE(find_profile(std::uint8_t{2})->pack(reading)) << "36.60 is not 36.6";
    reading = pulse(1, 1);
    reading.values[0] = decimal(255);
    EXPECT_FALSE(find_profile(std::uint8_t{2})->pack(reading)) << "all ones means missing";
    reading = pulse(1, 1);
    reading.quality = Quality::doubtful;
    EXPECT_FALSE(find_profile(std::uint8_t{2})->pack(reading));
}

// [READING-1] [READING-14]
TEST(Record, comes_back_and_is_refused_when_cut) {
    rc::check([] {
        auto one = any_sent(*rc::gen::arbitrary<std::uint64_t>(), 5);
        one.reading.time_of_arrival = *rc::gen::arbitrary<bool>();
        Writer out;
        encode(Record(one), out);
        RC_ASSERT(out.size() <= record_size_max);
        const auto back = decode_record(out.view());
        RC_ASSERT(back.has_value());
        RC_ASSERT((std::get<Sent>(*back) == one));
        RC_ASSERT(!decode_record(out.view().first(out.size() - 1)));
    });
    Writer out;
    const Record gone = GoneRecord{.source = 9, .gone = {.first = 3, .count = 4}};
    encode(gone, out);
    EXPECT_EQ(decode_record(out.view()), gone);
}

// [READING-15]
TEST(Log, ends_at_the_first_frame_that_is_not_whole) {
    sim::FileSystem files;
    auto log = LogWriter::create(files, "/", 7).value();
    for (std::uint64_t number = 1; number <= 3; ++number)
        log.add(sent(pulse(1, number)));
    ASSERT_TRUE(log.sync());
    const auto content = env::read_file(files, "/" + log_name(7), log_size_max).value();
    EXPECT_EQ(decode_log(content, 7)->records.size(), 3U);
    EXPECT_FALSE(decode_log(content, 8)) << "another log's bytes";
    std::size_t records = 0;
    for (std::size_t size = 0; size < content.size(); ++size) {
        const auto found = decode_log(ByteView(content).first(size), 7);
        ASSERT_TRUE(found);
        EXPECT_GE(found->records.size(), records);
        EXPECT_FALSE(found->goes_on) << "power went";
        records = found->records.size();
        if (size <= 16) continue;
        auto changed = content;
        changed[size] ^= 4;
        EXPECT_LT(decode_log(changed, 7)->records.size(), 3U) << size;
    }
    EXPECT_EQ(records, 2U);
}

// [READING-15]
TEST(Log, tells_when_whole_frames_follow_a_bad_one) {
    sim::FileSystem files;
    auto log = LogWriter::create(files, "/", 7).value();
    std::vector<std::size_t> ends;
    for (std::uint64_t number = 1; number <= 20; ++number) {
        log.add(sent(pulse(1, number)));
        ends.push_back(log.size());
    }
    ASSERT_TRUE(log.sync());
    const auto content = env::read_file(files, "/" + log_name(7), log_size_max).value();
    for (std::size_t at = 16; at < content.size(); ++at) {
        auto changed = content;
        changed[at] ^= 4;
        EXPECT_EQ(decode_log(changed, 7)->goes_on, at < ends[18]) << at;
    }
    auto hole = content;
    std::fill(hole.begin() + 30, hole.begin() + static_cast<std::ptrdiff_t>(ends[9]), 0);
    EXPECT_TRUE(decode_log(hole, 7)->goes_on);
}

// [READING-12]
TEST(SourceState, knows_what_it_has_as_a_set_does) {
    rc::check([] {
        SourceState state;
        std::set<std::uint64_t> model;
        const auto numbers = *rc::gen::container<std::vector<std::uint64_t>>(
            80, rc::gen::inRange<std::uint64_t>(1, 90));
        for (const auto number : numbers) {
            const bool fresh = state.place_of(number) == SourceState::Place::fresh;
            RC_ASSERT((fresh == model.insert(number).second));
            if (fresh) state.take(number);
        }
        const auto ack = state.ack(4);
        for (std::uint64_t number = 1; number < 120; ++number)
            RC_ASSERT((ack.has(number) == model.contains(number)));
        std::size_t lacking = 0;
        for (const auto& gap : state.gaps(1000))
            lacking += gap.count;
        RC_ASSERT((lacking == *model.rbegin() - model.size()));
        RC_ASSERT((decode_ack(encode(ack))->bitmap == ack.bitmap));
        Writer out;
        state.encode(out);
        Reader in(out.view());
        RC_ASSERT((SourceState::decode(in)->ack(4) == ack));
        RC_ASSERT(in.empty());
    });
}

TEST(SourceState, gaps_that_stay_are_closed_by_the_sources_word) {
    SourceState state;
    state.take(3);
    EXPECT_EQ(state.place_of(3 + SourceState::window), SourceState::Place::too_far);
    EXPECT_EQ(state.gaps(8), (std::vector<Gone>{{.first = 1, .count = 2}}));
    EXPECT_TRUE(state.take_gone({.first = 1, .count = 2}));
    EXPECT_EQ(state.cumulative(), 3U);
    EXPECT_TRUE(state.take_gone({.first = 4, .count = 1'000'000}));
    EXPECT_EQ(state.cumulative(), 1'000'003U);
    EXPECT_TRUE(state.take_gone({.first = 1'000'005, .count = 2}));
    EXPECT_EQ(state.place_of(1'000'005), SourceState::Place::duplicate);
    EXPECT_EQ(state.place_of(1'000'004), SourceState::Place::fresh);
    EXPECT_FALSE(state.take_gone({.first = 3'000'000, .count = 2}));
}

// [READING-10]
TEST(SourceState, a_reading_has_the_time_of_the_line_that_began_before_it) {
    SourceState state;
    const auto line = [](std::uint64_t number, std::int64_t at) {
        return Line{
            .number = number, .time = {.ns = at * second, .digits = 0}, .period_ns = second};
    };
    EXPECT_EQ(state.line_at(0, 5), nullptr);
    state.add_line(0, line(10, 1000));
    state.add_line(0, line(4, 100));
    EXPECT_EQ(state.line_at(0, 3), nullptr);
    EXPECT_EQ(state.line_at(0, 9)->at(9)->ns, 105 * second);
    EXPECT_EQ(state.line_at(0, 12)->at(12)->ns, 1002 * second);
    EXPECT_EQ(state.line_at(1, 12), nullptr);
    EXPECT_EQ(line(1, 1).at(std::uint64_t{1} << 47U), std::nullopt) << "past the year 2199";
    for (std::uint64_t i = 0; i < 20; ++i)
        state.add_line(0, line(100 + i, 1));
    EXPECT_EQ(state.line_at(0, 50), nullptr) << "only the newest are kept";
}

TEST(Json, keeps_the_digits_of_numbers_and_refuses_what_is_not_json) {
    const auto value = parse_json(R"( {"a":[36.60,-1e5,true,null],"b":"\u00e9\ud83d\ude00\n"} )");
    ASSERT_TRUE(value) << value.error().detail();
    EXPECT_EQ(value->find("a")->items[0].text, "36.60");
    EXPECT_EQ(value->text_of("b"), "\u00e9\U0001F600\n");
    EXPECT_EQ(value->find("c"), nullptr);
    for (const auto* const text :
         {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "1.", "nul", "\"\x01\"", "\"\\ud800\"",
          "\"\\x\"", "[1] 2", "{a:1}", "\"a", "[1 2]", "-", "{\"a\" 1}", "1e", "\"\\u12g4\""})
        EXPECT_FALSE(parse_json(text)) << text;
    EXPECT_EQ(parse_json(std::string(100, '[')).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(parse_json(std::string(json_size_max + 1, ' ')).error().code(), Errc::limit_exceeded);
}

} // namespace
} // namespace torgo::reading
