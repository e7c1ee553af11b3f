#pragma once

#include "crypto/sign.hpp"
#include "node/service.hpp"
#include "peer/capability.hpp"
#include "peer/head.hpp"
#include "segment/verify.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

// A node and its clients in one process, with nothing between them but the protocol.
namespace torgo::node {

inline PeerId peer_number(std::uint8_t number) {
    PeerId id;
    id.bytes.fill(number);
    return id;
}

inline peer::InviteSecret secret_number(std::uint8_t number) {
    peer::InviteSecret secret;
    secret.bytes.fill(number);
    return secret;
}

/// What a link does: pieces of a body of any size, an answer that may come early.
class LoopExchanger final : public peer::Exchanger {
public:
    LoopExchanger(Service& service, const PeerId& client) : m_service(service), m_client(client) {}

    Result<peer::Answer> exchange(const peer::Request& request, const peer::BodySource& source,
                                  const peer::BodySink& sink) override {
        const auto served = m_service.begin(request, m_client);
        Bytes piece(10'007);
        for (auto left = request.body_size; left > 0 && !served->answered();) {
            TRY(const auto got,
                source(ByteSpan(piece).first(std::min<std::size_t>(piece.size(), left))));
            if (got == 0) break;
            served->write(ByteView(piece).first(got));
            left -= got;
        }
        auto response = served->finish();
        peer::Answer answer{response.status(), response.headers(), response.size()};
        for (;;) {
            TRY(const auto got, response.read(piece));
            if (got == 0) return answer;
            CHECK_OK(sink(answer, ByteView(piece).first(got)));
        }
    }

    void cancel() noexcept override {}

private:
    Service& m_service;
    PeerId m_client;
};

/// The owner's signing key and public keys; the SLH-DSA key is never used by a node.
struct TestOwner {
    crypto::SigningKey key = *crypto::SigningKey::from_seed(
        crypto::SignatureScheme::ml_dsa_87, crypto::SecretBytes::copy_of(Bytes(32, 7)));
    peer::OwnerKeys keys{key.public_key(), Bytes(peer::OwnerKeys::slh_dsa_size, 9)};
};

inline TestOwner& test_owner() {
    static TestOwner owner;
    return owner;
}

inline constexpr RepoId test_repository{{0xC0, 0xFF, 0xEE}};

/// A node with one repository, founded by peer 1.
class TestNode {
public:
    static constexpr std::uint64_t quota = 64_MiB;

    explicit TestNode(bool verify_names = true, std::uint64_t room = quota,
                      const PeerId& founder_id = peer_number(1)) {
        reopen(verify_names);
        EXPECT_TRUE(store->add_invite(secret_number(1), room, "test").has_value());
        LoopExchanger founder(*service, founder_id);
        peer::PeerHead head(founder, "tor:test", test_repository, 2);
        EXPECT_TRUE(head.join(secret_number(1), test_owner().keys).has_value());
    }

    void reopen(bool verify_names = true) {
        service.reset();
        store = *Store::open(files, "/node", use_clock ? &clock : nullptr);
        service = std::make_unique<Service>(
            *store, clock, Service::Settings{peer_number(99), verify_names, signer});
    }

    /// From now on with receipts.
    void keep_receipts(const crypto::SigningKey& key) {
        signer = &key;
        reopen();
    }

    /// What a request is answered with.
    Response ask(std::uint8_t client, peer::Method method, const std::string& target,
                 ByteView body = {}, std::vector<peer::Header> headers = {}) const {
        const auto served =
            service->begin({method, target, std::move(headers), body.size()}, peer_number(client));
        if (!served->answered()) served->write(body);
        return served->finish();
    }

    std::string outcome(std::uint8_t client, peer::Method method, const std::string& target,
                        ByteView body = {}) const {
        return std::string(ask(client, method, target, body).outcome());
    }

    sim::FileSystem files;
    sim::Clock clock;
    const crypto::SigningKey* signer = nullptr;
    bool use_clock = false; ///< for the end of capabilities, from the next reopen on
    std::unique_ptr<Store> store;
    std::unique_ptr<Service> service;
};

inline Bytes read_all(Response& response) {
    Bytes body(response.size());
    std::size_t filled = 0;
    while (filled < body.size()) {
        const auto got = response.read(ByteSpan(body).subspan(filled));
        if (!got || *got == 0) break;
        filled += *got;
    }
    body.resize(filled);
    return body;
}

/// A true segment file of `cells` cells, alone of its pack.
inline Bytes make_segment(std::size_t cells, std::uint8_t seed, SegmentId& id,
                          const RepoId& repository = test_repository) {
    segment::SegmentTrailer trailer;
    trailer.repo = repository;
    trailer.info.code = {1, 2};
    trailer.info.size = cells * segment::cell_size;
    trailer.info.segments.resize(2);
    Bytes file(cells * segment::cell_size);
    for (std::size_t i = 0; i < file.size(); ++i)
        file[i] = static_cast<std::uint8_t>(i * seed + i / segment::cell_size);
    for (std::size_t i = 0; i < cells; ++i)
        trailer.leaves.push_back(
            segment::leaf_hash(ByteView(file).subspan(i * segment::cell_size, segment::cell_size)));
    trailer.info.segments[0] = id = segment::merkle_root(trailer.leaves);
    const auto end = segment::encode_trailer(trailer);
    file.insert(file.end(), end.begin(), end.end());
    return file;
}

inline std::string in_repository(const std::string& rest) {
    return "/v1/" + test_repository.hex() + "/" + rest;
}

inline std::string segment_target(const SegmentId& id) {
    return in_repository("segments/" + id.hex());
}

} // namespace torgo::node
