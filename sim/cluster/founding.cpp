#include "sim/cluster/founding.hpp"

#include "base/ensure.hpp"
#include "peer/capability.hpp"
#include "repo/head_set.hpp"
#include "sim/cluster/client.hpp"

namespace torgo::sim {

namespace {

constexpr std::size_t first_size = 3000;
constexpr std::uint64_t quota = 1_GiB;
constexpr std::uint64_t founding_seed = 1;

crypto::SigningKey key_number(unsigned number) {
    crypto::SecretBytes seed(crypto::sizes_of(crypto::SignatureScheme::ml_dsa_65).seed);
    seed.span()[0] = static_cast<std::uint8_t>(number + 1);
    return crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65, seed).value();
}

/// What the founding is done with, gone afterwards.
class Founder {
public:
    Founder(Founding& out, segment::CodeKind kind)
        : m_out(out), m_kind(kind), m_network(founding_seed, false) {}

    void found();

private:
    void make_machines();
    void make_repository();
    void let_second_write(repo::Repository& repository);
    std::unique_ptr<Client> client(unsigned number);

    Founding& m_out;
    segment::CodeKind m_kind;
    Network m_network;
    std::vector<std::unique_ptr<Machine>> m_machines;
    std::vector<Machine*> m_all;
};

void Founder::make_machines() {
    for (unsigned i = 0; i < machine_count; ++i)
        m_out.machine_keys.push_back(key_number(i));
    for (unsigned i = 0; i < client_count; ++i)
        m_out.client_keys.push_back(key_number(100 + i));
    for (unsigned i = 0; i < head_count; ++i) {
        auto disk = std::make_unique<FileSystem>();
        m_machines.push_back(std::make_unique<Machine>(
            std::move(disk), Machine::Parts{.number = i,
                                            .key = &m_out.machine_keys[i],
                                            .repository = {},
                                            .founder = {},
                                            .clock = &m_network.clock,
                                            .promises = &m_network.promises}));
        m_all.push_back(m_machines.back().get());
        ENSURE(m_machines[i]->store().add_invite(invite_secret(i), quota, "sim").has_value());
        ENSURE(m_machines[i]->disk().sync_directory("/").has_value());
    }
}

std::unique_ptr<Client> Founder::client(unsigned number) {
    auto disk = std::make_unique<FileSystem>();
    ENSURE(env::make_directories(*disk, "/state").has_value());
    ENSURE(env::make_directories(*disk, "/cache").has_value());
    return std::make_unique<Client>(std::move(disk),
                                    Client::Parts{.name = "client" + std::to_string(number),
                                                  .key = &m_out.client_keys[number],
                                                  .place = m_out.place,
                                                  .machines = m_all,
                                                  .network = &m_network,
                                                  .seed = founding_seed + number});
}

void Founder::make_repository() {
    const auto owner = client(0);
    repo::InitOptions init{.heads = {},
                           .suite = seal::Suite::chimera256,
                           .code = {.k = data_segments, .n = head_count, .kind = m_kind},
                           .credential = Client::pass_phrase(),
                           .cost = {.memory_kib = 64, .passes = 1, .lanes = 1},
                           .label = "sim"};
    for (unsigned i = 0; i < head_count; ++i) {
        init.heads.push_back(m_machines[i]->uri());
        owner->opener().invites[i] = invite_secret(i);
    }
    Random random(founding_seed);
    FileSystem nowhere;
    const env::World world{.clock = &m_network.clock, .random = &random, .files = &nowhere};
    m_out.place = repo::initialise(world, owner->opener(), std::move(init)).value().place;
}

/// The second client may read and write, and nothing else.
void Founder::let_second_write(repo::Repository& repository) {
    m_out.owner = repository.descriptor().owner();
    m_out.owner_key.emplace(repository.owner_key().value());
    const peer::Capability right{.repository = m_out.place.id,
                                 .client = peer::peer_id_of(m_out.client_keys[1].public_key()),
                                 .rights = {peer::Rights::read | peer::Rights::write},
                                 .not_after_ns = 0,
                                 .label = ""};
    const auto record = peer::sign(right, *m_out.owner_key).value();
    ENSURE(repository.heads()
               .put_root(peer::name_of_record(peer::capability_prefix, record), record, head_count)
               .has_value());
}

void Founder::found() {
    make_machines();
    make_repository();
    for (unsigned i = 0; i < client_count; ++i) {
        const auto one = client(i);
        if (i == 0) let_second_write(*one->open().value());
        const auto saved = one->backup(first_content(i), "first-" + std::to_string(i));
        ENSURE(saved.has_value());
        one->restart(founding_seed);
        ENSURE(one->disk().sync_directory("/").has_value());
        m_out.clients[i] = one->disk().crash(founding_seed);
    }
    for (unsigned i = 0; i < head_count; ++i) {
        ENSURE(m_machines[i]->service().receipts()->close().has_value());
        m_out.disks[i] = m_machines[i]->disk().crash(founding_seed);
    }
}

} // namespace

Bytes first_content(unsigned client) {
    Bytes content(first_size);
    Prng(client + 1).fill(content);
    return content;
}

peer::InviteSecret invite_secret(unsigned number) {
    peer::InviteSecret secret;
    secret.bytes.fill(static_cast<std::uint8_t>(number + 1));
    return secret;
}

const Founding& founding(segment::CodeKind kind) {
    static const auto make = [](segment::CodeKind of) {
        Founding out;
        Founder(out, of).found();
        return out;
    };
    if (kind == segment::CodeKind::regenerating) {
        static const Founding regenerating = make(kind);
        return regenerating;
    }
    static const Founding plain = make(kind);
    return plain;
}

} // namespace torgo::sim
