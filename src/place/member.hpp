#pragma once

#include "base/error.hpp"
#include "env/clock.hpp"
#include "head/head.hpp"
#include "place/rank.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace torgo::place {

/// One member of a group: its head, and whether it is better asked last for a while. Thread-safe.
class Seat {
public:
    Seat(Member who, std::shared_ptr<head::Head> head, env::Clock& clock)
        : m_who(std::move(who)), m_head(std::move(head)), m_clock(clock) {}

    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    /// Ends what still waits for it.
    ~Seat();

    const Member& who() const noexcept { return m_who; }

    head::Head& head() const noexcept { return *m_head; }

    /// Calls the member and remembers whether it was there.
    template <class Act>
    auto call(const Act& act) -> decltype(act(std::declval<head::Head&>())) {
        auto result = act(*m_head);
        note(result ? std::nullopt : std::optional(result.error().code()));
        return result;
    }

    /// True while a member behind a network is better asked last: it did not answer a moment ago.
    bool rests() const;

    /// True for two seconds after it did not answer, though asked several times: nobody needs to
    /// wait for it again so soon.
    bool just_failed() const;

    /// It is another repository's, or another head: never asked again.
    void expel() noexcept { m_foreign = true; }

    bool foreign() const noexcept { return m_foreign; }

    /// Runs `task` in a thread of the member's own. False while so many have not ended that it must
    /// be hanging.
    bool begin(std::function<void()> task);

private:
    void note(std::optional<Errc> failure);

    Member m_who;
    std::shared_ptr<head::Head> m_head;
    env::Clock& m_clock;
    std::atomic<std::int64_t> m_rests_until_ns = 0;
    std::atomic<bool> m_foreign = false;

    struct Running {
        std::shared_ptr<std::atomic<bool>> ended;
        std::jthread thread;
    };

    std::mutex m_mutex;
    std::vector<Running> m_running; ///< guarded by m_mutex
};

using Seats = std::vector<std::unique_ptr<Seat>>;

/// Who is asked: all but the foreign ones and those left out.
std::vector<std::size_t> seats_to_ask(const Seats& seats, MemberMask left_out = 0);

/// The same for questions that `enough` answer: without those that rest, where others are enough.
std::vector<std::size_t> seats_to_read(const Seats& seats, std::size_t enough);

/// How long those are waited for who have not answered when enough have.
inline constexpr std::chrono::seconds grace_of_reading(2);
inline constexpr std::chrono::seconds grace_of_writing(10);

/// Answers of several members, by the number of the member; nothing where it was not asked.
template <class T>
using Answers = std::vector<std::optional<Result<T>>>;

/// Asks members the same: those behind a network at once, folders one after the other. When
/// `enough` have answered well, the others have as long again as that took, `grace` at least; who
/// has not answered then has failed with `timeout`, and is waited for by nobody.
///
/// in      `question` owns all that it uses: it may outlive the call
template <class T>
Answers<T> ask_all(const Seats& seats, const std::vector<std::size_t>& asked, std::size_t enough,
                   std::chrono::steady_clock::duration grace,
                   const std::function<Result<T>(head::Head&)>& question) {
    using Clock = std::chrono::steady_clock;
    struct Board {
        std::mutex mutex;
        std::condition_variable came;
        Answers<T> answers;
        std::size_t open = 0;
        std::size_t good = 0;
    };
    const auto board = std::make_shared<Board>();
    board->answers.resize(seats.size());
    const auto put = [](Board& on, std::size_t at, Result<T> answer) {
        const std::lock_guard lock(on.mutex);
        --on.open;
        if (answer) ++on.good;
        on.answers[at] = std::move(answer);
        on.came.notify_one();
    };
    board->open = asked.size();
    const auto begun = Clock::now();
    for (const auto at : asked) {
        auto& seat = *seats[at];
        if (!seat.head().is_distant()) {
            put(*board, at, seat.call(question));
            continue;
        }
        const bool taken =
            seat.begin([board, at, put, question, &seat] { put(*board, at, seat.call(question)); });
        if (!taken) put(*board, at, fail(Errc::unavailable, "it hangs"));
    }
    std::unique_lock lock(board->mutex);
    const auto all = [&] {
        return board->open == 0;
    };
    board->came.wait(lock, [&] { return all() || board->good >= enough; });
    (void)board->came.wait_until(lock, Clock::now() + std::max(Clock::now() - begun, grace), all);
    Answers<T> out = board->answers;
    for (const auto at : asked)
        if (!out[at]) out[at] = fail(Errc::timeout, "it takes too long");
    return out;
}

} // namespace torgo::place
