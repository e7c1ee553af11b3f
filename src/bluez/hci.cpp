// One frame at a time: set the data, advertise for one event, stop. While it does, the controller
// hears what it can; mesh frames are repeated for that reason.
#include "bluez/hci.hpp"

#include "base/codec.hpp"

#include <algorithm>
#include <utility>

namespace torgo::bluez {

namespace {

constexpr std::uint8_t command_packet = 0x01;
constexpr std::uint8_t event_packet = 0x04;
constexpr std::size_t event_header_size = 3; ///< with the packet's type
constexpr std::size_t event_size_max = event_header_size + 255;

enum Opcode : std::uint16_t {
    no_operation = 0x0000,
    set_event_mask = 0x0C01,
    reset = 0x0C03,
    le_set_event_mask = 0x2001,
    le_set_random_address = 0x2005,
    le_set_advertising_parameters = 0x2006,
    le_set_advertising_data = 0x2008,
    le_set_advertising_enable = 0x200A,
    le_set_scan_parameters = 0x200B,
    le_set_scan_enable = 0x200C,
};

constexpr std::uint8_t event_command_complete = 0x0E;
constexpr std::uint8_t event_command_status = 0x0F;
constexpr std::uint8_t event_hardware_error = 0x10;
constexpr std::uint8_t event_le_meta = 0x3E;
constexpr std::uint8_t subevent_advertising_report = 0x02;

/// Hardware Error and LE Meta; command events are always on.
constexpr std::uint64_t event_mask = (1ULL << 15U) | (1ULL << 61U);
constexpr std::uint64_t le_event_mask = 1ULL << 1U; // advertising reports

constexpr std::uint8_t status_unsupported_value = 0x11;
constexpr std::uint8_t status_invalid_parameters = 0x12;

constexpr std::uint8_t type_not_connectable = 0x03;
constexpr std::uint8_t address_random = 0x01;
constexpr std::uint8_t all_channels = 0x07;
constexpr std::size_t advertising_data_size = 31;
constexpr std::size_t reports_max = 0x19;

constexpr std::int64_t slot_ns = 625'000;
constexpr std::int64_t slow_interval_ns = 100'000'000;
/// A controller adds up to this much to each interval, by chance.
constexpr std::int64_t advertising_delay_ns = 10'000'000;

constexpr std::uint8_t ad_provisioning = 0x29;
constexpr std::uint8_t ad_beacon = 0x2b;

std::uint16_t slots(std::int64_t ns) {
    constexpr std::int64_t slots_min = 0x0004;
    constexpr std::int64_t slots_max = 0x4000;
    return static_cast<std::uint16_t>(std::clamp(ns / slot_ns, slots_min, slots_max));
}

Bytes parameters(Writer writer) {
    return std::move(writer).take();
}

Bytes one_byte(std::uint8_t value) {
    return {value};
}

} // namespace

HciBearer::HciBearer(const HciSettings& settings, Address random, FrameHandler handler)
    : m_settings(settings), m_address(random), m_handler(std::move(handler)) {
    // A non-resolvable private address: its two highest bits, which travel last, are zero.
    m_address[5] &= 0x3FU;
    begin();
}

void HciBearer::begin() {
    constexpr std::uint8_t passive = 0;
    Writer mask;
    mask.put(event_mask);
    Writer le_mask;
    le_mask.put(le_event_mask);
    Writer address;
    address.raw(m_address);
    const auto interval = slots(m_settings.scan_interval_ns);
    Writer scan;
    scan.put(passive).put(interval).put(interval).put(address_random).put<std::uint8_t>(0);
    m_commands.push_back({reset, {}});
    m_commands.push_back({set_event_mask, parameters(std::move(mask))});
    m_commands.push_back({le_set_event_mask, parameters(std::move(le_mask))});
    m_commands.push_back({le_set_random_address, parameters(std::move(address))});
    m_commands.push_back(advertising_parameters());
    m_commands.push_back({le_set_scan_parameters, parameters(std::move(scan))});
    m_commands.push_back({le_set_scan_enable, {1, 0}}); // also what was heard before
}

HciBearer::Command HciBearer::advertising_parameters() const {
    const auto interval = slots(m_is_slow ? slow_interval_ns : m_settings.advertising_interval_ns);
    Writer out;
    out.put(interval).put(interval).put(type_not_connectable).put(address_random);
    out.put<std::uint8_t>(0).raw(Bytes(m_address.size(), 0)); // no peer
    out.put(all_channels).put<std::uint8_t>(0);
    return {le_set_advertising_parameters, parameters(std::move(out))};
}

// [HCI-1]
Result<> HciBearer::send(ByteView frame) {
    if (frame.empty() || frame.size() > advertising_data_size - 1)
        return fail(Errc::invalid_argument, "no frame has this length");
    if (m_frames.size() >= m_settings.frames_max)
        return fail(Errc::limit_exceeded, "too many frames wait to be sent");
    m_frames.emplace_back(frame.begin(), frame.end());
    return {};
}

/// What comes next when the controller has done all it was told.
void HciBearer::plan(std::int64_t now) {
    if (m_advertising == Advertising::on) {
        if (now >= m_advertise_until)
            m_commands.push_back({le_set_advertising_enable, one_byte(0)});
        return;
    }
    if (m_frames.empty()) return;
    const auto frame = std::move(m_frames.front());
    m_frames.pop_front();
    Writer out;
    out.put(static_cast<std::uint8_t>(frame.size() + 1)); // of the data that matters
    out.put(static_cast<std::uint8_t>(frame.size()));     // of this AD structure
    out.raw(frame).raw(Bytes(advertising_data_size - 1 - frame.size(), 0));
    m_commands.push_back({le_set_advertising_data, parameters(std::move(out))});
    m_commands.push_back({le_set_advertising_enable, one_byte(1)});
}

// [HCI-2]
Result<std::optional<Bytes>> HciBearer::next_packet(std::int64_t now) {
    if (m_error) return std::unexpected(*m_error);
    if (m_in_flight) {
        if (now < m_answer_until) return std::nullopt;
        CHECK_OK(break_down(Errc::timeout, "the controller does not answer"));
    }
    if (m_commands.empty()) plan(now);
    if (m_commands.empty()) return std::nullopt;
    if (m_credits == 0) return wait_for_credit(now);
    m_credit_until.reset();
    --m_credits;
    m_in_flight = true;
    m_answer_until = now + m_settings.command_limit_ns;
    const auto& command = m_commands.front();
    Writer out;
    out.put(command_packet).put(command.opcode);
    out.put(static_cast<std::uint8_t>(command.parameters.size())).raw(command.parameters);
    return std::move(out).take();
}

Result<std::optional<Bytes>> HciBearer::wait_for_credit(std::int64_t now) {
    if (!m_credit_until) m_credit_until = now + m_settings.command_limit_ns;
    if (now < *m_credit_until) return std::nullopt;
    CHECK_OK(break_down(Errc::timeout, "the controller takes no more commands"));
    return std::nullopt;
}

std::optional<std::int64_t> HciBearer::next_time() const {
    if (m_error) return std::nullopt;
    if (m_credit_until) return m_credit_until;
    if (m_in_flight) return m_answer_until;
    if (m_commands.empty() && m_advertising == Advertising::on) return m_advertise_until;
    return std::nullopt;
}

// [HCI-3]
Result<> HciBearer::receive(ByteView bytes, std::int64_t now) {
    if (m_error) return std::unexpected(*m_error);
    while (!bytes.empty()) {
        const auto taken = std::min(bytes.size(), event_size_max - m_input.size());
        m_input.insert(m_input.end(), bytes.begin(),
                       bytes.begin() + static_cast<std::ptrdiff_t>(taken));
        bytes = bytes.subspan(taken);
        std::size_t used = 0;
        for (;;) {
            const auto rest = ByteView(m_input).subspan(used);
            if (!rest.empty() && rest[0] != event_packet)
                return break_down(Errc::corrupt, "the controller sends what is no event");
            if (rest.size() < event_header_size) break;
            const auto size = event_header_size + rest[2];
            if (rest.size() < size) break;
            CHECK_OK(take_packet(rest.subspan(1, size - 1), now));
            used += size;
        }
        m_input.erase(m_input.begin(), m_input.begin() + static_cast<std::ptrdiff_t>(used));
    }
    return {};
}

Result<> HciBearer::take_packet(ByteView event, std::int64_t now) {
    const auto values = event.subspan(2);
    switch (event[0]) {
    case event_command_complete:
        return take_command_complete(values, now);
    case event_command_status:
        return take_command_status(values);
    case event_hardware_error:
        return break_down(Errc::io, "the controller reports a failure");
    case event_le_meta:
        take_reports(values);
        return {};
    default:
        return {};
    }
}

Result<> HciBearer::take_command_complete(ByteView values, std::int64_t now) {
    Reader in(values);
    const auto credits = in.get<std::uint8_t>();
    const auto opcode = in.get<std::uint16_t>();
    if (!credits || !opcode) {
        ++m_counts.malformed;
        return {};
    }
    m_credits = *credits;
    if (*opcode == no_operation) return {};
    const auto status = in.get<std::uint8_t>();
    if (!status || !m_in_flight || *opcode != m_commands.front().opcode) {
        ++m_counts.malformed;
        return {};
    }
    return finish_command(*status, now);
}

/// None of these commands ends with this event, unless the controller does not know it.
Result<> HciBearer::take_command_status(ByteView values) {
    Reader in(values);
    const auto status = in.get<std::uint8_t>();
    const auto credits = in.get<std::uint8_t>();
    const auto opcode = in.get<std::uint16_t>();
    if (!opcode) {
        ++m_counts.malformed;
        return {};
    }
    m_credits = *credits;
    const bool ours = m_in_flight && *opcode == m_commands.front().opcode;
    if (ours && *status != 0)
        return break_down(Errc::unsupported, "the controller does not know a command");
    return {};
}

Result<> HciBearer::finish_command(std::uint8_t status, std::int64_t now) {
    m_in_flight = false;
    const auto done = std::move(m_commands.front());
    m_commands.pop_front();
    if (status != 0) {
        const bool too_fast =
            status == status_invalid_parameters || status == status_unsupported_value;
        if (done.opcode != le_set_advertising_parameters || m_is_slow || !too_fast)
            return break_down(Errc::unsupported, "the controller refuses a command");
        m_is_slow = true;
        m_commands.push_front(advertising_parameters());
        return {};
    }
    if (done.opcode == le_set_scan_enable) m_is_ready = true;
    if (done.opcode != le_set_advertising_enable) return {};
    if (done.parameters[0] == 0) {
        m_advertising = Advertising::off;
        return {};
    }
    ++m_counts.sent;
    m_advertising = Advertising::on;
    m_advertise_until = now + advertising_delay_ns +
                        (m_is_slow ? slow_interval_ns : m_settings.advertising_interval_ns);
    return {};
}

// [HCI-4]
void HciBearer::take_reports(ByteView values) {
    if (values.size() < 2 || values[0] != subevent_advertising_report) return;
    const auto count = values[1];
    auto reports = values.subspan(2);
    if (count == 0 || count > reports_max) {
        ++m_counts.malformed;
        return;
    }
    for (unsigned i = 0; i < count; ++i)
        if (!take_report(reports)) {
            ++m_counts.malformed;
            return;
        }
    if (!reports.empty()) ++m_counts.malformed;
}

/// Type, type and bytes of the address, length, data, RSSI; one after the other.
bool HciBearer::take_report(ByteView& reports) {
    constexpr std::size_t data_at = 9;
    if (reports.size() < data_at) return false;
    const std::size_t size = reports[data_at - 1];
    if (size > advertising_data_size || reports.size() < data_at + size + 1) return false;
    const auto type = reports[0];
    const auto data = reports.subspan(data_at, size);
    const auto rssi = static_cast<std::int8_t>(reports[data_at + size]);
    if (type == type_not_connectable) take_data(data, rssi);
    reports = reports.subspan(data_at + size + 1);
    return true;
}

/// AD structures: a length, then type and payload. A zero length ends them.
void HciBearer::take_data(ByteView data, std::int8_t rssi) {
    while (!data.empty() && data[0] != 0) {
        const std::size_t size = data[0];
        if (data.size() < 1 + size) {
            ++m_counts.malformed;
            return;
        }
        const auto frame = data.subspan(1, size);
        if (frame[0] >= ad_provisioning && frame[0] <= ad_beacon) {
            ++m_counts.heard;
            m_handler(frame, rssi);
        }
        data = data.subspan(1 + size);
    }
}

Result<> HciBearer::break_down(Errc code, const char* what) {
    m_error = Error(code, what);
    m_is_ready = false;
    return std::unexpected(*m_error);
}

} // namespace torgo::bluez
