#include "sim/cluster/machine.hpp"

#include "head/dir_folder.hpp"
#include "peer/capability.hpp"
#include "peer/node_uri.hpp"
#include "peer/targets.hpp"
#include "sim/cluster/defects.hpp"

#include <algorithm>

namespace torgo::sim {

namespace {

constexpr const char* store_path = "/node";
constexpr std::size_t piece_size = 64_KiB;

std::string uri_of(unsigned number, const PeerId& id) {
    return peer::format_node_uri(
        {.address = {peer::Address::Way::tcp, "n", static_cast<std::uint16_t>(number + 1)},
         .node = id});
}

Served said(int status, Bytes body = {}) {
    const auto size = body.size();
    return {.answer = {.status = status, .headers = {}, .body_size = size},
            .body = std::move(body)};
}

Served refused(const char* code, int status) {
    auto out = said(status);
    out.answer.headers.push_back({std::string(peer::error_header), code});
    return out;
}

bool is_write(const peer::Request& request, const peer::Target& target) {
    return request.method == peer::Method::put || request.method == peer::Method::remove ||
           target.route == peer::Route::receipts;
}

} // namespace

Machine::Machine(std::unique_ptr<FileSystem> disk, Parts parts)
    : m_parts(parts),
      m_id(peer::peer_id_of(parts.key->public_key())),
      m_uri(uri_of(parts.number, m_id)),
      m_disk(std::move(disk)),
      m_running(run_on(*m_disk)) {}

std::unique_ptr<Machine::Running> Machine::run_on(FileSystem& disk) const {
    auto running = std::make_unique<Running>();
    env::FileSystem* files = &disk;
    if (has_bad_disk(m_parts.defect)) {
        running->shown = make_bad_disk(disk, m_parts.defect);
        files = running->shown.get();
    }
    auto store = node::Store::open(*files, store_path);
    if (!store) return nullptr; // its disk gives errors: it is tried again with the next start
    running->store = *std::move(store);
    running->service = std::make_unique<node::Service>(
        *running->store, *m_parts.clock,
        node::Service::Settings{.node = m_id, .verify_names = true, .signer = m_parts.key});
    running->silent = std::make_unique<node::Service>(
        *running->store, *m_parts.clock,
        node::Service::Settings{.node = m_id, .verify_names = true, .signer = nullptr});
    return running;
}

Result<Served> Machine::ask(node::Service& service, const peer::Request& request, ByteView body,
                            const PeerId& client, std::optional<std::size_t> cut) const {
    const auto exchange = service.begin(request, client);
    if (cut && *cut < body.size()) body = body.first(*cut);
    for (; !body.empty() && !exchange->answered();) {
        const auto piece = body.first(std::min(piece_size, body.size()));
        exchange->write(piece);
        body = body.subspan(piece.size());
    }
    if (cut) return fail(Errc::unavailable, "the link broke");
    auto response = exchange->finish();
    Served out{.answer = {response.status(), response.headers(), response.size()}, .body = {}};
    if (request.method == peer::Method::head) return out;
    out.body.resize(response.size());
    for (std::size_t filled = 0; filled < out.body.size();) {
        const auto got = response.read(ByteSpan(out.body).subspan(filled));
        if (!got || *got == 0) return fail(Errc::unavailable, "the link broke in an answer");
        filled += *got;
    }
    return out;
}

Result<Served> Machine::serve(const peer::Request& request, const Bytes& body, const PeerId& client,
                              std::optional<std::size_t> cut) {
    if (!is_up()) return fail(Errc::unavailable, "nobody answers");
    if (m_lie != Lie::none) return ask_liar(request, body, client);
    const auto target = peer::parse_target(request.target);
    const bool removes = target && request.method == peer::Method::remove;
    if (removes && m_parts.defect == Defect::forgets_locks) {
        for (const auto& file : disk().files_below(head_folder() + "/roots"))
            if (file.path.contains("/lock-")) (void)disk().remove(file.path);
        m_running = run_on(*m_disk);
    }
    const auto& as = m_parts.defect == Defect::writers_delete ? m_parts.founder : client;
    const bool hidden =
        m_parts.defect == Defect::hides_receipts && target && target->route == peer::Route::segment;
    auto served = ask(hidden ? *m_running->silent : service(), request, body, as, cut);
    if (!is_up()) {
        // Whether it was done before the power went, nobody knows.
        if (removes && target->route == peer::Route::segment)
            m_parts.promises->release(number(), segment_path(target->segment));
        if (removes && target->route == peer::Route::root)
            m_parts.promises->release(number(), root_path(target->root));
        return fail(Errc::unavailable, "the power went");
    }
    if (served && served->answer.ok() && target) note(*target, request, body, client, *served);
    return served;
}

/// Writes down what was promised, and what was taken away.
void Machine::note(const peer::Target& target, const peer::Request& request, const Bytes& body,
                   const PeerId& client, const Served& /*served*/) {
    const bool segment = target.route == peer::Route::segment;
    if ((!segment && target.route != peer::Route::root) || target.repository != m_parts.repository)
        return;
    const auto path = segment ? segment_path(target.segment) : root_path(target.root);
    if (request.method == peer::Method::put && target.root != "descriptor")
        m_parts.promises->keep(number(), path, std::make_shared<const Bytes>(body));
    if (request.method == peer::Method::remove) note_removal(path, request.target, client);
}

void Machine::note_removal(const std::string& path, const std::string& what, const PeerId& client) {
    m_parts.promises->release(number(), path);
    const std::lock_guard lock(m_mutex);
    if (client != m_parts.founder)
        m_outrages.push_back("a client without that right deleted " + what);
    if (is_locked()) m_outrages.push_back("deleted in spite of a lock: " + what);
}

std::vector<std::string> Machine::locks() const {
    std::vector<std::string> names;
    if (!is_up()) return names;
    for (const auto& path : m_parts.promises->of(number()))
        if (const auto name = path.substr(path.rfind('/') + 1); name.starts_with(peer::lock_prefix))
            names.push_back(name);
    return names;
}

std::vector<std::string> Machine::outrages() const {
    const std::lock_guard lock(m_mutex);
    return m_outrages;
}

Result<Served> Machine::ask_liar(const peer::Request& request, ByteView body,
                                 const PeerId& client) {
    const auto target = peer::parse_target(request.target);
    if (!target) return fail(Errc::unavailable, "it says nothing");
    if (m_lie == Lie::refuses_audits) {
        if (target->route == peer::Route::audit) return refused("permission", 403);
        return ask(service(), request, body, client, std::nullopt);
    }
    if (m_lie == Lie::keeps_nothing || m_lie == Lie::shows_old)
        if (is_write(request, *target))
            return said(request.method == peer::Method::put ? 201 : 204);
    if (m_lie == Lie::keeps_nothing &&
        (target->route == peer::Route::segment || target->route == peer::Route::root ||
         target->route == peer::Route::audit || target->route == peer::Route::combined))
        return refused("not_found", 404);
    auto& shown = m_lie == Lie::shows_old ? *m_old->service : service();
    auto changed = request;
    if (m_lie == Lie::swaps_segments && target->route == peer::Route::segment &&
        request.method == peer::Method::get) {
        const auto others = store().find(m_parts.repository)->head().list_segments({}, 2);
        if (others && !others->empty()) {
            auto other = *target;
            other.segment = others->front();
            changed.target = peer::format_target(other);
        }
    }
    auto served = ask(shown, changed, body, client, std::nullopt);
    if (served && served->answer.ok() && m_lie == Lie::flips_a_bit && !served->body.empty() &&
        target->route != peer::Route::repositories)
        served->body[served->body.size() / 2] ^= 1U;
    return served;
}

void Machine::begin_to_lie(Lie lie) {
    m_lie = lie;
    m_parts.promises->release_all(number());
    m_old.reset();
    m_old_disk = m_disk->crash(number());
    m_old = run_on(*m_old_disk);
}

void Machine::lose_power(std::uint64_t seed) {
    auto found = m_disk->crash(seed);
    m_disk->set_crash_after(1);
    m_running.reset(); // its last words do not reach the disk
    m_disk = std::move(found);
}

void Machine::start(std::uint64_t seed) {
    if (m_running) lose_power(seed);
    m_running = run_on(*m_disk);
}

void Machine::lose_disk() {
    m_disk->set_crash_after(1);
    m_running.reset();
    m_parts.promises->release_all(number());
    m_disk = std::make_unique<FileSystem>();
    m_running = run_on(*m_disk);
}

std::string Machine::head_folder() const {
    return std::string(store_path) + "/repositories/" + m_parts.repository.hex() + "/head";
}

std::string Machine::segment_path(const SegmentId& segment) const {
    return head::DirFolder(*m_disk, head_folder()).segment_path(segment);
}

std::string Machine::root_path(const std::string& name) const {
    return head::DirFolder(*m_disk, head_folder()).root_path(name);
}

std::string Machine::incoming_path() const {
    return head_folder() + "/incoming";
}

} // namespace torgo::sim
