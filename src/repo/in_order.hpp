#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace torgo::repo {

/// Results of one thread that may be this far ahead of the one that takes them.
inline constexpr std::size_t ahead_max = 4;

/// make(i) for i in [0, count) in several threads, and take(i, result) in this one, in order: for
/// what has to be fetched or verified for long and put together one after the other. At most
/// ahead_max results a thread wait. Neither may throw.
template <class Make, class Take>
void in_order(std::size_t count, unsigned threads, const Make& make, const Take& take) {
    using Made = std::invoke_result_t<const Make&, std::size_t>;
    std::mutex mutex;
    std::condition_variable changed;
    const auto window = threads * ahead_max;
    std::vector<std::optional<Made>> made(std::min(count, window)); // of i at i modulo its size
    std::size_t next = 0;
    std::size_t taken = 0;
    const auto work = [&] {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return next >= count || next < taken + window; });
            if (next >= count) return;
            const auto i = next++;
            lock.unlock();
            auto result = make(i);
            lock.lock();
            made[i % made.size()].emplace(std::move(result));
            changed.notify_all();
        }
    };
    std::vector<std::jthread> pool;
    for (std::size_t t = 0; t < std::min<std::size_t>(threads, count); ++t)
        pool.emplace_back(work);
    for (std::size_t i = 0; i < count; ++i) {
        std::optional<Made> result;
        {
            std::unique_lock lock(mutex);
            auto& slot = made[i % made.size()];
            changed.wait(lock, [&] { return slot.has_value(); });
            result = std::move(slot);
            slot.reset();
            taken = i + 1;
        }
        changed.notify_all();
        take(i, *std::move(result));
    }
}

} // namespace torgo::repo
