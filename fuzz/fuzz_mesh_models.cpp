// What the models of a mesh node and a provisioner are told, by somebody who has the keys, and the
// file that a node keeps its records in: the first byte chooses which. Oracle: what is accepted is
// what encode writes; nothing is written beside a BLOB; a file gives the same records once more.
#include "base/ensure.hpp"
#include "mesh/blob_client.hpp"
#include "mesh/blob_server.hpp"
#include "mesh/file_store.hpp"
#include "mesh/friendship.hpp"
#include "mesh/path_messages.hpp"
#include "mesh/remote_client.hpp"
#include "mesh/remote_server.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

namespace {

using namespace torgo;
using namespace torgo::mesh;
using namespace std::chrono_literals;

constexpr Address peer_address = 2;
constexpr std::uint32_t blob_size = 300;

class Silent final : public Host {
public:
    void transmit(Node&, const Transmission&) override {}

    void message(Node&, Time, const Received&) override {}

    const Aes128* device_key_of(Address) override { return &m_key; }

private:
    Aes128 m_key;
};

/// A node of its own for each input: nothing of one is left to the next.
struct Bench {
    Bench() : node(config(), {}, {.cache_entries = 16}, host, random, nullptr, Time{0}) {}

    static NodeConfig config() {
        static const auto composition = std::make_shared<const Composition>(
            Composition{.company = 1, .elements = {{.models = {blob_server, blob_client}}}});
        NodeConfig out{.address = 5, .composition = composition};
        static const auto net = std::make_shared<NetKey>(Key128{});
        static const auto app = std::make_shared<AppKey>(Key128{});
        out.change_keys().subnets.push_back({.index = 0, .key = net});
        out.change_keys().applications.push_back({.index = 0, .net = 0, .key = app});
        return out;
    }

    Silent host;
    sim::Random random{1};
    Node node;
    Time now{0};
};

/// Each piece: an opcode of the list, a length, parameters; and time passes.
template <class Visit>
void each_message(ByteView body, std::initializer_list<Opcode> opcodes, Time& now, Visit visit) {
    Fields in(body);
    while (in.left() > 1) {
        const auto chosen = in.u8();
        const auto parameters = in.take(std::min<std::size_t>(in.u8(), in.left()));
        visit(*(opcodes.begin() + chosen % opcodes.size()), parameters);
        now += (chosen & 0x80U) != 0 ? 10s : 100ms;
    }
}

template <class Message, class Decode>
void same_again(ByteView body, Decode decode) {
    const std::optional<Message> message = decode(body);
    if (message) ENSURE(decode(encode(*message).view()) == message);
}

/// The same for access messages, whose encoding has their opcode.
template <class Message, class Decode, class... More>
void same_access_again(ByteView body, Decode decode, More... more) {
    const std::optional<Message> message = decode(body);
    if (!message) return;
    const auto whole = encode(*message, more...);
    ENSURE(decode(decode_access(whole.view())->parameters) == message);
}

void messages(ByteView body) {
    same_again<FriendRequest>(body, decode_friend_request);
    same_again<FriendOffer>(body, decode_friend_offer);
    same_again<FriendUpdate>(body, decode_friend_update);
    same_again<FriendClear>(body, decode_friend_clear);
    same_again<FriendSubscriptions>(body, decode_friend_subscriptions);
    same_again<PathRequest>(body, decode_path_request);
    same_again<PathReply>(body, decode_path_reply);
    same_again<PathConfirmation>(body, decode_path_confirmation);
    same_access_again<BlobStart>(body, decode_blob_start);
    same_access_again<BlobStatus>(body, decode_blob_status);
    same_access_again<BlobBlockStart>(body, decode_blob_block_start);
    same_access_again<BlobBlockStatus>(body, decode_blob_block_status,
                                       std::uint32_t{blob_chunks_max});
}

class Sink final : public BlobSink {
public:
    Result<> write(std::uint32_t offset, ByteView bytes) override {
        ENSURE(server != nullptr && std::size_t{offset} + bytes.size() <= server->shape().size);
        return {};
    }

    Result<> sync() override { return {}; }

