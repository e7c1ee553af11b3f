#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace torgo::cli {

/// How far a long piece of work is. A total of 0 means: not known yet.
struct Counts {
    std::uint64_t items_done = 0, items_total = 0;
    std::uint64_t bytes_done = 0, bytes_total = 0;
    std::uint64_t problems = 0;
    std::string note; ///< a few words more: "12.0 MiB stored"
};

/// A moment of that work, ready to be shown.
struct ProgressView {
    Counts counts;
    std::string items = "files"; ///< what is counted
    std::int64_t elapsed_ns = 0;
    double bytes_per_second = 0;

    /// 0 to 1; negative while a total is not known.
    double share() const noexcept;

    /// Negative while it cannot be told.
    std::int64_t left_ns() const noexcept;
};

/// One or two lines, each at most `width` columns (0 gives none). What matters least goes first
/// when room is short: the bar shrinks, then speed, time, bytes and items go.
std::vector<std::string> progress_lines(const ProgressView& view, std::size_t width);

/// "[=====>    ]", `width` columns with its brackets; empty below 4.
std::string progress_bar(double share, std::size_t width);

/// Bytes a second over the last seconds, from readings of a counter.
class Rate {
public:
    void add(std::int64_t time_ns, std::uint64_t bytes_done);
    double per_second() const noexcept;

private:
    struct Reading {
        std::int64_t time_ns;
        std::uint64_t bytes_done;
    };
    std::deque<Reading> m_readings;
};

/// Calls a function again and again on a thread of its own until it ends.
class Ticker {
public:
    Ticker(std::chrono::milliseconds interval, std::function<void()> tick);
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;
    Ticker(Ticker&&) = delete;
    Ticker& operator=(Ticker&&) = delete;
    ~Ticker();

private:
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::jthread m_thread;
};

} // namespace torgo::cli
