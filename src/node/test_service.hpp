#pragma once

#include "node/test_loop.hpp"
#include "peer/capability.hpp"

#include <cstdint>
#include <string>

// A node that client 1 has made a repository at, and what tests ask of it again and again.
namespace torgo::node {

class ServiceTest : public ::testing::Test {
protected:
    void give(std::uint8_t client, std::uint8_t rights) {
        const auto record =
            peer::sign(peer::Capability{test_repository, peer_number(client), {rights}, 0, "test"},
                       test_owner().key, crypto::SignMode::deterministic);
        EXPECT_EQ(put_root(1, peer::name_of_record(peer::capability_prefix, *record), *record),
                  "ok");
    }

    std::string put_root(std::uint8_t client, const std::string& name, ByteView content) {
        return node.outcome(client, peer::Method::put, in_repository("roots/" + name), content);
    }

    std::string put_segment(std::uint8_t client) {
        return node.outcome(client, peer::Method::put, segment_target(id), segment);
    }

    TestNode node;
    SegmentId id;
    Bytes segment = make_segment(3, 5, id);
};

} // namespace torgo::node
