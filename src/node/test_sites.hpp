#pragma once

// For tests: a repository with one snapshot on four nodes in memory, each of which may lie, and a
// fifth node that stands by.
#include "crypto/hash.hpp"
#include "crypto/tls.hpp"
#include "node/standby.hpp"
#include "node/test_loop.hpp"
#include "peer/node_uri.hpp"
#include "repo/backup.hpp"
#include "repo/check.hpp"
#include "repo/head_set.hpp"
#include "sys/clock.hpp"
#include "sys/random.hpp"

#include <array>
#include <filesystem>
#include <fstream>

namespace torgo::node {

inline constexpr std::size_t site_count = 4;
inline constexpr std::size_t saved_size = 3'000'000;

/// What is wrong with a node.
enum class Lie : std::uint8_t {
    none,
    is_dead,     ///< nobody answers
    is_slow,     ///< answers after everybody's patience
    refuses,     ///< to be audited
    forgot,      ///< what it says to have
    flips_a_bit, ///< of the cells that it shows
    shows_old,   ///< what it has shown before
};

/// The way of one client to one node, which lies to audits only.
class LyingWay final : public peer::Exchanger {
public:
    LyingWay(Service& service, const PeerId& client) : m_honest(service, client) {}

    Result<peer::Answer> exchange(const peer::Request& request, const peer::BodySource& source,
                                  const peer::BodySink& sink) override {
        if (lie == Lie::is_dead) return fail(Errc::unavailable, "nobody answers");
        if (lie == Lie::is_slow) return fail(Errc::timeout, "it says nothing");
        if (lie == Lie::none || !request.target.ends_with("/audit"))
            return m_honest.exchange(request, source, sink);
        if (lie == Lie::refuses) return refusal(403, "permission");
        if (lie == Lie::forgot) return refusal(404, "not_found");
        Bytes body;
        auto answer = m_honest.exchange(request, source, [&](const auto&, ByteView bytes) {
            body.insert(body.end(), bytes.begin(), bytes.end());
            return Result<>{};
        });
        if (!answer || !answer->ok()) return answer;
        if (lie == Lie::flips_a_bit) body.at(100) ^= 1U;
        if (m_old.empty()) m_old = body;
        if (lie == Lie::shows_old) body = m_old;
        answer->body_size = body.size();
        CHECK_OK(sink(*answer, body));
        return answer;
    }

    void cancel() noexcept override {}

    Lie lie = Lie::none;

private:
    static peer::Answer refusal(int status, const char* code) {
        return {status, {{std::string(peer::error_header), code}}, 0};
    }

    LoopExchanger m_honest;
    Bytes m_old;
};

/// One node: its disk, and what it answers.
struct Site {
    Site(std::unique_ptr<sim::FileSystem> disk, env::Clock& clock, std::uint8_t number)
        : files(std::move(disk)),
          store(Store::open(*files, "/node").value()),
          service(*store, clock, {.node = peer_number(number)}),
          uri(peer::format_node_uri(
              {.address = {peer::Address::Way::tcp, "n", number}, .node = peer_number(number)})) {
        EXPECT_TRUE(files->sync_directory("/").has_value());
    }

    std::unique_ptr<sim::FileSystem> files;
    std::unique_ptr<Store> store;
    Service service;
    std::string uri;
};

/// Opens heads on sites as a client.
class SiteOpener final : public head::Opener {
public:
    SiteOpener(std::vector<Site*> sites, const PeerId& client)
        : m_sites(std::move(sites)), m_client(client) {
        for (auto* const site : m_sites)
            m_ways.push_back(std::make_unique<LoopExchanger>(site->service, client));
    }

    RepoId repository;

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override {
        const auto at = index(uri);
        return std::make_unique<peer::PeerHead>(*m_ways.at(at), uri, repository,
                                                static_cast<unsigned>(at));
    }

    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override {
        const auto at = index(uri);
        auto head =
            std::make_unique<peer::PeerHead>(*m_ways.at(at), uri, made.repository, made.index);
        const auto slh_dsa = made.owner.begin() + peer::OwnerKeys::ml_dsa_size;
        (void)m_sites[at]->store->add_invite(secret_number(1), 1_GiB, "test");
        CHECK_OK(head->join(secret_number(1), {.ml_dsa = Bytes(made.owner.begin(), slh_dsa),
                                               .slh_dsa = Bytes(slh_dsa, made.owner.end())}));
        return head;
    }

