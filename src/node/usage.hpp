#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <mutex>
#include <utility>

namespace torgo::node {

/// What a repository keeps on a node against what it may. Thread-safe.
class Usage {
public:
    explicit Usage(std::uint64_t quota) : m_quota(quota) {}

    struct Totals {
        std::uint64_t quota = 0;
        std::uint64_t bytes = 0;    ///< kept: segments and roots
        std::uint64_t reserved = 0; ///< on their way
        std::uint64_t segments = 0;

        std::uint64_t free() const noexcept {
            const auto taken = bytes + reserved;
            return taken < quota ? quota - taken : 0;
        }
    };

    /// Room that is held for what is on its way, until destroyed.
    class Reservation {
    public:
        Reservation(Usage& usage, std::uint64_t size) : m_usage(&usage), m_size(size) {}

        Reservation(Reservation&& other) noexcept
            : m_usage(std::exchange(other.m_usage, nullptr)), m_size(other.m_size) {}

        Reservation& operator=(Reservation&&) = delete;
        Reservation(const Reservation&) = delete;
        Reservation& operator=(const Reservation&) = delete;

        ~Reservation() {
            if (m_usage != nullptr) m_usage->release(m_size);
        }

    private:
        Usage* m_usage;
        std::uint64_t m_size;
    };

    /// errors  `no_space` when it does not fit beside what is kept and what is on its way
    /// (PEER-11);
    ///         never for 0 bytes
    Result<Reservation> reserve(std::uint64_t size);

    /// Something of `before` bytes is now one of `after` bytes; 0 where it is not there.
    void change(std::uint64_t before, std::uint64_t after);
    void change_segments(bool before, bool after);

    Totals totals() const;

private:
    void release(std::uint64_t size);

    mutable std::mutex m_mutex;
    std::uint64_t m_quota;
    std::uint64_t m_bytes = 0;
    std::uint64_t m_reserved = 0;
    std::uint64_t m_segments = 0;
};

} // namespace torgo::node
