// Bindings, subscriptions and publications of models (Mesh Protocol 1.1, 4.4.1.2.4 to 4.4.1.2.6,
// 4.4.1.2.11).

#include "mesh/config_internal.hpp"

#include <algorithm>

namespace torgo::mesh::foundation {

namespace {

/// An element's address and a model's identifier, which ends the message: 2 bytes or 4.
struct Place {
    Address address = unassigned;
    std::optional<std::uint8_t> element{};
    ModelId id{};
    bool whole = false; ///< the message had nothing else
};

void read_model(Context& c, Place& place) {
    if (c.in.left() == 4) place.id.company = c.in.le16();
    place.id.id = c.in.le16();
    place.whole = c.in.done();
}

ConfigStatus check(const Context& c, const Place& place) {
    if (!place.element) return ConfigStatus::invalid_address;
    if (!c.config.has_model(*place.element, place.id)) return ConfigStatus::invalid_model;
    return ConfigStatus::success;
}

Place read_element(Context& c) {
    Place place{.address = c.in.le16()};
    place.element = c.config.element_of(place.address);
    return place;
}

void append_model(AccessPayload& out, ModelId id) {
    if (!id.is_sig()) out.le16(id.company);
    out.le16(id.id);
}

/// Config models are reached by device key only (4.4.1).
bool takes_app_keys(ModelId id) {
    return id != config_server && id != config_client && id != sar_server && id != sar_client;
}

ConfigStatus bind(Context& c, const Place& place, KeyIndex app_index) {
    const auto checked = check(c, place);
    if (checked != ConfigStatus::success) return checked;
    if (c.config.keys->application(app_index) == nullptr)
        return ConfigStatus::invalid_app_key_index;
    if (!takes_app_keys(place.id)) return ConfigStatus::cannot_bind;
    const auto* there = c.config.model(*place.element, place.id);
    if (there != nullptr && there->is_bound(app_index)) return ConfigStatus::success;
    if (there != nullptr && there->bound.size() >= ModelSettings::bindings_max)
        return ConfigStatus::insufficient_resources;
    c.config.change_model(*place.element, place.id).bound.push_back(app_index);
    c.out.changed = true;
    return ConfigStatus::success;
}

ConfigStatus unbind(Context& c, const Place& place, KeyIndex app_index) {
    const auto checked = check(c, place);
    if (checked != ConfigStatus::success) return checked;
    if (c.config.keys->application(app_index) == nullptr)
        return ConfigStatus::invalid_app_key_index;
    auto& model = c.config.change_model(*place.element, place.id);
    std::erase(model.bound, app_index);
    if (model.publication.app_index == app_index) model.publication = {};
    c.out.changed = true;
    return ConfigStatus::success;
}

bool may_subscribe(const Subscription& to) {
    return to.label ? is_virtual(to.address) : is_group(to.address) && to.address != all_nodes;
}

ConfigStatus subscribe(Context& c, const Place& place, const Subscription& to, bool replace) {
    const auto checked = check(c, place);
    if (checked != ConfigStatus::success) return checked;
    if (!may_subscribe(to)) return ConfigStatus::invalid_address;
    if (!takes_app_keys(place.id)) return ConfigStatus::not_a_subscribe_model;
    auto& model = c.config.change_model(*place.element, place.id);
    if (replace) model.subscriptions.clear();
    if (std::ranges::find(model.subscriptions, to) == model.subscriptions.end()) {
        if (model.subscriptions.size() >= ModelSettings::subscriptions_max)
            return ConfigStatus::insufficient_resources;
        model.subscriptions.push_back(to);
    }
    c.out.changed = true;
    return ConfigStatus::success;
}

ConfigStatus unsubscribe(Context& c, const Place& place, const Subscription* from) {
    const auto checked = check(c, place);
    if (checked != ConfigStatus::success) return checked;
    if (from != nullptr && !may_subscribe(*from)) return ConfigStatus::invalid_address;
    auto& model = c.config.change_model(*place.element, place.id);
    if (from == nullptr)
        model.subscriptions.clear();
    else
        std::erase(model.subscriptions, *from);
    c.out.changed = true;
    return ConfigStatus::success;
}

ConfigStatus set_publication(Context& c, const Place& place, const Publication& to) {
    const auto checked = check(c, place);
    if (checked != ConfigStatus::success) return checked;
    if (!takes_app_keys(place.id)) return ConfigStatus::invalid_publish_parameters;
    if (to.friendship_credentials) return ConfigStatus::feature_not_supported;
    if (to.address != unassigned && c.config.keys->application(to.app_index) == nullptr)
        return ConfigStatus::invalid_app_key_index;
    auto& model = c.config.change_model(*place.element, place.id);
    model.publication = to.address == unassigned ? Publication{} : to;
    c.out.changed = true;
    return ConfigStatus::success;
}

} // namespace

void binding(Context& c) {
    auto place = read_element(c);
    const auto app_index = c.in.le16();
    read_model(c, place);
    if (!place.whole || app_index > key_index_max) return;
    const auto status =
        c.opcode == op::model_app_bind ? bind(c, place, app_index) : unbind(c, place, app_index);
    auto& out = c.reply(op::model_app_status)
                    .u8(static_cast<std::uint8_t>(status))
                    .le16(place.address)
                    .le16(app_index);
    append_model(out, place.id);
}

void binding_list(Context& c) {
    auto place = read_element(c);
    read_model(c, place);
    const bool sig = c.opcode == op::sig_app_get;
    if (!place.whole || place.id.is_sig() != sig) return;
    const auto status = check(c, place);
    auto& out = c.reply(sig ? op::sig_app_list : op::vendor_app_list)
                    .u8(static_cast<std::uint8_t>(status))
                    .le16(place.address);
    append_model(out, place.id);
    const auto* model = place.element ? c.config.model(*place.element, place.id) : nullptr;
    if (model == nullptr) return;
    for (std::size_t i = 0; i < model->bound.size(); i += 2) {
        if (i + 1 < model->bound.size())
            out.append(encode_key_indexes({model->bound[i], model->bound[i + 1]}).view());
        else
            out.le16(model->bound[i]);
    }
}

void subscription(Context& c) {
    auto place = read_element(c);
    Subscription to;
    const bool is_labelled = c.opcode >= op::subscription_virtual_add;
    const bool all = c.opcode == op::subscription_delete_all;
    if (is_labelled) {
        to.label = c.in.bytes<16>();
        to.address = virtual_address(*to.label);
    } else if (!all) {
        to.address = c.in.le16();
    }
    read_model(c, place);
    if (!place.whole) return;
    auto status = ConfigStatus::success;
    if (c.opcode == op::subscription_delete || c.opcode == op::subscription_virtual_delete)
        status = unsubscribe(c, place, &to);
    else if (all)
        status = unsubscribe(c, place, nullptr);
    else
        status = subscribe(c, place, to,
                           c.opcode == op::subscription_overwrite ||
                               c.opcode == op::subscription_virtual_overwrite);
    auto& out = c.reply(op::subscription_status)
                    .u8(static_cast<std::uint8_t>(status))
                    .le16(place.address)
                    .le16(to.address);
    append_model(out, place.id);
}

void subscription_list(Context& c) {
    auto place = read_element(c);
    read_model(c, place);
    const bool sig = c.opcode == op::sig_subscription_get;
    if (!place.whole || place.id.is_sig() != sig) return;
    const auto status = check(c, place);
    auto& out = c.reply(sig ? op::sig_subscription_list : op::vendor_subscription_list)
                    .u8(static_cast<std::uint8_t>(status))
                    .le16(place.address);
    append_model(out, place.id);
    const auto* model = place.element ? c.config.model(*place.element, place.id) : nullptr;
    if (model == nullptr) return;
    for (const auto& s : model->subscriptions)
        out.le16(s.address);
}

void publication(Context& c) {
    auto place = read_element(c);
    Publication to;
    const bool set = c.opcode != op::publication_get;
    if (c.opcode == op::publication_virtual_set) {
        to.label = c.in.bytes<16>();
        to.address = virtual_address(*to.label);
    } else if (set) {
        to.address = c.in.le16();
    }
    if (set) {
        const auto bits = c.in.le16();
        to.app_index = bits & key_index_max;
        to.friendship_credentials = (bits & 0x1000U) != 0;
        to.ttl = c.in.u8();
        to.period = c.in.u8();
        to.retransmit = c.in.u8();
    }
    read_model(c, place);
    if (!place.whole || (set && to.ttl > ttl_max && to.ttl != 0xFF)) return;
    // 4.3.2.16: a plain Set cannot name a virtual address, whose label would be missing.
    if (set && is_virtual(to.address) && !to.label) return;
    const auto status = set ? set_publication(c, place, to) : check(c, place);
    const auto* model = place.element ? c.config.model(*place.element, place.id) : nullptr;
    const auto is = model == nullptr ? Publication{.ttl = 0} : model->publication;
    auto& out = c.reply(op::publication_status)
                    .u8(static_cast<std::uint8_t>(status))
                    .le16(place.address)
                    .le16(is.address)
                    .le16(is.app_index | (is.friendship_credentials ? 0x1000U : 0U))
                    .u8(is.ttl)
                    .u8(is.period)
                    .u8(is.retransmit);
    append_model(out, place.id);
}

} // namespace torgo::mesh::foundation
