#pragma once

#include "mesh/provisioning_keys.hpp"
#include "mesh/provisioning_link.hpp"

#include <memory>
#include <optional>
#include <vector>

// Provisioning: a device becomes a node (Mesh Protocol 1.1, 5.4), from either side.
namespace torgo::mesh {

/// Provisioning PDU types (5.4.1).
enum class ProvisioningType : std::uint8_t {
    invite = 0,
    capabilities = 1,
    start = 2,
    public_key = 3,
    input_complete = 4,
    confirmation = 5,
    random = 6,
    data = 7,
    complete = 8,
    failed = 9,
};

/// What a device says it can do; output and input OOB are none of it.
struct ProvisioningAbilities {
    std::uint8_t elements = 1;
    bool hmac_sha256 = true; ///< EPA
    bool cmac_aes128 = true;
    bool static_oob = false; ///< asks for a secret; a device that was given one does
    bool only_oob = false;   ///< and is provisioned with it only

    bool operator==(const ProvisioningAbilities&) const = default;
};

Buffer<11> encode(const ProvisioningAbilities& abilities);
std::optional<ProvisioningAbilities> decode_abilities(ByteView bytes);

/// Why it failed (5.4.4), and `link` where the other side was lost.
enum class ProvisioningError : std::uint8_t {
    none = 0,
    invalid_pdu = 1,
    invalid_format = 2,
    unexpected_pdu = 3,
    confirmation_failed = 4,
    out_of_resources = 5,
    decryption_failed = 6,
    unexpected_error = 7,
    cannot_assign_addresses = 8,
    invalid_data = 9,
    link_lost = 0xFF,
};

/// Half of a provisioning, either one. States go one way only; a PDU out of its turn ends it.
class Provisioning {
public:
    struct Options {
        ProvisioningAbilities abilities{}; ///< the device's; of the provisioner what it takes
        /// 16 or 32 bytes by the algorithm, shorter ones are filled with zeros; none: no OOB.
        AuthBytes static_oob{};
        /// Provisioner: refuse CMAC where EPA is to be had no more (downgrade). With a secret it is
        /// refused anyway.
        bool require_hmac = false;
        std::uint8_t attention_seconds = 0; ///< provisioner
        ProvisioningData data{};            ///< provisioner: what the device shall be told

        ~Options() { crypto::wipe(static_oob.span()); }
    };

    Provisioning(Provisioning&&) = default;
    Provisioning& operator=(Provisioning&&) = delete;
    Provisioning(const Provisioning&) = delete;
    Provisioning& operator=(const Provisioning&) = delete;
    ~Provisioning();

    /// The provisioner's side; `link` must be just opening.
    static Provisioning provisioner(Options options, env::Random& random, ProvisioningLink link);
    /// The device's side; `link` must be listening.
    static Provisioning device(Options options, env::Random& random, ProvisioningLink link);

    void on_frame(Time now, ByteView frame);
    void on_wake(Time now);

    Time next_wake() const { return m_link.next_wake(); }

    bool is_done() const { return m_stage == Stage::done; }

    /// `none` unless it failed.
    ProvisioningError error() const { return m_error; }

    /// Of a done provisioning: what the device was told, and its device key.
    const ProvisioningData& data() const { return m_options.data; }

    const Key128& device_key() const { return m_device_key; }

    ProvisioningAlgorithm algorithm() const { return m_algorithm; }

    /// Provisioner: how many addresses the device takes.
    std::uint8_t elements() const { return m_their_abilities.elements; }

private:
    enum class Stage : std::uint8_t {
        opening,
        invite,       ///< device: waits for it
        capabilities, ///< provisioner waits
        start,        ///< device waits
        public_key,
        confirmation,
        random,
        data,
        complete, ///< provisioner waits
        done,
        failed,
    };

    Provisioning(bool provisioner, Options options, env::Random& random, ProvisioningLink link);

    void handle(Time now, const ProvisioningLink::Event& event);
    static ProvisioningError their_error(Fields& in);
    void on_pdu(Time now, ByteView pdu);
    ProvisioningError on_invite(Time now, Fields& in);
    ProvisioningError on_capabilities(Time now, Fields& in);
    ProvisioningError on_start(Fields& in);
    ProvisioningError on_public_key(Time now, Fields& in);
    ProvisioningError on_confirmation(Time now, Fields& in);
    ProvisioningError on_random(Time now, Fields& in);
    ProvisioningError on_data(Time now, Fields& in);
    ProvisioningError on_complete(Time now);
    void send(Time now, ProvisioningType type, ByteView parameters);
    void send_next(Time now);
    void fail(Time now, ProvisioningError error);
    bool has_secret() const { return !m_options.static_oob.empty(); }
    void make_key();
    void make_random();
    ProvisioningError dispatch(Time now, ProvisioningType type, Fields& in);

    bool m_provisioner;
    Options m_options;
    env::Random& m_random_source;
    ProvisioningLink m_link;
    Stage m_stage;
    ProvisioningError m_error = ProvisioningError::none;
    ProvisioningAlgorithm m_algorithm{};
    ProvisioningAbilities m_their_abilities{};
    bool m_use_oob = false;
    PrivateKey m_private{};
    PublicKey m_public{};
    ConfirmationInputs m_inputs;
    std::unique_ptr<ProvisioningKeys> m_keys;
    AuthBytes m_random;
    AuthBytes m_their_confirmation;
    std::optional<ProvisioningKeys::Session> m_session;
    Key128 m_device_key{};
    std::vector<ProvisioningPdu> m_queue; ///< waits for the transaction before it
};

} // namespace torgo::mesh
