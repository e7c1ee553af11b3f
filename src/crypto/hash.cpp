#include "crypto/hash.hpp"

#include "crypto/evp.hpp"

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

void sha256_lanes(std::span<const ByteView> messages, std::span<Digest> out,
                  std::optional<std::uint8_t> prefix) {
    ENSURE(messages.size() == out.size());
    const auto first = prefix ? ByteView(&*prefix, 1) : ByteView();
    for (std::size_t i = 0; i < messages.size(); ++i)
        out[i] = sha256_of({first, messages[i]});
}

} // namespace torgo::crypto
