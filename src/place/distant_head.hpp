#pragma once

// For tests: a head as one behind a network, which is called in threads.

#include "head/testing/forward_head.hpp"

#include <condition_variable>
#include <mutex>

namespace torgo::place {

class DistantHead final : public head::ForwardHead {
public:
    using ForwardHead::ForwardHead;

    Result<> probe() override {
        CHECK_OK(wait());
        return inner().probe();
    }

    Result<head::HeadStatus> status() override {
        CHECK_OK(wait());
        return inner().status();
    }

    bool is_distant() const override { return true; }

    void cancel() noexcept override {
        const std::lock_guard lock(m_mutex);
        m_cancelled = true;
        m_changed.notify_all();
    }

    /// From now on probe and status wait until they are cancelled.
    void hang() {
        const std::lock_guard lock(m_mutex);
        m_hangs = true;
    }

private:
    Result<> wait() {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return !m_hangs || m_cancelled; });
        if (m_cancelled) return fail(Errc::cancelled, "cancelled");
        return {};
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_hangs = false;
    bool m_cancelled = false;
};

} // namespace torgo::place
