#include "mesh/provisioning.hpp"

#include "crypto/secret.hpp"

namespace torgo::mesh {

namespace {

constexpr std::uint16_t algorithm_cmac = 1;
constexpr std::uint16_t algorithm_hmac = 2;
/// OOB Type (table 5.20 of Mesh Protocol 1.1).
constexpr std::uint8_t oob_static = 1;
constexpr std::uint8_t oob_only = 2;
constexpr std::uint8_t no_public_key_oob = 0;
constexpr std::uint8_t method_none = 0;
constexpr std::uint8_t method_static = 1;

} // namespace

Buffer<11> encode(const ProvisioningAbilities& a) {
    Buffer<11> out;
    out.u8(a.elements);
    out.be16((a.cmac_aes128 ? algorithm_cmac : 0U) | (a.hmac_sha256 ? algorithm_hmac : 0U));
    out.u8(no_public_key_oob);
    out.u8((a.static_oob ? oob_static : 0U) | (a.only_oob ? oob_only : 0U));
    return out.u8(0).be16(0).u8(0).be16(0); // no output and no input OOB
}

std::optional<ProvisioningAbilities> decode_abilities(ByteView bytes) {
    Fields in(bytes);
    ProvisioningAbilities a{.elements = in.u8()};
    const auto algorithms = in.be16();
    (void)in.u8(); // a public key by other means: not asked for
    const auto oob = in.u8();
    a.static_oob = (oob & oob_static) != 0;
    a.only_oob = (oob & oob_only) != 0;
    (void)in.take(6); // output and input OOB: not asked for
    a.cmac_aes128 = (algorithms & algorithm_cmac) != 0;
    a.hmac_sha256 = (algorithms & algorithm_hmac) != 0;
    if (!in.done() || a.elements == 0) return std::nullopt;
    return a;
}

Provisioning::Provisioning(bool provisioner, Options options, env::Random& random,
                           ProvisioningLink link)
    : m_provisioner(provisioner),
      m_options(std::move(options)),
      m_random_source(random),
      m_link(std::move(link)),
      m_stage(provisioner ? Stage::opening : Stage::invite) {}

Provisioning::~Provisioning() {
    crypto::wipe(m_private);
    crypto::wipe(m_device_key);
    crypto::wipe(m_options.static_oob.span());
}

Provisioning Provisioning::provisioner(Options options, env::Random& random,
                                       ProvisioningLink link) {
    return {true, std::move(options), random, std::move(link)};
}

Provisioning Provisioning::device(Options options, env::Random& random, ProvisioningLink link) {
    return {false, std::move(options), random, std::move(link)};
}

void Provisioning::make_key() {
    do {
        m_random_source.fill(m_private);
    } while (!crypto::P256::is_private(m_private));
    m_public = *crypto::P256::public_of(m_private);
}

void Provisioning::make_random() {
    m_random.clear();
    m_random_source.fill(m_random.extend(auth_size(m_algorithm)));
}

void Provisioning::send(Time now, ProvisioningType type, ByteView parameters) {
    ProvisioningPdu pdu;
    pdu.u8(static_cast<std::uint8_t>(type)).append(parameters);
    m_queue.push_back(pdu);
    send_next(now);
}

void Provisioning::send_next(Time now) {
    if (m_queue.empty() || !m_link.is_open() || !m_link.is_free()) return;
    const auto pdu = m_queue.front();
    m_queue.erase(m_queue.begin());
    m_link.send(now, pdu);
}

void Provisioning::fail(Time now, ProvisioningError error) {
    if (m_stage == Stage::failed || m_stage == Stage::done) return;
    m_stage = Stage::failed;
    m_error = error;
    if (error == ProvisioningError::link_lost) return;
    m_queue.clear();
    // 5.4.4: the device says why, the provisioner hangs up.
    if (m_provisioner)
        m_link.close(now, LinkClose::fail);
    else
        send(now, ProvisioningType::failed, std::array{static_cast<std::uint8_t>(error)});
}

void Provisioning::on_frame(Time now, ByteView frame) {
    handle(now, m_link.on_frame(now, frame));
}

void Provisioning::on_wake(Time now) {
    handle(now, m_link.on_wake(now));
}

void Provisioning::handle(Time now, const ProvisioningLink::Event& event) {
    using Kind = ProvisioningLink::Event::Kind;
    switch (event.kind) {
    case Kind::opened:
        if (!m_provisioner) return;
        m_stage = Stage::capabilities;
        m_inputs.u8(m_options.attention_seconds);
        send(now, ProvisioningType::invite, m_inputs.view());
        return;
    case Kind::pdu:
        on_pdu(now, event.pdu.view());
        return;
    case Kind::sent:
        send_next(now);
        return;
    case Kind::closed:
        fail(now, ProvisioningError::link_lost);
        return;
    case Kind::nothing:
        return;
    }
}

/// What a device says that it failed of; a code that nobody knows is an error as well.
ProvisioningError Provisioning::their_error(Fields& in) {
    const auto code = in.u8();
    const bool known =
        in.done() && code > static_cast<std::uint8_t>(ProvisioningError::none) &&
        code <= static_cast<std::uint8_t>(ProvisioningError::cannot_assign_addresses);
    return known ? static_cast<ProvisioningError>(code) : ProvisioningError::unexpected_error;
}

void Provisioning::on_pdu(Time now, ByteView pdu) {
    if (m_stage == Stage::done || m_stage == Stage::failed) return;
    Fields in(pdu);
    const auto type = static_cast<ProvisioningType>(in.u8());
    if (type == ProvisioningType::failed && m_provisioner) {
        fail(now, their_error(in));
        return;
    }
    const auto error = dispatch(now, type, in);
    if (error != ProvisioningError::none) fail(now, error);
}

ProvisioningError Provisioning::dispatch(Time now, ProvisioningType type, Fields& in) {
    const auto is = [&](ProvisioningType wanted, Stage stage) {
        return type == wanted && m_stage == stage;
    };
    if (is(ProvisioningType::invite, Stage::invite)) return on_invite(now, in);
    if (is(ProvisioningType::capabilities, Stage::capabilities)) return on_capabilities(now, in);
    if (is(ProvisioningType::start, Stage::start)) return on_start(in);
    if (is(ProvisioningType::public_key, Stage::public_key)) return on_public_key(now, in);
    if (is(ProvisioningType::confirmation, Stage::confirmation)) return on_confirmation(now, in);
    if (is(ProvisioningType::random, Stage::random)) return on_random(now, in);
    if (is(ProvisioningType::data, Stage::data)) return on_data(now, in);
    if (is(ProvisioningType::complete, Stage::complete)) return on_complete(now);
    return type > ProvisioningType::failed ? ProvisioningError::invalid_pdu
                                           : ProvisioningError::unexpected_pdu;
}

ProvisioningError Provisioning::on_invite(Time now, Fields& in) {
    m_inputs.u8(in.u8());
    if (!in.done()) return ProvisioningError::invalid_format;
    auto offered = m_options.abilities;
    offered.static_oob = offered.only_oob = has_secret();
    if (has_secret()) offered.cmac_aes128 = false;
    const auto abilities = encode(offered);
    m_inputs.append(abilities.view());
    send(now, ProvisioningType::capabilities, abilities.view());
    m_stage = Stage::start;
    return ProvisioningError::none;
}

// [MESH-16] EPA wherever the device has it.
ProvisioningError Provisioning::on_capabilities(Time now, Fields& in) {
    const auto bytes = in.rest();
    const auto theirs = decode_abilities(bytes);
    if (!theirs) return ProvisioningError::invalid_format;
    m_their_abilities = *theirs;
    const bool hmac = theirs->hmac_sha256 && m_options.abilities.hmac_sha256;
    const bool cmac = theirs->cmac_aes128 && m_options.abilities.cmac_aes128;
    // With CMAC, whoever keeps its own confirmation back learns the secret (CVE-2020-26559).
    if (!hmac && (!cmac || m_options.require_hmac || has_secret()))
        return ProvisioningError::unexpected_error;
    m_algorithm = hmac ? ProvisioningAlgorithm::hmac_sha256 : ProvisioningAlgorithm::cmac_aes128;
    m_use_oob = has_secret() && theirs->static_oob;
    // Whoever gave a secret wants it asked for.
    if (!m_use_oob && (has_secret() || theirs->only_oob))
        return ProvisioningError::unexpected_error;
    m_inputs.append(bytes);
    Buffer<5> start;
    start.u8(static_cast<std::uint8_t>(m_algorithm)).u8(no_public_key_oob);
    start.u8(m_use_oob ? method_static : method_none).u8(0).u8(0);
    m_inputs.append(start.view());
    send(now, ProvisioningType::start, start.view());
    make_key();
    m_inputs.append(m_public);
    send(now, ProvisioningType::public_key, m_public);
    m_stage = Stage::public_key;
    return ProvisioningError::none;
}

ProvisioningError Provisioning::on_start(Fields& in) {
    const auto bytes = in.rest();
    Fields fields(bytes);
    const auto algorithm = fields.u8();
    const auto key_type = fields.u8();
    const auto method = fields.u8();
    const auto action_and_size = fields.be16();
    if (!fields.done() || key_type != no_public_key_oob || action_and_size != 0)
        return ProvisioningError::invalid_format;
    const auto& own = m_options.abilities;
    const bool able =
        (algorithm == 0 && own.cmac_aes128 && !has_secret()) || (algorithm == 1 && own.hmac_sha256);
    // [MESH-16] With a secret no way goes past it.
    const bool method_able = method == (has_secret() ? method_static : method_none);
    if (!able || !method_able) return ProvisioningError::invalid_format;
    m_algorithm = static_cast<ProvisioningAlgorithm>(algorithm);
    m_use_oob = method == method_static;
    m_inputs.append(bytes);
    m_stage = Stage::public_key;
    return ProvisioningError::none;
}

ProvisioningError Provisioning::on_public_key(Time now, Fields& in) {
    const auto theirs = in.bytes<crypto::P256::public_size>();
    if (!in.done()) return ProvisioningError::invalid_format;
    if (!m_provisioner) {
        make_key();
        m_inputs.append(theirs);
    }
    // A mirror would know our confirmation. [MESH-17]
    if (theirs == m_public) return ProvisioningError::invalid_format;
    auto secret = crypto::P256::agree(m_private, theirs);
    if (!secret) return ProvisioningError::invalid_format;
    m_inputs.append(m_provisioner ? theirs : m_public);
    AuthBytes oob;
    if (m_use_oob)
        oob.append(m_options.static_oob.view().first(
            std::min(m_options.static_oob.size(), auth_size(m_algorithm))));
    std::ranges::fill(oob.extend(auth_size(m_algorithm) - oob.size()), std::uint8_t{0});
    m_keys = std::make_unique<ProvisioningKeys>(m_algorithm, *secret, m_inputs.view(), oob.view());
    crypto::wipe(oob.span());
    crypto::wipe(*secret);
    crypto::wipe(m_private);
    make_random();
    if (m_provisioner)
        send(now, ProvisioningType::confirmation, m_keys->confirmation(m_random.view()).view());
    else
        send(now, ProvisioningType::public_key, m_public);
    m_stage = Stage::confirmation;
    return ProvisioningError::none;
}

ProvisioningError Provisioning::on_confirmation(Time now, Fields& in) {
    m_their_confirmation = AuthBytes(in.take(auth_size(m_algorithm)));
    if (!in.done()) return ProvisioningError::invalid_format;
    const auto own = m_keys->confirmation(m_random.view());
    if (own == m_their_confirmation) return ProvisioningError::confirmation_failed;
    if (m_provisioner)
        send(now, ProvisioningType::random, m_random.view());
    else
        send(now, ProvisioningType::confirmation, own.view());
    m_stage = Stage::random;
    return ProvisioningError::none;
}

ProvisioningError Provisioning::on_random(Time now, Fields& in) {
    const auto theirs = in.take(auth_size(m_algorithm));
    if (!in.done()) return ProvisioningError::invalid_format;
    if (!crypto::equal_constant_time(m_keys->confirmation(theirs).view(),
                                     m_their_confirmation.view()))
        return ProvisioningError::confirmation_failed;
    m_session = m_provisioner ? m_keys->session(m_random.view(), theirs)
                              : m_keys->session(theirs, m_random.view());
    m_device_key = m_session->device_key;
    if (m_provisioner) {
        const auto& data = m_options.data;
        if (data.address + m_their_abilities.elements - 1 > unicast_max)
            return ProvisioningError::cannot_assign_addresses;
        send(now, ProvisioningType::data, seal(data, *m_session).view());
        m_stage = Stage::complete;
    } else {
        send(now, ProvisioningType::random, m_random.view());
        m_stage = Stage::data;
    }
    return ProvisioningError::none;
}

ProvisioningError Provisioning::on_data(Time now, Fields& in) {
    const auto data = open_provisioning_data(in.rest(), *m_session);
    if (!data) return ProvisioningError::decryption_failed;
    if (data->address + m_options.abilities.elements - 1 > unicast_max)
        return ProvisioningError::cannot_assign_addresses;
    m_options.data = *data;
    send(now, ProvisioningType::complete, {});
    m_stage = Stage::done;
    return ProvisioningError::none;
}

ProvisioningError Provisioning::on_complete(Time now) {
    m_stage = Stage::done;
    m_link.close(now, LinkClose::success);
    return ProvisioningError::none;
}

} // namespace torgo::mesh
