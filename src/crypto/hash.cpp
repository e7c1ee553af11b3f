#include "crypto/hash.hpp"

#include "crypto/cpu.hpp"
#include "crypto/evp.hpp"
#include "crypto/fast_paths.hpp"
#include "crypto/lanes.hpp"
#include "crypto/notice.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace torgo::crypto {

namespace {
ContextPool<MdContext>& pool() {
    static auto* const contexts = new ContextPool<MdContext>;
    return *contexts;
}

MdContext make_context() {
    MdContext made(EVP_MD_CTX_new());
    ENSURE(made != nullptr);
    return made;
}

MdContext started() {
    auto context = pool().take(make_context);
    ENSURE(EVP_DigestInit_ex2(context.get(), algorithms().sha256, nullptr) == 1);
    return context;
}

void add(const MdContext& context, ByteView bytes) {
    ENSURE(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
}

Digest finished(MdContext context) {
    Digest digest;
    ENSURE(EVP_DigestFinal_ex(context.get(), digest.bytes.data(), nullptr) == 1);
    pool().give_back(std::move(context));
    return digest;
}
} // namespace

Digest sha256(ByteView message) {
    return sha256_of({message});
}

Digest sha256_of(std::initializer_list<ByteView> parts) {
    auto context = started();
    for (const auto part : parts)
        add(context, part);
    return finished(std::move(context));
}

std::array<std::uint8_t, 32> sha3_256(ByteView message) {
    std::array<std::uint8_t, 32> out{};
    const auto bytes = present(message);
    ENSURE(EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, algorithms().sha3_256,
                      nullptr) == 1);
    return out;
}

struct Sha256::Context {
    MdContext md;
};

Sha256::Sha256() : m_context(std::make_unique<Context>(started())) {}

Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(ByteView bytes) {
    add(m_context->md, bytes);
    return *this;
}

Digest Sha256::finish() {
    return finished(std::exchange(m_context->md, started()));
}

namespace {
Digest one_by_one(const LaneMessage& message) {
    const auto first = message.prefix ? ByteView(&*message.prefix, 1) : ByteView();
    return sha256_of({first, message.body});
}

/// The kernel against OpenSSL: lengths around every border of blocks and padding, with and without
/// a prefix, so that lanes end at different times.
bool agrees_with_openssl(const Sha256Kernel& kernel) {
    Bytes text(1100);
    for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
    std::vector<LaneMessage> messages;
    for (const std::size_t size : {0UL, 1UL, 54UL, 55UL, 56UL, 62UL, 63UL, 64UL, 65UL, 118UL, 119UL,
                                   120UL, 127UL, 128UL, 1000UL, 1100UL}) {
        messages.push_back({.body = ByteView(text).first(size)});
        messages.push_back({.prefix = std::uint8_t{0}, .body = ByteView(text).last(size)});
    }
    run_lanes(kernel, messages);
    return std::ranges::all_of(messages, [](const auto& m) { return m.digest == one_by_one(m); });
}

const Sha256Kernel* find_kernel() {
    const Sha256Kernel* kernel = nullptr;
#ifdef __x86_64__
    if (cpu_features().sha_instructions)
        kernel = &sha256_sha_ni;
    else if (cpu_features().avx2)
        kernel = &sha256_avx2;
#endif
    if (kernel == nullptr) {
        notice("this processor has neither SHA nor AVX2 instructions: hashes go one at a time");
        return nullptr;
    }
    if (agrees_with_openssl(*kernel)) return kernel;
    notice("the SHA-256 lanes disagree with OpenSSL on this machine and are not used");
    return nullptr;
}
} // namespace

const Sha256Kernel* sha256_kernel() {
    static const Sha256Kernel* const kernel = find_kernel();
    return kernel;
}

void sha256_lanes(std::span<const ByteView> messages, std::span<Digest> out,
                  std::optional<std::uint8_t> prefix) {
    ENSURE(messages.size() == out.size());
    static constexpr std::size_t batch = 48; // whole rounds of 3 and of 8 lanes
    const auto* const kernel = sha256_kernel();
    for (std::size_t at = 0; at < messages.size(); at += batch) {
        const auto count = std::min(batch, messages.size() - at);
        std::array<LaneMessage, batch> work;
        for (std::size_t i = 0; i < count; ++i) {
            work[i].prefix = prefix;
            work[i].body = messages[at + i];
        }
        if (kernel != nullptr && count >= kernel->lanes_useful)
            run_lanes(*kernel, std::span(work).first(count));
        else
            for (auto& message : std::span(work).first(count))
                message.digest = one_by_one(message);
        for (std::size_t i = 0; i < count; ++i)
            out[at + i] = work[i].digest;
    }
}

} // namespace torgo::crypto
