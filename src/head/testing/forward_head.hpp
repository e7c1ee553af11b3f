#pragma once

#include "head/head.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace torgo::head {

/// Hands every call on to another head; a test replaces those that it is about. What has a default
/// (ways that are only faster, and what is said of networks and members) stays at it.
class ForwardHead : public Head {
public:
    explicit ForwardHead(std::shared_ptr<Head> inner) : m_inner(std::move(inner)) {}

    const std::string& uri() const override { return m_inner->uri(); }

    Result<> probe() override { return m_inner->probe(); }

    Result<std::unique_ptr<SegmentWriter>> begin_segment(std::uint64_t size) override {
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

    Result<HeadStatus> status() override { return m_inner->status(); }

protected:
    Head& inner() const { return *m_inner; }

private:
    std::shared_ptr<Head> m_inner;
};

} // namespace torgo::head
