#include "sim/cluster/cluster.hpp"

#include "peer/head.hpp"
#include "peer/reconcile.hpp"
#include "repo/batch.hpp"

#include <algorithm>
#include <iterator>

namespace torgo::sim {

namespace {

constexpr std::size_t root_size_max = 16_MiB;
constexpr const char* roots_folder = "/roots/";
constexpr const char* segments_folder = "/segments/";

std::string name_in(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

bool is_promised(const std::string& path) {
    return path.contains(segments_folder) ||
           (path.contains(roots_folder) && name_in(path) != "descriptor");
}

Result<std::vector<peer::KeptBatch>> read_ledger(const peer::Ledger& ledger) {
    std::vector<peer::KeptBatch> out;
    TRY(const auto numbers, ledger.folder().numbers());
    for (const auto number : numbers) {
        TRY(auto bytes, ledger.folder().read(number));
        out.push_back({number, std::move(bytes)});
    }
    return out;
}

std::string describe(const peer::Receipt& receipt) {
    return std::string(peer::name(receipt.kind)) + " of " + std::to_string(receipt.bytes) +
           " bytes, " + (receipt.failure ? std::string(name(*receipt.failure)) : "done");
}

/// What "torgo receipt reconcile" says of the other end without an excuse.
bool is_accusation(const peer::Difference& difference) {
    using Kind = peer::Difference::Kind;
    return difference.kind == Kind::altered ||
           (difference.kind != Kind::late && difference.cause == peer::Cause::none);
}

} // namespace

Cluster::Cluster(std::uint64_t seed, const ClusterOptions& options)
    : m_founding(founding(options.code)), m_network(seed, options.readable) {
    use_one_processor();
    std::vector<Machine*> all;
    for (unsigned i = 0; i < machine_count; ++i) {
        auto disk =
            i < head_count ? m_founding.disks[i]->crash(seed) : std::make_unique<FileSystem>();
        m_machines.push_back(std::make_unique<Machine>(
            std::move(disk),
            Machine::Parts{.number = i,
                           .key = &m_founding.machine_keys[i],
                           .repository = m_founding.place.id,
                           .founder = peer::peer_id_of(m_founding.client_keys[0].public_key()),
                           .clock = &m_network.clock,
                           .promises = &m_network.promises,
                           .defect = i == options.defective ? options.defect : Defect::none}));
        all.push_back(m_machines.back().get());
    }
    for (unsigned i = 0; i < client_count; ++i) {
        m_clients.push_back(
            std::make_unique<Client>(m_founding.clients[i]->crash(seed),
                                     Client::Parts{.name = "client" + std::to_string(i),
                                                   .key = &m_founding.client_keys[i],
                                                   .place = m_founding.place,
                                                   .machines = all,
                                                   .network = &m_network,
                                                   .seed = m_network.chance.of("client", i).next(),
                                                   .defect = options.defect}));
        const auto tag = "first-" + std::to_string(i);
        m_contents[tag] = first_content(i);
        m_acknowledged.insert(tag);
        m_owed.insert(tag);
    }
    promise_the_beginning();
}

void Cluster::promise_the_beginning() {
    for (unsigned i = 0; i < head_count; ++i) {
        auto& disk = m_machines[i]->disk();
        for (const auto& file : disk.files_below("/node"))
            if (is_promised(file.path))
                m_network.promises.keep(
                    i, file.path,
                    std::make_shared<const Bytes>(env::read_file(disk, file.path, 64_MiB).value()));
    }
}

void Cluster::violate(const std::string& what) {
    note("VIOLATION " + what);
    if (!std::ranges::contains(m_violations, what)) m_violations.push_back(what);
}

Cluster::Heads Cluster::heads() const {
    Heads out{};
    const auto& uris = m_clients.front()->place().heads;
    for (unsigned i = 0; i < head_count; ++i)
        out[i] = m_clients.front()->opener().machine_at(uris[i]).value_or(machine_count);
    return out;
}

/// Reads the batches that honest machines keep, past their programs.
void Cluster::learn_packs() {
    for (const auto& machine : m_machines)
        for (const auto& path : m_network.promises.of(machine->number())) {
            const auto name = name_in(path);
            if (!path.contains(roots_folder) || !name.starts_with("batch-") ||
                m_packs.contains(name))
                continue;
            const auto record = env::read_file(machine->disk(), path, root_size_max);
            if (!record) continue;
            if (auto batch = repo::decode_batch(*record)) m_packs[name] = std::move(batch->packs);
        }
}

unsigned Cluster::honest_copies(const segment::PackInfo& pack, const Heads& heads,
                                std::optional<unsigned> without) const {
    unsigned copies = 0;
    for (unsigned i = 0; i < head_count; ++i) {
        const auto machine = heads[i];
        if (machine >= machine_count || (without && *without == machine)) continue;
        const auto path = m_machines[machine]->segment_path(pack.segments[i]);
        if (m_network.promises.stands(machine, path)) ++copies;
    }
    return copies;
}

/// Whether all that is named can be had from what honest nodes have promised.
bool Cluster::is_owed() {
    learn_packs();
    const auto where = heads();
    for (const auto& [name, packs] : m_packs)
        for (const auto& pack : packs)
            if (honest_copies(pack, where, std::nullopt) < data_segments) return false;
    return true;
}

bool Cluster::could_lose(unsigned machine) {
    learn_packs();
    const auto where = heads();
    for (const auto& [name, packs] : m_packs)
        for (const auto& pack : packs)
            if (honest_copies(pack, where, std::nullopt) >= data_segments &&
                honest_copies(pack, where, machine) < data_segments)
                return false;
    for (const auto& path : m_network.promises.of(machine))
        if (path.contains(roots_folder) && !could_lose_file(machine, path)) return false;
    return true;
}

/// Whether what a file holds is elsewhere too, as often as it takes.
bool Cluster::could_lose_file(unsigned machine, const std::string& path) {
    if (path.contains(roots_folder)) {
        for (unsigned other = 0; other < machine_count; ++other)
            if (other != machine && m_network.promises.stands(other, path)) return true;
        return false;
    }
    const auto where = heads();
    for (const auto& [name, packs] : m_packs)
        for (const auto& pack : packs)
            for (const auto& segment : pack.segments)
                if (m_machines[machine]->segment_path(segment) == path)
                    return honest_copies(pack, where, machine) >= data_segments;
    return true;
}

bool Cluster::backup(unsigned client, const Bytes& content) {
    const auto tag = "b" + std::to_string(++m_backups);
    m_contents[tag] = content;
    const auto saved = m_clients[client]->backup(content, tag);
    note("backup " + tag + " " +
         (saved ? "is snapshot " + saved->hex() : "failed: " + saved.error().detail()));
    if (!saved) return false;
    m_acknowledged.insert(tag);
    if (is_owed()) m_owed.insert(tag);
    return true;
}

/// Whatever is given back is what was saved.
void Cluster::compare(const std::map<std::string, Result<Bytes>>& found) {
    for (const auto& [tag, content] : found) {
        const auto at = m_contents.find(tag);
        if (at == m_contents.end())
            violate("a snapshot that nobody made: " + tag);
        else if (content && *content != at->second)
            violate("restore gave wrong bytes: " + tag);
    }
}

bool Cluster::restore(unsigned client) {
    const auto found = m_clients[client]->restore_all();
    note("restore " + (found ? std::to_string(found->size()) + " snapshots"
                             : "failed: " + found.error().detail()));
    if (!found) return false;
    compare(*found);
    return true;
}

void Cluster::check_saved(unsigned client) {
    const auto found = m_clients[client]->restore_all();
    if (!found) return violate("nothing can be restored: " + found.error().detail());
    compare(*found);
    for (const auto& tag : m_owed) {
        const auto at = found->find(tag);
        if (at == found->end())
            violate("a saved snapshot is not there: " + tag);
        else if (!at->second)
            violate("a saved snapshot cannot be restored: " + tag + ": " +
                    at->second.error().detail());
    }
}

void Cluster::lie(unsigned machine, Lie lie) {
    note("machine " + std::to_string(machine) +
         " begins to lie: " + std::to_string(static_cast<int>(lie)));
    m_wrong.insert(machine);
    m_suspects.insert(machine);
    m_machines[machine]->begin_to_lie(lie);
}

void Cluster::lose_disk(unsigned machine) {
    note("machine " + std::to_string(machine) + " loses its disk");
    m_wrong.insert(machine);
    m_suspects.insert(machine);
    m_machines[machine]->lose_disk();
}

void Cluster::rot(unsigned machine, Prng& draw) {
    learn_packs();
    const auto paths = m_network.promises.of(machine);
    if (paths.empty()) return;
    const auto& path = paths[static_cast<std::size_t>(draw.below(paths.size()))];
    // Without a client's rights the whole head is lost to it, and not one file.
    if (name_in(path).starts_with("capability-")) return;
    const auto status = m_machines[machine]->disk().status(path);
    if (!status || status->size == 0 || !could_lose_file(machine, path)) return;
    m_network.promises.release(machine, path);
    m_machines[machine]->disk().flip(path, draw.below(status->size * 8));
    note("a bit of machine " + std::to_string(machine) + " decays in " + name_in(path));
}

void Cluster::check_promises(bool whole) {
    for (const auto& machine : m_machines) {
        for (const auto& what : machine->outrages())
            violate("machine " + std::to_string(machine->number()) + ": " + what);
        if (!machine->is_up()) continue;
        for (const auto& path :
             m_network.promises.broken(machine->number(), machine->disk(), whole))
            violate("machine " + std::to_string(machine->number()) +
                    " promised and has not: " + path);
    }
}

void Cluster::check_receipts(unsigned client) {
    auto& one = *m_clients[client];
    const auto& id = m_founding.place.id;
    auto& ledger = one.ledgers().of(id);
    if (!ledger.flush()) return;
    const auto own = read_ledger(ledger);
    if (!own) return violate("a client cannot read its receipts: " + own.error().detail());
    const auto ours = peer::read_chain(*own, one.id(), id, std::nullopt);
    if (!ours.faults.empty()) violate("a client's own ledger has faults");
    for (unsigned i = 0; i < head_count; ++i) {
        const auto& machine = *m_machines[i];
        const auto batches = peer::fetch_batches(one.opener().way(i), id, std::nullopt, 0);
        if (!batches) {
            // Its copy of what gives this client its rights may have decayed.
            if (!m_suspects.contains(i) && batches.error().code() != Errc::permission)
                violate("an honest node shows no receipts: " + batches.error().detail());
            continue;
        }
        const auto theirs = peer::read_chain(*batches, machine.id(), id, std::nullopt);
        const auto differences =
            peer::reconcile(peer::receipts_with(ours.receipts, machine.id()),
                            peer::receipts_with(theirs.receipts, one.id()), ours.gaps, theirs.gaps);
        const auto accusing = std::ranges::find_if(differences, is_accusation);
        const bool accused = !theirs.faults.empty() || accusing != differences.end();
        // Not how many differ: labels of time depend on which thread came first.
        note("receipts of " + one.name() + " with machine " + std::to_string(i) +
             (accused ? " accuse it" : " accuse nobody"));
        if (!accused || m_suspects.contains(i)) continue;
        violate("receipts accuse an honest node, machine " + std::to_string(i) +
                (accusing == differences.end()
                     ? ": its chain has faults"
                     : ": " + std::string(peer::name(accusing->kind)) + " " +
                           describe(accusing->receipt) +
                           (accusing->other ? " for " + describe(*accusing->other) : "")));
    }
}

void Cluster::check_temporaries() {
    for (const auto& machine : m_machines) {
        if (!machine->is_up() || machine->lie() != Lie::none) continue;
        for (const auto& file : machine->disk().files_below(machine->incoming_path()))
            violate("machine " + std::to_string(machine->number()) +
                    " keeps a temporary: " + name_in(file.path));
    }
}

} // namespace torgo::sim
