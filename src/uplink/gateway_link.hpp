#pragma once

#include "crypto/kem.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"
#include "envelope/fragments.hpp"
#include "reading/collector.hpp"
#include "uplink/sensor_file.hpp"
#include "uplink/store_mark.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace torgo::uplink {

/// Offers that may be put together at once; a further one takes the place of the oldest.
inline constexpr std::size_t offers_max = 64;

/// Payloads that may wait to be sent, acknowledgements left out: of those each sensor has one.
inline constexpr std::size_t outbound_max = 512;

struct GatewayFolders {
    std::string store; ///< readings: reading/collector.hpp
    std::string state; ///< secrets: the gateway's key, and a file for each sensor
};

struct GatewayOptions {
    reading::CollectorLimits limits{};
    std::int64_t request_pause_ns = 5'000'000'000; ///< between two requests to one sensor
    std::uint16_t company = envelope::test_company;
};

/// What became of the payloads that came in.
struct GatewayCounters {
    std::uint64_t payloads = 0;
    std::uint64_t foreign = 0;   ///< of no sensor that is known, or of another model
    std::uint64_t opened = 0;    ///< envelopes
    std::uint64_t unopened = 0;  ///< wrong tags, repeats, epochs that are not there
    std::uint64_t malformed = 0; ///< what opened and holds nothing that is understood
    std::uint64_t refused = 0;   ///< readings that must come again: too far ahead, or without time
    std::uint64_t exchanges = 0; ///< offers accepted
    std::uint64_t offers_refused = 0;
    std::uint64_t requests = 0; ///< asked of sensors
    std::uint64_t syncs = 0;
    std::uint64_t acknowledgements = 0;
};

/// When something came: by a clock that never goes back, and by the one on the wall.
struct Arrival {
    std::int64_t monotonic_ns = 0;
    std::int64_t wall_ns = 0;
};

/// A gateway's end of its mesh: access payloads in and out, readings into the store. No radio and
/// no clock; one thread at a time. What it acknowledges survives a loss of power. (docs/mesh.md)
class GatewayLink {
public:
    /// Opens both folders, which are made where they are not there, with the key of the gateway.
    /// One process at a time may have them open.
    ///
    /// errors  `corrupt`, `unsupported`, those of the file system
    static Result<std::unique_ptr<GatewayLink>> open(env::FileSystem& files, env::Random& random,
                                                     const GatewayFolders& folders,
                                                     const GatewayOptions& options = {});

    /// What sensors are told beforehand, whole or as SHA-256.
    Bytes public_key() const { return m_key.public_key(); }

    const Digest& key_hash() const noexcept { return m_key_hash; }

    /// Makes a sensor known, durably, when `hand_over` has brought it the secret that both then
    /// share; one that is known loses its old secret and its session: who holds them is a stranger.
    ///
    /// errors  those of `hand_over`, after which nothing has changed; those of the file system
    Result<> enrol(std::uint64_t sensor, const reading::Plan& plan,
                   const std::function<Result<>(const crypto::SecretBytes&)>& hand_over);

    /// As above, where it is not known yet: errors  `exists`; those of the file system
    Result<crypto::SecretBytes> enrol(std::uint64_t sensor, const reading::Plan& plan);

    /// An address of the mesh for a card, durably given once.
    /// errors  `limit_exceeded` where none is left; those of the file system
    Result<Address> take_address();

    /// The first number that a sensor which is made known now may give: the store has, or waits
    /// for, those before. Given again they would be acknowledged as repeats, and never stored.
    ///
    /// errors  `limit_exceeded` where none is left
    Result<std::uint64_t> first_number(std::uint64_t sensor) const;

    bool knows(std::uint64_t sensor) const {
        return m_sensors.contains(sensor) || m_damaged.contains(sensor);
    }

    /// Sensors whose files could not be understood, and why, with the file: nothing of them is
    /// taken. The others go on.
    const std::map<std::uint64_t, std::string>& damaged() const noexcept { return m_damaged; }

    /// Where the store is an older copy than what was acknowledged: how many records it lacks, at
    /// least. Every sensor then begins an exchange before it sends anything more. [READING-31]
    std::optional<std::uint64_t> missing() const noexcept { return m_missing; }

    std::size_t sensors() const noexcept { return m_sensors.size(); }

    /// Takes what came from an address of the mesh. What strangers send is counted and no error.
    ///
    /// errors  those of the disk: nothing more can be acknowledged until it is opened anew
    Result<> receive(Address from, ByteView payload, const Arrival& arrival);

    /// Makes all that came safe, and queues what acknowledges it: one sync for the whole batch.
    /// Errors: as receive.
    Result<> flush();

    /// The next payload to send; nothing where none waits. Errors: as receive.
    Result<std::optional<Outbound>> pop();

    bool has_outbound() const noexcept { return !m_outbound.empty(); }

    reading::Collector& collector() noexcept { return *m_collector; }

    const reading::Collector& collector() const noexcept { return *m_collector; }

    const GatewayCounters& counters() const noexcept { return m_counters; }

private:
    /// An acknowledgement is sealed when it is sent: a newer one takes its place until then.
    struct Waiting {
        Outbound ready;
        std::optional<std::uint64_t> ack_for{}; ///< a sensor; else `ready` is sent
    };

    struct Gathering {
        envelope::Assembler assembler;
        std::uint64_t since = 0; ///< counts payloads
    };

    GatewayLink(env::FileSystem& files, env::Random& random, const GatewayFolders& folders,
                const GatewayOptions& options, crypto::KemKey key);

    Result<> load_sensors();
    Result<> check_mark();
    std::string path_of(std::uint64_t sensor) const;
    Result<> end_epochs(std::int64_t now_ns);
    void send_key(Address to);
    Result<> take_offer(Address from, ByteView parameters);
    Result<> answer(Address from, const envelope::Offer& offer);
    Result<> take_envelope(Address from, ByteView payload, const Arrival& arrival);
    Result<> take_readings(SensorFile& sensor, const envelope::Opened& opened,
                           const Arrival& arrival);
    Result<> ask(Address to, SensorFile& sensor, const Arrival& arrival);
    void note_address(SensorFile& sensor, Address address);
    SensorFile* at(Address address);
    envelope::Assembler& assembler_of(Address from);
    Result<std::optional<Outbound>> seal_ack(std::uint64_t sensor);

    env::FileSystem& m_files;
    env::Random& m_random;
    GatewayFolders m_folders;
    GatewayOptions m_options;
    crypto::KemKey m_key;
    Digest m_key_hash;
    std::unique_ptr<reading::Collector> m_collector;
    std::optional<StoreMark> m_mark; ///< none until it is opened
    std::optional<std::uint64_t> m_missing;
    std::map<std::uint64_t, std::unique_ptr<SensorFile>> m_sensors;
    std::map<std::uint64_t, std::string> m_damaged;
    std::map<Address, std::uint64_t> m_by_address;
    std::map<Address, Gathering> m_gathering;
    std::map<std::uint64_t, std::int64_t> m_asked_ns;
    std::map<std::uint64_t, std::int64_t> m_epochs_end_ns; ///< of the keys before the newest
    std::map<std::uint64_t, reading::Ack> m_acks; ///< the newest that is safe, not sent yet
    std::deque<Waiting> m_outbound;
    GatewayCounters m_counters{};
};

/// The gateway's key, which is made where it is not there.
Result<crypto::KemKey> load_gateway_key(env::FileSystem& files, env::Random& random,
                                        const std::string& path);

} // namespace torgo::uplink
