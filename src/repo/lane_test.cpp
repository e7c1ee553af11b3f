#include "repo/lane.hpp"
#include "sys/clock.hpp"

#include <gtest/gtest.h>

#include <semaphore>
#include <string>

namespace torgo::repo {
namespace {

using namespace std::chrono_literals;
using Text = Inbox<std::string>;

/// Holds whoever passes, until it is opened.
class Gate {
public:
    ~Gate() { open(); }

    void open() { m_semaphore.release(100); }

    void pass() { m_semaphore.acquire(); }

private:
    std::counting_semaphore<> m_semaphore{0};
};

Text::Question says(std::string text) {
    return [text = std::move(text)]() -> Result<std::string> {
        return text;
    };
}

Text::Question waits(Gate& gate, std::string text) {
    return [&gate, text = std::move(text)]() -> Result<std::string> {
        gate.pass();
        return text;
    };
}

TEST(Inbox, gives_answers_in_the_order_in_which_they_come) {
    Gate gate;
    Lane slow(true);
    Lane quick(true);
    Text inbox;
    const auto first = inbox.ask(slow, waits(gate, "slow"));
    const auto second = inbox.ask(quick, says("quick"));
    auto answer = inbox.next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->ticket, second);
    gate.open();
    do
        answer = inbox.next();
    while (!answer);
    EXPECT_EQ(answer->ticket, first);
    EXPECT_EQ(answer->value.value(), "slow");
    EXPECT_EQ(inbox.open(), 0U);
}

TEST(Inbox, tells_once_of_a_late_answer_and_the_head_rests) {
    Gate gate;
    Lane lane(true);
    Text inbox;
    inbox.ask(lane, waits(gate, "in the end"));
    EXPECT_FALSE(lane.rests());
    const auto begun = Lane::Clock::now();
    EXPECT_FALSE(inbox.next());
    EXPECT_LT(Lane::Clock::now() - begun, 5s);
    EXPECT_TRUE(lane.rests());
    EXPECT_FALSE(lane.hangs()) << "late for a read is no reason not to write";
    gate.open();
    EXPECT_EQ(inbox.next()->value.value(), "in the end");
    EXPECT_FALSE(lane.rests()) << "it answers again";
}

TEST(Inbox, never_calls_a_local_head_late) {
    Gate gate;
    Lane local(false);
    Text inbox;
    inbox.ask(local, waits(gate, "a slow disk"));
    const std::jthread opener([&] {
        sys::Clock().sleep_ns(1'200'000'000); // longer than any patience without experience
        gate.open();
    });
    EXPECT_EQ(inbox.next()->value.value(), "a slow disk");
}

TEST(Inbox, learns_what_is_usual) {
    Lane lane(true);
    const auto before = lane.patience();
    for (int i = 0; i < 50; ++i)
        lane.note_answer(1ms);
    EXPECT_LT(lane.patience(), before);
    for (int i = 0; i < 50; ++i)
        lane.note_answer(60s);
    EXPECT_GT(lane.patience(), before);
    EXPECT_LE(lane.patience(), 5s);
}

TEST(Inbox, nobody_is_late_whom_we_slow_ourselves) {
    const Lane usual(true);
    const Lane slowed(true, 8s);
    EXPECT_EQ(slowed.patience(), usual.patience() + 8s);
}

TEST(Inbox, rests_longer_each_time_it_fails_and_not_after_it_answered) {
    Lane lane(true);
    Text inbox;
    inbox.ask(lane, []() -> Result<std::string> { return fail(Errc::unavailable, "away"); });
    EXPECT_EQ(inbox.next()->value.error().code(), Errc::unavailable);
    EXPECT_TRUE(lane.rests());
    EXPECT_TRUE(lane.hangs());
    inbox.ask(lane, []() -> Result<std::string> { return fail(Errc::not_found, "not here"); });
    EXPECT_EQ(inbox.next()->value.error().code(), Errc::not_found);
    EXPECT_FALSE(lane.hangs()) << "who says that something is not there, is there";
}

TEST(Inbox, gathers_all_while_they_answer_and_leaves_the_last_behind_that_hangs) {
    Gate gate;
    std::vector<std::unique_ptr<Lane>> lanes;
    for (int i = 0; i < 4; ++i)
        lanes.push_back(std::make_unique<Lane>(true));
    std::size_t came = 0;
    const auto count = [&](const Text::Answer&) {
        return ++came >= 3 ? Text::More::enough : Text::More::needed;
    };
    Text all;
    for (const auto& lane : lanes)
        all.ask(*lane, says("here"));
    EXPECT_TRUE(all.gather(10s, {}, count));
    EXPECT_EQ(came, 4U);
    came = 0;
    Text some;
    for (const auto& lane : lanes)
        some.ask(*lane, lane == lanes.back() ? waits(gate, "late") : says("here"));
    const auto begun = Lane::Clock::now();
    EXPECT_TRUE(some.gather(300ms, {}, count));
    EXPECT_EQ(came, 3U);
    EXPECT_GE(Lane::Clock::now() - begun, 300ms);
    EXPECT_TRUE(lanes.back()->hangs());
    gate.open();
}

TEST(Inbox, gathers_no_longer_than_a_while_after_it_is_told_to_stop) {
    Gate gate;
    Lane quick(true);
    Lane hung(true);
    std::stop_source stop;
    for (const bool is_enough : {true, false}) {
        std::size_t came = 0;
        Text some;
        some.ask(hung, waits(gate, "late"));
        some.ask(quick, says("here"));
        const auto begun = Lane::Clock::now();
        const bool ended = some.gather(1h, stop.get_token(), [&](const Text::Answer&) {
            ++came;
            stop.request_stop(); // the second time it is requested before
            return is_enough ? Text::More::enough : Text::More::needed;
        });
        EXPECT_EQ(ended, is_enough);
        EXPECT_EQ(came, 1U) << "who answers is heard all the same";
        EXPECT_LT(Lane::Clock::now() - begun, 1min);
    }
    gate.open();
}

TEST(Lane, refuses_more_when_too_many_wait) {
    Gate gate;
    Lane lane(true);
    int taken = 0;
    while (taken < 10'000 && lane.submit([&gate] { gate.pass(); }))
        ++taken;
    EXPECT_LT(taken, 1000);
    EXPECT_GT(taken, 100);
    for (int i = 0; i < 20; ++i)
        gate.open();
}

TEST(Lane, drops_what_has_not_begun_when_it_ends) {
    Gate gate;
    std::atomic<int> ran = 0;
    {
        Lane lane(false);
        std::binary_semaphore begun{0};
        lane.submit([&] {
            begun.release();
            gate.pass();
            ++ran;
        });
        begun.acquire();
        for (int i = 0; i < 10; ++i)
            lane.submit([&] { ++ran; });
        gate.open();
    }
    EXPECT_GE(ran, 1);
}

} // namespace
} // namespace torgo::repo
