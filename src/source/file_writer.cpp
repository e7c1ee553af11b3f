// SPDX-License-Identifier: MIT
#include "source/apply.hpp"
#include "source/write.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace torgo::source {

namespace {

/// From this size on the space is asked for first: the file lies in one piece, and a full disk
/// shows before the content is fetched.
constexpr std::uint64_t allocate_from = 1U << 20U;

bool all_zero(ByteView bytes) {
    // Equal to itself one byte on, and the first is zero.
    return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// The bytes of `rest` up to the next multiple of hole_bytes in the file.
std::size_t step_size(std::uint64_t offset, ByteView rest) {
    return std::min(rest.size(), hole_bytes - static_cast<std::size_t>(offset % hole_bytes));
}

bool is_hole(std::uint64_t offset, ByteView rest) {
    const auto step = step_size(offset, rest);
    return step == hole_bytes && all_zero(rest.first(step));
}

} // namespace

std::unexpected<Error> FileWriter::failed() const {
    return std::unexpected(system_error(errno, m_path));
}

Result<> FileWriter::allocate() {
    if (m_sparse || m_size < allocate_from) return {};
    // The plain call, not posix_fallocate: that one would write zeros where the system cannot do
    // it.
    if (::fallocate(m_descriptor.get(), 0, 0, static_cast<off_t>(m_size)) == 0) {
        m_end = m_size;
        return {};
    }
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
    return failed();
}

Result<> FileWriter::write_all(std::uint64_t offset, ByteView bytes) {
    while (!bytes.empty()) {
        const auto put =
            ::pwrite(m_descriptor.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return failed();
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    // Other threads write other ranges; the furthest end counts.
    const std::atomic_ref end(m_end);
    auto known = end.load(std::memory_order_relaxed);
    while (known < offset && !end.compare_exchange_weak(known, offset, std::memory_order_relaxed))
        ;
    return {};
}

Result<> FileWriter::write_at(std::uint64_t offset, ByteView bytes) {
    if (offset > m_size || bytes.size() > m_size - offset)
        return fail(Errc::corrupt, m_path + ": more content than its size");
    if (!m_sparse) return write_all(offset, bytes);
    while (!bytes.empty()) {
        std::size_t data = 0;
        while (data < bytes.size() && !is_hole(offset + data, bytes.subspan(data)))
            data += step_size(offset + data, bytes.subspan(data));
        if (data > 0) CHECK_OK(write_all(offset, bytes.first(data)));
        std::size_t next = data;
        while (next < bytes.size() && is_hole(offset + next, bytes.subspan(next)))
            next += hole_bytes;
        offset += next;
        bytes = bytes.subspan(next);
    }
    return {};
}

Result<> FileWriter::read_back(std::uint64_t offset, ByteSpan out) const {
    while (!out.empty()) {
        const auto got =
            ::pread(m_descriptor.get(), out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed();
        if (got == 0) { // the end of the file so far: the rest is a hole that `finish` will make
            std::ranges::fill(out, std::uint8_t{0});
            return {};
        }
        out = out.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return {};
}

Result<> FileWriter::set_size() const {
    if (m_end == m_size) return {};
    if (::ftruncate(m_descriptor.get(), static_cast<off_t>(m_size)) != 0) return failed();
    return {};
}

Result<> FileWriter::finish() && {
    const auto file = std::move(*this);
    return file.set_size();
}

Result<> FileWriter::finish(const Entry& entry, const MetadataOptions& options) && {
    const auto file = std::move(*this);
    CHECK_OK(file.end_content());
    return file.set_metadata(entry, options);
}

Result<Entry> FileWriter::status() const {
    Entry out;
    if (const int reason = Inspector::read_status(m_descriptor.get(), "", Symlinks::keep, out);
        reason != 0)
        return std::unexpected(system_error(reason, m_path));
    return out;
}

Result<> FileWriter::set_metadata(const Entry& entry, const MetadataOptions& options) const {
    // What a plain new file has is known without asking; an owner that is not is set again.
    Entry present;
    present.uid = ~entry.uid;
    present.mode = 0600;
    const bool set_id = (entry.mode & 06000U) != 0;
    if (!m_bare || set_id) {
        TRY(present, status());
    }
    return apply({m_descriptor.get(), false, m_path, m_bare}, entry, present, options);
}

} // namespace torgo::source
