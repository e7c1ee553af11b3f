#include "repo/key_slot.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "crypto/siv.hpp"
#include "repo/limits.hpp"
#include "repo/record_head.hpp"

namespace torgo::repo {

namespace {

constexpr std::string_view magic = "TGK1";
constexpr std::uint8_t format_version = 1;
constexpr std::size_t key_file_size_min = 32;
constexpr std::uint8_t which_dedup = 0x40;
constexpr std::uint8_t which_root_ml_dsa = 0x41;
constexpr std::uint8_t which_root_slh_dsa = 0x42;
constexpr std::uint32_t first_epoch = 1;
constexpr std::size_t wrapped_size_max = 2048;

struct SlotHeader {
    RepoId repo;
    std::array<std::uint8_t, 8> slot{};
    Custody custody{};
    crypto::Argon2Cost cost;
    std::array<std::uint8_t, 32> salt{};
};

Bytes encode_header(const SlotHeader& header) {
    Writer out;
    out.raw(as_bytes(magic)).put(format_version).raw(header.repo.view()).raw(header.slot);
    out.put(static_cast<std::uint8_t>(header.custody));
    out.put(header.cost.memory_kib).put(header.cost.passes).put(header.cost.lanes);
    out.raw(header.salt);
    return std::move(out).take();
}

Result<SlotHeader> decode_header(Reader& in) {
    CHECK_OK(read_head(in, magic, format_version, "a key slot"));
    SlotHeader header;
    TRY(header.repo, in.id<RepoId>());
    TRY(const auto slot, in.raw(header.slot.size()));
    std::ranges::copy(slot, header.slot.begin());
    TRY(const auto custody, in.get<std::uint8_t>());
    if (custody < 1 || custody > 3)
        return fail(Errc::unsupported, "a key slot has a custody this version does not know");
    header.custody = static_cast<Custody>(custody);
    TRY(header.cost.memory_kib, in.get<std::uint32_t>());
    TRY(header.cost.passes, in.get<std::uint32_t>());
    TRY(header.cost.lanes, in.get<std::uint32_t>());
    TRY(const auto salt, in.raw(header.salt.size()));
    std::ranges::copy(salt, header.salt.begin());
    return header;
}

/// The secret from which the wrapping keys of one slot follow (REPO-10).
Result<crypto::SecretBytes> stretch(const SlotHeader& header, const Credential& credential) {
    const auto secret = credential.secret.view();
    if (secret.empty()) return fail(Errc::invalid_argument, "the pass phrase is empty");
    if (header.custody == Custody::pass_phrase)
        return crypto::argon2id(secret, header.salt, header.cost, 64);
    if (secret.size() < key_file_size_min)
        return fail(Errc::invalid_argument, "a key file needs at least 32 random bytes");
    return crypto::hkdf_extract(header.salt, secret);
}

/// Each secret has a wrapping key of its own, so that custody can be split later (REPO-9).
crypto::SecretBytes wrapping_key(const crypto::SecretBytes& stretched, std::uint8_t which,
                                 std::uint32_t epoch) {
    Writer info;
    info.raw(as_bytes("TORGO/KEK/1")).put(which).put(epoch);
    return crypto::hkdf_expand(stretched, info.view(), crypto::siv_key_size);
}

/// Whoever holds the repository's secrets may read all labels.
crypto::SecretBytes label_key(const crypto::SecretBytes& dedup) {
    const auto key = crypto::hkdf_extract(as_bytes("TORGO/LABEL/1"), dedup.view());
    return crypto::hkdf_expand(key, as_bytes("label"), crypto::siv_key_size);
}

Result<Bytes> seal_label(const crypto::SecretBytes& dedup, ByteView prefix,
                         const std::string& label) {
    if (label.size() > limits::label_size_max)
        return fail(Errc::invalid_argument, "the key's label is longer than 1024 bytes");
    return crypto::siv_seal(label_key(dedup), prefix, as_bytes(label));
}

struct Wrapping {
    std::uint8_t which;
    ByteView secret;
};

std::vector<Wrapping> wrappings(const Secrets& secrets) {
    std::vector<Wrapping> all;
    for (std::size_t i = 0; i < secrets.heads.size(); ++i)
        all.push_back({static_cast<std::uint8_t>(i + 1), secrets.heads[i].view()});
    all.push_back({which_dedup, secrets.dedup.view()});
    all.push_back({which_root_ml_dsa, secrets.root_ml_dsa.view()});
    all.push_back({which_root_slh_dsa, secrets.root_slh_dsa.view()});
    return all;
}

Result<> place_secret(OpenedSlot& opened, std::uint8_t which, crypto::SecretBytes secret) {
    switch (which) {
    case which_dedup:
        opened.secrets.dedup = std::move(secret);
        return {};
    case which_root_ml_dsa:
        opened.secrets.root_ml_dsa = std::move(secret);
        return {};
    case which_root_slh_dsa:
        opened.secrets.root_slh_dsa = std::move(secret);
        return {};
    default:
        break;
    }
    if (which != opened.secrets.heads.size() + 1) // REPO-11
        return fail(Errc::corrupt, "a key slot holds its secrets in the wrong order");
    opened.secrets.heads.push_back(std::move(secret));
    return {};
}

} // namespace

// REPO-7
std::string key_slot_name(ByteView slot) {
    return std::string(key_root_prefix) + crypto::sha256(slot).hex();
}

// REPO-8
Result<Bytes> seal_slot(const SlotInput& input, const Credential& credential,
                        const Secrets& secrets) {
    const bool stretched_slowly = credential.custody == Custody::pass_phrase;
    const SlotHeader header{.repo = input.repo,
                            .slot = input.slot,
                            .custody = credential.custody,
                            .cost = stretched_slowly ? input.cost : crypto::Argon2Cost{},
                            .salt = input.salt};
    TRY(const auto stretched, stretch(header, credential));
    const auto prefix = encode_header(header);
    Writer out;
    out.raw(prefix);
    TRY(const auto label, seal_label(secrets.dedup, prefix, input.label));
    out.blob(label);
    const auto all = wrappings(secrets);
    out.varint(all.size());
    for (const auto& [which, secret] : all) {
        TRY(const auto wrapped,
            crypto::siv_seal(wrapping_key(stretched, which, first_epoch), prefix, secret));
        out.put(which).put(first_epoch).blob(wrapped);
    }
    return std::move(out).take();
}

Result<KeySlotInfo> inspect_slot(ByteView slot, const RepoId& repo, const Secrets* secrets) {
    Reader in(slot);
    TRY(const auto header, decode_header(in));
    if (header.repo != repo) return fail(Errc::corrupt, "a key slot of another repository");
    TRY(const auto label, in.blob(limits::label_size_max + crypto::siv_overhead));
    std::string text;
    if (secrets != nullptr) {
        TRY(const auto opened,
            crypto::siv_open(label_key(secrets->dedup), encode_header(header), label));
        text = as_text(opened.view());
    }
    return KeySlotInfo{
        .name = {}, .custody = header.custody, .cost = header.cost, .label = std::move(text)};
}

Result<OpenedSlot> open_slot(ByteView slot, const RepoId& repo, const Credential& credential) {
    Reader in(slot);
    TRY(const auto header, decode_header(in));
    if (header.repo != repo) return fail(Errc::corrupt, "a key slot of another repository");
    if (header.custody != credential.custody)
        return fail(Errc::wrong_password, "the slot has another custody");
    TRY(const auto stretched, stretch(header, credential));
    const auto prefix = encode_header(header);
    TRY([[maybe_unused]] const auto label, in.blob(limits::label_size_max + crypto::siv_overhead));
    TRY(const auto count, in.varint(limits::wraps_per_slot_max));
    OpenedSlot opened;
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY(const auto which, in.get<std::uint8_t>());
        TRY(const auto epoch, in.get<std::uint32_t>());
        TRY(const auto wrapped, in.blob(wrapped_size_max));
        auto secret = crypto::siv_open(wrapping_key(stretched, which, epoch), prefix, wrapped);
        if (!secret) return fail(Errc::wrong_password, "the key slot does not open");
        CHECK_OK(place_secret(opened, which, *std::move(secret)));
    }
    CHECK_OK(in.done());
    return opened;
}

} // namespace torgo::repo
