#include "envelope/numbers.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <limits>

namespace torgo::envelope {

Numbers::Numbers(NumberStore& store, const NumberMarks& stored, std::uint64_t block)
    : m_store(&store),
      m_saved(stored),
      m_shorts(stored.shorts),
      m_longs(stored.longs),
      m_block(block) {
    ENSURE(block > 0);
}

Result<std::uint64_t> Numbers::take(std::uint64_t& next, std::uint64_t& mark) {
    // [ENVELOPE-9]
    if (next > number_max) return fail(Errc::limit_exceeded, "all numbers are used up");
    if (next >= mark) {
        const auto before = mark;
        mark = std::min(next + m_block, number_max + 1);
        auto saved = m_store->save(m_saved);
        if (!saved) {
            mark = before;
            return std::unexpected(std::move(saved).error());
        }
    }
    return next++;
}

Result<std::uint32_t> Numbers::take_epoch() {
    if (m_saved.epoch == std::numeric_limits<std::uint32_t>::max())
        return fail(Errc::limit_exceeded, "all epochs are used up");
    auto marks = m_saved;
    marks.epoch += 1;
    CHECK_OK(m_store->save(marks));
    m_saved = marks;
    return marks.epoch;
}

std::uint64_t Numbers::left() const noexcept {
    return number_max + 1 - std::max(m_shorts, m_longs);
}

} // namespace torgo::envelope
