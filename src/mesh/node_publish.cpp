// What models publish, when, and how often (Mesh Protocol 1.1, 3.7.6.1 and 4.2.3).

#include "mesh/node.hpp"

#include <algorithm>

namespace torgo::mesh {

Time Publication::interval() const {
    static constexpr std::array<std::chrono::milliseconds, 4> resolutions{
        std::chrono::milliseconds(100), std::chrono::seconds(1), std::chrono::seconds(10),
        std::chrono::minutes(10)};
    return (period & 0x3FU) * resolutions[period >> 6U];
}

Time Publication::retransmit_interval() const {
    return ((retransmit >> 3U) + 1U) * std::chrono::milliseconds(50);
}

/// [MESH-40] A model's time goes on where its publication is as it was.
void Node::time_publications(Time now) {
    if (m_timed == m_config.models) return;
    m_timed = m_config.models;
    std::vector<Periodic> before;
    std::swap(before, m_periodic.items());
    for (const auto& model : *m_config.models) {
        const auto& to = model.publication;
        if (to.address == unassigned || to.interval() == Time{0}) continue;
        const auto known = std::ranges::find_if(before, [&](const Periodic& p) {
            return p.element == model.element && p.model == model.id && p.interval == to.interval();
        });
        m_periodic.items().push_back(
            {.element = model.element,
             .model = model.id,
             .interval = to.interval(),
             .due = known != before.end() ? known->due : now + to.interval()});
    }
    std::erase_if(m_repeats.items(), [&](const auto& repeat) {
        const auto* settings = m_config.model(repeat->element, repeat->model);
        return settings == nullptr || settings->publication != repeat->to;
    });
    if (m_periodic.empty()) m_periodic.clear();
    if (m_repeats.empty()) m_repeats.clear();
}

Time Node::next_publication() const {
    Time next = never;
    for (const auto& periodic : m_periodic)
        next = std::min(next, periodic.due);
    for (const auto& repeat : m_repeats)
        next = std::min(next, repeat->due);
    return next;
}

void Node::wake_publications(Time now) {
    time_publications(now);
    // The host publishes from within the call, which may add to the list of repeats only.
    for (std::size_t i = 0; i < m_periodic.size(); ++i) {
        auto& periodic = m_periodic[i];
        if (periodic.due > now) continue;
        periodic.due = now + periodic.interval;
        m_host.publication_due(*this, now, periodic.element, periodic.model);
    }
    for (std::size_t i = 0; i < m_repeats.size();) {
        auto& repeat = *m_repeats[i];
        if (repeat.due > now) {
            ++i;
            continue;
        }
        repeat.due = now + repeat.to.retransmit_interval();
        (void)send_publication(now, repeat.element, repeat.to, repeat.payload.view());
        if (--repeat.left > 0) {
            ++i;
            continue;
        }
        m_repeats.items().erase(m_repeats.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

Result<MessageNumber> Node::send_publication(Time now, std::uint8_t element, const Publication& to,
                                             ByteView payload) {
    return send(now, {.element = element,
                      .dst = to.address,
                      .label = to.label ? &*to.label : nullptr,
                      .app_index = to.app_index,
                      .ttl = to.ttl,
                      .payload = payload});
}

Result<> Node::publish(Time now, std::uint8_t element, ModelId model, ByteView payload) {
    const auto* settings = m_config.model(element, model);
    if (settings == nullptr || settings->publication.address == unassigned)
        return fail(Errc::not_found, "the model is told nowhere to publish");
    const auto to = settings->publication;
    TRY(const auto number, send_publication(now, element, to, payload));
    (void)number;
    // A newer state takes the place of one that is still being repeated.
    if (!m_repeats.empty())
        std::erase_if(m_repeats.items(), [&](const auto& repeat) {
            return repeat->element == element && repeat->model == model;
        });
    const auto count = static_cast<std::uint8_t>(to.retransmit & 7U);
    if (count == 0) return {};
    auto repeat = std::make_unique<Repeat>();
    repeat->element = element;
    repeat->model = model;
    repeat->to = to;
    repeat->left = count;
    repeat->due = now + to.retransmit_interval();
    repeat->payload.append(payload);
    m_repeats.items().push_back(std::move(repeat));
    return {};
}

/// [MESH-41] Who sends to a group is heard by its own models that are in it. The fixed groups mean
/// others: nobody subscribes to them.
void Node::loop_back(Time now, const Outgoing& message) {
    const bool fixed = is_group(message.dst) && is_fixed_group(message.dst);
    if (!message.app_index || is_unicast(message.dst) || fixed || !is_for_us(message.dst)) return;
    const Received received{.src = static_cast<Address>(m_config.address + message.element),
                            .dst = message.dst,
                            .app_index = *message.app_index};
    const AccessPayload payload(message.payload);
    deliver_application(now, received, message.label, payload.view());
}

} // namespace torgo::mesh
