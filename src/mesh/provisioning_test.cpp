#include "mesh/provisioning.hpp"
#include "sim/prng.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace torgo::mesh {
namespace {

using namespace std::chrono_literals;

/// A provisioner and a device with a bad air between them.
class Pair {
public:
    Pair(std::uint64_t seed, unsigned loss, Provisioning::Options provisioner,
         Provisioning::Options device)
        : m_loss(loss),
          m_chance(seed),
          m_random(seed),
          m_device(Provisioning::device(
              std::move(device), m_random,
              ProvisioningLink::listen(uuid, [this](const auto& f) { carry(f, m_up); }))),
          m_provisioner(Provisioning::provisioner(
              std::move(provisioner), m_random,
              ProvisioningLink::open(
                  0x12345678, uuid, [this](const auto& f) { carry(f, m_down); }, now))) {}

    void run(Time limit) {
        while (now < limit && !(m_provisioner.is_done() && m_device.is_done()) && !has_failed()) {
            now += 10ms;
            m_provisioner.on_wake(now);
            m_device.on_wake(now);
            deliver(m_down, m_device);
            deliver(m_up, m_provisioner);
        }
    }

    bool has_failed() const {
        return m_provisioner.error() != ProvisioningError::none &&
               m_device.error() != ProvisioningError::none;
    }

    Provisioning& provisioner() { return m_provisioner; }

    Provisioning& device() { return m_device; }

    static constexpr DeviceUuid uuid{1, 2, 3, 4};
    Time now{0};
    std::function<void(PbAdvFrame&)> tamper;

private:
    using Frames = std::deque<PbAdvFrame>;

    void carry(const PbAdvFrame& frame, Frames& way) {
        if (m_chance.next() % 100 < m_loss) return;
        way.push_back(frame);
        if (tamper) tamper(way.back());
        // Radio doubles: a frame heard on two channels.
        if (m_loss > 0 && m_chance.next() % 10 == 0) way.push_back(frame);
    }

    void deliver(Frames& way, Provisioning& to) {
        Frames here;
        here.swap(way);
        for (const auto& frame : here)
            to.on_frame(now, frame.view());
    }

