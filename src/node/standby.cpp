#include "node/standby.hpp"

#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"
#include "head/retry_head.hpp"
#include "node/own_head.hpp"
#include "peer/capability.hpp"
#include "peer/head.hpp"
#include "repo/check.hpp"
#include "repo/head_set.hpp"
#include "repo/pack_list.hpp"

#include <algorithm>

namespace torgo::node {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
/// Cells of an audit: 128 KiB a head. A head of which half is lost passes every fourth; that is for
/// the owner's check. This one finds heads that are gone, or as good as gone.
constexpr std::size_t audit_leaves = 2;
constexpr unsigned rebuild_threads = 2;
/// Rounds without any progress after which what there is is announced: what is left then can not
/// be rebuilt from any head.
constexpr unsigned rounds_until_stalled = 3;
constexpr std::size_t max_tally = 4_KiB;

std::string order_name(const Digest& id) {
    return std::string(peer::order_prefix) + id.hex();
}

/// The heads of an order, over the ways that the standby has, and perhaps its own in the place of
/// the lost one.
class OrderedHeads final : public head::Opener {
public:
    OrderedHeads(const env::World& world, const peer::Order& order,
                 const std::vector<std::string>& heads,
                 const std::function<Result<peer::Exchanger*>(const std::string&)>& reach,
                 std::shared_ptr<Repository> own)
        : m_world(world), m_order(order), m_heads(heads), m_reach(reach), m_own(std::move(own)) {}

    /// Their URIs, with this node's own in the place `lost`.
    std::vector<std::string> uris(std::optional<unsigned> lost) const {
        auto out = m_heads;
        if (lost) out[*lost] = m_order.standby;
        for (auto& uri : out)
            if (uri.empty()) uri = repo::unknown_head;
        return out;
    }

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override {
        if (uri == m_order.standby) return std::make_unique<OwnHead>(m_own, uri);
        const auto at = std::ranges::find(m_heads, uri);
        if (at == m_heads.end()) return fail(Errc::invalid_argument, uri);
        TRY(auto* const way, m_reach(uri));
        auto head = std::make_unique<peer::PeerHead>(*way, uri, m_order.repository,
                                                     static_cast<unsigned>(at - m_heads.begin()));
        return std::make_unique<head::RetryHead>(std::move(head), *m_world.clock, *m_world.random);
    }

    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead&) const override {
        return fail(Errc::unsupported, uri + ": a standby makes no heads elsewhere");
    }

    Result<> discard(const std::string& uri, const RepoId&) const override {
        return fail(Errc::unsupported, uri + ": a standby takes no heads away");
    }

private:
    const env::World& m_world;
    const peer::Order& m_order;
    const std::vector<std::string>& m_heads;
    const std::function<Result<peer::Exchanger*>(const std::string&)>& m_reach;
    std::shared_ptr<Repository> m_own;
};

/// The repository of an order, its lost head replaced.
Result<std::unique_ptr<repo::Repository>> open_ordered(const env::World& world,
                                                       const OrderedHeads& heads,
                                                       const RepositoryRecord& record,
                                                       std::optional<unsigned> lost) {
    repo::Descriptor owner;
    owner.root_ml_dsa = record.owner.ml_dsa;
    owner.root_slh_dsa = record.owner.slh_dsa;
    repo::Place place{.heads = heads.uris(lost),
                      .id = record.repository,
                      .root_fingerprint = owner.fingerprint()};
    return repo::Repository::open(
        world, heads, std::move(place), {}, [](const std::string&) {}, repo::Wait::enough);
}

bool names_nobody_to_talk_to(const Error& error) {
    return error.code() == Errc::unavailable || error.code() == Errc::timeout ||
           error.code() == Errc::cancelled;
}

std::string head_text(const peer::Order& order, unsigned head) {
    return "head " + std::to_string(head + 1) + " of repository " +
           order.repository.hex().substr(0, 8);
}

} // namespace

std::int64_t Standby::now() const {
    return m_parts.world.clock->monotonic_ns();
}

std::uint64_t Standby::draw(std::uint64_t below) const {
    std::array<std::uint8_t, 8> bytes{};
    m_parts.world.random->fill(bytes);
    std::uint64_t value = 0;
    for (const auto byte : bytes)
        value = value << 8U | byte;
    return value % below; // biased by at most `below` / 2^64
}

/// Half to one and a half of it, so that nobody can tell when the next audit comes.
std::int64_t Standby::jittered(std::uint32_t seconds) {
    const auto whole = std::uint64_t{seconds} * static_cast<std::uint64_t>(second_ns);
    return static_cast<std::int64_t>(whole / 2 + draw(whole));
}

