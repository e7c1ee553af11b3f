#include "repo/snapshot_record.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "repo/limits.hpp"
#include "repo/record_head.hpp"
#include "repo/signing.hpp"

namespace torgo::repo {

namespace {

constexpr std::string_view magic = "TGN1";
constexpr std::uint8_t format_version = 1;
constexpr std::uint8_t body_version = 1;
constexpr std::size_t body_step = 1_KiB; ///< bodies are padded to a multiple: paths have no length

void write_texts(Writer& out, const std::vector<std::string>& texts) {
    out.varint(texts.size());
    for (const auto& text : texts)
        out.text(text);
}

Result<std::vector<std::string>> read_texts(Reader& in, std::size_t count_max, std::size_t max) {
    TRY(const auto count, in.varint(count_max));
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY(auto text, in.text(max));
        texts.push_back(std::move(text));
    }
    return texts;
}

Bytes encode_body(const SnapshotBody& body) {
    Writer out;
    out.put(body_version).signed_varint(body.time_ns).text(body.host).text(body.user);
    write_texts(out, body.paths);
    write_texts(out, body.tags);
    out.raw(body.tree.view()).varint(body.files).varint(body.directories).varint(body.bytes);
    out.varint(body.bytes_new).text(body.program);
    auto bytes = std::move(out).take();
    bytes.resize((bytes.size() + body_step - 1) / body_step * body_step); // REPO-27
    return bytes;
}

Result<SnapshotBody> decode_body(ByteView bytes) {
    Reader in(bytes);
    TRY(const auto version, in.get<std::uint8_t>());
    if (version != body_version)
        return fail(Errc::unsupported, "a snapshot has a newer format: use a newer torgo");
    SnapshotBody body;
    TRY(body.time_ns, in.signed_varint());
    TRY(body.host, in.text(limits::text_size_max));
    TRY(body.user, in.text(limits::text_size_max));
    TRY(body.paths, read_texts(in, limits::paths_per_snapshot_max, limits::path_size_max));
    TRY(body.tags, read_texts(in, limits::tags_per_snapshot_max, limits::text_size_max));
    TRY(body.tree, in.id<ChunkId>());
    TRY(body.files, in.varint());
    TRY(body.directories, in.varint());
    TRY(body.bytes, in.varint());
    TRY(body.bytes_new, in.varint());
    TRY(body.program, in.text(limits::text_size_max));
    TRY(const auto padding, in.raw(in.left()));
    if (std::ranges::any_of(padding, [](auto b) { return b != 0; }))
        return fail(Errc::corrupt, "snapshot: padding is not zero");
    return body;
}

Result<> read_public_part(Reader& in, SnapshotFrame& frame) {
    CHECK_OK(read_head(in, magic, format_version, "a snapshot"));
    TRY(frame.repo, in.id<RepoId>());
    TRY(frame.writer, in.id<WriterId>());
    TRY(frame.counter, in.get<std::uint64_t>());
    if (frame.counter == 0 || frame.counter == UINT64_MAX)
        return fail(Errc::corrupt, "snapshot: an impossible counter");
    TRY(const auto parents, in.varint(limits::parents_max));
    for (std::uint64_t i = 0; i < parents; ++i) {
        TRY(const auto parent, in.id<SnapshotId>());
        frame.parents.push_back(parent);
    }
    return {};
}

} // namespace

Result<Bytes> encode_snapshot(const RepoId& repo, const Snapshot& snapshot, const seal::Keys& keys,
                              seal::Sealer& sealer, const crypto::SigningKey& writer_key) {
    const auto body = encode_body(snapshot.body);
    const auto id = keys.id(seal::ChunkType::snapshot, body);
    Bytes sealed(body.size() + seal::tag_size);
    TRY(const auto header, sealer.seal(seal::ChunkType::snapshot, id, body,
                                       {.bytes = body, .flags = 0}, /*random_v=*/true, sealed));
    Writer out;
    out.raw(as_bytes(magic)).put(format_version).raw(repo.view()).raw(snapshot.writer.view());
    out.put(snapshot.counter).varint(snapshot.parents.size());
    for (const auto& parent : snapshot.parents)
        out.raw(parent.view());
    out.raw(header.encode()).raw(header.v).raw(header.kc).blob(sealed);
    return append_signature(writer_key, snapshot_context, std::move(out).take());
}

// REPO-28
Result<SnapshotFrame> decode_snapshot_frame(ByteView record) {
    SnapshotFrame frame;
    Reader in(record);
    CHECK_OK(read_public_part(in, frame));
    TRY(const auto hdr, in.raw(seal::header_size));
    TRY(frame.header, seal::SealedHeader::decode(hdr));
    TRY(const auto v, in.raw(frame.header.v.size()));
    std::ranges::copy(v, frame.header.v.begin());
    TRY(const auto kc, in.raw(frame.header.kc.size()));
    std::ranges::copy(kc, frame.header.kc.begin());
    TRY(const auto sealed, in.blob(limits::root_size_max));
    frame.sealed.assign(sealed.begin(), sealed.end());
    if (in.left() != crypto::sizes_of(crypto::SignatureScheme::ml_dsa_65).signature)
        return fail(Errc::corrupt, "snapshot: the signature has the wrong size");
    frame.record.assign(record.begin(), record.end());
    TRY(frame.id, SnapshotId::from(crypto::sha256(record).view()));
    return frame;
}

Result<Snapshot> open_snapshot(const SnapshotFrame& frame, seal::Sealer& sealer) {
    if (frame.header.type != seal::ChunkType::snapshot)
        return fail(Errc::authentication, "snapshot: another kind of chunk inside");
    Bytes plain;
    CHECK_OK(sealer.open(frame.header, frame.sealed, plain));
    Snapshot snapshot{.id = frame.id,
                      .writer = frame.writer,
                      .counter = frame.counter,
                      .parents = frame.parents,
                      .body = {}};
    TRY(snapshot.body, decode_body(plain));
    return snapshot;
}

} // namespace torgo::repo
