#pragma once

#include "base/error.hpp"
#include "envelope/wire.hpp"

#include <cstdint>

namespace torgo::envelope {

/// What must outlive a loss of power: no number below these marks may be given again.
struct NumberMarks {
    std::uint64_t shorts = 1;
    std::uint64_t longs = 1;
    std::uint32_t epoch = 0; ///< the highest that was offered

    bool operator==(const NumberMarks&) const = default;
};

/// Where the marks lie: flash, or a file.
class NumberStore {
public:
    virtual ~NumberStore() = default;

    /// Returns when the marks would survive a loss of power.
    virtual Result<> save(const NumberMarks& marks) = 0;
};

/// Gives each number once, ever, and writes to flash only once a block. [ENVELOPE-6]
class Numbers {
public:
    /// `stored` is what `store` holds; the numbers begin there. `store` outlives it.
    /// `block` is at least 1.
    Numbers(NumberStore& store, const NumberMarks& stored, std::uint64_t block);

    /// errors  `limit_exceeded` when all are used up; those of the store, and then none is given
    Result<std::uint64_t> take_short() { return take(m_shorts, m_saved.shorts); }

    Result<std::uint64_t> take_long() { return take(m_longs, m_saved.longs); }

    /// The epoch after the highest, durable before it is returned.
    Result<std::uint32_t> take_epoch();

    std::uint64_t next_short() const noexcept { return m_shorts; }

    /// How many of either kind are left, the smaller.
    std::uint64_t left() const noexcept;

private:
    Result<std::uint64_t> take(std::uint64_t& next, std::uint64_t& mark);

    NumberStore* m_store;
    NumberMarks m_saved;
    std::uint64_t m_shorts;
    std::uint64_t m_longs;
    std::uint64_t m_block;
};

} // namespace torgo::envelope
