#include "peer/opener.hpp"

#include "peer/node_head.hpp"

#include <algorithm>
#include <utility>

namespace torgo::peer {

namespace {
/// The two keys of which NewHead::owner consists.
Result<OwnerKeys> split_owner(ByteView owner) {
    if (owner.size() != OwnerKeys::ml_dsa_size + OwnerKeys::slh_dsa_size)
        return fail(Errc::invalid_argument, "a head on a node needs its owner's two public keys");
    const auto first = owner.first(OwnerKeys::ml_dsa_size);
    const auto second = owner.subspan(OwnerKeys::ml_dsa_size);
    return OwnerKeys{.ml_dsa = Bytes(first.begin(), first.end()),
                     .slh_dsa = Bytes(second.begin(), second.end())};
}
} // namespace

Result<env::Network*> network_for(const Networks& networks, Address::Way way) {
    const bool tor = way == Address::Way::tor;
    auto* network = tor ? networks.onions : networks.direct;
    if (network != nullptr) return network;
    return fail(Errc::unavailable, tor ? "there is no Tor here, which this head is reached by"
                                       : "there is no network here but Tor");
}

NodeOpener::NodeOpener(Networks networks, const crypto::TlsContext& context, env::Clock& clock,
                       env::Random& random, const OpenerLimits& limits)
    : m_networks(networks),
      m_context(context),
      m_clock(clock),
      m_random(random),
      m_limits(limits) {}

NodeOpener::~NodeOpener() = default;

Result<std::string> NodeOpener::add_invite(const Invite& invite) {
    for (const auto& address : invite.addresses) {
        if (!network_for(m_networks, address.way)) continue;
        auto uri = format_node_uri({.address = address, .node = invite.node});
        CHECK_OK(parse_node_uri(uri));
        const std::lock_guard lock(m_mutex);
        m_secrets.insert_or_assign(invite.node, invite.secret);
        return uri;
    }
    return fail(Errc::unavailable, "the invite has no address that can be reached from here");
}

void NodeOpener::use_repository(const RepoId& repository) {
    const std::lock_guard lock(m_mutex);
    m_repository = repository;
}

void NodeOpener::trace(NoteReceipt note) {
    const std::lock_guard lock(m_mutex);
    m_note = std::move(note);
}

Result<Exchanger*> NodeOpener::way(const std::string& uri) const {
    TRY(const auto parsed, parse_node_uri(uri));
    const auto& address = parsed.address;
    TRY(auto* network, network_for(m_networks, address.way));
    const std::lock_guard lock(m_mutex);
    auto& current = m_ways[uri];
    auto& [id, link, tracer] = current;
    if (link && link->is_cancelled()) m_retired.push_back(std::exchange(current, Way{}));
    id = parsed.node;
    if (!link) {
        NodePlace place{.id = parsed.node,
                        .endpoints = {{.host = address.host, .port = address.port}}};
        const auto& limits = address.way == Address::Way::tor ? m_limits.onion : m_limits.direct;
        link = std::make_unique<NodeLink>(*network, std::move(place), m_context, m_clock, m_random,
                                          limits);
        if (m_cancelled) link->cancel();
        if (m_note)
            tracer = std::make_unique<Tracer>(*link, parsed.node, m_clock, m_random, m_note);
    }
    if (tracer) return tracer.get();
    return link.get();
}

Result<std::unique_ptr<head::Head>> NodeOpener::open(const std::string& uri) const {
    TRY(const auto parsed, parse_node_uri(uri));
    TRY(auto* node, way(uri));
    const std::lock_guard lock(m_mutex);
    auto wanted = m_repository;
    if (!wanted && m_secrets.contains(parsed.node)) wanted = RepoId{}; // which none has
    return std::make_unique<NodeHead>(*node, uri, wanted);
}

Result<std::unique_ptr<head::Head>> NodeOpener::create(const std::string& uri,
                                                       const head::NewHead& made) const {
    if (made.index >= head::max_heads)
        return fail(Errc::invalid_argument, "a repository has at most 256 heads");
    TRY(const auto parsed, parse_node_uri(uri));
    TRY(const auto owner, split_owner(made.owner));
    TRY(auto* node, way(uri));
    auto head = std::make_unique<PeerHead>(*node, uri, made.repository, made.index);
    std::optional<InviteSecret> secret;
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_secrets.find(parsed.node);
        if (found != m_secrets.end()) secret = found->second;
    }
    if (secret) {
        CHECK_OK(head->join(*secret, owner));
        const std::lock_guard lock(m_mutex);
        m_secrets.erase(parsed.node);
        return head;
    }
    const auto kept = find_kept(*node, made.repository);
    if (!kept && kept.error().code() == Errc::not_a_repository)
        return fail(Errc::permission, uri + ": an invite of the node is needed");
    if (!kept) return std::unexpected(kept.error());
    if (kept->index != made.index)
        return fail(Errc::exists, uri + " is another head of the repository");
    return head;
}

Result<> NodeOpener::discard(const std::string& uri, const RepoId& repository) const {
    TRY(auto* node, way(uri));
    const auto kept = find_kept(*node, repository);
    if (!kept && kept.error().code() == Errc::not_a_repository) return {};
    if (!kept) return std::unexpected(kept.error());
    PeerHead head(*node, uri, repository, kept->index);
    TRY(const auto segments, head.list_segments(SegmentId{}, 1));
    if (!segments.empty()) return fail(Errc::exists, uri + " holds segments");
    TRY(const auto roots, head.list_roots(""));
    for (const auto& name : roots)
        CHECK_OK(head.remove_root(name));
    return fail(Errc::unsupported, uri + " is empty now; that the node forgets the repository "
                                         "itself is for the person at the node");
}

std::vector<NodeOpener::LiveWay> NodeOpener::live_ways() const {
    const std::lock_guard lock(m_mutex);
    std::vector<LiveWay> out;
    for (const auto& [uri, way] : m_ways) {
        if (!way.link || way.link->is_cancelled()) continue;
        const auto statistics = way.link->statistics();
        if (statistics.requests == 0 || statistics.connections == 0) continue;
        Exchanger* exchanger = way.link.get();
        if (way.tracer) exchanger = way.tracer.get();
        out.push_back({.uri = uri,
                       .node = way.node,
                       .way = exchanger,
                       .bytes_up = statistics.bytes_up,
                       .bytes_down = statistics.bytes_down,
                       .open = statistics.open});
    }
    return out;
}

void NodeOpener::drop_cancelled() {
    const std::lock_guard lock(m_mutex);
    m_retired.clear();
}

std::size_t NodeOpener::retired() const {
    const std::lock_guard lock(m_mutex);
    return m_retired.size();
}

void NodeOpener::cancel() noexcept {
    const std::lock_guard lock(m_mutex);
    m_cancelled = true;
    for (const auto& [uri, way] : m_ways)
        if (way.link) way.link->cancel();
}

} // namespace torgo::peer
