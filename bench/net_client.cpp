// A client of nodes that run as processes of their own, for rows N1, N2 and N4 of ./dev bench: it
// joins each with an invite and speaks to it through the heads that the program uses. What it
// measures it prints as lines of JSON.
//
//   net_client [--socks HOST:PORT] transfer MIB INVITE…
//       puts and gets so many MiB in segments of 8 MiB, the nodes' shares at the same time, each
//       over one connection, as a curl has one
//   net_client steady INVITE
//       one honest client over one connection. Each line of its standard input is a number of
//       seconds, for which it asks for a small root again and again, and now and then puts one. In
//       the end it reads back every root that the node said it has.

#include "crypto/sign.hpp"
#include "peer/identity.hpp"
#include "peer/messages.hpp"
#include "peer/opener.hpp"
#include "segment/verify.hpp"
#include "sys/clock.hpp"
#include "sys/network.hpp"
#include "sys/random.hpp"
#include "tor/onion_network.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace torgo;

constexpr std::size_t segment_cells = 127; // with the trailer a little under 8 MiB
constexpr std::uint64_t puts_one_in = 50;
constexpr double ns_per_s = 1e9;

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "net_client: %s\n", what.c_str());
    std::exit(1); // NOLINT(concurrency-mt-unsafe): nothing else runs that minds
}

