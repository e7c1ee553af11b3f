#include "peer/test_receipts.hpp"
#include "peer/tracer.hpp"
#include "sim/clock.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>

#include <set>

namespace torgo::peer {

namespace {

/// Takes the whole body and gives one answer again and again.
class Echo final : public Exchanger {
public:
    Result<Answer> exchange(const Request& request, const BodySource& source,
                            const BodySink& sink) override {
        seen.push_back(std::string(find_header(request.headers, trace_header)));
        Bytes piece(7);
        for (std::uint64_t left = request.body_size; left > 0;) {
            TRY(const auto got, source(ByteSpan(piece).first(std::min<std::size_t>(left, 7))));
            left -= got;
        }
        if (!answer) return answer;
        if (!body.empty()) CHECK_OK(sink(*answer, body));
        return answer;
    }

    void cancel() noexcept override {}

    Result<Answer> answer = Answer{.status = 200, .headers = {}, .body_size = 0};
    Bytes body;
    std::vector<std::string> seen;
};

class TracerTest : public ::testing::Test {
protected:
    Receipt ask(Method method, const std::string& rest, ByteView body = {},
                std::vector<Header> headers = {}) {
        const auto source = [body](ByteSpan out) mutable -> Result<std::size_t> {
            std::ranges::copy(body.first(out.size()), out.begin());
            body = body.subspan(out.size());
            return out.size();
        };
        const auto before = notes.size();
        (void)tracer.exchange(
            {method, "/v1/" + test_repo.hex() + "/" + rest, std::move(headers), body.size()},
            source, [](const Answer&, ByteView) { return Result<>{}; });
        return notes.size() == before ? Receipt{} : notes.back();
    }

    Echo echo;
    sim::Clock clock{77};
    sim::Random random{1};
    std::vector<Receipt> notes;
    PeerId node{{4}};
    Tracer tracer{echo, node, clock, random, [this](const RepoId&, const Receipt& receipt) {
                      notes.push_back(receipt);
                  }};
    std::string segment = "segments/" + std::string(64, 'b');
};

} // namespace

// PEER-36
TEST_F(TracerTest, notes_what_passed_under_the_trace_that_the_node_sees) {
    const Bytes body(50, 3);
    const auto put = ask(Method::put, "roots/batch-1", body);
    EXPECT_EQ(put.trace, parse_traceparent(echo.seen.back()));
    EXPECT_EQ(put.other, node);
    EXPECT_EQ(put.content, crypto::sha256(body));
    EXPECT_EQ(put.bytes, 50U);
    EXPECT_EQ(put.time_ns, 77);
    EXPECT_FALSE(put.failure.has_value());
    echo.body = body;
    echo.answer->body_size = body.size();
    const auto got = ask(Method::get, "roots/batch-1");
    EXPECT_EQ(got.content, put.content);
    EXPECT_EQ(got.bytes, 50U);
    EXPECT_NE(got.trace, put.trace);
    const std::string own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    EXPECT_EQ(ask(Method::get, segment, {}, {{"traceparent", own}}).trace, parse_traceparent(own));
    EXPECT_EQ(echo.seen.back(), own);
    (void)ask(Method::get, "status");
    EXPECT_EQ(notes.size(), 3U) << "which is no transfer";
}

// PEER-36
TEST_F(TracerTest, a_failure_says_nothing_of_contents) {
    const Bytes body(50, 3);
    echo.answer = Answer{.status = 507, .headers = {{"torgo-error", "no_space"}}, .body_size = 9};
    auto note = ask(Method::put, segment, body);
    EXPECT_EQ(note.failure, Errc::no_space);
    EXPECT_TRUE(note.content.is_zero());
    EXPECT_EQ(note.bytes, 0U);
    echo.answer = Answer{.status = 302, .headers = {}, .body_size = 9};
    EXPECT_EQ(ask(Method::get, segment).failure, Errc::unavailable) << "no node has answered";
    echo.answer = fail(Errc::timeout, "silence");
    EXPECT_EQ(ask(Method::get, segment).failure, Errc::timeout);
}

} // namespace torgo::peer