// NODE-7
std::vector<Standby::Duty> Standby::duties() const {
    std::vector<Duty> out;
    for (const auto& own : m_parts.store->repositories()) {
        const auto names = own->head().list_roots(std::string(peer::order_prefix));
        for (const auto& name : names.value_or(std::vector<std::string>{})) // or its disk is away
            if (auto duty = duty_of(own, name)) out.push_back(*std::move(duty));
    }
    return out;
}

std::optional<Standby::Duty> Standby::duty_of(const std::shared_ptr<Repository>& own,
                                              const std::string& name) const {
    const auto& record = own->record();
    const auto id = peer::id_in_name(name);
    const auto root = own->head().get_root(name);
    if (!id || !root || !peer::fits_name(name, *root)) return std::nullopt;
    auto order = peer::open_order(*root, record.repository, record.owner.ml_dsa);
    if (!order || order->standby_id() != m_parts.node) return std::nullopt;
    const auto places_name = std::string(peer::places_prefix) + order->places.hex();
    const auto places = own->head().get_root(places_name);
    if (!places || !peer::fits_name(places_name, *places)) return std::nullopt;
    auto heads = peer::decode_places(*places);
    if (!heads || heads->size() != order->head_count) return std::nullopt;
    return Duty{.own = own, .id = *id, .order = *std::move(order), .heads = *std::move(heads)};
}

Standby::Watch& Standby::watch_of(const Duty& duty) {
    const auto [at, is_new] = m_watches.try_emplace(duty.id);
    auto& watch = at->second;
    if (!is_new) return watch;
    const auto kept = env::read_file(*m_parts.world.files, tally_path(duty.id), max_tally);
    if (auto tally = kept.and_then([](const Bytes& bytes) { return decode_tally(bytes); }))
        watch.tally = *std::move(tally);
    watch.tally.heads.resize(duty.heads.size());
    return watch;
}

/// An order that was taken away leaves nothing behind.
void Standby::forget_others(const std::vector<Duty>& duties) {
    std::erase_if(m_watches, [&](const auto& watch) {
        if (std::ranges::contains(duties, watch.first, &Duty::id)) return false;
        (void)m_parts.world.files->remove(tally_path(watch.first));
        return true;
    });
}

std::int64_t Standby::round(const std::stop_token& stop) {
    const auto all = duties();
    forget_others(all);
    auto next_ns = now() + longest_pause_ns;
    for (const auto& duty : all) {
        auto& watch = watch_of(duty);
        if (stop.stop_requested()) return 0;
        if (watch.due_ns <= now()) {
            const auto served = serve(duty, watch, stop);
            const auto problem = served ? std::string() : served.error().detail();
            if (!problem.empty() && problem != watch.said && !stop.stop_requested())
                m_parts.say("standing by for repository " +
                            duty.order.repository.hex().substr(0, 8) + ": " + problem);
            watch.said = problem;
            watch.due_ns = now() + jittered(duty.order.rule.audit_every_s);
        }
        next_ns = std::min(next_ns, watch.due_ns);
    }
    return std::max<std::int64_t>(next_ns - now(), 0);
}

Result<> Standby::serve(const Duty& duty, Watch& watch, const std::stop_token& stop) {
    TRY(const auto name, announced(duty));
    if (name) return tell(duty, watch, *name);
    std::optional<unsigned> lost;
    {
        const OrderedHeads heads(m_parts.world, duty.order, duty.heads, m_parts.reach, duty.own);
        TRY(const auto others,
            open_ordered(m_parts.world, heads, duty.own->record(), std::nullopt));
        CHECK_OK(check_still_ordered(duty, *others));
        CHECK_OK(audit(duty, watch, *others));
        auto left = duty.heads;
        for (const auto head : taken_over(duty, *others))
            left[head].clear();
        lost = watch.tally.lost(duty.order, left);
    }
    // What was begun is finished, also where the head has come back meanwhile: NODE-8.
    const auto index = duty.own->record().index;
    if (index != peer::spare_index) lost = index;
    if (!lost) return {};
    return rebuild(duty, watch, *lost, stop);
}

