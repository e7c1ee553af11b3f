#include "peer/messages.hpp"

#include "base/ensure.hpp"

#include <algorithm>

namespace torgo::peer {

namespace {

constexpr std::uint8_t version = 1;

Result<> take_version(Reader& in) {
    TRY(const auto found, in.get<std::uint8_t>());
    if (found != version) return fail(Errc::unsupported, "a message of a later version");
    return {};
}

Result<std::optional<Errc>> decode_errc(std::uint16_t number) {
    if (number == 0) return std::nullopt;
    if (number > static_cast<std::uint16_t>(Errc::timeout))
        return fail(Errc::corrupt, "a message names an unknown error");
    return Errc{number};
}

} // namespace

bool RepositoryStatus::operator==(const RepositoryStatus& other) const noexcept {
    return head.repository == other.head.repository && head.index == other.head.index &&
           head.free_bytes == other.head.free_bytes && head.total_bytes == other.head.total_bytes &&
           rights == other.rights && write_error == other.write_error;
}

Bytes encode(const NodeStatus& status) {
    ENSURE(status.version.size() <= max_version_text);
    Writer out;
    out.put(version).text(status.version).raw(status.node.view()).put(status.free_bytes);
    return std::move(out).take();
}

Result<NodeStatus> decode_node_status(ByteView body) {
    Reader in(body);
    CHECK_OK(take_version(in));
    NodeStatus status;
    TRY(status.version, in.text(max_version_text));
    TRY(status.node, in.id<PeerId>());
    TRY(status.free_bytes, in.get<std::uint64_t>());
    CHECK_OK(in.done());
    return status;
}

Bytes encode(const RepositoryStatus& status) {
    ENSURE(status.head.index < head::max_heads);
    Writer out;
    out.put(version).raw(status.head.repository.view());
    out.put(static_cast<std::uint8_t>(status.head.index));
    out.put(status.head.free_bytes).put(status.head.total_bytes).put(status.rights.bits);
    out.put(status.write_error ? static_cast<std::uint16_t>(*status.write_error)
                               : std::uint16_t{0});
    return std::move(out).take();
}

Result<RepositoryStatus> decode_repository_status(ByteView body) {
    Reader in(body);
    CHECK_OK(take_version(in));
    RepositoryStatus status;
    TRY(status.head.repository, in.id<RepoId>());
    TRY(const auto index, in.get<std::uint8_t>());
    status.head.index = index;
    TRY(status.head.free_bytes, in.get<std::uint64_t>());
    TRY(status.head.total_bytes, in.get<std::uint64_t>());
    TRY(status.rights.bits, in.get<std::uint8_t>());
    TRY(const auto number, in.get<std::uint16_t>());
    TRY(status.write_error, decode_errc(number));
    CHECK_OK(in.done());
    if (status.rights.bits > Rights::all) return fail(Errc::corrupt, "a message of unknown rights");
    return status;
}

Bytes encode(const std::vector<KeptRepository>& kept) {
    ENSURE(kept.size() <= max_kept);
    Writer out;
    out.put(version).put(static_cast<std::uint16_t>(kept.size()));
    for (const auto& one : kept)
        out.raw(one.repository.view()).put(one.index);
    return std::move(out).take();
}

// PEER-30
Result<std::vector<KeptRepository>> decode_kept(ByteView body) {
    Reader in(body);
    CHECK_OK(take_version(in));
    TRY(const auto count, in.get<std::uint16_t>());
    if (count > max_kept) return fail(Errc::limit_exceeded, "a list of more than 4,096");
    std::vector<KeptRepository> kept;
    for (unsigned i = 0; i < count; ++i) {
        KeptRepository one;
        TRY(one.repository, in.id<RepoId>());
        TRY(one.index, in.get<std::uint8_t>());
        if (!kept.empty() && one.repository <= kept.back().repository)
            return fail(Errc::corrupt, "a list of repositories does not ascend");
        kept.push_back(one);
    }
    CHECK_OK(in.done());
    return kept;
}

Bytes encode(const Join& join) {
    ENSURE(join.owner.ml_dsa.size() == OwnerKeys::ml_dsa_size);
    ENSURE(join.owner.slh_dsa.size() == OwnerKeys::slh_dsa_size);
    Writer out;
    out.put(version).raw(join.secret.view()).put(join.index);
    out.raw(join.owner.ml_dsa).raw(join.owner.slh_dsa);
    return std::move(out).take();
}

Result<Join> decode_join(ByteView body) {
    Reader in(body);
    CHECK_OK(take_version(in));
    Join join;
    TRY(join.secret, in.id<InviteSecret>());
    TRY(join.index, in.get<std::uint8_t>());
    TRY(const auto ml_dsa, in.raw(OwnerKeys::ml_dsa_size));
    TRY(const auto slh_dsa, in.raw(OwnerKeys::slh_dsa_size));
    CHECK_OK(in.done());
    join.owner.ml_dsa.assign(ml_dsa.begin(), ml_dsa.end());
    join.owner.slh_dsa.assign(slh_dsa.begin(), slh_dsa.end());
    return join;
}

Bytes encode_ids(std::span<const SegmentId> ids) {
    Writer out;
    for (const auto& id : ids)
        out.raw(id.view());
    return std::move(out).take();
}

Result<std::vector<SegmentId>> decode_ids(ByteView body) {
    if (body.size() % SegmentId::size != 0) return fail(Errc::corrupt, "a list of ids is cut");
    if (body.size() / SegmentId::size > head::max_list_page)
        return fail(Errc::limit_exceeded, "a list of more than 65,536 ids");
    std::vector<SegmentId> ids;
    ids.reserve(body.size() / SegmentId::size);
    for (Reader in(body); !in.empty();) {
        TRY(const auto id, in.id<SegmentId>());
        ids.push_back(id);
    }
    return ids;
}

Bytes encode_bitmap(const std::vector<bool>& bits) {
    Bytes out((bits.size() + 7) / 8);
    for (std::size_t i = 0; i < bits.size(); ++i)
        if (bits[i]) out[i / 8] |= static_cast<std::uint8_t>(1U << (i % 8));
    return out;
}

Result<std::vector<bool>> decode_bitmap(ByteView body, std::size_t count) {
    if (body.size() != (count + 7) / 8) return fail(Errc::corrupt, "a bitmap of the wrong size");
    std::vector<bool> bits(count);
    for (std::size_t i = 0; i < body.size() * 8; ++i) {
        const bool bit = ((body[i / 8] >> (i % 8)) & 1U) != 0;
        if (i < count)
            bits[i] = bit;
        else if (bit)
            return fail(Errc::corrupt, "a bitmap says more than was asked");
    }
    return bits;
}

Bytes encode_names(std::span<const std::string> names) {
    Writer out;
    for (const auto& name : names)
        out.text(name);
    return std::move(out).take();
}

Result<std::vector<std::string>> decode_names(ByteView body) {
    if (body.size() > max_names_size) return fail(Errc::limit_exceeded, "a list that is too long");
    std::vector<std::string> names;
    for (Reader in(body); !in.empty();) {
        TRY(auto name, in.text(head::max_root_name));
        if (!head::is_root_name(name)) return fail(Errc::corrupt, "a list of what are no roots");
        if (!names.empty() && name <= names.back())
            return fail(Errc::corrupt, "a list that is not ascending");
        names.push_back(std::move(name));
    }
    return names;
}

} // namespace torgo::peer
