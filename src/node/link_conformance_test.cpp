// A head on a node through all there is between them: PeerHead, HTTP, TLS, streams in memory.
#include "head/testing/conformance.hpp"
#include "node/test_link.hpp"

namespace torgo::node {

namespace {

class LinkedPlace final : public head::HeadPlace {
public:
    std::unique_ptr<head::Head> open() override {
        return std::make_unique<peer::PeerHead>(
            m_linked.link, "tls:test", head::conformance_repository, head::conformance_index);
    }

private:
    TestNode m_node{false, TestNode::quota, identities().client.id()};
    LinkedNode m_linked{serve_all(*m_node.service)};
};

/// The same with a node that closes after every third answer.
class ClosingPlace final : public head::HeadPlace {
public:
    std::unique_ptr<head::Head> open() override {
        return std::make_unique<peer::PeerHead>(
            m_linked.link, "tls:test", head::conformance_repository, head::conformance_index);
    }

private:
    TestNode m_node{false, TestNode::quota, identities().client.id()};
    LinkedNode m_linked{serve_all(*m_node.service, [](unsigned served) { return served < 3; })};
};

[[maybe_unused]] const bool registered =
    head::register_conformance("LinkConforms", [] { return std::make_unique<LinkedPlace>(); }) &&
    head::register_conformance("ClosingLinkConforms",
                               [] { return std::make_unique<ClosingPlace>(); });

} // namespace

} // namespace torgo::node
