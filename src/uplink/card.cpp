#include "uplink/card.hpp"

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "crypto/kem.hpp"
#include "envelope/secret_writer.hpp"

#include <algorithm>
#include <utility>

namespace torgo::uplink {

namespace {
constexpr std::string_view magic = "TGRCRD1\n";
constexpr std::size_t file_max = 2048;

Result<> write(env::FileSystem& files, const std::string& path, const Card::Content& card) {
    envelope::SecretWriter out(file_max);
    out.raw(as_bytes(magic)).put(card.provision.sensor);
    out.raw(card.gateway_key).raw(card.provision.secret.view());
    out.raw(card.plan.profiles).put(card.address);
    out.raw(card.mesh.network).raw(card.mesh.application);
    out.put(card.marks.shorts).put(card.marks.longs).put(card.marks.epoch);
    const auto content = out.take();
    return env::write_file_atomically(files, path, content.view(), /*secret=*/true);
}

template <std::size_t Size>
Result<> get_bytes(Reader& in, std::array<std::uint8_t, Size>& out) {
    TRY(const auto bytes, in.raw(Size));
    std::ranges::copy(bytes, out.begin());
    return {};
}

Result<Card::Content> parse(ByteView bytes) {
    Reader in(bytes);
    TRY(const auto found, in.raw(magic.size()));
    if (!std::ranges::equal(found, as_bytes(magic)))
        return fail(Errc::unsupported, "no sensor's card of this version");
    Card::Content out;
    TRY(out.provision.sensor, in.get<std::uint64_t>());
    TRY(const auto key, in.raw(crypto::kem_public_key_size));
    out.gateway_key.assign(key.begin(), key.end());
    out.provision.gateway_key = crypto::sha256(key);
    TRY(const auto secret, in.raw(envelope::shared_secret_size));
    out.provision.secret = crypto::SecretBytes::copy_of(secret);
    CHECK_OK(get_bytes(in, out.plan.profiles));
    TRY(out.address, in.get<Address>());
    CHECK_OK(get_bytes(in, out.mesh.network));
    CHECK_OK(get_bytes(in, out.mesh.application));
    TRY(out.marks.shorts, in.get<std::uint64_t>());
    TRY(out.marks.longs, in.get<std::uint64_t>());
    TRY(out.marks.epoch, in.get<std::uint32_t>());
    CHECK_OK(in.done());
    if (!mesh::is_unicast(out.address)) return fail(Errc::corrupt, "a card without an address");
    return out;
}
} // namespace

Result<MeshKeys> load_mesh_keys(env::FileSystem& files, env::Random& random,
                                const std::string& path) {
    MeshKeys out;
    auto bytes = env::read_file(files, path, out.network.size() + out.application.size());
    if (bytes) {
        Reader in(*bytes);
        const bool whole = get_bytes(in, out.network) && get_bytes(in, out.application);
        crypto::wipe(*bytes);
        if (!whole)
            return fail(Errc::corrupt, path + " is cut short: bring it back, or remove it and give "
                                              "every sensor another card");
        return out;
    }
    if (bytes.error().code() != Errc::not_found) return std::unexpected(bytes.error());
    random.fill(out.network);
    random.fill(out.application);
    envelope::SecretWriter content(out.network.size() + out.application.size());
    content.raw(out.network).raw(out.application);
    CHECK_OK(env::write_file_atomically(files, path, content.take().view(), /*secret=*/true));
    return out;
}

Result<> Card::make(env::FileSystem& files, const std::string& path, const Content& content) {
    if (files.status(path)) return fail(Errc::exists, path + " is there already");
    return write(files, path, content);
}

Result<std::unique_ptr<Card>> Card::load(env::FileSystem& files, std::string path) {
    TRY(auto bytes, env::read_file(files, path, file_max));
    auto content = parse(bytes);
    crypto::wipe(bytes);
    if (!content) return fail(content.error().code(), path + ": " + content.error().detail());
    return std::unique_ptr<Card>(new Card(files, std::move(path), std::move(*content)));
}

Result<> Card::save(const envelope::NumberMarks& marks) {
    const auto before = std::exchange(m_content.marks, marks);
    auto written = write(m_files, m_path, m_content);
    if (!written) m_content.marks = before;
    return written;
}

Result<> Card::save_secret(const crypto::SecretBytes& next) {
    auto before =
        std::exchange(m_content.provision.secret, crypto::SecretBytes::copy_of(next.view()));
    auto written = write(m_files, m_path, m_content);
    if (!written) m_content.provision.secret = std::move(before);
    return written;
}

envelope::Provision Card::provision() const {
    return {.sensor = m_content.provision.sensor,
            .gateway_key = m_content.provision.gateway_key,
            .secret = crypto::SecretBytes::copy_of(m_content.provision.secret.view())};
}

} // namespace torgo::uplink
