#include "segment/rebuild.hpp"
#include "segment/stored_segments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace torgo::segment {
namespace {

Result<std::vector<Bytes>> rebuilt(const Stored& stored, const std::vector<unsigned>& missing) {
    std::vector<Bytes> files(stored.info.code.n);
    CHECK_OK(rebuild(stored.info, test_repo(), missing, stored.fetch(), into(files)));
    return files;
}

/// Answers at once, with an error where the stored segments give one.
class StoredFetcher final : public Fetcher {
public:
    explicit StoredFetcher(const Stored& stored) : m_fetch(stored.fetch()) {}

    Ticket ask(unsigned index, std::uint64_t offset, std::size_t size) override {
        asked |= mask_of(index);
        longest = std::max(longest, size);
        Answer answer{.ticket = ++m_last, .bytes = std::make_unique<std::uint8_t[]>(size)};
        if (auto got = m_fetch(index, offset, {answer.bytes->get(), size}); !got)
            answer.bytes = std::unexpected(std::move(got).error());
        m_answers.push_back(std::move(answer));
        return m_last;
    }

    std::optional<Answer> next() override {
        auto answer = std::move(m_answers.front());
        m_answers.pop_front();
        return answer;
    }

    SegmentMask asked = 0;
    std::size_t longest = 0;

private:
    Fetch m_fetch;
    Ticket m_last = 0;
    std::deque<Answer> m_answers;
};

class Rebuild : public OfEitherKind {};

INSTANTIATE_TEST_SUITE_P(Kinds, Rebuild, either_kind, kind_name);

TEST_P(Rebuild, gives_the_original_files_for_every_loss_of_2_of_4) {
    for (const std::size_t cells : {1U, 4U, 71U}) {
        const auto stored = store(GetParam(), cells * cell_size);
        for (unsigned a = 0; a < 4; ++a)
            for (unsigned b = 0; b < 4; ++b) {
                auto some = stored;
                some.files[a].clear();
                some.files[b].clear();
                const auto missing = a == b ? std::vector{a} : std::vector{a, b};
                const auto files = rebuilt(some, missing);
                ASSERT_TRUE(files) << files.error().detail();
                for (const auto i : missing)
                    EXPECT_EQ((*files)[i], stored.files[i]) << a << b;
            }
    }
}

TEST_P(Rebuild, unverified_gives_the_same_from_any_k) {
    for (const std::size_t cells : {1U, 4U, 71U}) {
        const auto stored = store(GetParam(), cells * cell_size);
        for (unsigned a = 0; a < 4; ++a)
            for (unsigned b = 0; b < 4; ++b) {
                auto some = stored;
                some.files[a].clear();
                some.files[b].clear();
                const auto missing = a == b ? std::vector{a} : std::vector{a, b};
                StoredFetcher fetcher(some);
                std::vector<Bytes> files(4);
                const auto made =
                    rebuild_unverified(stored.info, test_repo(), missing, fetcher, into(files));
                ASSERT_TRUE(made) << made.error().detail();
                for (const auto i : missing) {
                    EXPECT_EQ(files[i], stored.files[i]) << a << b;
                    EXPECT_EQ(fetcher.asked & mask_of(i), 0U);
                }
                EXPECT_LE(fetcher.longest, rebuild_window);
            }
    }
}

// SEGMENT-13
TEST_P(Rebuild, unverified_never_ends_what_does_not_have_its_name) {
    auto stored = store(GetParam(), 40 * cell_size);
    stored.files[2][3 * cell_size] ^= 1;
    stored.files[3].clear();
    StoredFetcher fetcher(stored);
    std::vector<Bytes> files(4);
    const auto made = rebuild_unverified(stored.info, test_repo(), {1, 3}, fetcher, into(files));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), Errc::corrupt);
    for (const auto i : {1U, 3U})
        EXPECT_LE(files[i].size(), stored.info.segment_payload_size()) << "it got a trailer";
    stored.files[2].clear();
    StoredFetcher one(stored);
    EXPECT_EQ(rebuild_unverified(stored.info, test_repo(), {1, 3}, one, into(files)).error().code(),
              Errc::too_few_heads);
}