    Result<> discard(const std::string&, const RepoId&) const override { return {}; }

private:
    std::size_t index(const std::string& uri) const {
        return static_cast<std::size_t>(std::ranges::find(m_sites, uri, &Site::uri) -
                                        m_sites.begin());
    }

    std::vector<Site*> m_sites;
    PeerId m_client;
    std::vector<std::unique_ptr<LoopExchanger>> m_ways;
};

/// Made once, as that takes seconds: four disks with a repository, and its owner's key.
struct FirstSites {
    static constexpr std::uint8_t owner_number = 1;

    FirstSites() {
        std::string folder = testing::TempDir() + "/torgo_standby_XXXXXX"; // tests run side by side
        EXPECT_NE(::mkdtemp(folder.data()), nullptr);
        Bytes content(saved_size);
        sys::Random().fill(content);
        std::ofstream(folder + "/large", std::ios::binary)
            .write(reinterpret_cast<const char*>(content.data()), saved_size);
        for (auto& disk : disks)
            disk = std::make_unique<sim::FileSystem>();
        make(folder);
        std::filesystem::remove_all(folder);
    }

    void make(const std::string& folder) {
        sys::Clock clock;
        sys::Random random;
        sim::FileSystem local;
        EXPECT_TRUE(env::make_directories(local, "/state"));
        std::vector<std::unique_ptr<Site>> sites;
        std::vector<Site*> all;
        repo::InitOptions init{.heads = {},
                               .suite = seal::Suite::chimera256,
                               .code = {.k = 2, .n = site_count},
                               .credential = pass_phrase(),
                               .cost = {.memory_kib = 64, .passes = 1, .lanes = 1},
                               .label = "test"};
        for (std::uint8_t i = 0; i < site_count; ++i) {
            sites.push_back(std::make_unique<Site>(std::move(disks[i]), clock,
                                                   static_cast<std::uint8_t>(10 + i)));
            all.push_back(sites.back().get());
            init.heads.push_back(sites.back()->uri);
        }
        SiteOpener opener(all, peer_number(owner_number));
        const env::World world{.clock = &clock, .random = &random, .files = &local};
        place = repo::initialise(world, opener, std::move(init)).value().place;
        opener.repository = place.id;
        const auto repository =
            repo::Repository::open(world, opener, place, {.cache = "", .state = "/state"},
                                   [](const std::string&) {})
                .value();
        EXPECT_TRUE(repository->unlock(pass_phrase()));
        repo::BackupOptions options;
        options.paths = {folder};
        options.host = "test";
        options.threads = 2;
        repo::BackupProgress progress;
        EXPECT_TRUE(repo::backup(*repository, options, progress));
        owner.emplace(repository->owner_key().value());
        owner_keys = repository->descriptor().owner();
        for (std::size_t i = 0; i < site_count; ++i)
            disks[i] = sites[i]->files->crash(1);
    }

    static repo::Credential pass_phrase() {
        return {.custody = repo::Custody::pass_phrase,
                .secret = crypto::SecretBytes::copy_of(as_bytes("secret"))};
    }

    std::array<std::unique_ptr<sim::FileSystem>, site_count> disks;
    repo::Place place;
    std::optional<crypto::SigningKey> owner;
    Bytes owner_keys;
};

inline FirstSites& first_sites() {
    static FirstSites first;
    return first;
}

/// Copies of the four, and the standby with an order for any of them.
class Sites {
public:
    static constexpr peer::LossRule rule{.audit_every_s = 100, .misses = 3, .lost_after_s = 200};

    Sites() {
        auto& first = first_sites();
        for (std::uint8_t i = 0; i < site_count; ++i) {
            sites.push_back(std::make_unique<Site>(first.disks[i]->crash(1), clock,
                                                   static_cast<std::uint8_t>(10 + i)));
            ways.push_back(std::make_unique<LyingWay>(sites.back()->service, standby_id));
        }
        spare = std::make_unique<Site>(std::make_unique<sim::FileSystem>(), clock, 50);
        spare_uri = peer::format_node_uri(
            {.address = {peer::Address::Way::tcp, "spare", 1}, .node = standby_id});
        EXPECT_TRUE(spare->files->make_directory("/audits"));
        restart();
    }

