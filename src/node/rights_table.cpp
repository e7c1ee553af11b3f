#include "node/rights_table.hpp"

#include "peer/capability.hpp"
#include "peer/order.hpp"
#include "repo/withdrawal.hpp"

namespace torgo::node {

namespace {

static_assert(peer::max_rights_record <= max_uncounted_root);

/// The content of a root; nothing for one that was removed a moment ago or is none.
Result<std::optional<Bytes>> read_record(head::Head& head, const std::string& name) {
    auto content = head.get_root(name);
    if (content) return *std::move(content);
    if (content.error().code() == Errc::not_found || content.error().code() == Errc::corrupt)
        return std::nullopt;
    return std::unexpected(std::move(content).error());
}

} // namespace

bool is_rights_root(std::string_view name) noexcept {
    return name.starts_with(peer::capability_prefix) || name.starts_with(peer::revocation_prefix) ||
           name.starts_with(peer::lock_prefix);
}

bool is_uncounted_root(std::string_view name, std::uint64_t size) noexcept {
    return size <= max_uncounted_root &&
           (name.starts_with(peer::revocation_prefix) || name.starts_with(peer::lock_prefix));
}

std::size_t max_roots_of(std::string_view name) noexcept {
    if (name.starts_with(peer::order_prefix)) return max_orders;
    if (name.starts_with(peer::takeover_prefix)) return max_takeovers;
    return is_rights_root(name) ? max_rights_roots : 0;
}

Result<> check_rights_root(const RepositoryRecord& record, std::string_view name,
                           ByteView content) {
    if (name.starts_with(peer::order_prefix)) {
        if (name != peer::name_of_record(peer::order_prefix, content))
            return fail(Errc::corrupt, "an order has another name than it is given");
        CHECK_OK(peer::open_order(content, record.repository, record.owner.ml_dsa));
        return {};
    }
    if (name.starts_with(repo::withdrawal_prefix)) { // PEER-52
        if (name != repo::withdrawal_name(content))
            return fail(Errc::corrupt, "a withdrawal has another name than it is given");
        CHECK_OK(repo::open_withdrawal(content, record.repository, record.owner.ml_dsa));
        return {};
    }
    const bool gives = name.starts_with(peer::capability_prefix);
    if (!gives && !name.starts_with(peer::revocation_prefix)) return {};
    if (name !=
        peer::name_of_record(gives ? peer::capability_prefix : peer::revocation_prefix, content))
        return fail(Errc::corrupt, "a record of rights has another name than it is given");
    if (gives)
        CHECK_OK(peer::open_capability(content, record.repository, record.owner.ml_dsa));
    else
        CHECK_OK(peer::open_revocation(content, record.repository, record.owner.ml_dsa));
    return {};
}

Result<> RightsTable::load_capabilities(Known& known) const {
    TRY(const auto names, m_head.list_roots(std::string(peer::capability_prefix)));
    for (const auto& name : names) {
        TRY(const auto content, read_record(m_head, name));
        if (!content) continue;
        const auto capability =
            peer::open_capability(*content, m_record.repository, m_record.owner.ml_dsa);
        if (capability)
            known.given.emplace(
                capability->client,
                Given{.bits = capability->rights.bits, .not_after_ns = capability->not_after_ns});
    }
    return {};
}

/// PEER-20: only verified ones were put here, so one that does not verify has decayed since, and
/// that must give nobody his rights back.
Result<> RightsTable::load_revocations(Known& known) const {
    TRY(const auto names, m_head.list_roots(std::string(peer::revocation_prefix)));
    for (const auto& name : names) {
        TRY(const auto content, read_record(m_head, name));
        if (!content) continue;
        const auto revocation =
            peer::open_revocation(*content, m_record.repository, m_record.owner.ml_dsa);
        known.revoked.insert(revocation ? revocation->client : peer::client_of_damaged(*content));
    }
    return {};
}

Result<const RightsTable::Known*> RightsTable::load() {
    if (m_known) return &*m_known;
    Known known;
    CHECK_OK(load_capabilities(known));
    CHECK_OK(load_revocations(known));
    return &m_known.emplace(std::move(known));
}

// PEER-18 PEER-47
Result<peer::Rights> RightsTable::of(const PeerId& client) {
    const std::lock_guard lock(m_mutex);
    TRY(const auto* known, load());
    if (known->revoked.contains(client)) return peer::Rights{};
    if (client == m_record.founder) return peer::Rights{peer::Rights::all};
    peer::Rights out;
    const auto now = m_clock == nullptr ? 0 : m_clock->wall_ns();
    const auto [first, last] = known->given.equal_range(client);
    for (auto one = first; one != last; ++one)
        if (one->second.not_after_ns == 0 || now <= one->second.not_after_ns)
            out.bits |= one->second.bits;
    return out;
}

Result<bool> RightsTable::locked() const {
    TRY(const auto locks, m_head.list_roots(std::string(peer::lock_prefix)));
    return !locks.empty();
}

void RightsTable::forget() {
    const std::lock_guard lock(m_mutex);
    m_known.reset();
}

} // namespace torgo::node
