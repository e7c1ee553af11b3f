#include "segment/joiner.hpp"
#include "segment/stored_segments.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <deque>
#include <set>

namespace torgo::segment {
namespace {

/// Segments of which some fail, some are late and come after others, and some never come.
class ScriptedFetcher final : public Fetcher {
public:
    explicit ScriptedFetcher(const Stored& stored) : m_stored(stored) {}

    SegmentMask failing = 0;
    SegmentMask late = 0;  ///< answered after all others, when nothing else is to be had
    SegmentMask never = 0; ///< a bit of late: no answer at all
    SegmentMask resting = 0;
    std::vector<unsigned> asked;

    Ticket ask(unsigned index, std::uint64_t offset, std::size_t size) override {
        asked.push_back(index);
        const auto bit = mask_of(index);
        Answer answer{.ticket = ++m_last, .bytes = std::make_unique<std::uint8_t[]>(size)};
        if ((failing & bit) != 0)
            answer.bytes = fail(Errc::unavailable, "away");
        else
            std::copy_n(m_stored.files[index].begin() + static_cast<std::ptrdiff_t>(offset), size,
                        answer.bytes->get());
        const bool slow = ((late | never) & bit) != 0;
        if (slow) m_unsaid += 1;
        if ((never & bit) != 0) return m_last;
        (slow ? m_slow : m_ready).push_back(std::move(answer));
        return m_last;
    }

    std::optional<Answer> next() override {
        if (!m_ready.empty()) return pop(m_ready);
        if (m_unsaid > 0) {
            --m_unsaid;
            return std::nullopt;
        }
        if (!m_slow.empty()) return pop(m_slow);
        return Answer{.ticket = m_last, .bytes = fail(Errc::cancelled, "it waits for ever")};
    }

    SegmentMask reluctant() const override { return resting; }

private:
    static Answer pop(std::deque<Answer>& from) {
        auto answer = std::move(from.front());
        from.pop_front();
        return answer;
    }

    const Stored& m_stored;
    Ticket m_last = 0;
    int m_unsaid = 0; ///< late ones that `next` has not told of
    std::deque<Answer> m_ready;
    std::deque<Answer> m_slow;
};

Result<Bytes> read(const Stored& stored, Fetcher& fetcher, std::uint64_t offset, std::size_t size) {
    Bytes out(size);
    CHECK_OK(read_range(stored.info, offset, out, fetcher));
    return out;
}

Bytes part(const Stored& stored, std::uint64_t offset, std::size_t size) {
    const auto view = ByteView(stored.pack).subspan(offset, size);
    return {view.begin(), view.end()};
}

TEST(RangeReader, asks_only_for_what_is_wanted_while_all_is_well) {
    const auto stored = store({2, 4}, 9 * cell_size);
    ScriptedFetcher fetcher(stored);
    EXPECT_EQ(read(stored, fetcher, 10, 100).value(), part(stored, 10, 100));
    EXPECT_EQ(fetcher.asked, std::vector<unsigned>{0});
    EXPECT_EQ(read(stored, fetcher, 0, stored.pack.size()).value(), stored.pack);
    EXPECT_EQ(fetcher.asked, (std::vector<unsigned>{0, 0, 1}));
}

TEST(RangeReader, does_not_wait_for_one_that_never_answers) {
    const auto stored = store({2, 4}, 9 * cell_size);
    for (const unsigned hung : {0U, 1U}) {
        ScriptedFetcher fetcher(stored);
        fetcher.never = mask_of(hung);
        const auto got = read(stored, fetcher, 5, 3 * cell_size);
        ASSERT_TRUE(got) << got.error().detail();
        EXPECT_EQ(*got, part(stored, 5, 3 * cell_size));
    }
}

TEST(RangeReader, takes_a_late_answer_when_there_is_no_other) {
    const auto stored = store({2, 4}, 9 * cell_size);
    ScriptedFetcher fetcher(stored);
    fetcher.failing = mask_of(1) | mask_of(2);
    fetcher.late = mask_of(0) | mask_of(3);
    EXPECT_EQ(read(stored, fetcher, 0, stored.pack.size()).value(), stored.pack);
}

TEST(RangeReader, asks_those_that_rest_only_when_others_are_not_enough) {
    const auto stored = store({2, 4}, 9 * cell_size);
    ScriptedFetcher fetcher(stored);
    fetcher.resting = mask_of(0);
    EXPECT_EQ(read(stored, fetcher, 0, 4 * cell_size).value(), part(stored, 0, 4 * cell_size));
    EXPECT_EQ(std::ranges::count(fetcher.asked, 0U), 0);
    fetcher.failing = mask_of(2) | mask_of(3);
    EXPECT_EQ(read(stored, fetcher, 0, 4 * cell_size).value(), part(stored, 0, 4 * cell_size));
    EXPECT_EQ(std::ranges::count(fetcher.asked, 0U), 1);
}

TEST(RangeReader, says_how_many_answered_when_they_are_too_few) {
    const auto stored = store({2, 4}, 9 * cell_size);
    ScriptedFetcher fetcher(stored);
    fetcher.failing = mask_of(0) | mask_of(1) | mask_of(3);
    const auto got = read(stored, fetcher, 0, 4 * cell_size);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), Errc::too_few_heads);
    EXPECT_NE(got.error().detail().find("only 1 of 4"), std::string::npos);
}

RC_GTEST_PROP(RangeReader, any_k_that_answer_in_the_end_give_the_bytes, ()) {
    static const auto stored = store({3, 6}, 150 * cell_size);
    ScriptedFetcher fetcher(stored);
    fetcher.failing = *rc::gen::inRange<SegmentMask>(0, 64);
    fetcher.late = *rc::gen::inRange<SegmentMask>(0, 64);
    fetcher.resting = *rc::gen::inRange<SegmentMask>(0, 64);
    const auto offset = *rc::gen::inRange<std::size_t>(0, stored.pack.size());
    const auto size = *rc::gen::inRange<std::size_t>(0, stored.pack.size() - offset + 1);
    const auto got = read(stored, fetcher, offset, size);
    if (std::popcount(~fetcher.failing & 63) >= 3) {
        RC_ASSERT(got.has_value());
        RC_ASSERT(*got == part(stored, offset, size));
    } else if (!got) {
        RC_ASSERT(got.error().code() == Errc::too_few_heads);
    }
}

} // namespace
} // namespace torgo::segment
