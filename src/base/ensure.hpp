#pragma once

#include <source_location>

namespace torgo {

[[noreturn]] void ensure_failed(const char* condition, std::source_location where) noexcept;

} // namespace torgo

/// Aborts when an invariant of the program itself is broken, in release builds too. Never on input.
#define ENSURE(...)                                                                                \
    do {                                                                                           \
        if (!(__VA_ARGS__)) [[unlikely]]                                                           \
            ::torgo::ensure_failed(#__VA_ARGS__, std::source_location::current());                 \
    } while (false)
