#pragma once

// A client of BLOB transfer and servers in the test's air, with the disks of both.

#include "mesh/blob_client.hpp"
#include "mesh/blob_server.hpp"
#include "mesh/test_air.hpp"

#include <gtest/gtest.h>

namespace torgo::mesh {

inline constexpr Address blob_group = 0xC123;
inline constexpr std::uint8_t block_log = 12;

inline std::shared_ptr<const Composition> blob_composition() {
    static const auto composition = std::make_shared<const Composition>(
        Composition{.company = test_company,
                    .elements = {{.models = {config_server, blob_server, blob_client}}}});
    return composition;
}

inline NodeConfig blob_config(Address address) {
    auto config = test_config(address);
    config.composition = blob_composition();
    config.states.relay = true;
    config.states.network_transmit = 2;
    config.states.relay_retransmit = 2;
    config.models = std::make_shared<ModelTable>(
        ModelTable{{.element = 0, .id = blob_server, .bound = {0}, .subscriptions = {{blob_group}}},
                   {.element = 0, .id = blob_client, .bound = {0}}});
    return config;
}

inline Bytes test_blob(std::size_t size) {
    Bytes out(size);
    sim::Prng prng(size);
    for (auto& byte : out)
        byte = static_cast<std::uint8_t>(prng.next());
    return out;
}

/// What a disk would hold: written bytes count only from the last sync on.
class MemorySink final : public BlobSink {
public:
    explicit MemorySink(std::size_t size) : disk(size), m_cache(size) {}

    Result<> write(std::uint32_t offset, ByteView bytes) override {
        std::ranges::copy(bytes, m_cache.begin() + offset);
        return {};
    }

    Result<> sync() override {
        disk = m_cache;
        return {};
    }

    void complete(BlobId) override { ++completed; }

    void cut() { m_cache = disk; }

    Bytes disk;
    unsigned completed = 0;

private:
    Bytes m_cache;
};

class MemorySource final : public BlobSource {
public:
    explicit MemorySource(Bytes blob) : m_blob(std::move(blob)) {}

    Result<Bytes> read(std::uint32_t offset, std::uint32_t size) override {
        if (offset + size > readable) return fail(Errc::io, "a bad sector");
        const auto part = ByteView(m_blob).subspan(offset, size);
        return Bytes(part.begin(), part.end());
    }

    std::size_t readable = ~std::size_t{0}; ///< bytes

private:
    Bytes m_blob;
};

/// A client on node 1 and servers on others, in the test's air.
struct BlobBench {
    struct Receiver {
        explicit Receiver(std::size_t size) : sink(size) {}

        MemoryStore store;
        MemorySink sink;
        std::unique_ptr<BlobServer> server;
    };

    BlobBench(std::uint64_t seed, std::size_t size)
        : air(seed), blob(test_blob(size)), source(blob) {
        air.on_received = [this](Node& to, const Received& received) {
            const auto address = to.config().address;
            if (client && address == 1) (void)client->on_message(air.now, received);
            if (const auto at = receivers.find(address); at != receivers.end())
                (void)at->second->server->on_message(air.now, received);
        };
        air.on_ended = [this](Node& of, MessageNumber number) {
            if (client && of.config().address == 1) client->on_ended(number);
        };
        air.drivers.push_back({[this] { return client ? client->next_wake() : never; },
                               [this](Time now) {
                                   client->on_wake(now);
                               }});
    }

    void add_receiver(Address address) {
        auto& receiver =
            *receivers.emplace(address, std::make_unique<Receiver>(blob.size())).first->second;
        auto& node = air.add(blob_config(address), &receiver.store);
        ASSERT_TRUE(node.save_all());
        receiver.server =
            std::make_unique<BlobServer>(node, 0, receiver.sink, air.random(), &receiver.store);
        air.drivers.push_back({[&receiver] { return receiver.server->next_wake(); },
                               [&receiver](Time now) {
                                   receiver.server->on_wake(now);
                               }});
        ASSERT_TRUE(receiver.server->expect(77, 0));
    }

    /// Nodes in a row: the client's, relays, and a receiver.
    void add_line(Address last) {
        for (Address address = 1; address < last; ++address)
            air.add(blob_config(address));
        add_receiver(last);
        air.line(1, last);
    }

    void power_cut(Address address) {
        auto& receiver = *receivers.at(address);
        receiver.sink.cut();
        auto node = Node::restore(blob_composition(), air.limits, air, air.random(), receiver.store,
                                  air.now);
        ASSERT_TRUE(node);
        receiver.server =
            std::make_unique<BlobServer>(**node, 0, receiver.sink, air.random(), &receiver.store);
        air.replace(address, std::move(*node));
    }

    void begin(std::vector<Address> targets, Address group = unassigned,
               std::uint16_t chunk_size = blob_chunk_size_max, BlobMode mode = BlobMode::push) {
        auto made = BlobClient::begin(air.node(1), source,
                                      {.shape = {.id = 77,
                                                 .size = static_cast<std::uint32_t>(blob.size()),
                                                 .block_log = block_log},
                                       .mode = mode,
                                       .chunk_size = chunk_size,
                                       .targets = std::move(targets),
                                       .group = group},
                                      air.now);
        ASSERT_TRUE(made);
        client.emplace(std::move(*made));
    }

    /// Until the client is done, at most so long; how long it was.
    Time run(Time most) {
        const auto start = air.now;
        while (!client->is_done() && air.now - start < most)
            air.run(1s);
        return air.now - start;
    }

    void expect_complete(Address address) {
        const auto& receiver = *receivers.at(address);
        EXPECT_EQ(receiver.server->phase(), BlobPhase::complete) << address;
        EXPECT_EQ(receiver.sink.completed, 1) << address;
        EXPECT_TRUE(receiver.sink.disk == blob) << address;
    }

    TestAir air;
    Bytes blob;
    MemorySource source;
    std::optional<BlobClient> client;
    std::map<Address, std::unique_ptr<Receiver>> receivers;
};

/// As if it came to node 2 from node 1.
inline void give_server(BlobServer& server, const AccessPayload& payload) {
    const auto message = decode_access(payload.view());
    (void)server.on_message(0s, {.model = blob_server,
                                 .src = 1,
                                 .dst = 2,
                                 .opcode = message->opcode,
                                 .parameters = message->parameters});
}

} // namespace torgo::mesh
