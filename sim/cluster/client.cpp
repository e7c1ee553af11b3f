#include "sim/cluster/client.hpp"

#include "head/retry_head.hpp"
#include "peer/head.hpp"
#include "peer/node_head.hpp"
#include "repo/browse.hpp"
#include "sim/cluster/near_head.hpp"

#include <algorithm>
#include <utility>

namespace torgo::sim {

namespace {

constexpr const char* state_path = "/state";
constexpr const char* cache_path = "/cache";
constexpr const char* file_name = "/file";
constexpr head::RetryPolicy patience{.attempts = 2};

} // namespace

SimOpener::SimOpener(Network& network, std::vector<Machine*> machines, std::string client,
                     const PeerId& id, peer::NoteReceipt note, std::uint64_t seed)
    : m_network(network), m_machines(std::move(machines)) {
    for (auto* const machine : m_machines) {
        Way way;
        way.random = std::make_unique<Random>(Chance(seed).of(client, machine->number()).next());
        way.link = std::make_unique<Link>(network, *machine, client, id);
        way.tracer = std::make_unique<peer::Tracer>(*way.link, machine->id(), network.clock,
                                                    *way.random, note);
        m_ways.push_back(std::move(way));
    }
}

Result<unsigned> SimOpener::machine_at(const std::string& uri) const {
    const auto at = std::ranges::find(m_machines, uri, [](const auto* m) { return m->uri(); });
    if (at == m_machines.end()) return fail(Errc::invalid_argument, "no machine at " + uri);
    return static_cast<unsigned>(at - m_machines.begin());
}

std::unique_ptr<head::Head> SimOpener::with_patience(std::unique_ptr<head::Head> head,
                                                     unsigned machine) const {
    auto patient = std::make_unique<head::RetryHead>(std::move(head), m_network.clock,
                                                     *m_ways[machine].random, patience);
    if (distant) return patient;
    return std::make_unique<NearHead>(std::move(patient));
}

Result<std::unique_ptr<head::Head>> SimOpener::open(const std::string& uri) const {
    TRY(const auto machine, machine_at(uri));
    return with_patience(std::make_unique<peer::NodeHead>(way(machine), uri, repository), machine);
}

Result<std::unique_ptr<head::Head>> SimOpener::create(const std::string& uri,
                                                      const head::NewHead& made) const {
    TRY(const auto machine, machine_at(uri));
    auto head = std::make_unique<peer::PeerHead>(way(machine), uri, made.repository, made.index);
    const auto invite = invites.find(machine);
    if (invite != invites.end()) {
        const auto slh_dsa = made.owner.begin() + peer::OwnerKeys::ml_dsa_size;
        CHECK_OK(head->join(invite->second, {.ml_dsa = Bytes(made.owner.begin(), slh_dsa),
                                             .slh_dsa = Bytes(slh_dsa, made.owner.end())}));
    } else {
        TRY(const auto kept, peer::find_kept(way(machine), made.repository));
        if (kept.index != made.index) return fail(Errc::exists, uri + " is another head");
    }
    return with_patience(std::move(head), machine);
}

Client::Client(std::unique_ptr<FileSystem> disk, Parts parts)
    : m_parts(std::move(parts)), m_disk(std::move(disk)) {
    run();
}

/// A new process.
void Client::run() {
    ++m_runs;
    m_opener.reset();
    m_ledgers.reset();
    auto& network = *m_parts.network;
    m_random = std::make_unique<Random>(m_parts.seed + m_runs);
    m_ledgers = std::make_unique<peer::LedgerBook>(*m_disk, network.clock, *m_parts.key,
                                                   [](const RepoId&) { return "/state/receipts"; });
    m_opener = std::make_unique<SimOpener>(
        network, m_parts.machines, m_parts.name, id(),
        [this](const RepoId& repository, const peer::Receipt& receipt) {
            m_ledgers->of(repository).add(receipt);
        },
        m_parts.seed + m_runs);
    m_opener->repository = m_parts.place.id;
}

env::World Client::world() const {
    return {.clock = &m_parts.network->clock, .random = m_random.get(), .files = m_disk.get()};
}

repo::Credential Client::pass_phrase() {
    return {.custody = repo::Custody::pass_phrase,
            .secret = crypto::SecretBytes::copy_of(as_bytes("secret"))};
}

Result<std::unique_ptr<repo::Repository>> Client::open(bool unlock) {
    TRY(auto repository,
        repo::Repository::open(world(), *m_opener, m_parts.place,
                               {.cache = cache_path, .state = state_path},
                               [this](const std::string& text) { m_warnings.push_back(text); }));
    if (unlock) CHECK_OK(repository->unlock(pass_phrase()));
    return repository;
}

Result<SnapshotId> Client::backup(const Bytes& content, const std::string& tag) {
    TRY(const auto repository, open());
    std::size_t at = 0;
    repo::BackupOptions options;
    options.stream = [&](ByteSpan out) -> Result<std::size_t> {
        const auto count = std::min(out.size(), content.size() - at);
        std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
        at += count;
        return count;
    };
    options.stream_name = file_name;
    options.host = m_parts.name;
    options.tags = {tag};
    options.threads = 1;
    repo::BackupProgress progress;
    TRY(const auto summary, repo::backup(*repository, options, progress));
    return summary.snapshot;
}

Result<repo::HealReport> Client::heal(int head, bool read_data) {
    if (m_parts.defect == Defect::never_heals) return repo::HealReport{};
    TRY(const auto repository, open(false));
    repo::HealOptions options;
    options.head = head;
    options.read_data = read_data;
    options.threads = 1;
    repo::HealProgress progress;
    return repo::heal(*repository, options, progress);
}

Result<repo::CheckReport> Client::check(bool read_data) {
    TRY(const auto repository, open());
    repo::CheckOptions options;
    options.read_data = read_data ? 1 : 0;
    options.threads = 1;
    repo::CheckProgress progress;
    return repo::check(*repository, options, progress);
}

Result<std::map<std::string, Result<Bytes>>> Client::restore_all() {
    TRY(const auto repository, open());
    TRY(const auto snapshots, repository->snapshots());
    std::map<std::string, Result<Bytes>> out;
    for (const auto& snapshot : snapshots) {
        if (snapshot.body.tags.size() != 1) continue;
        Bytes content;
        auto read =
            repo::find_node(*repository, snapshot, file_name).and_then([&](const auto& node) {
                return repo::read_content(*repository, node, [&](ByteView bytes) {
                    content.insert(content.end(), bytes.begin(), bytes.end());
                    return Result<>{};
                });
            });
        if (m_parts.defect == Defect::restores_wrongly && !content.empty()) content.back() ^= 1U;
        if (m_parts.defect == Defect::loses_snapshots && snapshot.id == snapshots.back().id)
            continue;
        out.insert_or_assign(snapshot.body.tags.front(),
                             read ? Result<Bytes>(std::move(content))
                                  : Result<Bytes>(std::unexpected(read.error())));
    }
    return out;
}

void Client::stop_after(Prng& draw) {
    for (const auto* const machine : m_parts.machines)
        m_opener->link(machine->number()).stop_after(draw.below(24));
    m_is_dead = true;
}

void Client::restart(std::uint64_t seed) {
    if (!std::exchange(m_is_dead, false)) (void)m_ledgers->close();
    auto found = m_disk->crash(seed);
    m_disk->set_crash_after(1);
    m_ledgers.reset();
    m_disk = std::move(found);
    run();
}

} // namespace torgo::sim
