#pragma once

#include "base/error.hpp"
#include "head/head.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace torgo::repo {

/// What HeadSet knows of one head besides its content: the threads that wait for it, how long it
/// usually takes, and whether it is better left alone for a while. Time decides here only who is
/// asked first, never what is right. Thread-safe.
class Lane {
public:
    using Clock = std::chrono::steady_clock;
    using Task = std::move_only_function<void()>;

    /// What those have at least who are asked something that others did already; to write takes a
    /// busy disk its time, and who is left behind has to be healed.
    static constexpr Clock::duration reading_tail = std::chrono::seconds(2);
    static constexpr Clock::duration writing_tail = std::chrono::seconds(10);
    /// The same for all once the user wants it to end.
    static constexpr Clock::duration stopping_tail = std::chrono::seconds(2);

    /// in  `distant`: the head is behind a network; then its calls may be late, and several run at
    ///     once. `own_wait`: Head::own_wait_ns
    explicit Lane(bool distant, Clock::duration own_wait = {})
        : m_distant(distant), m_own_wait(own_wait) {}

    /// That of a head.
    explicit Lane(const head::Head& head)
        : Lane(head.is_distant(), std::chrono::nanoseconds(head.own_wait_ns())) {}

    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    /// Waits for what is running; what has not begun is dropped.
    ~Lane();

    /// False when so many wait already that the head must be hanging.
    bool submit(Task task);

    bool is_distant() const noexcept { return m_distant; }

    /// True while a task runs.
    bool busy() const;

    /// How long an answer may take before others are asked as well.
    Clock::duration patience() const;

    /// True while it is better to ask others first.
    bool rests() const;

    /// True while it is better not written to: it failed, or the others went on without it.
    bool hangs() const;

    void note_answer(Clock::duration took);
    void note_late();
    void note_failure();

private:
    void work(const std::stop_token& stop);
    void rest(Clock::duration least);

    const bool m_distant;
    const Clock::duration m_own_wait;
    mutable std::mutex m_mutex; ///< of what follows
    std::condition_variable_any m_wake;
    std::deque<Task> m_tasks;
    std::size_t m_running = 0;
    std::optional<Clock::duration> m_usual; ///< a moving average
    Clock::duration m_rest{};               ///< the last one; longer each time in a row
    Clock::time_point m_rests_until{};
    Clock::time_point m_hangs_until{};
    std::vector<std::jthread> m_threads; ///< made when first needed
};

/// Answers of several heads, in the order in which they come. Used by one thread. What is still on
/// its way when the inbox goes is not waited for, so a question must own all that it uses.
template <class T>
class Inbox {
public:
    using Ticket = std::uint64_t;
    using Question = std::move_only_function<Result<T>()>;

    struct Answer {
        Ticket ticket = 0;
        Result<T> value;
    };

    /// In one of the lane's threads.
    Ticket ask(Lane& lane, Question question);

    /// Here and now.
    Ticket ask_here(Question question) {
        m_state->put({.ticket = ++m_last, .value = question()});
        m_open.push_back(
            {.ticket = m_last, .due = Lane::Clock::time_point::max(), .lane = nullptr});
        return m_last;
    }

    /// The next answer; nothing, once for each question, when it is late.
    std::optional<Answer> next();

    /// Takes answers as long as there are questions open. Once take(answer) says `enough`, distant
    /// heads have as long again as that took, `tail` at least, and are then left behind; and all of
    /// them a while after `stop` is requested.
    ///
    /// out     false when it was stopped before there was enough
    enum class More : std::uint8_t { needed, enough };
    template <class Take>
    bool gather(Lane::Clock::duration tail, const std::stop_token& stop, const Take& take);

    /// Questions without an answer.
    std::size_t open() const noexcept { return m_open.size(); }

private:
    struct State {
        std::mutex mutex;
        std::condition_variable_any came;
        std::deque<Answer> answers;

        void put(Answer answer) {
            {
                const std::lock_guard lock(mutex);
                answers.push_back(std::move(answer));
            }
            came.notify_one();
        }
    };

