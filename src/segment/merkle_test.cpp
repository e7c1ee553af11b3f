#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "segment/code.hpp"
#include "segment/merkle.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace torgo::segment {
namespace {

std::vector<Digest> leaves_of(std::uint32_t count) {
    std::vector<Digest> leaves;
    for (std::uint32_t i = 0; i < count; ++i) {
        Writer out;
        leaves.push_back(leaf_hash(out.put(i).view()));
    }
    return leaves;
}

/// MTH of RFC 9162 2.1.1, as it is written there.
Digest by_definition(std::span<const Digest> leaves) {
    if (leaves.size() == 1) return leaves.front();
    const auto left = std::bit_ceil(leaves.size()) / 2;
    const std::uint8_t one = 1;
    const auto a = by_definition(leaves.first(left));
    const auto b = by_definition(leaves.subspan(left));
    return crypto::sha256_of({ByteView(&one, 1), a.view(), b.view()});
}

constexpr std::uint32_t largest = 33;

TEST(Merkle, the_root_is_that_of_the_definition) { // [SEGMENT-5]
    for (std::uint32_t count = 1; count <= largest; ++count)
        EXPECT_EQ(merkle_root(leaves_of(count)).bytes, by_definition(leaves_of(count)).bytes);
}

TEST(Merkle, many_leaves_at_once_are_the_same_leaves) {
    Bytes cells(5 * cell_size);
    std::vector<ByteView> views;
    for (std::size_t i = 0; i < 5; ++i) {
        cells[i * cell_size + i] = 1;
        views.push_back(ByteView(cells).subspan(i * cell_size, cell_size));
    }
    std::vector<Digest> hashes(5);
    leaf_hashes(views, hashes);
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_EQ(hashes[i], leaf_hash(views[i]));
}

TEST(Merkle, every_leaf_of_every_tree_can_be_proved) { // [SEGMENT-10]
    for (std::uint32_t count = 1; count <= largest; ++count) {
        const auto leaves = leaves_of(count);
        const auto root = merkle_root(leaves);
        for (std::uint32_t i = 0; i < count; ++i)
            EXPECT_TRUE(check_proof(root, i, count, leaves[i], prove(leaves, i)))
                << i << " of " << count;
    }
}

TEST(Merkle, never_proves_a_leaf_at_another_place) {
    for (std::uint32_t count = 1; count <= largest; ++count) {
        const auto leaves = leaves_of(count);
        const auto root = merkle_root(leaves);
        for (std::uint32_t i = 0; i < count; ++i)
            for (std::uint32_t other = 0; other <= count; ++other)
                if (other != i) {
                    EXPECT_FALSE(check_proof(root, other, count, leaves[i], prove(leaves, i)))
                        << i << " as " << other << " of " << count;
                }
    }
}

TEST(Merkle, refuses_a_proof_with_anything_changed) {
    for (std::uint32_t count = 1; count <= largest; ++count) {
        const auto leaves = leaves_of(count);
        const auto root = merkle_root(leaves);
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto proof = prove(leaves, i);
            auto wrong_leaf = leaves[i];
            wrong_leaf.bytes[0] ^= 1;
            EXPECT_FALSE(check_proof(root, i, count, wrong_leaf, proof));
            auto wrong_root = root;
            wrong_root.bytes[31] ^= 0x80;
            EXPECT_FALSE(check_proof(wrong_root, i, count, leaves[i], proof));
            for (std::size_t j = 0; j < proof.size(); ++j) {
                auto wrong = proof;
                wrong[j].bytes[j] ^= 4;
                EXPECT_FALSE(check_proof(root, i, count, leaves[i], wrong));
                EXPECT_FALSE(check_proof(root, i, count, leaves[i], std::span(proof).first(j)));
            }
            auto longer = proof;
            longer.push_back(leaves[0]);
            EXPECT_FALSE(check_proof(root, i, count, leaves[i], longer));
        }
    }
}

TEST(Merkle, refuses_absurd_places_and_counts) {
    const auto leaves = leaves_of(1);
    const auto root = merkle_root(leaves);
    EXPECT_FALSE(check_proof(root, 0, 0, leaves[0], {}));
    EXPECT_FALSE(check_proof(root, 1, 1, leaves[0], {}));
    EXPECT_FALSE(check_proof(root, ~std::uint64_t{0}, ~std::uint64_t{0}, leaves[0], {}));
    const Proof long_proof(200, leaves[0]);
    EXPECT_FALSE(
        check_proof(root, ~std::uint64_t{0} - 1, ~std::uint64_t{0}, leaves[0], long_proof));
}

TEST(Merkle, a_cell_is_proved_by_itself) {
    Bytes cell(cell_size, 9);
    const auto leaf = leaf_hash(cell);
    const auto other = leaf_hash(Bytes(cell_size, 8));
    const auto root = merkle_root(std::vector{leaf, other});
    EXPECT_TRUE(check_cell_proof(root, 0, 2, cell, std::vector{other}));
    cell.back() ^= 1;
    EXPECT_FALSE(check_cell_proof(root, 0, 2, cell, std::vector{other}));
}

TEST(Merkle, a_node_is_never_taken_for_a_leaf) {
    const auto leaves = leaves_of(4);
    const auto root = merkle_root(leaves);
    Bytes two(leaves[0].bytes.begin(), leaves[0].bytes.end());
    two.insert(two.end(), leaves[1].bytes.begin(), leaves[1].bytes.end());
    const auto right = merkle_root(std::span(leaves).subspan(2));
    EXPECT_FALSE(check_cell_proof(root, 0, 2, two, std::vector{Digest{right.bytes}}));
}

} // namespace
} // namespace torgo::segment
