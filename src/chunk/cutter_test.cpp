#include "chunk/cutter.hpp"

#include <gtest/gtest.h>

#include <random>

namespace torgo::chunk {

namespace {

Bytes noise(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    Bytes bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(engine() >> 56U);
    return bytes;
}

constexpr CutLimits small{.min = 256, .normal = 1024, .max = 8192};

std::vector<std::size_t> cuts(const Cutter& cutter, ByteView file) {
    std::vector<std::size_t> ends;
    for (std::size_t at = 0; at < file.size(); ends.push_back(at))
        at += cutter.next(file.subspan(at));
    return ends;
}

} // namespace

TEST(Cutter, chunks_keep_their_limits_and_cover_the_file) {
    const Cutter cutter(Bytes(32, 7), small);
    const auto file = noise(300'000, 1);
    std::size_t start = 0;
    for (const auto end : cuts(cutter, file)) {
        EXPECT_LE(end - start, small.max);
        if (end != file.size()) {
            EXPECT_GE(end - start, small.min);
        }
        start = end;
    }
    EXPECT_EQ(start, file.size());
}

} // namespace torgo::chunk
