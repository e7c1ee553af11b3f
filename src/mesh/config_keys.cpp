// NetKeys, AppKeys and the key refresh (Mesh Protocol 1.1, 3.11.4, 4.4.1.2.9, 4.4.1.2.10).

#include "mesh/config_internal.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {

Subnet* find_subnet(KeyRing& ring, KeyIndex index) {
    const auto at = std::ranges::find(ring.subnets, index, &Subnet::index);
    return at == ring.subnets.end() ? nullptr : &*at;
}

void revoke(Application& application) {
    if (application.next == nullptr) return;
    application.key = std::move(application.next);
    application.next.reset();
}

/// Phase 3: the old keys are gone.
void revoke(KeyRing& ring, Subnet& subnet) {
    subnet.key = std::move(subnet.next);
    subnet.next.reset();
    subnet.phase = 0;
    for (auto& application : ring.applications) {
        if (application.net == subnet.index) revoke(application);
    }
}

void unbind_everywhere(NodeConfig& config, KeyIndex app_index) {
    for (auto& model : config.change_models()) {
        std::erase(model.bound, app_index);
        if (model.publication.address != unassigned && model.publication.app_index == app_index)
            model.publication = {};
    }
}

bool is_key(const auto& shared, const Key128& bytes) {
    if constexpr (requires { shared->network_id; })
        return shared != nullptr && shared->key == bytes;
    else
        return shared != nullptr && shared->bytes() == bytes;
}

} // namespace

// [MESH-13]
bool enter_key_refresh_phase(NodeConfig& config, KeyIndex index, std::uint8_t phase) {
    const auto* now = config.keys->subnet(index);
    if (now == nullptr || now->next == nullptr) return false;
    if (phase != 3 && !(phase == 2 && now->phase == 1)) return false;
    auto& ring = config.change_keys();
    auto& subnet = *find_subnet(ring, index);
    if (phase == 3)
        revoke(ring, subnet);
    else
        subnet.phase = phase;
    return true;
}

// [MESH-42]
bool settle_keys(NodeConfig& config) {
    const auto before = config.keys;
    const auto is_orphan = [&](const Application& a) {
        return before->subnet(a.net) == nullptr;
    };
    // AppKeys get a successor in phase 1 only, so phase 0 with one is a refresh that has ended.
    const auto is_stale = [&](const Application& a) {
        return a.next != nullptr && !is_orphan(a) && before->subnet(a.net)->phase == 0;
    };
    const auto is_left = [&](const Application& a) {
        return is_orphan(a) || is_stale(a);
    };
    if (std::ranges::none_of(before->applications, is_left)) return false;
    auto& ring = config.change_keys();
    for (auto& application : ring.applications) {
        if (is_orphan(application)) unbind_everywhere(config, application.index);
        if (is_stale(application)) revoke(application);
    }
    std::erase_if(ring.applications, is_orphan);
    return true;
}

