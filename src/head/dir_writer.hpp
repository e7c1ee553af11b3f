#pragma once

#include "head/dir_folder.hpp"
#include "head/head.hpp"

#include <memory>

namespace torgo::head {

/// Writes one segment into `incoming/` and moves it into its place.
class DirWriter final : public SegmentWriter {
public:
    DirWriter(DirFolder& folder, std::unique_ptr<Temporary> temporary);

    Result<> append(ByteView bytes) override;
    Result<> commit(const SegmentId& name) override;

private:
    Result<> publish(const SegmentId& name);
    bool is_there(const std::string& path);

    DirFolder& m_folder;
    std::unique_ptr<Temporary> m_temporary; ///< none once the writer has failed or committed
    std::uint64_t m_size = 0;
    std::uint64_t m_unhinted = 0; ///< bytes since the last writeback hint
};

} // namespace torgo::head
