#pragma once

#include "quantum/kernels.hpp"

// The loops of the kernels, for any number of lanes: each file that includes this compiles them for
// its own instruction set. Nothing here may be shared between those files, nor may anything of the
// standard library be called: the linker would keep one copy of it for all processors.
namespace torgo::quantum {
namespace { // NOLINT(*-namespaces): one copy for each instruction set

template <std::size_t Lanes>
struct Register;

template <>
struct Register<1> {
    typedef double type __attribute__((vector_size(16))); // NOLINT: `using` takes no size
};

template <>
struct Register<2> {
    typedef double type __attribute__((vector_size(32))); // NOLINT: as above
};

template <>
struct Register<4> {
    typedef double type __attribute__((vector_size(64))); // NOLINT: as above
};

template <std::size_t Lanes>
struct Wide {
    using V = typename Register<Lanes>::type;

    static V load(const double* from) {
        V out;
        __builtin_memcpy(&out, from, sizeof out);
        return out;
    }

    static void store(double* to, V what) { __builtin_memcpy(to, &what, sizeof what); }

    /// Real and imaginary parts change places.
    static V swapped(V a) {
        if constexpr (Lanes == 1) return __builtin_shufflevector(a, a, 1, 0);
        if constexpr (Lanes == 2) return __builtin_shufflevector(a, a, 1, 0, 3, 2);
        if constexpr (Lanes == 4) return __builtin_shufflevector(a, a, 1, 0, 3, 2, 5, 4, 7, 6);
    }

    static V times_i(V a) {
        V sign = {};
        for (std::size_t i = 0; i < 2 * Lanes; ++i)
            sign[i] = i % 2 == 0 ? -1.0 : 1.0;
        return swapped(a) * sign;
    }

    /// Bit `low` of the lane and the bit that tells a from b change places. Twice is nothing.
    static void exchange(V& a, V& b, std::uint32_t low) {
        const V x = a;
        const V y = b;
        if constexpr (Lanes == 2) {
            a = __builtin_shufflevector(x, y, 0, 1, 4, 5);
            b = __builtin_shufflevector(x, y, 2, 3, 6, 7);
        }
        if constexpr (Lanes == 4) {
            if (low == 0) {
                a = __builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13);
                b = __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14, 15);
            } else {
                a = __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11);
                b = __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14, 15);
            }
        }
    }

    template <std::size_t Size>
    static void exchange_all(V (&a)[Size], const DenseView& step) {
        if (step.lows > 0)
            for (std::size_t j = 0; j < Size; j += 2)
                exchange(a[j], a[j + 1], step.low[0]);
        if constexpr (Size >= 4)
            if (step.lows > 1)
                for (std::size_t j = 0; j < Size; j += 4)
                    for (std::size_t k = j; k < j + 2; ++k)
                        exchange(a[k], a[k + 2], step.low[1]);
    }

    /// Rows of a matrix times a column of registers, some rows at a time: each register is fetched
    /// once for all of them.
    template <std::size_t Size, bool Real>
    static void multiply(const V (&a)[Size], V (&out)[Size], const double* re, const double* im) {
        constexpr std::size_t rows = Size < 4 ? Size : 4;
        V turned[Real ? 1 : Size];
        if constexpr (!Real)
            for (std::size_t k = 0; k < Size; ++k)
                turned[k] = times_i(a[k]);
        for (std::size_t row = 0; row < Size; row += rows) {
            V sum[rows] = {};
            for (std::size_t k = 0; k < Size; ++k)
                for (std::size_t r = 0; r < rows; ++r) {
                    sum[r] += a[k] * re[(row + r) * Size + k];
                    if constexpr (!Real) sum[r] += turned[k] * im[(row + r) * Size + k];
                }
            for (std::size_t r = 0; r < rows; ++r)
                out[row + r] = sum[r];
        }
    }

    template <std::size_t Size, bool Real>
    static void dense_of(double* amplitudes, std::size_t size, const DenseView& step) {
        std::size_t base = 0;
        do {
            double* const group = amplitudes + 2 * (base | step.value);
            V a[Size];
            V out[Size];
            for (std::size_t j = 0; j < Size; ++j)
                a[j] = load(group + 2 * step.offsets[j]);
            exchange_all(a, step);
            multiply<Size, Real>(a, out, step.re, step.im);
            exchange_all(out, step);
            for (std::size_t j = 0; j < Size; ++j)
                store(group + 2 * step.offsets[j], out[j]);
            base = ((base | step.taken) + 1) & ~step.taken;
        } while (base < size);
    }

    template <bool Real>
    static void dense_any(double* amplitudes, std::size_t size, const DenseView& step) {
        switch (step.targets) {
        case 1:
            return dense_of<2, Real>(amplitudes, size, step);
        case 2:
            return dense_of<4, Real>(amplitudes, size, step);
        case 3:
            return dense_of<8, Real>(amplitudes, size, step);
        default:
            return dense_of<16, Real>(amplitudes, size, step);
        }
    }

    static void dense(double* amplitudes, std::size_t size, const DenseView& step) {
        if (step.real)
            dense_any<true>(amplitudes, size, step);
        else
            dense_any<false>(amplitudes, size, step);
    }

    static std::size_t high_part(const DiagonalView& step, std::size_t number) {
        std::size_t out = 0;
        for (std::uint32_t i = 0; i < step.high_count; ++i)
            out |= (number >> step.high_bits[i] & 1U) << (step.high_first + i);
        return out;
    }

    static void diagonal(double* amplitudes, std::size_t size, const DiagonalView& step) {
        constexpr std::size_t width = 2 * Lanes;
        const auto registers = size / Lanes;
        const auto together = step.low_map_size;
        for (std::size_t from = 0; from < registers; from += together) {
            const double* const part = step.table + high_part(step, from) * 2 * width;
            for (std::size_t i = 0; i < together; ++i) {
                const double* const factors = part + std::size_t{step.low_map[i]} * 2 * width;
                double* const at = amplitudes + (from + i) * width;
                const V a = load(at);
                store(at, a * load(factors) + swapped(a) * load(factors + width));
            }
        }
    }
};

template <std::size_t Lanes>
constexpr Kernels wide_kernels(const char* name) {
    return {name, Lanes, Wide<Lanes>::dense, Wide<Lanes>::diagonal};
}

} // namespace
} // namespace torgo::quantum
