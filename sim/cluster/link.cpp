#include "sim/cluster/link.hpp"

#include <algorithm>

namespace torgo::sim {

namespace {

constexpr std::uint64_t counts_a_step = 1U << 20U;
constexpr unsigned fate_share = 10'000;

std::unexpected<Error> silence(Prng& draw) {
    return draw.chance(1, 2) ? fail(Errc::unavailable, "the link broke")
                             : fail(Errc::timeout, "no answer");
}

Result<Bytes> gather(const peer::Request& request, const peer::BodySource& source) {
    Bytes body(request.body_size);
    std::size_t filled = 0;
    while (filled < body.size()) {
        TRY(const auto got, source(ByteSpan(body).subspan(filled)));
        if (got == 0) break;
        filled += got;
    }
    body.resize(filled);
    return body;
}

std::string outcome_of(const Result<peer::Answer>& answer) {
    return answer ? std::to_string(answer->status) : std::string(name(answer.error().code()));
}

} // namespace

void Network::send_late(Late late) {
    const std::lock_guard lock(m_mutex);
    m_late.push_back(std::move(late));
}

std::vector<Network::Late> Network::take_late() {
    const std::lock_guard lock(m_mutex);
    auto out = std::exchange(m_late, {});
    std::ranges::stable_sort(out, {}, &Late::what);
    return out;
}

void Network::pass_time(Prng& draw) {
    if (!meanwhile || pthread_equal(pthread_self(), m_thread) == 0 || !draw.chance(1, 8)) return;
    const auto act = std::exchange(meanwhile, nullptr);
    act();
}

void Link::stop_after(std::uint64_t requests) {
    const std::lock_guard lock(m_mutex);
    m_left = requests;
}

/// False when the client is dead.
bool Link::count(const std::string& what, std::uint64_t& number) {
    const std::lock_guard lock(m_mutex);
    number = m_counts[what]++ + m_network.step * counts_a_step;
    if (!m_left) return true;
    if (*m_left == 0) return false;
    --*m_left;
    return true;
}

Link::Fate Link::fate(Prng& draw) const {
    const auto& faults = m_network.faults;
    auto roll = draw.below(fate_share);
    const std::pair<unsigned, Fate> fates[] = {
        {faults.lost_request, Fate::lost_request},
        {faults.lost_answer, Fate::lost_answer},
        {faults.cut_body, Fate::cut_body},
        {faults.cut_answer, Fate::cut_answer},
        {faults.twice, Fate::twice},
        {faults.late, Fate::late},
        {faults.power, Fate::power},
    };
    for (const auto& [share, fate] : fates) {
        if (roll < share) return fate;
        roll -= share;
    }
    return Fate::arrives;
}

Result<peer::Answer> Link::exchange(const peer::Request& request, const peer::BodySource& source,
                                    const peer::BodySink& sink) {
    TRY(const auto body, gather(request, source));
    const auto way = m_client + ">" + std::to_string(m_machine.number());
    const auto what = std::string(name(request.method)) + " " + request.target;
    std::uint64_t number = 0;
    if (!count(what, number)) return fail(Errc::unavailable, "the client is dead");
    auto draw = m_network.chance.of(way + " " + what, number);
    m_network.pass_time(draw);
    const auto& faults = m_network.faults;
    if (faults.delay_ns > 0)
        m_network.clock.advance_ns(
            static_cast<std::int64_t>(draw.below(static_cast<std::uint64_t>(faults.delay_ns))));
    const auto its_fate = fate(draw);
    Result<peer::Answer> answer =
        m_network.cut.contains({m_client, m_machine.number()})
            ? Result<peer::Answer>(fail(Errc::unavailable, "no way there"))
            : travel(request, body, its_fate, draw, sink, way + " " + what);
    m_network.trace.note(way, what + " -> " + outcome_of(answer) +
                                  (its_fate == Fate::arrives
                                       ? ""
                                       : " fate " + std::to_string(static_cast<int>(its_fate))));
    return answer;
}

Result<peer::Answer> Link::travel(const peer::Request& request, const Bytes& body, Fate fate,
                                  Prng& draw, const peer::BodySink& sink, const std::string& what) {
    if (fate == Fate::lost_request) return silence(draw);
    if (fate == Fate::late) {
        m_network.send_late({m_machine.number(), m_id, request, body, what});
        return silence(draw);
    }
    if (fate == Fate::cut_body && !body.empty()) {
        (void)m_machine.serve(request, body, m_id, draw.below(body.size()));
        return silence(draw);
    }
    if (fate == Fate::power) m_machine.lose_power_after(1 + draw.below(12));
    if (fate == Fate::twice) (void)m_machine.serve(request, body, m_id);
    auto served = m_machine.serve(request, body, m_id);
    if (!served) return std::unexpected(std::move(served).error());
    if (fate == Fate::lost_answer) return silence(draw);
    auto shown = ByteView(served->body);
    const bool is_cut = fate == Fate::cut_answer && !shown.empty();
    if (is_cut) shown = shown.first(static_cast<std::size_t>(draw.below(shown.size())));
    if (!shown.empty()) CHECK_OK(sink(served->answer, shown));
    if (is_cut) return silence(draw);
    return std::move(served->answer);
}

} // namespace torgo::sim
