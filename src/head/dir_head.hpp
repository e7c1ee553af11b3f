#pragma once

#include "head/dir_folder.hpp"
#include "head/head.hpp"

#include <memory>
#include <string>

namespace torgo::head {

/// A head in a folder: any local disk, stick or network mount. Layout: docs/spec/head.md 3.
class DirHead final : public Head {
public:
    /// `path` is normal (dir_path); nothing is looked at.
    DirHead(env::FileSystem& files, const std::string& path);

    const std::string& uri() const override { return m_uri; }

    Result<> probe() override;
    Result<std::unique_ptr<SegmentWriter>> begin_segment(std::uint64_t expected_size) override;
    Result<> read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) override;
    Result<std::uint64_t> segment_size(const SegmentId& segment) override;
    Result<std::vector<SegmentId>> list_segments(const SegmentId& after, std::size_t max) override;
    Result<> remove_segment(const SegmentId& segment) override;
    Result<> put_root(const std::string& name, ByteView content) override;
    Result<Bytes> get_root(const std::string& name) override;
    Result<std::vector<std::string>> list_roots(const std::string& prefix) override;
    Result<> remove_root(const std::string& name) override;
    Result<HeadStatus> status() override;

private:
    Result<> write_root(const std::string& name, ByteView content);
    Result<> keep_root(const std::string& name, ByteView found, ByteView content);
    Result<std::vector<SegmentId>> list_fan_out(const std::string& folder, std::string_view prefix);

    std::string m_uri;
    DirFolder m_folder;
};

} // namespace torgo::head
