#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#    include <sys/mman.h>
#endif

namespace torgo::index {

/// Gives large arrays memory in huge pages where the system has them. A table that is asked in
/// random places misses the processor's page tables as often as its caches; this takes one of the
/// two away.
template <class T>
class HugePages {
public:
    using value_type = T;

    /// From here on the last page, used in part, is no great loss.
    static constexpr std::size_t worth_it = std::size_t{8} << 20U;
    static constexpr std::size_t page = std::size_t{2} << 20U;

    HugePages() noexcept = default;

    template <class Other>
    explicit HugePages(const HugePages<Other>&) noexcept {}

    T* allocate(std::size_t n) {
        const auto bytes = n * sizeof(T);
        auto* const memory = ::operator new(bytes, alignment(bytes));
#if defined(__linux__)
        // A wish: where it is refused, the table is slower and nothing else.
        if (bytes >= worth_it) (void)::madvise(memory, bytes, MADV_HUGEPAGE);
#endif
        return static_cast<T*>(memory);
    }

    void deallocate(T* memory, std::size_t n) noexcept {
        ::operator delete(memory, alignment(n * sizeof(T)));
    }

    bool operator==(const HugePages&) const noexcept { return true; }

private:
    static std::align_val_t alignment(std::size_t bytes) noexcept {
        return std::align_val_t{bytes >= worth_it ? page : alignof(T)};
    }
};

} // namespace torgo::index
