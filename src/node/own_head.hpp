#pragma once

#include "head/head.hpp"
#include "node/repository.hpp"

#include <memory>
#include <string>

namespace torgo::node {

/// The head that this node keeps itself, for what it heals: with its quota and its locks, and
/// without a client who would need a right.
class OwnHead final : public head::Head {
public:
    OwnHead(std::shared_ptr<Repository> repository, std::string uri)
        : m_repository(std::move(repository)), m_uri(std::move(uri)) {}

    const std::string& uri() const override { return m_uri; }

    Result<> probe() override { return m_repository->head().probe(); }
    Result<std::unique_ptr<head::SegmentWriter>>
    begin_segment(std::uint64_t expected_size) override;
    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override {
        return m_repository->head().read_segment(segment, offset, out);
    }
    Result<std::uint64_t> segment_size(const SegmentId& segment) override {
        return m_repository->head().segment_size(segment);
    }
    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override {
        return m_repository->head().list_segments(after, max);
    }
    /// Only a damaged one goes, to quarantine: a node that heals destroys nothing.
    Result<> remove_segment(const SegmentId& segment) override;
    Result<> put_root(const std::string& name, ByteView content) override;
    Result<Bytes> get_root(const std::string& name) override {
        return m_repository->head().get_root(name);
    }
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override {
        return m_repository->head().list_roots(prefix);
    }
    Result<> remove_root(const std::string& name) override;
    Result<head::HeadStatus> status() override { return m_repository->head().status(); }

private:
    std::shared_ptr<Repository> m_repository;
    std::string m_uri;
};

} // namespace torgo::node
