// A node that lies or is none: its client must neither believe it nor run out of memory.
#include "peer/head.hpp"

#include <gtest/gtest.h>

namespace torgo::peer {

namespace {

/// Answers every request with the same.
class Liar final : public Exchanger {
public:
    Result<Answer> exchange(const Request& request, const BodySource&,
                            const BodySink& sink) override {
        last = request;
        for (unsigned i = 0; i < times && request.method != Method::head; ++i)
            CHECK_OK(sink(answer, body));
        return answer;
    }

    void cancel() noexcept override {}

    void says(Bytes bytes) {
        body = std::move(bytes);
        answer.body_size = body.size();
    }

    Request last;
    Answer answer{200, {}, 0};
    Bytes body;
    unsigned times = 1;
};

class PeerHeadTest : public ::testing::Test {
protected:
    template <class T>
    std::string outcome(const Result<T>& result) {
        return result ? "success" : std::string(name(result.error().code()));
    }

    Liar node;
    RepoId repository{{1, 2}};
    PeerHead head{node, "tor:test", repository, 3};
    Bytes out = Bytes(100);
};

SegmentId segment_id(std::uint8_t first) {
    SegmentId id;
    id.bytes[0] = first;
    return id;
}

} // namespace

TEST_F(PeerHeadTest, a_range_of_another_size_is_refused) {
    node.says(Bytes(100, 7));
    EXPECT_EQ(outcome(head.read_segment({}, 5, out)), "success");
    EXPECT_EQ(find_header(node.last.headers, range_header), "bytes=5-104");
    node.answer.body_size = 101;
    EXPECT_EQ(outcome(head.read_segment({}, 5, out)), "unavailable");
    node.says(Bytes(99));
    EXPECT_EQ(outcome(head.read_segment({}, 5, out)), "unavailable");
    node.answer.body_size = 100;
    EXPECT_EQ(outcome(head.read_segment({}, 5, out)), "unavailable") << "cut";
    node.times = 2;
    EXPECT_EQ(outcome(head.read_segment({}, 5, out)), "unavailable") << "goes on";
}

TEST_F(PeerHeadTest, an_answer_without_end_is_cut) {
    node.says(Bytes(1_MiB));
    node.times = 1000;
    EXPECT_EQ(outcome(head.get_root("key-1")), "unavailable");
    EXPECT_EQ(outcome(head.status()), "unavailable");
    EXPECT_EQ(outcome(head.list_segments({}, 10)), "unavailable");
    EXPECT_EQ(outcome(head.put_root("key-1", {})), "unavailable");
    node.answer = {500, {{"torgo-error", "io"}}, 1_GiB};
    const auto failed = head.get_root("key-1");
    EXPECT_EQ(outcome(failed), "io");
    EXPECT_LT(failed.error().detail().size(), 2 * max_error_text);
}

namespace {

/// Always has another page of names that ascend.
class Endless final : public Exchanger {
public:
    Result<Answer> exchange(const Request&, const BodySource&, const BodySink& sink) override {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < max_page; ++i) {
            auto number = std::to_string(++m_count);
            number.insert(0, 12 - number.size(), '0');
            names.push_back("snapshot-" + number);
        }
        const auto body = encode_names(names);
        const Answer answer{200, {}, body.size()};
        CHECK_OK(sink(answer, body));
        return answer;
    }

    void cancel() noexcept override {}

    std::uint64_t count() const { return m_count; }

private:
    std::uint64_t m_count = 0;
};

} // namespace

TEST_F(PeerHeadTest, a_list_of_roots_without_end_is_given_up) {
    Endless endless;
    PeerHead listing(endless, "tor:test", repository, 3);
    EXPECT_EQ(outcome(listing.list_roots("snapshot-")), "limit_exceeded");
    EXPECT_LE(endless.count(), max_listed_roots + max_page);
}

// PEER-4
TEST_F(PeerHeadTest, not_found_is_believed_of_a_node_only) {
    node.answer = {404, {}, 0};
    EXPECT_EQ(outcome(head.segment_size({})), "unavailable");
    EXPECT_EQ(outcome(head.get_root("key-1")), "unavailable");
    EXPECT_EQ(outcome(head.read_segment({}, 0, out)), "unavailable");
    node.answer.headers = {{"torgo-error", "not_found"}};
    EXPECT_EQ(outcome(head.segment_size({})), "not_found");
    EXPECT_EQ(outcome(head.get_root("key-1")), "not_found");
    EXPECT_EQ(outcome(head.read_segment({}, 0, out)), "not_found");
    EXPECT_EQ(outcome(head.read_segment({}, 0, {})), "not_found");
}

TEST_F(PeerHeadTest, lists_must_be_what_was_asked_for) {
    const std::vector ids{segment_id(5), segment_id(7)};
    node.says(encode_ids(ids));
    EXPECT_EQ(head.list_segments(segment_id(4), 2), ids);
    EXPECT_EQ(outcome(head.list_segments(segment_id(5), 2)), "unavailable") << "not after";
    EXPECT_EQ(outcome(head.list_segments(segment_id(4), 1)), "unavailable") << "too many";
    node.says(encode_ids(std::vector{segment_id(7), segment_id(5)}));
    EXPECT_EQ(outcome(head.list_segments(segment_id(4), 2)), "unavailable");
    node.says(encode_names(std::vector<std::string>{"batch-1"}));
    EXPECT_EQ(outcome(head.list_roots("batch-")), "unavailable") << "the same page for ever";
    EXPECT_EQ(outcome(head.list_roots("key-")), "unavailable");
}

TEST_F(PeerHeadTest, another_repository_or_index_is_not_the_head) {
    RepositoryStatus status;
    status.head = {repository, 3, 10, 20};
    status.rights.bits = Rights::all;
    node.says(encode(status));
    EXPECT_EQ(outcome(head.probe()), "success");
    EXPECT_EQ(head.status()->free_bytes, 10U);
    status.write_error = Errc::read_only;
    node.says(encode(status));
    EXPECT_EQ(outcome(head.probe()), "read_only");
    EXPECT_EQ(outcome(head.status()), "success");
    status.write_error = Errc::no_space;
    node.says(encode(status));
    EXPECT_EQ(outcome(head.probe()), "success") << "a full disk is no error here";
    status.rights.bits = Rights::read;
    node.says(encode(status));
    EXPECT_EQ(outcome(head.probe()), "permission");
    status.head.index = 4;
    node.says(encode(status));
    EXPECT_EQ(outcome(head.status()), "unavailable");
    status.head = {RepoId{{9}}, 3, 10, 20};
    node.says(encode(status));
    EXPECT_EQ(outcome(head.probe()), "unavailable");
}

// PEER-1
TEST_F(PeerHeadTest, another_node_is_told_by_its_id) {
    PeerId id;
    id.bytes.fill(4);
    node.says(encode(NodeStatus{"1", id, 5}));
    EXPECT_EQ(node_status(node, id)->free_bytes, 5U);
    EXPECT_EQ(outcome(node_status(node, PeerId{})), "authentication");
}

TEST_F(PeerHeadTest, a_segment_longer_than_any_is_not_held_in_memory) {
    const auto writer = head.begin_segment(head::max_segment_size);
    ASSERT_EQ(outcome(writer), "success");
    const Bytes part(16_MiB);
    for (int i = 0; i < 4; ++i)
        ASSERT_EQ(outcome((*writer)->append(part)), "success");
    EXPECT_EQ(outcome((*writer)->append(part)), "limit_exceeded");
    EXPECT_EQ(outcome((*writer)->commit({})), "invalid_argument");
}

} // namespace torgo::peer
