#include "index/index.hpp"
#include "sys/file_system.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <random>

namespace torgo::index {

namespace {

ChunkId id_of(std::uint64_t number) {
    std::mt19937_64 engine(number);
    ChunkId id;
    for (auto& byte : id.bytes)
        byte = static_cast<std::uint8_t>(engine() >> 56U);
    return id;
}

std::string fresh_folder(const std::string& name) {
    auto folder = testing::TempDir() + "torgo_index_" + name;
    std::filesystem::remove_all(folder);
    return folder;
}

} // namespace

TEST(Index, finds_what_was_added_through_runs_and_reload) {
    sys::FileSystem files;
    const IndexOptions options{
        .cache_folder = fresh_folder("reload"), .fingerprint = {}, .table_entries_max = 100};
    Index index(files, options);
    for (std::uint32_t i = 0; i < 5000; ++i)
        index.add(id_of(i), {i, i * 7});
    ASSERT_TRUE(index.persist(as_bytes("covers")).has_value());
    Index again(files, options);
    EXPECT_EQ(as_text(again.load_manifest().value().value()), "covers");
    for (std::uint32_t i = 0; i < 5000; ++i)
        EXPECT_EQ(again.find(id_of(i)).value(), (Location{i, i * 7}));
    for (std::uint32_t i = 5000; i < 10000; ++i)
        EXPECT_FALSE(again.find(id_of(i)).value());
}

} // namespace torgo::index
