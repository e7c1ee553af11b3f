#include "mesh/node_config.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {
template <class T>
T& own_copy(std::shared_ptr<const T>& shared) {
    auto copy = std::make_shared<T>(*shared);
    auto& out = *copy;
    shared = std::move(copy);
    return out;
}
} // namespace

const Subnet* KeyRing::subnet(KeyIndex index) const {
    const auto at = std::ranges::find(subnets, index, &Subnet::index);
    return at == subnets.end() ? nullptr : &*at;
}

const Application* KeyRing::application(KeyIndex index) const {
    const auto at = std::ranges::find(applications, index, &Application::index);
    return at == applications.end() ? nullptr : &*at;
}

const AppKey& KeyRing::transmit_key(const Application& application) const {
    const auto* net = subnet(application.net);
    const bool switched = net != nullptr && net->phase == 2 && application.next != nullptr;
    return switched ? *application.next : *application.key;
}

bool ModelSettings::is_bound(KeyIndex app_index) const {
    return std::ranges::find(bound, app_index) != bound.end();
}

bool ModelSettings::is_subscribed(Address address) const {
    return std::ranges::find(subscriptions, address, &Subscription::address) != subscriptions.end();
}

std::optional<std::uint8_t> NodeConfig::element_of(Address a) const {
    if (a < address || a - address >= element_count()) return std::nullopt;
    return static_cast<std::uint8_t>(a - address);
}

bool NodeConfig::has_model(std::uint8_t element, ModelId id) const {
    return element < element_count() &&
           std::ranges::find(composition->elements[element].models, id) !=
               composition->elements[element].models.end();
}

const ModelSettings* NodeConfig::model(std::uint8_t element, ModelId id) const {
    const auto at = std::ranges::find_if(
        *models, [&](const auto& m) { return m.element == element && m.id == id; });
    return at == models->end() ? nullptr : &*at;
}

KeyRing& NodeConfig::change_keys() {
    return own_copy(keys);
}

ModelTable& NodeConfig::change_models() {
    return own_copy(models);
}

ModelSettings& NodeConfig::change_model(std::uint8_t element, ModelId id) {
    auto& table = change_models();
    const auto at = std::ranges::find_if(
        table, [&](const auto& m) { return m.element == element && m.id == id; });
    if (at != table.end()) return *at;
    table.push_back({.element = element, .id = id});
    return table.back();
}

} // namespace torgo::mesh
