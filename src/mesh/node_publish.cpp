// What models publish, when, and how often (Mesh Protocol 1.1, 3.7.6.1 and 4.2.3).

#include "mesh/node.hpp"

#include <algorithm>
#include <array>
#include <utility>

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
    const auto& models = m_config.models;
    const bool periodic = std::ranges::any_of(*models, [](const ModelSettings& model) {
        return model.publication.address != unassigned && model.publication.interval() > Time{0};
    });
    if (!m_publishing && !periodic) return;
    if (!m_publishing) m_publishing = std::make_unique<Publishing>();
    if (m_publishing->timed == models) return;
    m_publishing->timed = models;
    const auto before = std::exchange(m_publishing->periodic, {});
    for (const auto& model : *models) {
        const auto interval = model.publication.interval();
        if (model.publication.address == unassigned || interval == Time{0}) continue;
        const auto known = std::ranges::find_if(before, [&](const Periodic& p) {
            return p.element == model.element && p.model == model.id && p.interval == interval;
        });
        m_publishing->periodic.push_back(
            {.element = model.element,
             .model = model.id,
             .interval = interval,
             .due = known != before.end() ? known->due : now + interval});
    }
    std::erase_if(m_publishing->repeats, [&](const auto& repeat) {
        const auto* settings = m_config.model(repeat->element, repeat->model);
        return settings == nullptr || settings->publication != repeat->to;
    });
}

Time Node::next_publication() const {
    Time next = never;
    if (!m_publishing) return next;
    for (const auto& periodic : m_publishing->periodic)
        next = std::min(next, periodic.due);
    for (const auto& repeat : m_publishing->repeats)
        next = std::min(next, repeat->due);
    return next;
}

void Node::wake_publications(Time now) {
    time_publications(now);
    if (!m_publishing) return;
    // The host publishes from within the call, which changes the list of repeats only.
    for (auto& periodic : m_publishing->periodic) {
        if (periodic.due > now) continue;
        periodic.due = now + periodic.interval;
        m_host.publication_due(*this, now, periodic.element, periodic.model);
    }
    auto& repeats = m_publishing->repeats;
    for (std::size_t i = 0; i < repeats.size();) {
        auto& repeat = *repeats[i];
        if (repeat.due > now) {
            ++i;
            continue;
        }
        repeat.due = now + repeat.to.retransmit_interval();
        --repeat.left;
        (void)send_publication(now, repeat.element, repeat.to, repeat.payload.view());
        if (repeat.left > 0)
            ++i;
        else
            repeats.erase(repeats.begin() + static_cast<std::ptrdiff_t>(i));
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
    if (m_publishing)
        std::erase_if(m_publishing->repeats, [&](const auto& repeat) {
            return repeat->element == element && repeat->model == model;
        });
    const auto count = static_cast<std::uint8_t>(to.retransmit & 7U);
    if (count == 0) return {};
    if (!m_publishing) m_publishing = std::make_unique<Publishing>();
    auto repeat = std::make_unique<Repeat>();
    repeat->element = element;
    repeat->model = model;
    repeat->to = to;
    repeat->left = count;
    repeat->due = now + to.retransmit_interval();
    repeat->payload.append(payload);
    m_publishing->repeats.push_back(std::move(repeat));
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
