#include "node/service.hpp"

#include "base/version.hpp"
#include "node/handlers.hpp"
#include "node/transfer_note.hpp"
#include "peer/audit.hpp"
#include "peer/capability.hpp"
#include "peer/order.hpp"

#include <algorithm>

namespace torgo::node {

namespace {

using peer::Method;
using peer::Rights;
using peer::Route;

std::unique_ptr<Exchange> answer(Response response) {
    return std::make_unique<Answered>(std::move(response));
}

std::unique_ptr<Exchange> refuse(const Error& error) {
    return answer(Response::refuse(error));
}

/// The name of a kind of request in the metrics.
std::string kind_of(Route route, Method method) {
    static constexpr std::string_view things[] = {
        "node_status",  "join",          "status", "segment",    "audit",
        "have",         "list_segments", "root",   "list_roots", "receipts",
        "repositories", "combined",      "ledger", "mirror"};
    std::string thing(things[static_cast<std::size_t>(route)]);
    if (route != Route::segment && route != Route::root) return thing;
    switch (method) {
    case Method::get:
        return "get_" + thing;
    case Method::head:
        return "head_" + thing;
    case Method::put:
        return "put_" + thing;
    default:
        return "delete_" + thing;
    }
}

/// PEER-38 PEER-48: of a takeover the content says who may put it.
std::uint8_t needed_to_put(std::string_view root) {
    if (is_rights_root(root) || root.starts_with(peer::order_prefix)) return Rights::admin;
    return root.starts_with(peer::takeover_prefix) ? Rights::all : Rights::write;
}

/// One of these rights is needed.
std::uint8_t needed_rights(const peer::Target& target, Method method) {
    switch (target.route) {
    case Route::segment:
        if (method == Method::head) return Rights::read | Rights::write | Rights::verify;
        return method == Method::get   ? Rights::read
               : method == Method::put ? Rights::write
                                       : Rights::admin;
    case Route::combined:
        return Rights::read;
    case Route::audit:
        return Rights::verify;
    case Route::have:
        return Rights::write | Rights::verify;
    case Route::segments:
    case Route::roots:
    case Route::ledger:
    case Route::mirror:
        return Rights::read | Rights::verify;
    case Route::root: {
        if (method == Method::remove) return Rights::admin;
        if (method == Method::put) return needed_to_put(target.root);
        const bool public_facts = target.root == "descriptor" ||
                                  target.root.starts_with("writer-") ||
                                  target.root.starts_with("batch-");
        return public_facts ? Rights::read | Rights::verify : Rights::read;
    }
    default:
        return Rights::all;
    }
}

/// The largest body that the form of a request allows. source  PEER-13
std::uint64_t max_body(const peer::Target& target, Method method) {
    switch (target.route) {
    case Route::segment:
        return method == Method::put ? head::max_segment_size : 0;
    case Route::root:
        if (method != Method::put) return 0;
        return target.root.starts_with(peer::takeover_prefix) ? peer::max_takeover_record
                                                              : head::max_root_size;
    case Route::join:
        return peer::join_size;
    case Route::audit:
        return peer::max_audit_request;
    case Route::have:
        return peer::max_page * SegmentId::size;
    case Route::receipts:
        return peer::max_batch;
    default:
        return 0;
    }
}

Error not_permitted() {
    return {Errc::permission, "no right to that"};
}

std::unique_ptr<Exchange> gather(const peer::Request& request, Gathered::Act act) {
    return std::make_unique<Gathered>(request.body_size, std::move(act));
}

Result<Response> answer_have(Repository& repository, ByteView body) {
    TRY(const auto ids, peer::decode_ids(body));
    if (ids.empty()) return fail(Errc::invalid_argument, "asked for no ids");
    TRY(const auto bits, repository.have(ids));
    return Response(200, peer::encode_bitmap(bits));
}

Result<Response> list_roots(Repository& repository, const peer::Target& target) {
    TRY(auto names, repository.head().list_roots(target.prefix));
    const auto first = std::ranges::upper_bound(names, target.root);
    const auto count =
        std::min<std::size_t>(target.max, static_cast<std::size_t>(names.end() - first));
    return Response(
        200, peer::encode_names(std::span(first, first + static_cast<std::ptrdiff_t>(count))));
}

} // namespace

/// What is written down of a request when it has ended.
struct Service::Noting {
    std::string kind = "unknown"; ///< in the metrics
    std::optional<TransferNote> transfer;
};

/// Sees to it that every exchange is counted and noted, also one that is cut.
class Service::Counted final : public Exchange {
public:
    Counted(Service& service, std::unique_ptr<Exchange> inner, Noting noting, std::int64_t began_ns)
        : m_service(service),
          m_inner(std::move(inner)),
          m_noting(std::move(noting)),
          m_began_ns(began_ns) {
        m_service.m_metrics.began();
    }

    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    Counted(Counted&&) = delete;
    Counted& operator=(Counted&&) = delete;

