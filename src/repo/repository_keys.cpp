#include "base/ensure.hpp"
#include "env/random.hpp"
#include "repo/head_set.hpp"
#include "repo/repository.hpp"

#include <algorithm>

namespace torgo::repo {

Result<crypto::SigningKey> Repository::owner_key() const {
    ENSURE(unlocked());
    return crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_87,
                                         m_secrets->root_ml_dsa);
}

Result<std::vector<KeySlotInfo>> Repository::key_slots() {
    TRY(const auto names, m_heads->list_roots(std::string(key_root_prefix)));
    std::vector<KeySlotInfo> slots;
    for (const auto& name : names) {
        const auto record = m_heads->get_root(name);
        auto read = record ? inspect_slot(*record, m_place.id, m_secrets.get())
                           : Result<KeySlotInfo>(std::unexpected(record.error()));
        if (!read) {
            m_warn(name + " cannot be used: " + read.error().detail());
            continue;
        }
        auto info = *std::move(read);
        info.name = name.substr(key_root_prefix.size());
        slots.push_back(std::move(info));
    }
    std::ranges::stable_sort(slots, {}, &KeySlotInfo::custody); // names are hashes: no order
    return slots;
}

Result<std::string> Repository::add_key(const Credential& credential,
                                        const crypto::Argon2Cost& cost, const std::string& label) {
    ENSURE(unlocked());
    SlotInput input{.repo = m_place.id, .slot = {}, .salt = {}, .cost = cost, .label = label};
    m_world.random->fill(input.slot);
    m_world.random->fill(input.salt);
    TRY(const auto slot, seal_slot(input, credential, *m_secrets));
    auto name = key_slot_name(slot);
    // A slot repeats what the one in use holds. Whoever has enough heads and the kit must get in
    // again.
    const auto needed = std::min<std::size_t>(m_descriptor.min_heads(), m_heads->usable());
    CHECK_OK_WITH("writing the key slot", m_heads->put_root(name, slot, needed));
    return name.substr(key_root_prefix.size());
}

Result<> Repository::remove_key(std::string_view slot_prefix) {
    TRY(const auto slots, key_slots());
    const KeySlotInfo* match = nullptr;
    std::size_t openable = 0;
    for (const auto& slot : slots) {
        openable += slot.custody != Custody::recovery_kit ? 1 : 0;
        if (slot_prefix.empty() || !slot.name.starts_with(slot_prefix)) continue;
        if (match != nullptr)
            return fail(Errc::invalid_argument, "more than one key begins with that");
        match = &slot;
    }
    if (match == nullptr) return fail(Errc::not_found, "no key " + std::string(slot_prefix));
    if (match->name == m_current_slot)
        return fail(
            Errc::invalid_argument,
            "this key is the one in use: open the repository with another key to remove it");
    if (match->custody != Custody::recovery_kit && openable == 1)
        return fail(Errc::invalid_argument, "this is the last key beside the recovery kit");
    return m_heads->remove_root(std::string(key_root_prefix) + match->name);
}

} // namespace torgo::repo
