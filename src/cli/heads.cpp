#include "cli/heads.hpp"

#include "cli/mirroring.hpp"
#include "env/file_system.hpp"
#include "head/limit_head.hpp"
#include "head/log_head.hpp"
#include "head/retry_head.hpp"
#include "head/spool_head.hpp"
#include "head/uri.hpp"
#include "peer/identity.hpp"
#include "place/group_opener.hpp"
#include "place/group_uri.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <thread>

namespace torgo::cli {

namespace {
constexpr std::chrono::seconds leave_time{3};

/// Acts when it has lived for so long.
class TimeOut {
public:
    TimeOut(std::chrono::nanoseconds time, std::function<void()> act)
        : m_thread([this, time, act = std::move(act)](const std::stop_token& stop) {
              std::unique_lock lock(m_mutex);
              (void)m_wake.wait_for(lock, stop, time, [] { return false; });
              if (!stop.stop_requested()) act();
          }) {}

private:
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::jthread m_thread; ///< last: it uses the above
};

bool is_absence(Errc code) {
    return code == Errc::unavailable || code == Errc::timeout || code == Errc::cancelled;
}

constexpr std::string_view invite_prefix = "torgo-invite:";
constexpr std::string_view onion_scheme = "tor://";
} // namespace

namespace {
std::shared_ptr<head::TokenBucket> bucket(env::Clock& clock, const head::RatePlan& plan) {
    return plan.limits() ? std::make_shared<head::TokenBucket>(clock, plan) : nullptr;
}
} // namespace

bool names_node(std::string_view head) {
    return head.starts_with(onion_scheme) || head.starts_with("tls://") ||
           head.starts_with(invite_prefix);
}

bool lies_on_nodes(std::string_view uri) {
    if (!place::names_group(uri)) return names_node(uri);
    const auto group = place::parse_group_uri(uri);
    return group && std::ranges::any_of(group->members,
                                        [](const auto& member) { return names_node(member.uri); });
}

Heads::Heads(const env::World& world, Settings settings, Output& out, std::stop_token stop)
    : m_world(world),
      m_settings(std::move(settings)),
      m_out(out),
      m_upload(bucket(*world.clock, m_settings.rates.up())),
      m_download(bucket(*world.clock, m_settings.rates.down())),
      m_folders(*world.files),
      m_stop(stop),
      m_onions(world, m_settings.tor, out, std::move(stop)),
      m_counts(std::make_shared<Counts>()) {}

Heads::~Heads() {
    m_nodes.reset();
    if (!m_ledgers) return;
    if (auto closed = m_ledgers->close(); !closed)
        m_out.warn("receipts of this run could not be written: " + closed.error().detail());
}

/// With the mutex held.
Result<> Heads::be(const crypto::TlsIdentity& identity, crypto::SigningKey key) const {
    TRY(auto context, crypto::TlsContext::make(crypto::TlsRole::client, identity));
    m_context.emplace(std::move(context));
    m_key.emplace(std::move(key));
    m_author = identity.id();
    m_ledgers.emplace(*m_world.files, *m_world.clock, *m_key, [this](const RepoId& repository) {
        return m_settings.state + "/" + repository.hex() + "/receipts/" + m_author.hex();
    });
    return {};
}

Result<peer::NodeOpener*> Heads::nodes() const {
    const std::lock_guard lock(m_mutex);
    if (!m_nodes) {
        if (m_kit) {
            CHECK_OK(be(*m_kit, *std::move(m_kit_key)));
        } else {
            TRY(const auto identity, own_identity());
            TRY(auto key, peer::load_signing_key(m_world, m_settings.identity));
            CHECK_OK(be(identity, std::move(key)));
        }
        m_nodes = std::make_unique<peer::NodeOpener>(
            peer::Networks{.onions = &m_onions, .direct = m_world.network}, *m_context,
            *m_world.clock, *m_world.random, link_limits());
        m_nodes->trace([this](const RepoId& repository, const peer::Receipt& receipt) {
            m_ledgers->of(repository).add(receipt);
        });
        if (m_repository) m_nodes->use_repository(*m_repository);
    }
    return m_nodes.get();
}

peer::OpenerLimits Heads::link_limits() const {
    peer::OpenerLimits out;
    out.direct.up = m_upload;
    out.direct.down = m_download;
    out.onion.up = m_settings.rates.upload
                       ? m_upload
                       : std::make_shared<head::TokenBucket>(*m_world.clock, default_onion_upload);
    out.onion.down = m_download;
    return out;
}

/// The links of nodes keep to the limits themselves.
std::unique_ptr<head::Head> Heads::tried_again(std::unique_ptr<head::Head> node) const {
    const bool onion = node->uri().starts_with(onion_scheme);
    auto head = std::make_unique<head::RetryHead>(std::move(node), *m_world.clock, *m_world.random);
    const auto limits = link_limits();
    const auto& way = onion ? limits.onion : limits.direct;
    if (!way.up && !way.down) return head;
    return std::make_unique<head::LimitHead>(
        std::move(head), *m_world.clock,
        head::HeadLimits{.slowed = {.up = way.up, .down = way.down}});
}

Result<std::unique_ptr<head::Head>>
Heads::limited(Result<std::unique_ptr<head::Head>> folder) const {
    if (!folder) return folder;
    std::unique_ptr<head::Head> head = std::make_unique<head::LogHead>(
        *std::move(folder), *m_world.clock, [counts = m_counts](const head::HeadEvent& event) {
            if (event.bytes == 0) return;
            const bool reads =
                event.call == head::Call::read_segment || event.call == head::Call::get_root;
            const std::lock_guard lock(counts->mutex);
            auto& [up, down] = counts->by_uri[event.uri];
            (reads ? down : up) += event.bytes;
        });
    if (!m_upload && !m_download) return head;
    return std::make_unique<head::LimitHead>(
        std::move(head), *m_world.clock,
        head::HeadLimits{.upload = m_upload, .download = m_download});
}

Result<crypto::TlsIdentity> Heads::own_identity() const {
    CHECK_OK(env::make_directories(*m_world.files, env::parent_path(m_settings.identity)));
    return peer::load_identity(m_world, m_settings.identity);
}

Result<PeerId> Heads::own_id() const {
    TRY(const auto identity, own_identity());
    return identity.id();
}

Result<> Heads::use_kit(const crypto::SecretBytes& kit) const {
    TRY(auto identity, peer::kit_identity(kit));
    TRY(auto key, peer::kit_signing_key(kit));
    const std::lock_guard lock(m_mutex);
    m_kit_key.emplace(std::move(key));
    m_kit.emplace(std::move(identity));
    return {};
}

Result<peer::Exchanger*> Heads::node(const std::string& uri) const {
    TRY(const auto* const opener, nodes());
    return opener->way(uri);
}

Result<Heads::OwnLedger> Heads::own_ledger(const RepoId& repository) const {
    CHECK_OK(nodes());
    return OwnLedger{m_ledgers->of(repository), m_author};
}

std::vector<Heads::Traffic> Heads::traffic() const {
    std::vector<Traffic> out;
    {
        const std::lock_guard lock(m_counts->mutex);
        for (const auto& [uri, bytes] : m_counts->by_uri)
            out.push_back({.uri = uri, .up = bytes.first, .down = bytes.second});
    }
    const std::lock_guard lock(m_mutex);
    if (!m_nodes) return out;
    for (const auto& way : m_nodes->live_ways())
        out.push_back(
            {.uri = way.uri, .up = way.bytes_up, .down = way.bytes_down, .open = way.open});
    return out;
}

void Heads::cancel() const noexcept {
    const std::lock_guard lock(m_mutex);
    if (m_nodes) m_nodes->cancel();
}

/// Who does not answer now was said to be away before, and gets them another time.
void Heads::leave_receipts() const {
    if (!m_nodes || !m_repository) return;
    auto& ledger = m_ledgers->of(*m_repository);
    const auto ways = m_nodes->live_ways();
    if (ways.empty() || !ledger.flush()) return; // closing says why not
    const TimeOut patience(leave_time, [this] { m_nodes->cancel(); });
    std::vector<std::jthread> threads;
    for (const auto& one : ways)
        threads.emplace_back([this, &one, &ledger] {
            const auto left =
                bring_up_to_date(*m_world.files, *one.way, one.node, *m_repository, ledger);
            if (left || is_absence(left.error().code())) return;
            const std::lock_guard lock(m_mutex);
            m_out.warn(one.uri + " did not take this machine's receipts: " + left.error().detail());
        });
    threads.clear(); // before the patience ends
}

void Heads::use_repository(const RepoId& repository) const {
    const std::lock_guard lock(m_mutex);
    m_repository = repository;
    if (m_nodes) m_nodes->use_repository(repository);
}

void Heads::use_spool(std::shared_ptr<head::Spool> spool, std::vector<std::string> uris) const {
    const std::lock_guard lock(m_mutex);
    m_spool = std::move(spool);
    m_spool_uris = std::move(uris);
}

Result<std::unique_ptr<head::Head>> Heads::open(const std::string& uri) const {
    auto alone = open_alone(uri);
    const std::lock_guard lock(m_mutex);
    const auto at = std::ranges::find(m_spool_uris, uri);
    if (!m_spool || at == m_spool_uris.end()) return alone;
    if (!alone && !head::is_away(alone.error().code())) return alone;
    const auto index = static_cast<std::size_t>(at - m_spool_uris.begin());
    return std::make_unique<head::SpoolHead>(alone ? *std::move(alone) : nullptr, uri,
                                             m_spool->part(index), m_spool->mirror());
}

Result<std::unique_ptr<head::Head>> Heads::open_alone(const std::string& uri) const {
    if (place::names_group(uri)) return place::open_group(uri, *this, *m_world.clock);
    if (!names_node(uri)) return limited(m_folders.open(uri));
    TRY(const auto* const opener, nodes());
    TRY(auto head, opener->open(uri));
    return tried_again(std::move(head));
}

Result<std::unique_ptr<head::Head>> Heads::create(const std::string& uri,
                                                  const head::NewHead& made) const {
    if (place::names_group(uri)) return place::create_group(uri, *this, *m_world.clock, made);
    if (!names_node(uri)) return limited(m_folders.create(uri, made));
    TRY(const auto* const opener, nodes());
    auto created = opener->create(uri, made);
    // An invite that does not serve says nothing about who the node is.
    if (!created && created.error().code() == Errc::authentication)
        return fail(Errc::permission, uri + ": " + created.error().detail());
    TRY(auto head, std::move(created));
    return tried_again(std::move(head));
}

Result<> Heads::discard(const std::string& uri, const RepoId& repository) const {
    if (place::names_group(uri)) return place::discard_group(uri, *this, repository);
    if (!names_node(uri)) return m_folders.discard(uri, repository);
    TRY(const auto* const opener, nodes());
    return opener->discard(uri, repository);
}

Result<std::string> Heads::canonical(const std::string& text) const {
    if (place::names_group(text)) {
        TRY(auto group, place::parse_group_uri(text));
        return place::format_group_uri(std::move(group));
    }
    if (text.starts_with(invite_prefix)) {
        TRY(const auto invite, peer::parse_invite(text));
        TRY(auto* const opener, nodes());
        return opener->add_invite(invite);
    }
    if (names_node(text)) {
        TRY(const auto uri, peer::parse_node_uri(text));
        return peer::format_node_uri(uri);
    }
    TRY(const auto path, head::dir_path(text));
    return head::dir_uri(path);
}

} // namespace torgo::cli