// NODE-7
Result<> Standby::check_still_ordered(const Duty& duty, repo::Repository& others) const {
    auto& heads = others.heads();
    const auto found = heads.get_root(order_name(duty.id));
    if (!found && found.error().code() == Errc::not_found)
        return fail(Errc::permission, "the order was taken back");
    if (!found) return std::unexpected(found.error());
    TRY(const auto names, heads.list_roots(std::string(peer::revocation_prefix)));
    for (const auto& name : names) {
        TRY(const auto record, heads.get_root(name));
        const auto revocation =
            peer::open_revocation(record, duty.order.repository, duty.own->record().owner.ml_dsa);
        if (revocation && revocation->client == m_parts.node)
            return fail(Errc::permission, "the order was taken back");
    }
    return {};
}

/// Heads that another standby has rebuilt: what is done twice does no harm, and costs a head's
/// worth of other people's bandwidth.
std::set<unsigned> Standby::taken_over(const Duty& duty, repo::Repository& others) const {
    std::set<unsigned> out;
    auto& heads = others.heads();
    const auto names = heads.list_roots(std::string(peer::takeover_prefix));
    for (const auto& name : names.value_or(std::vector<std::string>{})) {
        const auto record = heads.get_root(name);
        if (!record) continue;
        const auto takeover = peer::open_takeover(*record, duty.order.repository);
        if (!takeover || takeover->head >= duty.heads.size()) continue;
        const auto theirs = heads.get_root(order_name(takeover->order));
        if (!theirs) continue;
        const auto order =
            peer::open_order(*theirs, duty.order.repository, duty.own->record().owner.ml_dsa);
        if (order && peer::check_takeover(*takeover, *order, takeover->order))
            out.insert(takeover->head);
    }
    return out;
}

Result<std::optional<segment::PackInfo>> Standby::draw_pack(repo::Repository& others) {
    TRY(const auto names, others.heads().list_roots("batch-"));
    if (names.empty()) return std::nullopt;
    repo::SignedBatches batches(others.heads(), others.descriptor());
    TRY(auto batch, batches.read(names[draw(names.size())]));
    if (batch.packs.empty()) return std::nullopt;
    return std::move(batch.packs[draw(batch.packs.size())]);
}

// PEER-15
Result<> Standby::audit_segment(const Duty& duty, unsigned head, const SegmentId& segment,
                                std::uint64_t leaf_count) {
    const auto& uri = duty.heads[head];
    TRY(auto* const way, m_parts.reach(uri));
    peer::PeerHead asked(*way, uri, duty.order.repository, head);
    peer::AuditRequest request{.form = peer::AuditForm::full, .nonce = {}, .leaves = {}};
    m_parts.world.random->fill(request.nonce.bytes);
    std::set<std::uint32_t> leaves;
    while (leaves.size() < std::min<std::uint64_t>(audit_leaves, leaf_count))
        leaves.insert(static_cast<std::uint32_t>(draw(leaf_count)));
    request.leaves.assign(leaves.begin(), leaves.end());
    TRY(const auto proofs, asked.audit(segment, request));
    return peer::check_audit(segment, leaf_count, request, proofs);
}

Standby::Outcome Standby::audit_head(const Duty& duty, unsigned head,
                                     const std::optional<segment::PackInfo>& pack) {
    Result<> done;
    if (pack && head < pack->segments.size()) {
        done = audit_segment(duty, head, pack->segments[head], pack->stripes());
    } else {
        const auto& uri = duty.heads[head];
        auto way = m_parts.reach(uri);
        if (!way) return Outcome::missed;
        const auto status =
            peer::PeerHead(**way, uri, duty.order.repository, head).repository_status();
        if (!status) done = std::unexpected(status.error());
    }
    if (done) return Outcome::passed;
    return names_nobody_to_talk_to(done.error()) ? Outcome::missed : Outcome::failed;
}

// NODE-7
Result<> Standby::audit(const Duty& duty, Watch& watch, repo::Repository& others) {
    TRY(const auto pack, draw_pack(others));
    std::vector<std::optional<Outcome>> outcomes(duty.heads.size());
    for (unsigned i = 0; i < outcomes.size(); ++i)
        if (!duty.heads[i].empty()) outcomes[i] = audit_head(duty, i, pack);
    const auto passed = std::ranges::count(outcomes, std::optional(Outcome::passed));
    // Where too few to restore pass, it may be this node's own way out, and nothing can be rebuilt.
    if (passed < others.descriptor().heads_to_restore())
        return fail(Errc::too_few_heads, "too few heads pass their audits to judge the others");
    const auto since_s =
        watch.audited_ns ? static_cast<std::uint64_t>((now() - *watch.audited_ns) / second_ns) : 0;
    watch.audited_ns = now();
    static constexpr std::string_view words[] = {"passed", "missed", "failed"};
    for (unsigned i = 0; i < outcomes.size(); ++i) {
        if (!outcomes[i]) continue;
        m_parts.metrics->audited(duty.order.repository, i,
                                 words[static_cast<std::size_t>(*outcomes[i])]);
        auto& streak = watch.tally.heads[i];
        if (*outcomes[i] == Outcome::passed)
            streak.pass();
        else
            streak.miss(since_s);
    }
    return env::write_file_atomically(*m_parts.world.files, tally_path(duty.id),
                                      encode(watch.tally));
}

