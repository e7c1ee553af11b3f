#include "node/usage.hpp"

#include <string>

namespace torgo::node {

Result<Usage::Reservation> Usage::reserve(std::uint64_t size) {
    const std::lock_guard lock(m_mutex);
    // Also where more is taken than there is, as for a moment when what was on its way has come.
    if (size == 0) return Reservation(*this, 0);
    const auto taken = m_bytes + m_reserved;
    if (taken > m_quota || size > m_quota - taken)
        return fail(Errc::no_space, "the quota of " + std::to_string(m_quota) +
                                        " bytes has no room for " + std::to_string(size) + " more");
    m_reserved += size;
    return Reservation(*this, size);
}

void Usage::release(std::uint64_t size) {
    const std::lock_guard lock(m_mutex);
    m_reserved -= size;
}

void Usage::change(std::uint64_t before, std::uint64_t after) {
    const std::lock_guard lock(m_mutex);
    m_bytes += after;
    m_bytes -= before < m_bytes ? before : m_bytes; // what others took away unseen must not wrap
}

void Usage::change_segments(bool before, bool after) {
    const std::lock_guard lock(m_mutex);
    if (after && !before) ++m_segments;
    if (before && !after && m_segments > 0) --m_segments;
}

Usage::Totals Usage::totals() const {
    const std::lock_guard lock(m_mutex);
    return {m_quota, m_bytes, m_reserved, m_segments};
}

} // namespace torgo::node
