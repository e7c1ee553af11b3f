#include "chunk/gear.hpp"

#include "base/ensure.hpp"
#include "crypto/kdf.hpp"

namespace torgo::chunk {

Gear::Gear(ByteView key, std::string_view purpose) {
    ENSURE(key.size() == key_size);
    const auto secret = crypto::SecretBytes::copy_of(key);
    const auto bytes = crypto::hkdf_expand(secret, as_bytes(purpose), m_table.size() * 8);
    for (std::size_t i = 0; i < m_table.size() * 8; ++i)
        m_table[i / 8] |= std::uint64_t{bytes.view()[i]} << (i % 8 * 8);
}

Gear::~Gear() {
    crypto::wipe({reinterpret_cast<std::uint8_t*>(m_table.data()), m_table.size() * 8});
}

} // namespace torgo::chunk
