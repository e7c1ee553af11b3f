#pragma once

// For tests: a head as one behind a network, which is called in threads.

#include "head/head.hpp"

#include <condition_variable>
#include <mutex>

namespace torgo::place {

class DistantHead final : public head::Head {
public:
    explicit DistantHead(std::shared_ptr<head::Head> inner) : m_inner(std::move(inner)) {}

    const std::string& uri() const override { return m_inner->uri(); }

    Result<> probe() override {
        CHECK_OK(wait());
        return m_inner->probe();
    }

    Result<std::unique_ptr<head::SegmentWriter>> begin_segment(std::uint64_t size) override {
        return m_inner->begin_segment(size);
    }

    Result<> read_segment(const SegmentId& name, std::uint64_t offset, ByteSpan out) override {
        return m_inner->read_segment(name, offset, out);
    }

    Result<std::uint64_t> segment_size(const SegmentId& name) override {
        return m_inner->segment_size(name);
    }

    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override {
        return m_inner->list_segments(after, max);
    }

    Result<> remove_segment(const SegmentId& name) override {
        return m_inner->remove_segment(name);
    }

    Result<> put_root(const std::string& name, ByteView content) override {
        return m_inner->put_root(name, content);
    }

    Result<Bytes> get_root(const std::string& name) override { return m_inner->get_root(name); }

    Result<std::vector<std::string>> list_roots(const std::string& prefix) override {
        return m_inner->list_roots(prefix);
    }

    Result<> remove_root(const std::string& name) override { return m_inner->remove_root(name); }

    Result<head::HeadStatus> status() override {
        CHECK_OK(wait());
        return m_inner->status();
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

    std::shared_ptr<head::Head> m_inner;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_hangs = false;
    bool m_cancelled = false;
};

} // namespace torgo::place
