#include "workflow/storage_uri.hpp"

#include <gtest/gtest.h>

namespace torgo::workflow {
namespace {

TEST(StorageUri, names_a_port_and_a_network) {
    const auto uri = read_storage_uri("tor://localhost:9050/torgo");
    ASSERT_TRUE(uri);
    EXPECT_EQ(uri->socks, "localhost:9050");
    EXPECT_EQ(uri->network, "torgo");
}

TEST(StorageUri, all_else_is_refused) {
    for (const auto* text :
         {"", "tor://", "tor://localhost:9050", "tor://localhost/torgo", "tor://localhost:9050/",
          "tor://localhost:9050/a/b", "tor://localhost:9050/..", "http://localhost:9050/torgo"})
        EXPECT_FALSE(read_storage_uri(text)) << text;
}

TEST(StorageUri, ways_to_seal_are_known_by_their_names_alone) {
    EXPECT_EQ(*mode_of("512-bit-aes"), 512);
    EXPECT_EQ(*mode_of("2048-bit-aes"), 2048);
    EXPECT_FALSE(mode_of("512"));
    EXPECT_FALSE(mode_of("1024-bit-aes"));
}

} // namespace
} // namespace torgo::workflow
