#pragma once

#include "sim/file_system.hpp"
#include "sim/prng.hpp"
#include "sim/random.hpp"
#include "uplink/gateway_link.hpp"
#include "uplink/sensor_link.hpp"
#include "uplink/test_rows.hpp"

#include <memory>
#include <optional>
#include <set>

// A sensor and a gateway, and between them a wire that loses payloads.
namespace torgo::uplink {

inline constexpr std::uint64_t test_sensor = 17;
inline constexpr Address sensor_address = 5;
inline constexpr std::int64_t test_step_ns = 100'000'000;
inline const GatewayFolders test_folders{.store = "/store", .state = "/state"};

class MemoryCard final : public SensorStore {
public:
    Result<> save(const envelope::NumberMarks& value) override {
        marks = value;
        return {};
    }

    Result<> save_secret(const crypto::SecretBytes& next) override {
        secret = crypto::SecretBytes::copy_of(next.view());
        return {};
    }

    envelope::NumberMarks marks;
    crypto::SecretBytes secret;
};

struct TestLink {
    explicit TestLink(std::uint64_t seed = 1, unsigned loss = 0)
        : chance(seed), loss_percent(loss) {}

    /// Opens the gateway; the first time with a sensor. False when the disk refuses.
    bool open() {
        auto opened = GatewayLink::open(*files, random, test_folders, {.limits = limits});
        if (!opened) return false;
        gateway = std::move(*opened);
        if (gateway->knows(test_sensor)) return true;
        auto secret = gateway->enrol(test_sensor, usual_plan());
        if (!secret) return false;
        card.secret = std::move(*secret);
        const auto first = gateway->first_number(test_sensor);
        if (!first) return false;
        card.marks = {};
        card.marks.shorts = *first;
        make_sensor();
        return true;
    }

    /// The sensor with what its card holds, as after a loss of power.
    void make_sensor() {
        std::optional<reading::Gone> gone;
        if (card.marks.shorts > 1) gone = reading::Gone{.first = 1, .count = card.marks.shorts - 1};
        envelope::Provision provision{.sensor = test_sensor,
                                      .gateway_key = gateway->key_hash(),
                                      .secret = crypto::SecretBytes::copy_of(card.secret.view())};
        sensor = std::make_unique<SensorLink>(card, std::move(provision), card.marks, usual_plan(),
                                              random, gone);
    }

    bool arrives() { return !chance.chance(loss_percent, 100); }

    /// A tenth of a second. False when the gateway's disk refuses.
    bool step() {
        now_ns += test_step_ns;
        if (!sensor->wake(now_ns)) return false;
        while (const auto payload = sensor->pop(now_ns))
            if (arrives() && !gateway->receive(sensor_address, *payload,
                                               {.monotonic_ns = now_ns, .wall_ns = now_ns}))
                return false;
        if (!gateway->flush()) return false;
        while (gateway->has_outbound()) {
            const auto next = gateway->pop();
            if (!next) return false;
            if (!*next || !arrives()) continue;
            if (!sensor->receive((*next)->payload, now_ns)) return false;
        }
        for (const auto& one : sensor->take_acknowledged())
            acknowledged.insert(one.number);
        return true;
    }

    /// Sends rows of a file, one a second, from where it was left.
    bool run(const Feed& feed, std::size_t until) {
        for (std::int64_t i = 0; i < 40'000; ++i) {
            if (next_row >= until && sensor->waiting() == 0) return true;
            if (i % 10 == 0 && next_row < until && sensor->is_ready()) {
                const auto& row = feed.rows()[next_row];
                const auto number = sensor->send(row.reading, row.slot, row.period_ns, now_ns);
                if (!number) return false;
                sent[*number] = next_row++;
            }
            if (!step()) return false;
        }
        return false;
    }

    sim::Prng chance;
    unsigned loss_percent;
    std::unique_ptr<sim::FileSystem> files = std::make_unique<sim::FileSystem>();
    sim::Random random{3};
    reading::CollectorLimits limits{.readings = 25, .sources = 4};
    std::unique_ptr<GatewayLink> gateway;
    MemoryCard card;
    std::unique_ptr<SensorLink> sensor;
    std::int64_t now_ns = 1'000'000'000;
    std::size_t next_row = 0;
    std::map<std::uint64_t, std::size_t> sent; ///< number to row
    std::set<std::uint64_t> acknowledged;
};

} // namespace torgo::uplink