    ~Counted() override {
        if (!m_finished) {
            count("cancelled", 0);
            if (m_noting.transfer) note(m_noting.transfer->cut(m_service.m_clock.wall_ns()));
        }
        m_service.m_metrics.ended();
    }

    bool answered() const override { return m_inner->answered(); }

    void write(ByteView bytes) override {
        m_bytes_in += bytes.size();
        if (m_noting.transfer) m_noting.transfer->take(bytes);
        m_inner->write(bytes);
    }

    Response finish() override {
        auto response = m_inner->finish();
        m_finished = true;
        count(response.outcome(), response.size());
        if (m_noting.transfer)
            note(m_noting.transfer->finish(response, m_service.m_clock.wall_ns()));
        return response;
    }

private:
    void note(const peer::Receipt& receipt) {
        m_service.m_receipts->note(m_noting.transfer->repository(), receipt);
    }

    void count(std::string_view outcome, std::uint64_t bytes_out) {
        m_service.m_metrics.answered(m_noting.kind, outcome, m_bytes_in, bytes_out,
                                     m_service.m_clock.monotonic_ns() - m_began_ns);
    }

    Service& m_service;
    std::unique_ptr<Exchange> m_inner;
    Noting m_noting;
    std::int64_t m_began_ns;
    std::uint64_t m_bytes_in = 0;
    bool m_finished = false;
};

Service::Service(Store& store, env::Clock& clock, Settings settings)
    : m_store(store), m_clock(clock), m_settings(settings) {
    if (settings.signer != nullptr) m_receipts.emplace(store, clock, *settings.signer);
}

std::unique_ptr<Exchange> Service::begin(const peer::Request& request, const PeerId& client) {
    const auto began_ns = m_clock.monotonic_ns();
    Noting noting;
    auto exchange = dispatch(request, client, noting);
    return std::make_unique<Counted>(*this, std::move(exchange), std::move(noting), began_ns);
}

// PEER-6
std::unique_ptr<Exchange> Service::dispatch(const peer::Request& request, const PeerId& client,
                                            Noting& noting) {
    auto target = peer::parse_target(request.target);
    if (!target && target.error().code() == Errc::unsupported)
        return answer(Response::refuse(target.error(), 404));
    if (!target) return refuse(target.error());
    if (!peer::allows(target->route, request.method))
        return answer(Response::refuse({Errc::invalid_argument, "no such method here"}, 405));
    noting.kind = kind_of(target->route, request.method);
    Call call{request, *std::move(target), client, nullptr, {}};
    if (auto admitted = admit(call); !admitted) return refuse(admitted.error());
    if (m_receipts) noting.transfer = TransferNote::begin(request, call.target, client);
    auto begun = serve(call);
    return begun ? *std::move(begun) : refuse(begun.error());
}

// PEER-17
Result<> Service::admit(Call& call) const {
    const auto route = call.target.route;
    if (route == Route::node_status || route == Route::repositories) {
        if (!m_store.knows(call.client)) return std::unexpected(not_permitted());
    } else if (route != Route::join) {
        call.repository = m_store.find(call.target.repository);
        if (!call.repository) return std::unexpected(not_permitted());
        TRY(call.rights, call.repository->rights().of(call.client));
        if (!call.rights.any(needed_rights(call.target, call.request.method)))
            return std::unexpected(not_permitted());
    }
    if (call.request.body_size > max_body(call.target, call.request.method))
        return fail(Errc::limit_exceeded, "a body that is too long for this request");
    return {};
}

Repository::Asker Service::asker_of(const Call& call) {
    return {.client = call.client,
            .needed = needed_rights(call.target, call.request.method),
            .is_node = false};
}

bool Service::knows(const PeerId& client, const std::optional<RepoId>& repository) const {
    if (!repository) return m_store.knows(client);
    const auto found = m_store.find(*repository);
    if (!found) return false;
    const auto rights = found->rights().of(client);
    return rights && rights->bits != 0;
}

Service::Begun Service::serve(const Call& call) {
    auto& repository = call.repository;
    switch (call.target.route) {
    case Route::node_status:
    case Route::repositories:
    case Route::join:
        return serve_node(call);
    case Route::repository_status: {
        TRY(auto status, repository->status());
        status.rights = call.rights;
        return answer(Response(200, peer::encode(status)));
    }
    case Route::segment:
        return serve_segment(call);
    case Route::root:
        return serve_root(call);
    case Route::audit:
        return gather(call.request,
                      [repository, id = call.target.segment](ByteView body) -> Result<Response> {
                          TRY(const auto request, peer::decode_audit_request(body));
                          TRY(auto shown, repository->audit(id, request));
                          return Response(200, std::move(shown));
                      });
    case Route::combined: {
        TRY(auto combined, repository->combined(call.target.segment, call.target.first,
                                                call.target.max, call.target.factor));
        return answer(Response(200, std::move(combined)));
    }
    case Route::have:
        return gather(call.request,
                      [repository](ByteView body) { return answer_have(*repository, body); });
    case Route::segments: {
        TRY(const auto ids, repository->head().list_segments(call.target.segment, call.target.max));
        return answer(Response(200, peer::encode_ids(ids)));
    }
    case Route::roots: {
        TRY(auto listed, list_roots(*repository, call.target));
        return answer(std::move(listed));
    }
    case Route::receipts:
    case Route::ledger:
    case Route::mirror:
        return serve_receipts(call);
    }
    return fail(Errc::unsupported, "no such target");
}

Service::Begun Service::serve_node(const Call& call) {
    if (call.target.route == Route::node_status) {
        TRY(const auto free_bytes, m_store.free_bytes());
        return answer(
            Response(200, peer::encode(peer::NodeStatus{version, m_settings.node, free_bytes})));
    }
    if (call.target.route == Route::repositories) return list_repositories(call.client);
    return gather(call.request,
                  [this, id = call.target.repository,
                   client = call.client](ByteView body) -> Result<Response> {
                      TRY(const auto join, peer::decode_join(body));
                      TRY(const bool created, m_store.join(id, client, join));
                      return Response(created ? 201 : 200);
                  });
}

// PEER-30
Service::Begun Service::list_repositories(const PeerId& client) {
    std::vector<peer::KeptRepository> kept;
    for (const auto& repository : m_store.repositories()) {
        TRY(const auto rights, repository->rights().of(client));
        if (rights.bits == 0) continue;
        if (kept.size() == peer::max_kept)
            return fail(Errc::limit_exceeded, "more repositories than a list holds");
        kept.push_back({repository->record().repository,
                        static_cast<std::uint8_t>(repository->record().index)});
    }
    return answer(Response(200, peer::encode(kept)));
}

Service::Begun Service::serve_segment(const Call& call) {
    const auto& id = call.target.segment;
    auto& repository = *call.repository;
    switch (call.request.method) {
    case Method::put:
        return put_segment(call);
    case Method::head: {
        TRY(const auto size, repository.head().segment_size(id));
        return answer(Response::of_size(size));
    }
    case Method::remove:
        CHECK_OK(repository.remove_segment(id, asker_of(call)));
        return answer(Response(204));
    default:
        return get_segment(call);
    }
}

// PEER-7 PEER-8
Service::Begun Service::put_segment(const Call& call) const {
    const auto& id = call.target.segment;
    const auto size = call.request.body_size;
    std::optional<segment::StreamVerifier> verifier;
    if (m_settings.verify_names) {
        TRY(verifier, segment::StreamVerifier::begin(size));
    }
    TRY(const bool stored, call.repository->keep_stored(id, size));
    if (stored) return answer(Response(200));
    TRY(auto upload, call.repository->begin_upload(size));
    return std::make_unique<UploadExchange>(call.repository, std::move(upload), id, size,
                                            std::move(verifier));
}

// PEER-9
Service::Begun Service::get_segment(const Call& call) {
    TRY(auto file, call.repository->open_segment(call.target.segment));
    TRY(const auto size, file->size());
    const auto header = peer::find_header(call.request.headers, peer::range_header);
    if (header.empty()) return answer(Response(200, std::move(file), 0, size));
    TRY(const auto range, peer::parse_range(header));
    if (range.last >= size)
        return answer(Response::refuse({Errc::corrupt, "the segment is shorter than that"}, 416));
    const auto length = range.last - range.first + 1;
    return answer(Response(206, std::move(file), range.first, length)
                      .with(peer::content_range_header, "bytes " + std::to_string(range.first) +
                                                            "-" + std::to_string(range.last) + "/" +
                                                            std::to_string(size)));
}

Service::Begun Service::serve_root(const Call& call) {
    auto& repository = call.repository;
    const auto& name = call.target.root;
    if (call.request.method == Method::remove) {
        CHECK_OK(repository->remove_root(name, asker_of(call)));
        return answer(Response(204));
    }
    if (call.request.method == Method::get) {
        TRY(auto content, repository->head().get_root(name));
        return answer(Response(200, std::move(content)));
    }
    CHECK_OK(repository->check_room(name, call.request.body_size));
    return gather(call.request,
                  [repository, name, asker = asker_of(call)](ByteView body) -> Result<Response> {
                      // PEER-10
                      if (!peer::fits_name(name, body))
                          return fail(Errc::corrupt,
                                      "the root's name is not the hash of its content");
                      CHECK_OK(repository->put_root(name, body, asker));
                      return Response(201);
                  });
}

// PEER-27 PEER-28
Service::Begun Service::serve_receipts(const Call& call) {
    if (!m_receipts) return fail(Errc::unsupported, "this node keeps no receipts");
    const auto& target = call.target;
    if (target.route == Route::receipts)
        return gather(call.request,
                      [this, id = target.repository,
                       client = call.client](ByteView body) -> Result<Response> {
                          TRY(const bool fresh, m_receipts->mirror(id, client, body));
                          return Response(fresh ? 201 : 200);
                      });
    const auto client = target.route == Route::mirror ? std::optional(target.author) : std::nullopt;
    TRY(auto page, m_receipts->page(target.repository, client, target.from));
    return answer(Response(200, std::move(page)));
}

Result<Store::ScrubReport> Service::scrub_next(std::uint64_t max_bytes) {
    TRY(auto report, m_store.scrub_next(max_bytes));
    m_metrics.scrubbed(report.segments, report.bytes, report.damaged);
    return report;
}

std::string Service::metrics() const {
    Gauges gauges;
    for (const auto& repository : m_store.repositories()) {
        ++gauges.repositories;
        gauges.quota_bytes += repository->record().quota;
        const auto totals = repository->totals();
        if (!totals) continue; // its disk is away
        gauges.segments += totals->segments;
        gauges.stored_bytes += totals->bytes;
    }
    gauges.unreadable_repositories = m_store.unreadable();
    if (m_receipts) {
        const auto counts = m_receipts->counts();
        gauges.receipts = counts.receipts;
        gauges.receipt_batches = counts.batches;
        gauges.receipts_lost = counts.lost;
        gauges.receipt_batches_dropped = counts.dropped;
        gauges.receipt_batches_mirrored = m_receipts->mirrored();
    }
    gauges.free_bytes = m_store.free_bytes().value_or(0);
    return m_metrics.render(gauges);
}

} // namespace torgo::node
