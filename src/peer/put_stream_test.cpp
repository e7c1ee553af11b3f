// A segment that is sent while it is made.
#include "peer/head.hpp"
#include "peer/put_stream.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace torgo::peer {
namespace {

SegmentId some_id() {
    return SegmentId{{1, 2, 3}};
}

/// Takes a body in pieces of 1,000 bytes and answers.
class Taker final : public Exchanger {
public:
    Result<Answer> exchange(const Request& request, const BodySource& source,
                            const BodySink& sink) override {
        target = request.target;
        Bytes piece(1000);
        for (auto left = std::min<std::uint64_t>(request.body_size, takes); left > 0;) {
            TRY(const auto got,
                source(ByteSpan(piece).first(std::min<std::size_t>(piece.size(), left))));
            taken.insert(taken.end(), piece.begin(), piece.begin() + static_cast<long>(got));
            left -= got;
        }
        CHECK_OK(sink(answer, {}));
        return answer;
    }

    void cancel() noexcept override {}

    std::uint64_t takes = 1_GiB; ///< before it answers
    Answer answer{201, {}, 0};
    std::string target;
    Bytes taken;
};

class PutStreamTest : public testing::Test {
protected:
    PutStreamTest() {
        for (std::size_t i = 0; i < content.size(); ++i)
            content[i] = static_cast<std::uint8_t>(i / 7);
    }

    auto begin() { return head.begin_named(some_id(), content.size()).value(); }

    /// Appends the content in parts; the first failure.
    Result<> fill(head::SegmentWriter& writer) {
        for (std::size_t at = 0; at < content.size(); at += 3000)
            CHECK_OK(writer.append(
                ByteView(content).subspan(at, std::min<std::size_t>(3000, content.size() - at))));
        return {};
    }

    Taker node;
    PeerHead head{node, "tor:test", RepoId{{9}}, 0};
    Bytes content = Bytes(10'000);
};

} // namespace

TEST_F(PutStreamTest, every_byte_is_taken_when_append_returns_and_commit_gives_the_answer) {
    const auto before = content;
    const auto writer = begin();
    ASSERT_TRUE(fill(*writer));
    std::ranges::fill(content, 0); // what was appended is not needed any more
    EXPECT_TRUE(writer->commit(some_id()));
    EXPECT_EQ(node.taken, before);
    EXPECT_NE(node.target.find(some_id().hex()), std::string::npos);
}

// PEER-5
TEST_F(PutStreamTest, a_node_that_has_the_segment_is_spared_the_rest) {
    node.takes = 0;
    node.answer.status = 200;
    const auto writer = begin();
    EXPECT_TRUE(fill(*writer));
    EXPECT_TRUE(writer->commit(some_id()));
    EXPECT_TRUE(node.taken.empty());
}

TEST_F(PutStreamTest, a_refusal_comes_out_of_append_and_of_commit) {
    node.takes = 4000;
    node.answer = {507, {{"torgo-error", "no_space"}}, 0};
    const auto writer = begin();
    (void)fill(*writer);
    EXPECT_EQ(writer->commit(some_id()).error().code(), Errc::invalid_argument) << "not whole";
    const auto whole = begin();
    node.takes = content.size();
    (void)fill(*whole); // the answer may come before the last append returns
    EXPECT_EQ(whole->commit(some_id()).error().code(), Errc::no_space);
}

// PEER-51
TEST_F(PutStreamTest, what_is_given_up_ends_the_request_in_the_middle) {
    auto writer = begin();
    ASSERT_TRUE(writer->append(ByteView(content).first(5000)));
    writer.reset(); // would wait for ever if the request went on
    EXPECT_EQ(node.taken.size(), 5000U);
}

TEST_F(PutStreamTest, only_what_was_announced_is_sent_and_named) {
    const auto writer = begin();
    EXPECT_EQ(writer->commit(some_id()).error().code(), Errc::invalid_argument);
    ASSERT_TRUE(fill(*writer));
    EXPECT_EQ(writer->append(Bytes(1)).error().code(), Errc::invalid_argument);
    EXPECT_EQ(writer->commit(SegmentId{{4}}).error().code(), Errc::invalid_argument);
    EXPECT_TRUE(writer->commit(some_id()));
    EXPECT_EQ(head.begin_named(some_id(), max_segment_file + 1).error().code(),
              Errc::limit_exceeded);
}

} // namespace torgo::peer
