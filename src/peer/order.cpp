#include "peer/order.hpp"

#include "base/codec.hpp"
#include "crypto/tls.hpp"
#include "peer/node_uri.hpp"

#include <algorithm>

namespace torgo::peer {

namespace {

constexpr auto owner_scheme = crypto::SignatureScheme::ml_dsa_87;
constexpr auto node_scheme = crypto::SignatureScheme::ml_dsa_65;
constexpr std::uint8_t version = 1;
constexpr std::string_view order_magic = "TGO1";
constexpr std::string_view order_context = "torgo/order/1";
constexpr std::string_view places_magic = "TGH1";
constexpr std::string_view takeover_magic = "TGT1";
constexpr std::string_view takeover_context = "torgo/takeover/1";

bool one_spelling(std::string_view uri) {
    const auto parsed = parse_node_uri(uri);
    return parsed && uri.size() <= max_order_uri && format_node_uri(*parsed) == uri;
}

/// What is wrong with an order, or nothing.
std::string_view flaw_of(const Order& order) {
    const auto& rule = order.rule;
    if (!one_spelling(order.standby)) return "an order without a standby node";
    if (order.head_count == 0 || order.head_count > max_order_heads)
        return "an order for no heads or too many";
    if (order.head != spare_index && order.head >= order.head_count)
        return "an order for a head that there is not";
    if (order.bytes_a_second == 0) return "an order that lets no byte pass";
    if (rule.audit_every_s == 0 || rule.audit_every_s > max_audit_every_s || rule.misses == 0 ||
        rule.misses > max_misses || rule.lost_after_s > max_lost_after_s)
        return "an order whose rule is out of its bounds";
    if (order.label.size() > max_label) return "a label of more than 1,024 bytes";
    return {};
}

Writer fields_of(const Order& order) {
    Writer out;
    out.raw(as_bytes(order_magic)).put(version).raw(order.repository.view()).text(order.standby);
    out.put(static_cast<std::uint8_t>(order.head));
    out.put(static_cast<std::uint8_t>(order.head_count)).raw(order.places.view());
    out.put(order.bytes_a_second).put(order.rule.audit_every_s).put(order.rule.misses);
    out.put(order.rule.lost_after_s).signed_varint(order.not_after_ns).text(order.label);
    return out;
}

/// Magic, version and repository.
Result<> read_begin(Reader& in, std::string_view magic, const RepoId& repository) {
    TRY(const auto found, in.raw(magic.size()));
    if (as_text(found) != magic) return fail(Errc::corrupt, "no record of this kind");
    TRY(const auto number, in.get<std::uint8_t>());
    if (number != version) return fail(Errc::unsupported, "a record of a later version");
    TRY(const auto of, in.id<RepoId>());
    if (of != repository) return fail(Errc::authentication, "a record of another repository");
    return {};
}

/// What is before the `size` bytes at the end.
Result<ByteView> without_end(ByteView record, std::size_t size, std::size_t limit) {
    if (record.size() > limit) return fail(Errc::limit_exceeded, "a record that is too long");
    if (record.size() < size) return fail(Errc::corrupt, "a record ends too early");
    return record.first(record.size() - size);
}

Result<Order> decode_order(ByteView fields, const RepoId& repository) {
    Reader in(fields);
    CHECK_OK(read_begin(in, order_magic, repository));
    Order order;
    order.repository = repository;
    TRY(order.standby, in.text(max_order_uri));
    TRY(order.head, in.get<std::uint8_t>());
    TRY(order.head_count, in.get<std::uint8_t>());
    TRY(order.places, in.id<Digest>());
    TRY(order.bytes_a_second, in.get<std::uint64_t>());
    TRY(order.rule.audit_every_s, in.get<std::uint32_t>());
    TRY(order.rule.misses, in.get<std::uint32_t>());
    TRY(order.rule.lost_after_s, in.get<std::uint32_t>());
    TRY(order.not_after_ns, in.signed_varint());
    TRY(order.label, in.text(max_label));
    CHECK_OK(in.done());
    return order;
}

bool are_places(const std::vector<std::string>& heads) {
    return !heads.empty() && heads.size() <= max_order_heads &&
           std::ranges::all_of(heads,
                               [](const auto& uri) { return uri.empty() || one_spelling(uri); });
}

} // namespace

Result<Bytes> encode_places(const std::vector<std::string>& heads) {
    if (!are_places(heads))
        return fail(Errc::invalid_argument, "places of no heads, too many, or not on nodes");
    Writer out;
    out.raw(as_bytes(places_magic)).put(version).put(static_cast<std::uint8_t>(heads.size()));
    for (const auto& uri : heads)
        out.text(uri);
    return std::move(out).take();
}

// PEER-37
Result<std::vector<std::string>> decode_places(ByteView record) {
    if (record.size() > max_places) return fail(Errc::limit_exceeded, "places that are too long");
    Reader in(record);
    TRY(const auto magic, in.raw(places_magic.size()));
    if (as_text(magic) != places_magic) return fail(Errc::corrupt, "no places");
    TRY(const auto number, in.get<std::uint8_t>());
    if (number != version) return fail(Errc::unsupported, "places of a later version");
    TRY(const auto count, in.get<std::uint8_t>());
    std::vector<std::string> heads;
    for (unsigned i = 0; i < count; ++i) {
        TRY(auto uri, in.text(max_order_uri));
        heads.push_back(std::move(uri));
    }
    CHECK_OK(in.done());
    if (!are_places(heads)) return fail(Errc::corrupt, "places that are not of nodes");
    return heads;
}

Result<PeerId> Order::standby_id() const {
    TRY(const auto uri, parse_node_uri(standby));
    return uri.node;
}

Result<Bytes> sign(const Order& order, const crypto::SigningKey& owner, crypto::SignMode mode) {
    if (const auto flaw = flaw_of(order); !flaw.empty())
        return fail(Errc::invalid_argument, std::string(flaw));
    if (owner.scheme() != owner_scheme)
        return fail(Errc::invalid_argument, "an order is signed by an ML-DSA-87 key");
    auto record = fields_of(order);
    TRY(const auto signature, owner.sign(as_bytes(order_context), record.view(), mode));
    record.raw(signature);
    return std::move(record).take();
}

// PEER-37
Result<Order> open_order(ByteView record, const RepoId& repository, ByteView owner_key) {
    constexpr auto end = crypto::sizes_of(owner_scheme).signature;
    TRY(const auto fields, without_end(record, end, max_order_record));
    TRY(auto order, decode_order(fields, repository));
    if (const auto flaw = flaw_of(order); !flaw.empty())
        return fail(Errc::corrupt, std::string(flaw));
    CHECK_OK(crypto::verify(owner_scheme, owner_key, as_bytes(order_context), fields,
                            record.subspan(fields.size())));
    return order;
}

Result<Bytes> sign(const Takeover& takeover, const crypto::SigningKey& key, crypto::SignMode mode) {
    if (key.scheme() != node_scheme)
        return fail(Errc::invalid_argument, "a takeover is signed by an ML-DSA-65 key");
    if (takeover.addresses.empty() || takeover.addresses.size() > max_addresses ||
        takeover.head >= max_order_heads)
        return fail(Errc::invalid_argument, "a takeover names a head and 1 to 8 addresses");
    Writer record;
    record.raw(as_bytes(takeover_magic)).put(version).raw(takeover.repository.view());
    record.raw(takeover.order.view()).put(static_cast<std::uint8_t>(takeover.head));
    record.put(static_cast<std::uint8_t>(takeover.addresses.size()));
    for (const auto& address : takeover.addresses)
        record.text(format_address(address));
    record.raw(key.public_key());
    TRY(const auto signature, key.sign(as_bytes(takeover_context), record.view(), mode));
    record.raw(signature);
    return std::move(record).take();
}

// PEER-39
Result<Takeover> open_takeover(ByteView record, const RepoId& repository) {
    constexpr auto sizes = crypto::sizes_of(node_scheme);
    TRY(const auto fields, without_end(record, sizes.signature, max_takeover_record));
    Reader in(fields);
    CHECK_OK(read_begin(in, takeover_magic, repository));
    Takeover out;
    out.repository = repository;
    TRY(out.order, in.id<Digest>());
    TRY(out.head, in.get<std::uint8_t>());
    TRY(const auto count, in.get<std::uint8_t>());
    if (out.head >= max_order_heads || count == 0 || count > max_addresses)
        return fail(Errc::corrupt, "a takeover of no head, or without an address");
    for (unsigned i = 0; i < count; ++i) {
        TRY(const auto text, in.text(max_address));
        auto address = parse_address(text);
        if (!address) return fail(Errc::corrupt, "a takeover with an address that is none");
        out.addresses.push_back(*std::move(address));
    }
    TRY(const auto key, in.raw(sizes.public_key));
    CHECK_OK(in.done());
    CHECK_OK(crypto::verify(node_scheme, key, as_bytes(takeover_context), fields,
                            record.subspan(fields.size())));
    out.node = crypto::peer_id_of(key);
    return out;
}

Result<> check_takeover(const Takeover& takeover, const Order& order, const Digest& id) {
    const auto standby = order.standby_id();
    const bool its_head = order.head == spare_index || order.head == takeover.head;
    if (takeover.order == id && takeover.repository == order.repository && its_head &&
        takeover.head < order.head_count && standby && *standby == takeover.node)
        return {};
    return fail(Errc::permission, "no order lets this node take over this head");
}

Result<Digest> id_in_name(std::string_view name) {
    constexpr std::size_t digits = 2 * Digest::size;
    if (name.size() > digits && name[name.size() - digits - 1] == '-')
        if (const auto id = Digest::parse(name.substr(name.size() - digits))) return *id;
    return fail(Errc::invalid_argument, "a root whose name does not end in a digest");
}

} // namespace torgo::peer
