#pragma once

#include "head/head.hpp"

#include <memory>
#include <string>
#include <utility>

namespace torgo::sim {

/// A head over a network that is asked as if it lay in a folder: by one thread at a time, and
/// nobody looks at a real clock while it waits. Its requests then come in one order.
class NearHead final : public head::Head {
public:
    explicit NearHead(std::unique_ptr<head::Head> inner) : m_inner(std::move(inner)) {}

    const std::string& uri() const override { return m_inner->uri(); }
    Result<> probe() override { return m_inner->probe(); }
    Result<std::unique_ptr<head::SegmentWriter>> begin_segment(std::uint64_t size) override {
        return m_inner->begin_segment(size);
    }
    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override {
        return m_inner->read_segment(segment, offset, out);
    }
    Result<> read_combined(const SegmentId& segment, std::uint64_t first, std::uint8_t factor,
                           ByteSpan out) override {
        return m_inner->read_combined(segment, first, factor, out);
    }
    Result<std::uint64_t> segment_size(const SegmentId& segment) override {
        return m_inner->segment_size(segment);
    }
    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override {
        return m_inner->list_segments(after, max);
    }
    Result<> remove_segment(const SegmentId& segment) override {
        return m_inner->remove_segment(segment);
    }
    Result<> put_root(const std::string& name, ByteView content) override {
        return m_inner->put_root(name, content);
    }
    Result<Bytes> get_root(const std::string& name) override { return m_inner->get_root(name); }
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override {
        return m_inner->list_roots(prefix);
    }
    Result<> remove_root(const std::string& name) override { return m_inner->remove_root(name); }
    Result<head::HeadStatus> status() override { return m_inner->status(); }

private:
    std::unique_ptr<head::Head> m_inner;
};

} // namespace torgo::sim
