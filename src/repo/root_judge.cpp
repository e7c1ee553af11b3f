#include "repo/root_judge.hpp"

#include "repo/key_slot.hpp"
#include "repo/pack_list.hpp"
#include "repo/signing.hpp"
#include "repo/snapshot_record.hpp"
#include "repo/withdrawal.hpp"
#include "repo/writer.hpp"

#include <string_view>

namespace torgo::repo {

namespace {

constexpr std::string_view capability_prefix = "capability-";
/// Where a capability has its rights: after magic, version, repository and PeerId
/// (docs/spec/peer-protocol.md 4.2).
constexpr std::size_t rights_at = 4 + 1 + RepoId::size + PeerId::size;
constexpr std::uint8_t all_rights = 15;

/// docs/spec/peer-protocol.md 4.2 and 7.1: what a node believes of who may do what, and what it is
/// ordered to do.
std::string_view context_for_nodes(std::string_view name) {
    if (name.starts_with(capability_prefix)) return "torgo/capability/1";
    if (name.starts_with("revocation-")) return "torgo/revocation/1";
    if (name.starts_with("order-")) return "torgo/order/1";
    return {};
}

} // namespace

bool RootJudge::knows(const std::string& name) {
    for (const auto* prefix :
         {"descriptor", "writer-", "batch-", "snapshot-", "key-", "withdrawn-"})
        if (name.starts_with(prefix)) return true;
    return !context_for_nodes(name).empty();
}

bool RootJudge::good(const std::string& name, ByteView content) const {
    if (name == "descriptor") {
        const auto read = decode_descriptor(content, m_root_fingerprint);
        return read && read->generation == m_descriptor.generation;
    }
    if (name.starts_with("writer-")) {
        const auto read = read_certificate(content, m_descriptor);
        return read && writer_root_name(read->id) == name;
    }
    if (!fits_name(name, content)) return false;
    if (name.starts_with("batch-"))
        return SignedBatches(m_heads, m_descriptor).check(content).has_value();
    if (name.starts_with("snapshot-")) return signed_snapshot(content);
    if (!context_for_nodes(name).empty()) return signed_for_nodes(name, content);
    if (name.starts_with(withdrawal_prefix))
        return open_withdrawal(content, m_descriptor.id, m_descriptor.root_ml_dsa).has_value();
    if (name.starts_with(key_root_prefix))
        return inspect_slot(content, m_descriptor.id, nullptr).has_value();
    return false;
}

bool RootJudge::signed_snapshot(ByteView content) const {
    const auto frame = decode_snapshot_frame(content);
    if (!frame || frame->repo != m_descriptor.id) return false;
    const auto writer = m_certificates.find(frame->writer);
    return writer && check_signature(crypto::SignatureScheme::ml_dsa_65, snapshot_context, content,
                                     (*writer)->record_public);
}

bool RootJudge::signed_for_nodes(const std::string& name, ByteView content) const {
    return check_signature(crypto::SignatureScheme::ml_dsa_87, context_for_nodes(name), content,
                           m_descriptor.root_ml_dsa)
        .has_value();
}

bool is_lock(const std::string& name) {
    return name.starts_with("lock-");
}

bool is_for_some_heads(const std::string& name, ByteView content) {
    if (!name.starts_with(capability_prefix)) return false;
    return content.size() <= rights_at || content[rights_at] != all_rights;
}

} // namespace torgo::repo