    unsigned m_loss;
    sim::Prng m_chance;
    sim::Random m_random;
    Frames m_up;
    Frames m_down;
    Provisioning m_device;
    Provisioning m_provisioner;
};

Provisioning::Options plan() {
    Provisioning::Options options;
    options.data = {.net_index = 3, .flags = 0, .iv_index = 0x12345678, .address = 0x0B0C};
    options.data.net_key.fill(0x5A);
    return options;
}

class MeshProvisioning : public ::testing::TestWithParam<unsigned> {};

TEST_P(MeshProvisioning, gives_a_device_its_address_and_one_device_key_to_both) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        for (const bool epa : {false, true}) {
            Provisioning::Options device;
            device.abilities = {.elements = 3, .hmac_sha256 = epa, .cmac_aes128 = true};
            Pair pair(seed, GetParam(), plan(), device);
            pair.run(10min);
            ASSERT_TRUE(pair.provisioner().is_done()) << seed;
            ASSERT_TRUE(pair.device().is_done()) << seed;
            EXPECT_EQ(pair.device().data(), plan().data);
            EXPECT_EQ(pair.device().device_key(), pair.provisioner().device_key());
            EXPECT_NE(pair.device().device_key(), Key128{});
            EXPECT_EQ(pair.provisioner().elements(), 3);
            EXPECT_EQ(pair.provisioner().algorithm(), epa ? ProvisioningAlgorithm::hmac_sha256
                                                          : ProvisioningAlgorithm::cmac_aes128);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Loss, MeshProvisioning, ::testing::Values(0U, 10U, 30U));

AuthBytes secret(std::uint8_t fill) {
    AuthBytes out;
    std::ranges::fill(out.extend(16), fill);
    return out;
}

TEST(MeshProvisioningOob, a_static_secret_must_be_the_same_on_both_sides) {
    for (const bool same : {true, false}) {
        auto options = plan();
        options.static_oob = secret(7);
        Provisioning::Options device;
        device.static_oob = secret(same ? 7 : 8);
        Pair pair(5, 0, options, device);
        pair.run(2min);
        EXPECT_EQ(pair.provisioner().is_done(), same);
        EXPECT_EQ(pair.device().is_done(), same);
        if (!same) {
            EXPECT_EQ(pair.device().error(), ProvisioningError::confirmation_failed);
        }
    }
}

TEST(MeshProvisioningOob, a_provisioner_with_a_secret_does_not_go_on_without) {
    auto options = plan();
    options.static_oob = secret(7);
    Pair pair(5, 0, options, {});
    pair.run(2min);
    EXPECT_EQ(pair.provisioner().error(), ProvisioningError::unexpected_error);
    EXPECT_FALSE(pair.device().is_done());
}

// [MESH-16]
TEST(MeshProvisioningOob, a_device_with_a_secret_is_not_taken_without) {
    Provisioning::Options device;
    device.static_oob = secret(7);
    Pair pair(5, 0, plan(), device);
    pair.run(2min);
    EXPECT_EQ(pair.provisioner().error(), ProvisioningError::unexpected_error);
    EXPECT_FALSE(pair.device().is_done());
}

// [MESH-16]
TEST(MeshProvisioningOob, a_secret_is_not_given_away_by_cmac) {
    auto options = plan();
    options.static_oob = secret(7);
    Provisioning::Options device;
    device.static_oob = secret(7);
    device.abilities.hmac_sha256 = false;
    Pair pair(5, 0, options, device);
    pair.run(2min);
    EXPECT_EQ(pair.provisioner().error(), ProvisioningError::unexpected_error);
    EXPECT_FALSE(pair.device().is_done());
}

/// A device of the link alone, that answers the invitation after a while, or with this PDU.
ProvisioningError answered(Time pause, const ProvisioningPdu& answer, Time limit) {
    std::deque<PbAdvFrame> up;
    std::deque<PbAdvFrame> down;
    sim::Random random(5);
    auto link = ProvisioningLink::listen(Pair::uuid, [&](const auto& f) { up.push_back(f); });
    auto provisioner = Provisioning::provisioner(
        plan(), random,
        ProvisioningLink::open(7, Pair::uuid, [&](const auto& f) { down.push_back(f); }, Time(0)));
    Time due = never;
    for (Time now = 10ms; now < limit; now += 10ms) {
        provisioner.on_wake(now);
        (void)link.on_wake(now);
        for (; !down.empty(); down.pop_front())
            if (link.on_frame(now, down.front().view()).kind == ProvisioningLink::Event::Kind::pdu)
                due = std::min(due, now + pause);
        if (now >= due && link.is_open() && link.is_free()) {
            link.send(now, answer);
            due = never;
        }
        for (; !up.empty(); up.pop_front())
            provisioner.on_frame(now, up.front().view());
    }
    return provisioner.error();
}

TEST(MeshProvisioning, waits_a_minute_for_the_other_side_to_go_on) {
    ProvisioningPdu capabilities;
    capabilities.u8(1).append(encode(ProvisioningAbilities{}).view());
    EXPECT_EQ(answered(50s, capabilities, 51s), ProvisioningError::none);
    EXPECT_EQ(answered(70s, capabilities, 69s), ProvisioningError::link_lost);
}

TEST(MeshProvisioning, a_failure_of_a_code_that_nobody_knows_is_one) {
    for (const auto& words : {Bytes{9, 0}, Bytes{9}, Bytes{9, 0xFF}, Bytes{9, 2, 2}})
        EXPECT_EQ(answered(10ms, ProvisioningPdu(words), 5s), ProvisioningError::unexpected_error);
    EXPECT_EQ(answered(10ms, ProvisioningPdu(Bytes{9, 2}), 5s), ProvisioningError::invalid_format);
}

TEST(MeshProvisioning, data_has_no_update_towards_the_first_index_and_no_unknown_flags) {
    ProvisioningData data = plan().data;
    EXPECT_TRUE(decode_provisioning_data(encode(data).view()));
    data.flags = 4;
    EXPECT_FALSE(decode_provisioning_data(encode(data).view()));
    data.flags = 2;
    EXPECT_TRUE(decode_provisioning_data(encode(data).view()));
    data.iv_index = 0;
    EXPECT_FALSE(decode_provisioning_data(encode(data).view()));
}

/// What the device says of a start that asks for no secret, whatever it said of itself.
ProvisioningError start_without_secret(Provisioning::Options options) {
    std::deque<PbAdvFrame> up;
    std::deque<PbAdvFrame> down;
    sim::Random random(5);
    auto device = Provisioning::device(
        std::move(options), random,
        ProvisioningLink::listen(Pair::uuid, [&](const auto& f) { up.push_back(f); }));
    auto link =
        ProvisioningLink::open(7, Pair::uuid, [&](const auto& f) { down.push_back(f); }, Time(0));
    for (Time now = 10ms; now < 10s; now += 10ms) {
        (void)link.on_wake(now);
        device.on_wake(now);
        for (; !down.empty(); down.pop_front())
            device.on_frame(now, down.front().view());
        for (; !up.empty(); up.pop_front()) {
            const auto event = link.on_frame(now, up.front().view());
            ProvisioningPdu next;
            if (event.kind == ProvisioningLink::Event::Kind::opened) next.u8(0).u8(0); // invite
            if (event.kind == ProvisioningLink::Event::Kind::pdu && event.pdu.view()[0] == 1)
                next.u8(2).u8(1).u8(0).u8(0).be16(0); // start: EPA, no OOB
            if (!next.empty()) link.send(now, next);
        }
    }
    return device.error();
}

// [MESH-16]
TEST(MeshProvisioningOob, a_device_with_a_secret_refuses_a_start_without) {
    EXPECT_EQ(start_without_secret({}), ProvisioningError::none);
    Provisioning::Options device;
    device.static_oob = secret(7);
    EXPECT_EQ(start_without_secret(std::move(device)), ProvisioningError::invalid_format);
}

TEST(MeshProvisioningOob, a_provisioner_that_wants_epa_refuses_a_device_without) {
    auto options = plan();
    options.require_hmac = true;
    Provisioning::Options device;
    device.abilities.hmac_sha256 = false;
    Pair pair(5, 0, options, device);
    pair.run(2min);
    EXPECT_EQ(pair.provisioner().error(), ProvisioningError::unexpected_error);
}

TEST(MeshProvisioningOob, a_mirrored_public_key_is_refused) {
    // The device's way back carries what the provisioner said: its own key, type 3.
    Pair pair(5, 0, plan(), {});
    std::vector<PbAdvFrame> key_frames;
    pair.tamper = [&](PbAdvFrame& frame) {
        const auto pdu = decode_pb_adv(frame.view());
        if (!pdu) return;
        const bool from_provisioner = pdu->transaction < 0x80;
        const auto size_of_key = std::uint16_t{65};
        if (from_provisioner && (key_frames.size() < 3) &&
            ((pdu->kind == PbAdv::Kind::start && pdu->total_length == size_of_key) ||
             (!key_frames.empty() && pdu->kind == PbAdv::Kind::continuation)))
            key_frames.push_back(frame);
        const bool of_key = !from_provisioner && pdu->transaction == 0x81;
        if (!of_key || key_frames.size() != 3) return;
        const std::size_t index = pdu->kind == PbAdv::Kind::start          ? 0
                                  : pdu->kind == PbAdv::Kind::continuation ? pdu->segment
                                                                           : 3;
        if (index > 2) return;
        auto mirrored = *decode_pb_adv(key_frames[index].view());
        mirrored.transaction = 0x81;
        frame = encode_pb_adv(mirrored);
    };
    pair.run(2min);
    EXPECT_FALSE(pair.provisioner().is_done());
    EXPECT_EQ(pair.provisioner().error(), ProvisioningError::invalid_format);
}

TEST(MeshProvisioningOob, silence_ends_in_a_lost_link) {
    Pair pair(5, 100, plan(), {});
    pair.run(5min);
    EXPECT_EQ(pair.provisioner().error(), ProvisioningError::link_lost);
    EXPECT_FALSE(pair.device().is_done());
}

} // namespace
} // namespace torgo::mesh