    const BlobServer* server = nullptr;
};

void serve_blob(ByteView body) {
    Bench bench;
    Sink sink;
    MemoryStore store;
    BlobServer server(bench.node, 0, sink, bench.random, &store);
    sink.server = &server;
    ENSURE(server.expect(7, 0).has_value());
    each_message(body,
                 {op::blob_start, op::blob_block_start, op::blob_chunk, op::blob_block_get,
                  op::blob_get, op::blob_cancel, op::blob_info_get},
                 bench.now, [&](Opcode opcode, ByteView parameters) {
                     (void)server.on_message(bench.now, {.model = blob_server,
                                                         .src = peer_address,
                                                         .dst = 5,
                                                         .opcode = opcode,
                                                         .parameters = parameters});
                     if (server.next_wake() <= bench.now) server.on_wake(bench.now);
                 });
    // What the store remembers can be gone on with.
    const BlobServer again(bench.node, 0, sink, bench.random, &store);
    ENSURE(again.blocks_missing() <= blob_blocks_max);
}

class Source final : public BlobSource {
public:
    Result<Bytes> read(std::uint32_t offset, std::uint32_t size) override {
        ENSURE(std::uint64_t{offset} + size <= blob_size);
        return Bytes(size);
    }
};

void send_blob(ByteView body) {
    Bench bench;
    Source source;
    auto client = BlobClient::begin(bench.node, source,
                                    {.shape = {.id = 7, .size = blob_size, .block_log = 6},
                                     .mode = body.size() % 2 == 0 ? BlobMode::push : BlobMode::pull,
                                     .chunk_size = 20,
                                     .targets = {peer_address, 3}},
                                    bench.now);
    ENSURE(client.has_value());
    client->on_wake(bench.now);
    each_message(body,
                 {op::blob_status, op::blob_block_status, op::blob_info_status,
                  op::blob_partial_block_report},
                 bench.now, [&](Opcode opcode, ByteView parameters) {
                     (void)client->on_message(bench.now, {.model = blob_client,
                                                          .src = peer_address,
                                                          .dst = 5,
                                                          .opcode = opcode,
                                                          .parameters = parameters});
                     for (MessageNumber n = 0; n < 16; ++n)
                         client->on_ended(n);
                     if (client->next_wake() <= bench.now) client->on_wake(bench.now);
                     bench.node.on_wake(bench.now);
                 });
}

void serve_remote(ByteView body) {
    Bench bench;
    RemoteServer server(bench.node, bench.random, [](const PbAdvFrame&) {});
    constexpr Opcode frame = 0;
    constexpr Opcode beacon = 1;
    each_message(body,
                 {op::remote_scan_start, op::remote_scan_stop, op::remote_scan_get,
                  op::remote_link_open, op::remote_link_close, op::remote_link_get,
                  op::remote_pdu_send, op::remote_scan_capabilities_get, frame, beacon},
                 bench.now, [&](Opcode opcode, ByteView parameters) {
                     if (opcode == frame)
                         server.on_pb_adv(bench.now, parameters);
                     else if (opcode == beacon)
                         server.on_beacon(bench.now, parameters);
                     else
                         (void)server.on_message(bench.now, {.model = remote_server,
                                                             .src = peer_address,
                                                             .dst = 5,
                                                             .device_key = true,
                                                             .opcode = opcode,
                                                             .parameters = parameters});
                     if (server.next_wake() <= bench.now) server.on_wake(bench.now);
                     bench.node.on_wake(bench.now);
                 });
}

void provision_remotely(ByteView body) {
    Bench bench;
    RemoteClient client(bench.node, bench.random, peer_address, 0, DeviceUuid{},
                        {.data = {.address = 9}}, bench.now);
    client.on_wake(bench.now);
    each_message(body,
                 {op::remote_link_status, op::remote_link_report, op::remote_pdu_outbound_report,
                  op::remote_pdu_report},
                 bench.now, [&](Opcode opcode, ByteView parameters) {
                     (void)client.on_message(bench.now, {.model = config_client,
                                                         .src = peer_address,
                                                         .dst = 5,
                                                         .device_key = true,
                                                         .opcode = opcode,
                                                         .parameters = parameters});
                     if (client.next_wake() <= bench.now) client.on_wake(bench.now);
                     bench.node.on_wake(bench.now);
                 });
    ENSURE(!client.is_done() || client.provisioning()->is_done());
}

/// The provisioner's end, with the link already open: frames of the device.
void provision(ByteView body) {
    static sim::Random random(1);
    auto provisioner = Provisioning::provisioner(
        {.data = {.address = 9}}, random,
        ProvisioningLink::open(1, DeviceUuid{}, [](const PbAdvFrame&) {}, Time{0}));
    provisioner.on_wake(Time{0});
    provisioner.on_frame(Time{0}, encode_pb_adv({.link = 1, .kind = PbAdv::Kind::link_ack}).view());
    Fields in(body);
    Time now{0};
    while (in.left() > 1) {
        provisioner.on_frame(now, in.take(std::min<std::size_t>(in.u8() % 30U, in.left())));
        now += 100ms;
        provisioner.on_wake(now);
    }
    ENSURE(!provisioner.is_done() || provisioner.elements() > 0);
}

std::map<RecordKey, Bytes> records_of(const Store& store) {
    std::map<RecordKey, Bytes> out;
    store.each(
        [&](RecordKey key, ByteView record) { out[key] = Bytes(record.begin(), record.end()); });
    return out;
}

void read_store(ByteView body) {
    sim::FileSystem files;
    ENSURE(files.make_directory("/n").has_value());
    Bytes content;
    constexpr std::string_view head = "torgo-mesh-node 1\n";
    if (!body.empty() && body[0] == 'h') { // the head is known to everybody
        content.assign(head.begin(), head.end());
        body = body.subspan(1);
    }
    content.insert(content.end(), body.begin(), body.end());
    ENSURE(env::write_file_atomically(files, "/n/s", content).has_value());
    auto store = FileStore::open(files, "/n/s");
    if (!store) return;
    const auto found = records_of(**store);
    Silent host;
    sim::Random random(1);
    const auto restore = [&](Store& from) {
        return Node::restore(Bench::config().composition, {.cache_entries = 16}, host, random, from,
                             Time{0});
    };
    if (auto node = restore(**store)) {
        ENSURE((*node)->save_all().has_value());
        ENSURE(restore(**store).has_value());
        return;
    }
    auto again = FileStore::open(files, "/n/s");
    ENSURE(again.has_value() && records_of(**again) == found);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4096) return 0;
    const ByteView body(data + 1, size - 1);
    constexpr std::array targets{messages,           serve_blob, send_blob, serve_remote,
                                 provision_remotely, provision,  read_store};
    targets[data[0] % targets.size()](body);
    return 0;
}
