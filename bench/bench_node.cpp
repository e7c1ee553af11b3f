// A node over loopback: 64 segments of 8 MiB put and got over 4 links, client and server in one
// process, so that they share its cores. The store is a new folder in $TMPDIR (/tmp). And a small
// request at a time over one link.

#include "node/test_server.hpp"
#include "peer/tracer.hpp"
#include "sys/file_system.hpp"
#include "sys/random.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

namespace {

using namespace torgo;
using namespace torgo::node;

constexpr std::size_t links = 4;
constexpr std::size_t segments_a_link = 16;
constexpr std::size_t cells = 127; // with the trailer a little under 8 MiB
constexpr std::uint64_t quota = 2_GiB;

struct Segment {
    SegmentId id;
    Bytes content;
};

/// A node on the machine's disk that the client of `tls` has joined.
struct Bench {
    explicit Bench(bool receipts = true) {
        std::string pattern = std::filesystem::temp_directory_path() / "torgo-bench-XXXXXX";
        folder = ::mkdtemp(pattern.data());
        store = Store::open(files, folder + "/node").value();
        store->add_invite(secret_number(1), quota, "bench").value();
        const peer::Join join{secret_number(1), 2, test_owner().keys};
        (void)store->join(test_repository, tls.client_identity.id(), join).value();
        service = std::make_unique<Service>(
            *store, clock,
            Service::Settings{tls.server_identity.id(), true, receipts ? &key : nullptr});
        server = Server::start(*service, tls.server, clock, {{{"127.0.0.1", 0}}}).value();
    }

    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    Bench(Bench&&) = delete;
    Bench& operator=(Bench&&) = delete;

    ~Bench() {
        server.reset();
        std::filesystem::remove_all(folder);
    }

    env::Deadline soon() const { return clock.monotonic_ns() + test_patience_ns; }

    peer::HttpClient client() const {
        auto stream = peer::tls_connect(try_connect(server->endpoints()[0]), tls.client,
                                        tls.server_identity.id(), soon());
        return {std::move(stream).value(), "node"};
    }

    /// All segments over all links at once. False when one failed.
    bool transfer(const std::vector<Segment>& segments, bool put) const {
        std::atomic<bool> good = true;
        std::vector<std::jthread> threads;
        for (std::size_t link = 0; link < links; ++link)
            threads.emplace_back([&, link] {
                auto asking = client();
                for (auto i = link; i < segments.size(); i += links)
                    if (!transfer_one(asking, segments[i], put)) good = false;
            });
        threads.clear();
        return good;
    }

    bool transfer_one(peer::HttpClient& asking, const Segment& segment, bool put) const {
        const auto target = segment_target(segment.id);
        const ByteView body = put ? ByteView(segment.content) : ByteView();
        const auto head = asking.exchange({put ? "PUT" : "GET", target, {}, body.size(), put}, body,
                                          soon(), soon());
        if (!head || head->status >= 300) return false;
        Bytes piece(256_KiB);
        std::size_t size = 0;
        while (const auto got = asking.read_body(piece, soon()).value_or(0))
            size += got;
        return put || size == segment.content.size();
    }

    std::string folder;
    crypto::SigningKey key =
        crypto::SigningKey::from_seed(peer::ledger_scheme, crypto::SecretBytes(32)).value();
    sys::FileSystem files;
    mutable sys::Clock clock;
    crypto::TlsPair tls;
    std::unique_ptr<Store> store;
    std::unique_ptr<Service> service;
    std::unique_ptr<Server> server;
};

const std::vector<Segment>& all_segments() {
    static const auto made = [] {
        std::vector<Segment> segments(links * segments_a_link);
        std::uint8_t seed = 1;
        for (auto& segment : segments)
            segment.content = make_segment(cells, seed++, segment.id);
        return segments;
    }();
    return made;
}

void run(benchmark::State& state, bool put, bool receipts = true) {
    const auto& segments = all_segments();
    const Bench bench(receipts);
    if (!put && !bench.transfer(segments, true)) state.SkipWithError("put");
    for ([[maybe_unused]] auto _ : state)
        if (!bench.transfer(segments, put)) state.SkipWithError("refused");
    state.SetBytesProcessed(
        static_cast<std::int64_t>(static_cast<std::size_t>(state.iterations()) * segments.size() *
                                  segments[0].content.size()));
}

void put_segments(benchmark::State& state) {
    run(state, true);
}

void put_segments_without_receipts(benchmark::State& state) {
    run(state, true, false);
}

void get_segments(benchmark::State& state) {
    run(state, false);
}

void small_requests(benchmark::State& state) {
    const Bench bench;
    auto asking = bench.client();
    const auto target = in_repository("status");
    for ([[maybe_unused]] auto _ : state) {
        const auto head = asking.exchange({"GET", target}, {}, bench.soon(), bench.soon());
        if (!head || !asking.read_whole_body(1_KiB, bench.soon())) state.SkipWithError("refused");
    }
    state.SetItemsProcessed(state.iterations());
}

void handshakes(benchmark::State& state) {
    const Bench bench;
    for ([[maybe_unused]] auto _ : state) {
        auto asking = bench.client();
        benchmark::DoNotOptimize(asking.usable());
    }
    state.SetItemsProcessed(state.iterations());
}

/// At the client's end: the trace, what is found in the target, and the note.
void trace_one(benchmark::State& state) {
    struct Nowhere final : peer::Exchanger {
        Result<peer::Answer> exchange(const peer::Request&, const peer::BodySource&,
                                      const peer::BodySink&) override {
            return peer::Answer{.status = 201, .headers = {}, .body_size = 0};
        }

        void cancel() noexcept override {}
    } nowhere;
    const Bench bench;
    sys::Random random;
    auto& ledger = bench.service->receipts()->of(test_repository);
    peer::Tracer tracer(nowhere, PeerId{}, bench.clock, random,
                        [&](const RepoId&, const peer::Receipt& receipt) { ledger.add(receipt); });
    const peer::Request request{peer::Method::put, segment_target(SegmentId{{1}}), {}, 1_MiB};
    for ([[maybe_unused]] auto _ : state)
        if (!tracer.exchange(request, {}, {})) state.SkipWithError("refused");
    state.SetItemsProcessed(state.iterations());
}

/// With the batches that are signed and written meanwhile.
void note_one(benchmark::State& state) {
    const Bench bench;
    auto& ledger = bench.service->receipts()->of(test_repository);
    for ([[maybe_unused]] auto _ : state)
        ledger.add(peer::Receipt{});
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(note_one)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(trace_one)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(put_segments_without_receipts)->Iterations(1)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(put_segments)->Iterations(1)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(get_segments)->Iterations(4)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(small_requests)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(handshakes)->UseRealTime()->MeasureProcessCPUTime();

} // namespace

BENCHMARK_MAIN();
