#include "place/member.hpp"

#include <algorithm>

namespace torgo::place {

namespace {
constexpr std::int64_t rest_ns = 10'000'000'000;
constexpr std::int64_t sure_ns = 2'000'000'000; ///< of the rest, its first part
constexpr std::size_t tasks_max = 16;           ///< at once
} // namespace

Seat::~Seat() {
    const bool waits =
        std::ranges::any_of(m_running, [](const Running& one) { return !*one.ended; });
    if (waits) m_head->cancel();
}

bool Seat::rests() const {
    return m_head->is_distant() && m_clock.monotonic_ns() < m_rests_until_ns;
}

bool Seat::just_failed() const {
    return m_head->is_distant() && m_clock.monotonic_ns() < m_rests_until_ns - rest_ns + sure_ns;
}

void Seat::note(std::optional<Errc> failure) {
    const bool away = failure == Errc::unavailable || failure == Errc::timeout;
    m_rests_until_ns = away ? m_clock.monotonic_ns() + rest_ns : 0;
}

bool Seat::begin(std::function<void()> task) {
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_running, [](const Running& one) { return one.ended->load(); });
    if (m_running.size() >= tasks_max) return false;
    auto ended = std::make_shared<std::atomic<bool>>(false);
    std::jthread thread([ended, task = std::move(task)] {
        task();
        *ended = true;
    });
    m_running.push_back({.ended = std::move(ended), .thread = std::move(thread)});
    return true;
}

std::vector<std::size_t> seats_to_ask(const Seats& seats, MemberMask left_out) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < seats.size(); ++i)
        if (!seats[i]->foreign() && (left_out & mask_of(i)) == 0) out.push_back(i);
    return out;
}

std::vector<std::size_t> seats_to_read(const Seats& seats, std::size_t enough) {
    const auto all = seats_to_ask(seats);
    auto awake = all;
    std::erase_if(awake, [&](std::size_t at) { return seats[at]->rests(); });
    return awake.size() >= enough ? awake : all;
}

} // namespace torgo::place
