#include "radio/laboratory.hpp"

namespace torgo::radio {

Laboratory::Laboratory() : roles(1) {
    plan.profiles.resize(1);
    plan.phy.shadowing_db = 0;
}

std::uint32_t Laboratory::add(const Point& at, std::uint8_t role, std::uint8_t profile) {
    const auto number = static_cast<std::uint32_t>(plan.places.size());
    plan.places.push_back({at, 0, profile, 0, number});
    role_of.push_back(role);
    return number;
}

Result<> Laboratory::start() {
    TRY(auto made, Field::make(plan));
    field = std::make_unique<Field>(std::move(made));
    for (auto& flow : run.flows) {
        for (auto& source : flow.sources)
            source = field->node(source);
        if (flow.target != no_node) flow.target = field->node(flow.target);
    }
    if (!devices) {
        std::vector<FloodNode> nodes(field->size());
        for (std::uint32_t number = 0; number < role_of.size(); ++number)
            nodes[field->node(number)].role = role_of[number];
        devices = std::make_unique<FloodDevices>(roles, std::move(nodes), run.flows);
    }
    simulation = std::make_unique<Simulation>(*field, *devices, run);
    return {};
}

Result<> Laboratory::finish() {
    CHECK_OK(start());
    return simulation->run();
}

} // namespace torgo::radio
