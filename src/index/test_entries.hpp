#pragma once

#include "index/location.hpp"
#include "index/run_writer.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace torgo::index {

/// Ids as keyed hashes are: uniform, and another for each number.
inline ChunkId id_of(std::uint64_t number) {
    ChunkId id;
    for (std::size_t i = 0; i < 4; ++i) {
        auto word = (number * 4 + i + 1) * 0x9E3779B97F4A7C15U;
        word = (word ^ (word >> 30U)) * 0xBF58476D1CE4E5B9U;
        word = (word ^ (word >> 27U)) * 0x94D049BB133111EBU;
        word ^= word >> 31U;
        std::memcpy(id.bytes.data() + i * sizeof word, &word, sizeof word);
    }
    return id;
}

inline Location location_of(std::uint64_t number) {
    return {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number * 7 + 1)};
}

inline std::vector<Entry> sorted(std::vector<Entry> entries) {
    std::ranges::sort(entries, {}, &Entry::id);
    return entries;
}

/// Numbers 0 to count - 1.
inline std::vector<Entry> some_entries(std::uint64_t count) {
    std::vector<Entry> entries;
    for (std::uint64_t i = 0; i < count; ++i)
        entries.push_back({id_of(i), location_of(i)});
    return sorted(std::move(entries));
}

/// Entries whose ids agree in their first `bytes` bytes, which no hash would give.
inline std::vector<Entry> skewed_entries(std::uint64_t count, std::size_t bytes) {
    auto entries = some_entries(count);
    for (auto& entry : entries)
        std::fill_n(entry.id.bytes.begin(), bytes, std::uint8_t{0x5A});
    return sorted(std::move(entries));
}

inline std::shared_ptr<const Run> write_run(env::FileSystem& files, const std::string& path,
                                            const std::vector<Entry>& entries,
                                            const Fingerprint& fingerprint = {}) {
    RunWriter writer(files.create(path).value(), entries.size(), fingerprint);
    for (const auto& entry : entries)
        EXPECT_TRUE(writer.add(entry).has_value());
    EXPECT_TRUE(writer.finish().has_value());
    return std::move(writer).open(files.open_read(path).value());
}

using Model = std::map<ChunkId, Location>;

} // namespace torgo::index