namespace foundation {

namespace {

ConfigStatus add_net_key(Context& c, KeyIndex index, const Key128& key) {
    if (const auto* there = c.config.keys->subnet(index))
        return is_key(there->key, key) ? ConfigStatus::success
                                       : ConfigStatus::key_index_already_stored;
    if (c.config.keys->subnets.size() >= KeyRing::subnets_max)
        return ConfigStatus::insufficient_resources;
    c.config.change_keys().subnets.push_back(
        {.index = index, .key = std::make_shared<NetKey>(key)});
    c.out.changed = true;
    return ConfigStatus::success;
}

ConfigStatus update_net_key(Context& c, KeyIndex index, const Key128& key) {
    const auto* there = c.config.keys->subnet(index);
    if (there == nullptr) return ConfigStatus::invalid_net_key_index;
    if (there->phase == 1 && is_key(there->next, key)) return ConfigStatus::success;
    if (there->phase != 0 || is_key(there->key, key)) return ConfigStatus::cannot_update;
    auto& subnet = *find_subnet(c.config.change_keys(), index);
    subnet.next = std::make_shared<NetKey>(key);
    subnet.phase = 1;
    c.out.changed = true;
    return ConfigStatus::success;
}

ConfigStatus delete_net_key(Context& c, KeyIndex index) {
    if (c.config.keys->subnet(index) == nullptr) return ConfigStatus::success;
    if (index == c.net_index || c.config.keys->subnets.size() == 1)
        return ConfigStatus::cannot_remove;
    const auto before = c.config.keys;
    for (const auto& application : before->applications) {
        if (application.net == index) unbind_everywhere(c.config, application.index);
    }
    auto& ring = c.config.change_keys();
    std::erase_if(ring.applications, [&](const auto& a) { return a.net == index; });
    std::erase_if(ring.subnets, [&](const auto& s) { return s.index == index; });
    c.out.changed = true;
    return ConfigStatus::success;
}

ConfigStatus add_app_key(Context& c, KeyIndexPair at, const Key128& key) {
    if (c.config.keys->subnet(at.first) == nullptr) return ConfigStatus::invalid_net_key_index;
    if (const auto* there = c.config.keys->application(at.second)) {
        if (there->net != at.first) return ConfigStatus::invalid_net_key_index;
        return is_key(there->key, key) ? ConfigStatus::success
                                       : ConfigStatus::key_index_already_stored;
    }
    if (c.config.keys->applications.size() >= KeyRing::applications_max)
        return ConfigStatus::insufficient_resources;
    c.config.change_keys().applications.push_back(
        {.index = at.second, .net = at.first, .key = std::make_shared<AppKey>(key)});
    c.out.changed = true;
    return ConfigStatus::success;
}

ConfigStatus update_app_key(Context& c, KeyIndexPair at, const Key128& key) {
    const auto* subnet = c.config.keys->subnet(at.first);
    const auto* there = c.config.keys->application(at.second);
    if (subnet == nullptr) return ConfigStatus::invalid_net_key_index;
    if (there == nullptr) return ConfigStatus::invalid_app_key_index;
    if (there->net != at.first) return ConfigStatus::invalid_binding;
    if (subnet->phase == 1 && is_key(there->next, key)) return ConfigStatus::success;
    if (subnet->phase != 1 || there->next != nullptr) return ConfigStatus::cannot_update;
    auto& applications = c.config.change_keys().applications;
    std::ranges::find(applications, at.second, &Application::index)->next =
        std::make_shared<AppKey>(key);
    c.out.changed = true;
    return ConfigStatus::success;
}

ConfigStatus delete_app_key(Context& c, KeyIndexPair at) {
    if (c.config.keys->subnet(at.first) == nullptr) return ConfigStatus::invalid_net_key_index;
    const auto* there = c.config.keys->application(at.second);
    if (there == nullptr) return ConfigStatus::success;
    if (there->net != at.first) return ConfigStatus::invalid_net_key_index;
    unbind_everywhere(c.config, at.second);
    std::erase_if(c.config.change_keys().applications,
                  [&](const auto& a) { return a.index == at.second; });
    c.out.changed = true;
    return ConfigStatus::success;
}

/// Indexes two by two in three bytes, a last one in two (4.3.1.1).
void append_indexes(AccessPayload& out, const std::vector<KeyIndex>& indexes) {
    for (std::size_t i = 0; i < indexes.size(); i += 2) {
        if (i + 1 < indexes.size())
            out.append(encode_key_indexes({.first = indexes[i], .second = indexes[i + 1]}).view());
        else
            out.le16(indexes[i]);
    }
}

void list_app_keys(Context& c) {
    const auto net = c.in.le16();
    if (!c.in.done() || net > key_index_max) return;
    const bool known = c.config.keys->subnet(net) != nullptr;
    std::vector<KeyIndex> indexes;
    for (const auto& application : c.config.keys->applications) {
        if (application.net == net) indexes.push_back(application.index);
    }
    auto& out = c.reply(op::app_key_list)
                    .u8(known ? 0U : static_cast<unsigned>(ConfigStatus::invalid_net_key_index))
                    .le16(net);
    append_indexes(out, indexes);
}

void list_net_keys(Context& c) {
    if (!c.in.done()) return;
    std::vector<KeyIndex> indexes;
    for (const auto& subnet : c.config.keys->subnets)
        indexes.push_back(subnet.index);
    append_indexes(c.reply(op::net_key_list), indexes);
}

} // namespace

void app_keys(Context& c) {
    if (c.opcode == op::app_key_get) {
        list_app_keys(c);
        return;
    }
    const auto at = decode_key_indexes(c.in);
    const auto key = c.opcode == op::app_key_delete ? Key128{} : c.in.bytes<16>();
    if (!c.in.done()) return;
    const auto status = c.opcode == op::app_key_add      ? add_app_key(c, at, key)
                        : c.opcode == op::app_key_update ? update_app_key(c, at, key)
                                                         : delete_app_key(c, at);
    c.reply(op::app_key_status)
        .u8(static_cast<std::uint8_t>(status))
        .append(encode_key_indexes(at).view());
}

void net_keys(Context& c) {
    if (c.opcode == op::net_key_get) {
        list_net_keys(c);
        return;
    }
    const auto index = c.in.le16();
    const auto key = c.opcode == op::net_key_delete ? Key128{} : c.in.bytes<16>();
    if (!c.in.done() || index > key_index_max) return;
    const auto status = c.opcode == op::net_key_add      ? add_net_key(c, index, key)
                        : c.opcode == op::net_key_update ? update_net_key(c, index, key)
                                                         : delete_net_key(c, index);
    c.reply(op::net_key_status).u8(static_cast<std::uint8_t>(status)).le16(index);
}

void key_refresh(Context& c) {
    const auto index = c.in.le16();
    const bool set = c.opcode == op::key_refresh_set;
    const auto phase = set ? c.in.u8() : std::uint8_t{2};
    if (!c.in.done() || index > key_index_max || phase < 2 || phase > 3) return;
    const auto* subnet = c.config.keys->subnet(index);
    auto status = ConfigStatus::success;
    if (subnet == nullptr)
        status = ConfigStatus::invalid_net_key_index;
    else if (set && enter_key_refresh_phase(c.config, index, phase))
        c.out.changed = true;
    else if (set && !(phase == 2 && subnet->phase == 2) && !(phase == 3 && subnet->phase == 0))
        status = ConfigStatus::cannot_update;
    subnet = c.config.keys->subnet(index);
    c.reply(op::key_refresh_status)
        .u8(static_cast<std::uint8_t>(status))
        .le16(index)
        .u8(subnet == nullptr ? 0U : unsigned{subnet->phase});
}

} // namespace foundation
} // namespace torgo::mesh
