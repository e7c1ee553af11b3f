#include "bluez/types.hpp"

namespace torgo::bluez {

DeviceUuid make_device_uuid(env::Random& random) {
    DeviceUuid uuid;
    random.fill(uuid.bytes);
    uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0FU) | 0x40U);
    uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3FU) | 0x80U);
    return uuid;
}

} // namespace torgo::bluez
