#include "crypto/mac.hpp"

#include "crypto/evp.hpp"
#include "crypto/fast_paths.hpp"
#include "crypto/hash.hpp"
#include "crypto/lanes.hpp"

#include <openssl/core_names.h>

#include <cstring>
#include <vector>

namespace torgo::crypto {

/// Contexts come back with the key still in them: EVP_MAC_init without a key starts the next
/// message from the precomputed inner and outer states.
struct HmacSha256::State {
    MacContext original;
    SecretBytes lane_states; ///< two Sha256State, inner and outer; none without a kernel
    mutable ContextPool<MacContext> copies;

    MacContext take() const {
        return copies.take([this] {
            MacContext copy(EVP_MAC_CTX_dup(original.get()));
            ENSURE(copy != nullptr);
            return copy;
        });
    }
};

namespace {

/// The hash after the block `key` XOR `pad` (RFC 2104 2).
Sha256State after_padded_key(const Sha256Kernel& kernel, ByteView key, std::uint8_t pad) {
    std::uint8_t block[sha256_block_size];
    for (std::size_t i = 0; i < sizeof block; ++i)
        block[i] = static_cast<std::uint8_t>((i < key.size() ? key[i] : 0) ^ pad);
    auto state = sha256_start;
    auto* states = &state;
    const std::uint8_t* data = block;
    kernel.compress(&states, &data, 1, 1);
    wipe(block);
    return state;
}

SecretBytes lane_states_of(const Sha256Kernel& kernel, ByteView key) {
    const auto short_key = key.size() > sha256_block_size ? sha256(key) : Digest{};
    if (key.size() > sha256_block_size) key = short_key.view();
    const Sha256State both[] = {after_padded_key(kernel, key, 0x36),
                                after_padded_key(kernel, key, 0x5C)};
    SecretBytes out(sizeof both);
    std::memcpy(out.span().data(), both, sizeof both);
    return out;
}

Sha256State read_state(ByteView states, std::size_t index) {
    Sha256State state{};
    std::memcpy(&state, states.data() + index * sizeof state, sizeof state);
    return state;
}

} // namespace

HmacSha256::HmacSha256(ByteView key) : m_state(std::make_unique<State>()) {
    m_state->original.reset(EVP_MAC_CTX_new(algorithms().hmac));
    ENSURE(m_state->original != nullptr);
    const OSSL_PARAM parameters[] = {utf8(OSSL_MAC_PARAM_DIGEST, "SHA2-256"),
                                     OSSL_PARAM_construct_end()};
    ENSURE(EVP_MAC_init(m_state->original.get(), present(key).data(), key.size(), parameters) == 1);
    if (const auto* kernel = sha256_kernel()) m_state->lane_states = lane_states_of(*kernel, key);
}

HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

void HmacSha256::write(std::initializer_list<ByteView> parts,
                       std::span<std::uint8_t, 32> out) const {
    auto context = m_state->take();
    ENSURE(EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1);
    for (const auto part : parts)
        ENSURE(EVP_MAC_update(context.get(), part.data(), part.size()) == 1);
    std::size_t written = 0;
    ENSURE(EVP_MAC_final(context.get(), out.data(), &written, out.size()) == 1 &&
           written == out.size());
    m_state->copies.give_back(std::move(context));
}

Digest HmacSha256::operator()(std::initializer_list<ByteView> parts) const {
    Digest code;
    write(parts, code.bytes);
    return code;
}

void hmac_lanes(std::span<const MacJob> jobs, std::span<Digest> out) {
    ENSURE(jobs.size() == out.size());
    const auto* const kernel = sha256_kernel();
    if (kernel == nullptr || jobs.size() < kernel->lanes_useful) {
        for (std::size_t i = 0; i < jobs.size(); ++i)
            out[i] = (*jobs[i].mac)({jobs[i].message});
        return;
    }
    std::vector<LaneMessage> messages;
    messages.reserve(jobs.size());
    for (const auto& [mac, message] : jobs)
        messages.push_back({.start = read_state(mac->m_state->lane_states.view(), 0),
                            .bytes_before = sha256_block_size,
                            .body = message});
    run_lanes(*kernel, messages);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        out[i] = messages[i].digest;
        messages[i] = {.start = read_state(jobs[i].mac->m_state->lane_states.view(), 1),
                       .bytes_before = sha256_block_size,
                       .body = out[i].view()};
    }
    run_lanes(*kernel, messages);
    for (std::size_t i = 0; i < jobs.size(); ++i)
        out[i] = messages[i].digest;
    wipe({reinterpret_cast<std::uint8_t*>(messages.data()), messages.size() * sizeof messages[0]});
}

} // namespace torgo::crypto
