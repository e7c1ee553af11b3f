// CMAC and CCM over Aes128.

#include "base/ensure.hpp"
#include "crypto/mesh_primitives.hpp"
#include "crypto/secret.hpp"

#include <algorithm>
#include <cstring>

namespace torgo::crypto {

namespace {

constexpr std::size_t block_size = Aes128::block_size;

/// Multiplication by x in GF(2^128) (RFC 4493 2.3).
Block128 doubled(const Block128& in) {
    Block128 out{};
    std::uint8_t carry = 0;
    for (std::size_t i = block_size; i-- > 0;) {
        out[i] = static_cast<std::uint8_t>((in[i] << 1U) | carry);
        carry = in[i] >> 7U;
    }
    if (carry != 0) out[block_size - 1] ^= 0x87;
    return out;
}

/// Chained blocks: bytes are XORed in, and a full block is encrypted when the next byte comes.
class Chain {
public:
    explicit Chain(const Aes128& key) : m_key(key) {}

    void add(ByteView bytes) {
        const auto* from = bytes.data();
        for (auto left = bytes.size(); left > 0;) {
            if (m_used == block_size) close();
            const auto size = std::min(left, block_size - m_used);
            auto* to = state.data() + m_used;
            for (std::size_t i = 0; i < size; ++i)
                to[i] ^= from[i];
            from += size;
            m_used += size;
            left -= size;
        }
    }

    void close() {
        state = m_key.encrypt(state);
        m_used = 0;
    }

    /// Ends a part of CCM's input: zeros up to the block (nothing where it is empty).
    void pad() {
        if (m_used != 0) close();
    }

    std::size_t used() const { return m_used; }

    Block128 state{};

private:
    const Aes128& m_key;
    std::size_t m_used = 0;
};

void xor_into(Block128& block, const Block128& other) {
    for (std::size_t i = 0; i < block_size; ++i)
        block[i] ^= other[i];
}

Block128 counter_block(const CcmNonce& nonce, std::size_t counter) {
    Block128 block{};
    block[0] = 1; // L - 1
    std::ranges::copy(nonce, block.begin() + 1);
    block[14] = static_cast<std::uint8_t>(counter >> 8U);
    block[15] = static_cast<std::uint8_t>(counter);
    return block;
}

/// The tag before it is encrypted (RFC 3610 2.2).
Block128 ccm_tag(const Aes128& key, const CcmNonce& nonce, ByteView extra, ByteView plain,
                 std::size_t tag_size) {
    auto first = counter_block(nonce, plain.size());
    first[0] =
        static_cast<std::uint8_t>((extra.empty() ? 0U : 0x40U) | ((tag_size - 2) / 2) << 3U | 1U);
    Chain chain(key);
    chain.add(first);
    chain.close();
    if (!extra.empty()) {
        const std::array size{static_cast<std::uint8_t>(extra.size() >> 8U),
                              static_cast<std::uint8_t>(extra.size())};
        chain.add(size);
        chain.add(extra);
        chain.pad();
    }
    chain.add(plain);
    chain.pad();
    return chain.state;
}

/// Adds the keystream from block 1 on; returns block 0's, which hides the tag.
Block128 ccm_apply(const Aes128& key, const CcmNonce& nonce, ByteView in, std::uint8_t* out) {
    constexpr std::size_t group = 4;
    std::array<std::uint8_t, group * block_size> stream;
    Block128 for_tag{};
    const auto blocks = 1 + (in.size() + block_size - 1) / block_size;
    for (std::size_t first = 0; first < blocks; first += group) {
        const auto count = std::min(group, blocks - first);
        for (std::size_t i = 0; i < count; ++i)
            std::memcpy(stream.data() + i * block_size, counter_block(nonce, first + i).data(),
                        block_size);
        key.encrypt(stream.data(), stream.data(), count);
        if (first == 0) std::memcpy(for_tag.data(), stream.data(), block_size);
        const std::size_t skip = first == 0 ? block_size : 0;
        const auto at = first * block_size + skip - block_size;
        const auto size = std::min(in.size() - at, count * block_size - skip);
        const auto* from = in.data() + at;
        const auto* mask = stream.data() + skip;
        for (std::size_t i = 0; i < size; ++i)
            out[at + i] = from[i] ^ mask[i];
    }
    return for_tag;
}

constexpr std::size_t ccm_size_max = 0xFF00;

} // namespace

Block128 aes_cmac(const Aes128& key, std::initializer_list<ByteView> parts) {
    Chain chain(key);
    for (const auto part : parts)
        chain.add(part);
    auto subkey = doubled(key.encrypt(Block128{}));
    if (chain.used() < block_size) {
        subkey = doubled(subkey);
        chain.state[chain.used()] ^= 0x80;
    }
    xor_into(chain.state, subkey);
    chain.close();
    return chain.state;
}

void ccm_seal(const Aes128& key, const CcmNonce& nonce, ByteView extra, ByteView plain,
              std::size_t tag_size, ByteSpan out) {
    ENSURE((tag_size == 4 || tag_size == 8) && out.size() == plain.size() + tag_size);
    ENSURE(plain.size() < ccm_size_max && extra.size() < ccm_size_max);
    auto tag = ccm_tag(key, nonce, extra, plain, tag_size);
    xor_into(tag, ccm_apply(key, nonce, plain, out.data()));
    std::copy_n(tag.begin(), tag_size, out.begin() + static_cast<std::ptrdiff_t>(plain.size()));
}

bool ccm_open(const Aes128& key, const CcmNonce& nonce, ByteView extra, ByteView sealed,
              std::size_t tag_size, ByteSpan out) {
    ENSURE((tag_size == 4 || tag_size == 8) && sealed.size() == out.size() + tag_size);
    ENSURE(out.size() < ccm_size_max && extra.size() < ccm_size_max);
    std::array<std::uint8_t, 8> theirs{};
    std::ranges::copy(sealed.last(tag_size), theirs.begin());
    const auto mask = ccm_apply(key, nonce, sealed.first(out.size()), out.data());
    auto tag = ccm_tag(key, nonce, extra, out, tag_size);
    xor_into(tag, mask);
    if (equal_constant_time(ByteView(tag).first(tag_size), ByteView(theirs).first(tag_size)))
        return true;
    wipe(out);
    return false;
}

} // namespace torgo::crypto
