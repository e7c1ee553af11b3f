// A node seen by its client is a head: the suite of heads through the whole protocol.
#include "head/testing/conformance.hpp"
#include "node/test_loop.hpp"

namespace torgo::node {

namespace {

class NodePlace final : public head::HeadPlace {
public:
    std::unique_ptr<head::Head> open() override {
        return std::make_unique<peer::PeerHead>(m_link, "tor:test", head::conformance_repository,
                                                head::conformance_index);
    }

private:
    TestNode m_node{false}; // the suite gives segments any names
    LoopExchanger m_link{*m_node.service, peer_number(1)};
};

static_assert(test_repository == head::conformance_repository);

[[maybe_unused]] const bool registered =
    head::register_conformance("PeerHeadConforms", [] { return std::make_unique<NodePlace>(); });

} // namespace

} // namespace torgo::node
