#include "node/own_head.hpp"

namespace torgo::node {

namespace {

const Repository::Asker the_node{.client = {}, .needed = 0, .is_node = true};

/// Keeps the repository for as long as something is on its way to it.
class Writing final : public head::SegmentWriter {
public:
    Writing(std::shared_ptr<Repository> repository, std::unique_ptr<Repository::Upload> upload)
        : m_repository(std::move(repository)), m_upload(std::move(upload)) {}

    Result<> append(ByteView bytes) override { return m_upload->append(bytes); }

    Result<> commit(const SegmentId& name) override { return m_upload->commit(name); }

private:
    std::shared_ptr<Repository> m_repository;
    std::unique_ptr<Repository::Upload> m_upload;
};

} // namespace

Result<std::unique_ptr<head::SegmentWriter>> OwnHead::begin_segment(std::uint64_t expected_size) {
    TRY(auto upload, m_repository->begin_upload(expected_size));
    return std::make_unique<Writing>(m_repository, std::move(upload));
}

Result<> OwnHead::remove_segment(const SegmentId& segment) {
    std::uint64_t bytes_read = 0;
    CHECK_OK(m_repository->scrub(segment, bytes_read));
    return {};
}

Result<> OwnHead::put_root(const std::string& name, ByteView content) {
    return m_repository->put_root(name, content, the_node);
}

Result<> OwnHead::remove_root(const std::string& name) {
    return m_repository->remove_root(name, the_node);
}

} // namespace torgo::node
