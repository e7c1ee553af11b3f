#pragma once

#include "cli/activity.hpp"
#include "cli/context.hpp"
#include "cli/progress.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace torgo::cli {

/// Shows how a long piece of work goes on for as long as it lives: lines at the bottom of a
/// terminal, ten times a second; objects of type "status" with --json, once a second; nothing
/// otherwise. `torgo top` is told twice a second in any case.
class ProgressDisplay {
public:
    /// `read` is called on a thread of its own; it must outlive this.
    ProgressDisplay(const Context& context, std::string items, std::function<Counts()> read);
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;
    ProgressDisplay(ProgressDisplay&&) = delete;
    ProgressDisplay& operator=(ProgressDisplay&&) = delete;

    /// Takes the lines away.
    ~ProgressDisplay();

    std::int64_t elapsed_ns() const;

private:
    void tick();
    void show();
    void tell();

    const Context& m_context;
    std::function<Counts()> m_read;
    std::int64_t m_start_ns;
    ProgressView m_view;
    Rate m_rate;
    std::optional<ActivityFile> m_activity;
    bool m_shows = false;
    std::int64_t m_told_ns;         ///< when `torgo top` was told last
    std::optional<Ticker> m_ticker; ///< last: its thread uses all of the above
};

/// The object of type "status" for one moment.
Json status_object(const ProgressView& view);

} // namespace torgo::cli
