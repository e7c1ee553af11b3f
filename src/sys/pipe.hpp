#pragma once

#include "base/error.hpp"
#include "env/network.hpp"

#include <memory>
#include <utility>

namespace torgo::sys {

/// A file descriptor, closed at the end.
class Descriptor {
public:
    explicit Descriptor(int number = -1) : m_number(number) {}

    Descriptor(Descriptor&& other) noexcept : m_number(other.release()) {}

    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(m_number, other.m_number);
        return *this;
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();

    int number() const { return m_number; }

    int release() { return std::exchange(m_number, -1); }

private:
    int m_number;
};

/// A stream of the reading end of a pipe, which it makes non-blocking. It cannot be written.
Result<std::unique_ptr<env::Stream>> make_pipe_stream(Descriptor reading_end);

} // namespace torgo::sys
