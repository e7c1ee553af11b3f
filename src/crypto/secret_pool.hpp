#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <mutex>
#include <vector>

namespace torgo::crypto {

/// Memory for secrets: pages that are locked once and handed out in pieces, because mlock(2) costs
/// a system call and counts whole pages. Pieces come back wiped. Thread-safe; lives to the end of
/// the process, so that static secrets may outlive everything else.
class SecretPool {
public:
    static SecretPool& instance();

    /// `size` zero bytes (nullptr for none).
    std::uint8_t* take(std::size_t size);

    /// `bytes` were taken with this size and are all zero again.
    void give_back(std::uint8_t* bytes, std::size_t size);

    /// How many bytes of pool could be locked, and how many the system refused to lock.
    struct Usage {
        std::size_t locked = 0;
        std::size_t unlocked = 0;
    };

    Usage usage();

private:
    static constexpr std::size_t piece_size_min = 32;
    static constexpr std::size_t class_count = 8; ///< 32, 64, … 4096 bytes
    static constexpr std::size_t piece_size_max = piece_size_min << (class_count - 1);
    static constexpr std::size_t slab_size = 64_KiB;

    static std::size_t class_of(std::size_t size);

    struct Pages {
        std::uint8_t* bytes;
        bool locked;
    };

    static Pages map(std::size_t size);
    void refill(std::size_t piece_class);

    std::mutex m_mutex;
    std::array<std::vector<std::uint8_t*>, class_count> m_free;
    std::uint8_t* m_slab = nullptr;
    std::size_t m_slab_left = 0;
    Usage m_usage;
};

} // namespace torgo::crypto
