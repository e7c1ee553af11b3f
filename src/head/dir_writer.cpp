#include "head/dir_writer.hpp"

#include <utility>

namespace torgo::head {

namespace {
/// How much may gather in memory before the disk is set to work, so that commit has little to wait
/// for.
constexpr std::uint64_t writeback_step = 4_MiB;
} // namespace

DirWriter::DirWriter(DirFolder& folder, std::unique_ptr<Temporary> temporary)
    : m_folder(folder), m_temporary(std::move(temporary)) {}

Result<> DirWriter::append(ByteView bytes) {
    if (!m_temporary) return fail(Errc::invalid_argument, "this segment was finished or given up");
    if (bytes.size() > max_segment_size - m_size) {
        m_temporary.reset();
        return fail(Errc::limit_exceeded, "a segment of more than 1 GiB");
    }
    if (auto added = m_temporary->file().append(bytes); !added) {
        m_temporary.reset();
        return std::unexpected(m_folder.explain(std::move(added).error()));
    }
    m_size += bytes.size();
    m_unhinted += bytes.size();
    if (m_unhinted >= writeback_step) {
        m_temporary->file().hint_writeback();
        m_unhinted = 0;
    }
    return {};
}

Result<> DirWriter::commit(const SegmentId& name) {
    if (!m_temporary) return fail(Errc::invalid_argument, "this segment was finished or given up");
    auto published = publish(name);
    m_temporary.reset();
    if (!published) return std::unexpected(m_folder.explain(std::move(published).error()));
    return {};
}

Result<> DirWriter::publish(const SegmentId& name) {
    const auto target = m_folder.segment_path(name);
    if (is_there(target)) return m_folder.make_durable(target);
    CHECK_OK(m_folder.make_fan_out(name));
    CHECK_OK(m_temporary->file().sync());
    CHECK_OK(m_folder.save_fan_out(name));
    auto moved = m_temporary->publish(target, Temporary::Replace::yes);
    if (!moved && moved.error().code() == Errc::not_found) {
        if (m_temporary->is_lost())
            return fail(Errc::changed, "a segment was removed from incoming/ while it was written");
        m_folder.forget_fan_out(name);
        CHECK_OK(m_folder.make_fan_out(name));
        CHECK_OK(m_folder.save_fan_out(name));
        moved = m_temporary->publish(target, Temporary::Replace::yes);
    }
    CHECK_OK(std::move(moved));
    return m_folder.files().sync_directory(m_folder.fan_out_path(name));
}

bool DirWriter::is_there(const std::string& path) {
    const auto status = m_folder.files().status(path);
    return status && status->type == env::FileType::file && status->size == m_size;
}

} // namespace torgo::head
