#include "peer/identity.hpp"

#include "crypto/kdf.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"

namespace torgo::peer {

namespace {
constexpr std::size_t file_size_max = 4096;

Result<crypto::SecretBytes> read_seed(const env::World& world, const std::string& path) {
    auto kept = env::read_file(*world.files, path, file_size_max);
    if (kept) {
        if (kept->size() != crypto::TlsIdentity::seed_size)
            return fail(Errc::corrupt, path + " holds no identity: put back a copy, or delete it "
                                              "to become somebody new");
        auto seed = crypto::SecretBytes::copy_of(*kept);
        crypto::wipe(*kept);
        return seed;
    }
    return std::unexpected(std::move(kept).error());
}

/// Of two processes that make one at once both take the one that came to stay: who would go on with
/// the other would sign and join as somebody whom no disk knows.
Result<> make_seed(const env::World& world, const std::string& path) {
    auto& files = *world.files;
    const auto drawn = path + ".new";
    crypto::SecretBytes seed(crypto::TlsIdentity::seed_size);
    world.random->fill(seed.span());
    CHECK_OK(env::write_file_atomically(files, drawn, seed.view(), /*secret=*/true));
    const auto made = files.rename_new(drawn, path);
    const auto code = made ? Errc::exists : made.error().code();
    if (!made && code == Errc::exists) (void)files.remove(drawn);
    // Not there: the other one has just given it the name.
    if (!made && code != Errc::exists && code != Errc::not_found) return made;
    return files.sync_directory(env::parent_path(path));
}

Result<crypto::SecretBytes> load_seed(const env::World& world, const std::string& path) {
    auto kept = read_seed(world, path);
    if (kept || kept.error().code() != Errc::not_found) return kept;
    CHECK_OK(make_seed(world, path));
    return read_seed(world, path);
}

crypto::SecretBytes kit_seed(const crypto::SecretBytes& kit) {
    const auto key = crypto::hkdf_extract(as_bytes("TORGO/KIT-PEER/1"), kit.view());
    return crypto::hkdf_expand(key, as_bytes("identity"), crypto::TlsIdentity::seed_size);
}

Result<crypto::SigningKey> signing_key(const crypto::SecretBytes& seed) {
    return crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65, seed);
}
} // namespace

Result<crypto::TlsIdentity> load_identity(const env::World& world, const std::string& path) {
    TRY(const auto seed, load_seed(world, path));
    return crypto::TlsIdentity::from_seed(seed);
}

Result<crypto::SigningKey> load_signing_key(const env::World& world, const std::string& path) {
    TRY(const auto seed, load_seed(world, path));
    return signing_key(seed);
}

Result<crypto::TlsIdentity> kit_identity(const crypto::SecretBytes& kit) {
    return crypto::TlsIdentity::from_seed(kit_seed(kit));
}

Result<crypto::SigningKey> kit_signing_key(const crypto::SecretBytes& kit) {
    return signing_key(kit_seed(kit));
}

} // namespace torgo::peer