// NODE-6 NODE-8
Result<> Standby::rebuild(Duty duty, Watch& watch, unsigned head, const std::stop_token& stop) {
    if (duty.own->record().index == peer::spare_index) {
        m_parts.say(head_text(duty.order, head) + " is lost: rebuilding it here");
        m_parts.metrics->head_lost();
    }
    TRY(duty.own, m_parts.store->take_place(duty.order.repository, head));
    const OrderedHeads heads(m_parts.world, duty.order, duty.heads, m_parts.reach, duty.own);
    TRY(const auto repository, open_ordered(m_parts.world, heads, duty.own->record(), head));
    repo::HealOptions options;
    options.head = static_cast<int>(head);
    options.threads = rebuild_threads;
    options.bytes_a_second = std::min(duty.order.bytes_a_second, m_parts.bytes_a_second);
    options.stop = stop;
    repo::HealProgress progress;
    const auto healed = repo::heal(*repository, options, progress);
    m_parts.metrics->rebuilt(progress.bytes_done);
    if (!healed) return std::unexpected(healed.error());
    const auto& problems = healed->problems;
    const bool progressed = healed->segments_rebuilt != 0 || healed->roots_copied != 0;
    watch.stalled = progressed ? 0 : watch.stalled + 1;
    if (healed->out_of_space)
        return fail(Errc::no_space, "there is no room here for " + head_text(duty.order, head));
    if (!problems.empty() && watch.stalled < rounds_until_stalled)
        return fail(Errc::unavailable, problems.front());
    CHECK_OK(announce(duty, head));
    m_parts.say(head_text(duty.order, head) + " is rebuilt here" +
                (problems.empty() ? "" : " as far as it goes (" + problems.front() + ")") +
                "; its owner takes it over with \"torgo heal " + std::to_string(head + 1) +
                " --onto-takeover\"");
    TRY(const auto name, announced(duty));
    return name ? tell(duty, watch, *name) : Result<>{};
}

// NODE-8
Result<> Standby::announce(const Duty& duty, unsigned head) {
    peer::Takeover takeover{.repository = duty.order.repository,
                            .order = duty.id,
                            .head = head,
                            .addresses = m_parts.addresses(),
                            .node = m_parts.node};
    if (takeover.addresses.empty())
        return fail(Errc::unavailable, "this node has no address yet under which it is found");
    TRY(const auto record, peer::sign(takeover, *m_parts.key));
    return OwnHead(duty.own, duty.order.standby)
        .put_root(peer::name_of_record(peer::takeover_prefix, record), record);
}

/// The name of the takeover that this node has announced for the order.
Result<std::optional<std::string>> Standby::announced(const Duty& duty) const {
    TRY(const auto names, duty.own->head().list_roots(std::string(peer::takeover_prefix)));
    for (const auto& name : names) {
        TRY(const auto record, duty.own->head().get_root(name));
        const auto takeover = peer::open_takeover(record, duty.order.repository);
        if (takeover && takeover->order == duty.id && takeover->node == m_parts.node) return name;
    }
    return std::nullopt;
}

/// Puts the takeover on every head that has not taken it from this process yet.
Result<> Standby::tell(const Duty& duty, Watch& watch, const std::string& name) const {
    TRY(const auto record, duty.own->head().get_root(name));
    std::optional<Error> reason;
    for (unsigned i = 0; i < duty.heads.size(); ++i) {
        const auto& uri = duty.heads[i];
        if (uri.empty() || watch.told.contains(i)) continue;
        auto way = m_parts.reach(uri);
        auto put = way ? peer::PeerHead(**way, uri, duty.order.repository, i).put_root(name, record)
                       : Result<>(std::unexpected(way.error()));
        if (put)
            watch.told.insert(i);
        else
            reason = std::move(put).error();
    }
    if (reason && watch.told.empty()) return std::unexpected(*std::move(reason));
    return {};
}

} // namespace torgo::node