TEST(RebuildOfAnyCode, gives_the_original_files_for_random_losses_of_larger_codes) {
    std::mt19937 random(3);
    for (const auto code : {Code{6, 12}, Code{10, 20}}) {
        const auto stored = store(code, 256_KiB);
        std::vector<unsigned> missing;
        while (missing.size() < static_cast<std::size_t>(code.n - code.k)) {
            const auto i = static_cast<unsigned>(random()) % code.n;
            if (std::ranges::find(missing, i) == missing.end()) missing.push_back(i);
        }
        auto some = stored;
        for (const auto i : missing)
            some.files[i].clear();
        const auto files = rebuilt(some, missing).value();
        for (const auto i : missing)
            EXPECT_EQ(files[i], stored.files[i]);
    }
}

TEST_P(Rebuild, goes_round_damaged_cells_of_the_segments_it_reads) {
    auto stored = store(GetParam(), 8 * cell_size);
    const auto lost = std::exchange(stored.files[1], {});
    stored.files[0][0] ^= 1;
    stored.files[2][cell_size] ^= 1;
    stored.files[3][3 * cell_size + 5] ^= 1;
    EXPECT_EQ(rebuilt(stored, {1}).value()[1], lost);
}

TEST_P(Rebuild, never_calls_a_segment_rebuilt_that_has_another_name) { // [SEGMENT-13]
    auto stored = store(GetParam(), 4 * cell_size);
    stored.files[3].clear();
    stored.info.segments[3].bytes[0] ^= 1;
    const auto files = rebuilt(stored, {3});
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().code(), Errc::corrupt);
}

TEST_P(Rebuild, says_when_too_few_are_left) {
    auto stored = store(GetParam(), 4 * cell_size);
    for (const unsigned i : {0U, 1U, 3U})
        stored.files[i].clear();
    const auto files = rebuilt(stored, {0, 1, 3});
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().code(), Errc::too_few_heads);
}

TEST_P(Rebuild, never_reads_what_it_makes) {
    const auto stored = store(GetParam(), 4 * cell_size);
    const Fetch fetch = [&](unsigned index, std::uint64_t offset, ByteSpan out) {
        EXPECT_NE(index, 0U);
        return stored.fetch()(index, offset, out);
    };
    std::vector<Bytes> files(4);
    ASSERT_TRUE(rebuild(stored.info, test_repo(), {0}, fetch, into(files)));
    EXPECT_EQ(files[0], stored.files[0]);
}

TEST_P(Rebuild, uses_what_is_good_in_damaged_segments) {
    const auto stored = store(GetParam(), 8 * cell_size);
    auto some = stored;
    some.files[0][10] ^= 1U;             // the first stripe
    some.files[1][cell_size + 10] ^= 1U; // the second
    some.files[2].clear();
    std::vector<Bytes> files(4);
    const auto made = rebuild(stored.info, test_repo(), {0, 1, 2}, some.fetch(), into(files),
                              mask_of(0) | mask_of(1));
    ASSERT_TRUE(made) << made.error().detail();
    for (const unsigned i : {0U, 1U, 2U})
        EXPECT_EQ(files[i], stored.files[i]) << i;
    some.files[1][10] ^= 1U; // the first stripe has one good cell left
    EXPECT_EQ(rebuild(stored.info, test_repo(), {0, 1, 2}, some.fetch(), into(files),
                      mask_of(0) | mask_of(1))
                  .error()
                  .code(),
              Errc::too_few_heads);
}

TEST_P(Rebuild, refuses_segments_that_do_not_exist_or_come_twice) {
    const auto stored = store(GetParam(), 2 * cell_size);
    EXPECT_EQ(rebuilt(stored, {4}).error().code(), Errc::invalid_argument);
    EXPECT_EQ(rebuilt(stored, {1, 1}).error().code(), Errc::invalid_argument);
    EXPECT_TRUE(rebuilt(stored, {}));
}

TEST_P(Rebuild, the_sinks_error_ends_it) {
    const auto stored = store(GetParam(), 2 * cell_size);
    const Splitter::Sink full = [](unsigned, ByteView) -> Result<> {
        return fail(Errc::no_space, "full");
    };
    const auto done = rebuild(stored.info, test_repo(), {2}, stored.fetch(), full);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), Errc::no_space);
}

} // namespace
} // namespace torgo::segment
