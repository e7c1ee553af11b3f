#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace torgo::mesh {

/// A vector that costs one pointer while it was never used: most nodes of a large network never
/// send or receive a segmented message.
template <class T>
class LazyVector {
public:
    using Vector = std::vector<T>;

    std::size_t size() const { return m_items ? m_items->size() : 0; }

    bool empty() const { return size() == 0; }

    auto begin() { return m_items ? m_items->begin() : typename Vector::iterator{}; }

    auto end() { return m_items ? m_items->end() : typename Vector::iterator{}; }

    auto begin() const { return m_items ? m_items->cbegin() : typename Vector::const_iterator{}; }

    auto end() const { return m_items ? m_items->cend() : typename Vector::const_iterator{}; }

    T& operator[](std::size_t index) { return (*m_items)[index]; }

    T& back() { return m_items->back(); }

    /// The vector itself, made now if it was not there.
    Vector& items() {
        if (!m_items) m_items = std::make_unique<Vector>();
        return *m_items;
    }

    void clear() { m_items.reset(); }

    std::size_t heap_bytes() const {
        return m_items ? sizeof(Vector) + m_items->capacity() * sizeof(T) : 0;
    }

private:
    std::unique_ptr<Vector> m_items;
};

} // namespace torgo::mesh