template <class T>
T need(Result<T> result, const std::string& what) {
    if (!result) give_up(what + ": " + result.error().detail());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double processor_s() {
    rusage used{};
    (void)::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Segment {
    SegmentId id;
    Bytes content;
};

/// A true segment file, alone of its pack.
Segment make_segment(const RepoId& repository, std::uint64_t number) {
    segment::SegmentTrailer trailer;
    trailer.repo = repository;
    trailer.info.code = {1, 2};
    trailer.info.size = segment_cells * segment::cell_size;
    trailer.info.segments.resize(2);
    Bytes file(segment_cells * segment::cell_size, 1);
    std::memcpy(file.data(), &number, sizeof number);
    for (std::size_t i = 0; i < segment_cells; ++i)
        trailer.leaves.push_back(
            segment::leaf_hash(ByteView(file).subspan(i * segment::cell_size, segment::cell_size)));
    const auto id = trailer.info.segments[0] = segment::merkle_root(trailer.leaves);
    const auto end = segment::encode_trailer(trailer);
    file.insert(file.end(), end.begin(), end.end());
    return {id, std::move(file)};
}

/// A new repository on the nodes of some invites.
class Client {
public:
    Client(const std::string& socks, const std::vector<std::string>& invites)
        : m_identity(need(crypto::TlsIdentity::from_seed(secret()), "identity")),
          m_context(need(crypto::TlsContext::make(crypto::TlsRole::client, m_identity), "TLS")) {
        m_random.fill(m_repository.bytes);
        if (!socks.empty()) use_tor(socks);
        peer::OpenerLimits limits;
        limits.direct.connections = limits.onion.connections = 1;
        m_opener.emplace(peer::Networks{m_onions.get(), &m_network}, m_context, m_clock, m_random,
                         limits);
        for (const auto& text : invites)
            join(need(peer::parse_invite(text), "invite"));
    }

    const RepoId& repository() const { return m_repository; }

    std::vector<std::unique_ptr<head::Head>>& heads() { return m_heads; }

    std::int64_t now() { return m_clock.monotonic_ns(); }

private:
    crypto::SecretBytes secret() {
        crypto::SecretBytes seed(crypto::TlsIdentity::seed_size);
        m_random.fill(seed.span());
        return seed;
    }

    void use_tor(const std::string& socks) {
        const auto colon = socks.rfind(':');
        const auto port = std::atoi(socks.c_str() + colon + 1);
        m_onions = need(
            tor::OnionNetwork::make(
                m_network, {socks.substr(0, colon), static_cast<std::uint16_t>(port)}, "bench"),
            "SOCKS");
    }

    void join(const peer::Invite& invite) {
        const auto index = static_cast<unsigned>(m_heads.size());
        const auto key = need(
            crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_87, secret()), "key");
        head::NewHead made{m_repository, index, key.public_key()};
        made.owner.resize(made.owner.size() + peer::OwnerKeys::slh_dsa_size, 9);
        const auto uri = need(m_opener->add_invite(invite), "invite");
        m_heads.push_back(need(m_opener->create(uri, made), "join"));
    }

    sys::Clock m_clock;
    sys::Random m_random;
    sys::Network m_network;
    crypto::TlsIdentity m_identity;
    crypto::TlsContext m_context;
    RepoId m_repository;
    std::unique_ptr<tor::OnionNetwork> m_onions;
    std::optional<peer::NodeOpener> m_opener;
    std::vector<std::unique_ptr<head::Head>> m_heads;
};

void put(head::Head& head, const std::vector<Segment>& segments) {
    for (const auto& segment : segments) {
        auto writer = need(head.begin_segment(segment.content.size()), "put");
        need(writer->append(segment.content), "put");
        need(writer->commit(segment.id), "put");
    }
}

void get(head::Head& head, const std::vector<Segment>& segments) {
    Bytes content(segments[0].content.size());
    for (const auto& segment : segments) {
        need(head.read_segment(segment.id, 0, content), "get");
        if (content != segment.content) give_up("other bytes came back");
    }
}

template <class Act>
void measure(Client& client, const char* what, const std::vector<Segment>& segments, Act act) {
    const auto began = client.now();
    const auto processor = processor_s();
    {
        std::vector<std::jthread> threads;
        for (auto& head : client.heads())
            threads.emplace_back([&] { act(*head, segments); });
    }
    const auto bytes = client.heads().size() * segments.size() * segments[0].content.size();
    std::printf("{\"what\": \"%s\", \"bytes\": %zu, \"wall_s\": %.4f, \"cpu_s\": %.4f}\n", what,
                bytes, static_cast<double>(client.now() - began) / ns_per_s,
                processor_s() - processor);
    (void)std::fflush(stdout);
}

void transfer(const std::string& socks, std::uint64_t mib, const std::vector<std::string>& nodes) {
    Client client(socks, nodes);
    const auto each = std::max<std::uint64_t>(1, mib / 8 / nodes.size());
    std::vector<Segment> segments;
    for (std::uint64_t i = 0; i < each; ++i)
        segments.push_back(make_segment(client.repository(), i));
    measure(client, "put", segments, put);
    measure(client, "get", segments, get);
}

/// What the honest client put, and how long its requests took.
class Steady {
public:
    explicit Steady(const std::string& invite) : m_client("", {invite}) { put_one(); }

    void run(double seconds) {
        m_gets.clear();
        m_puts.clear();
        const auto end = m_client.now() + static_cast<std::int64_t>(seconds * ns_per_s);
        for (std::uint64_t i = 0; m_client.now() < end; ++i)
            ask(i);
        std::printf("{\"gets\": %zu, \"get_p50_ms\": %.3f, \"get_p99_ms\": %.3f, "
                    "\"get_max_ms\": %.3f, \"puts\": %zu, \"put_p50_ms\": %.3f, "
                    "\"failed\": %zu}\n",
                    m_gets.size(), at(m_gets, 0.5), at(m_gets, 0.99), at(m_gets, 1), m_puts.size(),
                    at(m_puts, 0.5), m_failed);
        (void)std::fflush(stdout);
    }

    void read_all_back() {
        std::size_t lost = 0;
        for (std::size_t i = 0; i < m_names.size(); ++i)
            if (!get_one(i)) ++lost;
        std::printf("{\"kept\": %zu, \"lost\": %zu}\n", m_names.size(), lost);
    }

private:
    static double at(std::vector<double>& times, double share) {
        if (times.empty()) return 0;
        std::ranges::sort(times);
        const auto last = static_cast<double>(times.size() - 1);
        return times[static_cast<std::size_t>(share * last)] * 1e3;
    }

    template <class Act>
    bool timed(std::vector<double>& times, Act act) {
        const auto began = m_client.now();
        const bool good = act();
        times.push_back(static_cast<double>(m_client.now() - began) / ns_per_s);
        if (!good) ++m_failed;
        return good;
    }

    Bytes content_of(std::size_t number) const {
        return Bytes(200, static_cast<std::uint8_t>(number));
    }

    void ask(std::uint64_t turn) {
        if (turn % puts_one_in == puts_one_in - 1)
            put_one();
        else
            get_one(m_names.size() - 1);
    }

    /// Only what the node said it has counts as put.
    void put_one() {
        const auto name = "bench-" + std::to_string(++m_tried);
        if (timed(m_puts, [&] {
                return m_client.heads()[0]->put_root(name, content_of(m_names.size())).has_value();
            }))
            m_names.push_back(name);
        if (m_names.empty()) give_up("the first root was not put");
    }

    bool get_one(std::size_t number) {
        return timed(m_gets, [&] {
            const auto got = m_client.heads()[0]->get_root(m_names[number]);
            return got && *got == content_of(number);
        });
    }

    Client m_client;
    std::vector<std::string> m_names;
    std::vector<double> m_gets;
    std::vector<double> m_puts;
    std::size_t m_tried = 0;
    std::size_t m_failed = 0;
};

void steady(const std::string& invite) {
    Steady client(invite);
    double seconds = 0;
    while (std::scanf("%lf", &seconds) == 1)
        client.run(seconds);
    client.read_all_back();
}

} // namespace

int main(int count, char** words) {
    std::vector<std::string> args(words + 1, words + count);
    std::string socks;
    if (args.size() > 1 && args[0] == "--socks") {
        socks = args[1];
        args.erase(args.begin(), args.begin() + 2);
    }
    if (args.size() > 2 && args[0] == "transfer") {
        transfer(socks, std::strtoull(args[1].c_str(), nullptr, 10),
                 {args.begin() + 2, args.end()});
    } else if (args.size() == 2 && args[0] == "steady") {
        steady(args[1]);
    } else {
        give_up("transfer MIB INVITE… or steady INVITE");
    }
}
