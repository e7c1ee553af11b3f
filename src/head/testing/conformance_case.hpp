#pragma once

#include "head/testing/conformance.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string_view>

// What the parts of the suite share.
namespace torgo::head {

/// What a test of the suite finds: two ways to one empty head.
struct Fixture {
    std::unique_ptr<HeadPlace> place;
    std::unique_ptr<Head> head;
    std::unique_ptr<Head> other;
};

struct Case {
    const char* name; ///< a sentence
    void (*run)(Fixture&);
};

std::span<const Case> segment_cases();
std::span<const Case> root_cases();
std::span<const Case> thread_cases();

/// A segment name that begins with `first` and goes on with `number`.
SegmentId make_name(std::uint8_t first, std::uint8_t number = 0);

/// `size` bytes that differ from place to place and from seed to seed.
Bytes make_content(std::size_t size, std::uint8_t seed = 1);

Result<> put_segment(Head& head, const SegmentId& name, ByteView content);
Result<Bytes> read_whole(Head& head, const SegmentId& name);

template <class T>
std::string_view outcome(const Result<T>& result) {
    return result ? "success" : torgo::name(result.error().code());
}

} // namespace torgo::head
