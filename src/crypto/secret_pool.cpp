#include "crypto/secret_pool.hpp"

#include "base/ensure.hpp"

#include <sys/mman.h>

#include <bit>
#include <new>

namespace torgo::crypto {

SecretPool& SecretPool::instance() {
    static auto* const pool = new SecretPool;
    return *pool;
}

std::size_t SecretPool::class_of(std::size_t size) {
    const auto rounded = std::bit_ceil(size < piece_size_min ? piece_size_min : size);
    return static_cast<std::size_t>(std::countr_zero(rounded) - std::countr_zero(piece_size_min));
}

SecretPool::Pages SecretPool::map(std::size_t size) {
    void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    (void)::madvise(pages, size, MADV_DONTDUMP);
    const bool locked = ::mlock(pages, size) == 0; // RLIMIT_MEMLOCK may forbid it; that is no error
    return {.bytes = static_cast<std::uint8_t*>(pages), .locked = locked};
}

void SecretPool::refill(std::size_t piece_class) {
    const auto piece = piece_size_min << piece_class;
    if (m_slab_left < piece) {
        const auto slab = map(slab_size);
        (slab.locked ? m_usage.locked : m_usage.unlocked) += slab_size;
        m_slab = slab.bytes;
        m_slab_left = slab_size;
    }
    m_free[piece_class].push_back(m_slab);
    m_slab += piece;
    m_slab_left -= piece;
}

std::uint8_t* SecretPool::take(std::size_t size) {
    if (size == 0) return nullptr;
    const std::lock_guard lock(m_mutex);
    if (size > piece_size_max) return map(size).bytes;
    auto& pieces = m_free[class_of(size)];
    if (pieces.empty()) refill(class_of(size));
    auto* const piece = pieces.back();
    pieces.pop_back();
    return piece;
}

void SecretPool::give_back(std::uint8_t* bytes, std::size_t size) {
    const std::lock_guard lock(m_mutex);
    if (size <= piece_size_max) {
        m_free[class_of(size)].push_back(bytes);
        return;
    }
    ENSURE(::munmap(bytes, size) == 0);
}

SecretPool::Usage SecretPool::usage() {
    const std::lock_guard lock(m_mutex);
    return m_usage;
}

} // namespace torgo::crypto