    /// What the owner does in `torgo repair allow`.
    void allow(unsigned head = peer::spare_index) {
        auto& first = first_sites();
        order.repository = first.place.id;
        order.standby = spare_uri;
        order.head = head;
        const auto places = peer::encode_places(first.place.heads).value();
        order.head_count = site_count;
        order.places = crypto::sha256(places);
        order.bytes_a_second = 1'000'000'000;
        order.rule = rule;
        const peer::Capability right{.repository = first.place.id,
                                     .client = standby_id,
                                     .rights = {peer::Rights::read | peer::Rights::verify},
                                     .not_after_ns = 0,
                                     .label = ""};
        put_everywhere(peer::capability_prefix, peer::sign(right, *first.owner).value());
        const auto slh_dsa = first.owner_keys.begin() + peer::OwnerKeys::ml_dsa_size;
        EXPECT_TRUE(spare->store->add_invite(secret_number(1), quota, "test"));
        LoopExchanger way(spare->service, peer_number(FirstSites::owner_number));
        peer::PeerHead joining(way, spare_uri, first.place.id, peer::spare_index);
        EXPECT_TRUE(
            joining.join(secret_number(1), {.ml_dsa = Bytes(first.owner_keys.begin(), slh_dsa),
                                            .slh_dsa = Bytes(slh_dsa, first.owner_keys.end())}));
        const auto record = peer::sign(order, *first.owner).value();
        order_name = peer::name_of_record(peer::order_prefix, record);
        EXPECT_TRUE(joining.put_root(peer::name_of_record(peer::places_prefix, places), places));
        EXPECT_TRUE(joining.put_root(order_name, record));
        put_everywhere(peer::order_prefix, record);
    }

    void put_everywhere(std::string_view prefix, const Bytes& record) {
        for (unsigned i = 0; i < site_count; ++i)
            EXPECT_TRUE(head(i, peer_number(FirstSites::owner_number))
                            .put_root(peer::name_of_record(prefix, record), record));
    }

    /// The head of a site, seen by a client over a way without lies.
    peer::PeerHead head(unsigned number, const PeerId& client) {
        m_clients.push_back(std::make_unique<LoopExchanger>(sites[number]->service, client));
        return {*m_clients.back(), sites[number]->uri, first_sites().place.id, number};
    }

    /// A new process on the standby.
    void restart() {
        standby = std::make_unique<Standby>(Standby::Parts{
            .world = {.clock = &clock, .random = &random, .files = spare->files.get()},
            .store = spare->store.get(),
            .metrics = &spare->service.counts(),
            .node = standby_id,
            .key = &key,
            .folder = "/audits",
            .bytes_a_second = 1'000'000'000,
            .reach = [this](const std::string& uri) -> Result<peer::Exchanger*> {
                for (std::size_t i = 0; i < site_count; ++i)
                    if (sites[i]->uri == uri) return ways[i].get();
                return fail(Errc::unavailable, uri);
            },
            .addresses =
                [] { return std::vector<peer::Address>{{peer::Address::Way::tcp, "spare", 1}}; },
            .say =
                [this](const std::string& text) {
                    said += text + "\n";
                }});
    }

    /// Lets so many audits of each head come due and be made.
    void audit(unsigned times) {
        for (; times > 0; --times) {
            clock.advance_ns(std::int64_t{2} * rule.audit_every_s * 1'000'000'000);
            (void)standby->round({});
        }
    }

    unsigned spare_number() const {
        return spare->store->find(first_sites().place.id)->record().index;
    }

    /// All segments that a node keeps.
    static std::vector<SegmentId> segments(const Site& site) {
        return site.store->find(first_sites().place.id)
            ->head()
            .list_segments({}, head::max_list_page)
            .value();
    }

    crypto::SigningKey key = *crypto::SigningKey::from_seed(
        crypto::SignatureScheme::ml_dsa_65, crypto::SecretBytes::copy_of(Bytes(32, 5)));
    PeerId standby_id = crypto::peer_id_of(key.public_key());
    sim::Clock clock;
    sys::Random random;
    std::vector<std::unique_ptr<Site>> sites;
    std::vector<std::unique_ptr<LyingWay>> ways; ///< of the standby
    std::unique_ptr<Site> spare;
    std::string spare_uri;
    peer::Order order;
    std::string order_name;
    std::uint64_t quota = 1_GiB; ///< of the standby
    std::unique_ptr<Standby> standby;
    std::string said;

private:
    std::vector<std::unique_ptr<LoopExchanger>> m_clients;
};

} // namespace torgo::node