    struct Waiting {
        Ticket ticket = 0;
        Lane::Clock::time_point due;
        Lane* lane = nullptr;
    };

    std::optional<Answer> take_before(Lane::Clock::time_point until,
                                      const std::stop_token& stop = {});
    bool all_distant() const;

    std::shared_ptr<State> m_state = std::make_shared<State>();
    Ticket m_last = 0;
    std::vector<Waiting> m_open;
};

template <class T>
auto Inbox<T>::ask(Lane& lane, Question question) -> Ticket {
    const auto ticket = ++m_last;
    const auto due =
        lane.is_distant() ? Lane::Clock::now() + lane.patience() : Lane::Clock::time_point::max();
    m_open.push_back({.ticket = ticket, .due = due, .lane = &lane});
    const bool taken = lane.submit(
        [state = std::weak_ptr(m_state), ticket, &lane, question = std::move(question)]() mutable {
            if (state.expired()) return; // nobody wants to know any more
            const auto begun = Lane::Clock::now();
            auto value = question();
            const bool away = !value && (value.error().code() == Errc::unavailable ||
                                         value.error().code() == Errc::timeout);
            if (away)
                lane.note_failure();
            else
                lane.note_answer(Lane::Clock::now() - begun);
            question = nullptr; // what it owns goes before anybody hears of the answer
            if (const auto there = state.lock())
                there->put({.ticket = ticket, .value = std::move(value)});
        });
    if (!taken)
        m_state->put({.ticket = ticket,
                      .value = fail(Errc::unavailable, "it hangs: too much waits for it already")});
    return ticket;
}

template <class T>
auto Inbox<T>::take_before(Lane::Clock::time_point until, const std::stop_token& stop)
    -> std::optional<Answer> {
    std::unique_lock lock(m_state->mutex);
    const auto here = [this] {
        return !m_state->answers.empty();
    };
    const bool came = until == Lane::Clock::time_point::max()
                          ? m_state->came.wait(lock, stop, here)
                          : m_state->came.wait_until(lock, stop, until, here);
    if (!came) return std::nullopt;
    auto answer = std::move(m_state->answers.front());
    m_state->answers.pop_front();
    std::erase_if(m_open, [&](const Waiting& one) { return one.ticket == answer.ticket; });
    return answer;
}

template <class T>
auto Inbox<T>::next() -> std::optional<Answer> {
    const auto first = std::ranges::min_element(m_open, {}, &Waiting::due);
    auto answer = take_before(first->due);
    if (!answer) {
        first->due = Lane::Clock::time_point::max(); // said once
        first->lane->note_late();
    }
    return answer;
}

template <class T>
bool Inbox<T>::all_distant() const {
    return std::ranges::all_of(
        m_open, [](const Waiting& one) { return one.lane != nullptr && one.lane->is_distant(); });
}

template <class T>
template <class Take>
bool Inbox<T>::gather(Lane::Clock::duration tail, const std::stop_token& stop, const Take& take) {
    constexpr auto for_ever = Lane::Clock::time_point::max();
    const auto begun = Lane::Clock::now();
    auto until = for_ever;
    bool stopping = false;
    bool enough = false;
    while (!m_open.empty()) {
        if (!stopping && stop.stop_requested()) {
            stopping = true;
            until = std::min(until, Lane::Clock::now() + Lane::stopping_tail);
        }
        auto answer =
            take_before(all_distant() ? until : for_ever, stopping ? std::stop_token{} : stop);
        if (!answer && !stopping && stop.stop_requested()) continue;
        if (!answer) {
            for (const auto& one : m_open)
                one.lane->note_failure();
            break;
        }
        if (take(*std::move(answer)) == More::needed || std::exchange(enough, true) || stopping)
            continue;
        const auto now = Lane::Clock::now();
        until = now + std::max(now - begun, tail);
    }
    return enough || !stopping;
}

} // namespace torgo::repo
