#include "bluez/core.hpp"
#include "bluez/dictionary.hpp"
#include "bluez/node.hpp"

namespace torgo::bluez {

namespace {

Result<> check_key(const crypto::SecretBytes& key) {
    if (key.size() == mesh_key_size) return {};
    return fail(Errc::invalid_argument, "a mesh key has 16 bytes");
}

} // namespace

Result<> Management::scan(std::uint16_t seconds, env::Deadline deadline) const {
    Dictionary options;
    if (seconds != 0) options.emplace("Seconds", sdbus::Variant{seconds});
    return m_core->command(m_path, management_interface, "UnprovisionedScan", deadline, options);
}

Result<> Management::cancel_scan(env::Deadline deadline) const {
    return m_core->command(m_path, management_interface, "UnprovisionedScanCancel", deadline);
}

Result<> Management::add_node(const DeviceUuid& uuid, env::Deadline deadline) const {
    m_core->set_adding(uuid);
    return m_core->command(m_path, management_interface, "AddNode", deadline, to_array(uuid.view()),
                           Dictionary{});
}

Result<> Management::create_subnet(KeyIndex network, env::Deadline deadline) const {
    return m_core->command(m_path, management_interface, "CreateSubnet", deadline, network);
}

Result<> Management::import_subnet(KeyIndex network, const crypto::SecretBytes& key,
                                   env::Deadline deadline) const {
    CHECK_OK(check_key(key));
    return m_core->command(m_path, management_interface, "ImportSubnet", deadline, network,
                           to_array(key.view()));
}

Result<> Management::update_subnet(KeyIndex network, env::Deadline deadline) const {
    return m_core->command(m_path, management_interface, "UpdateSubnet", deadline, network);
}

Result<> Management::delete_subnet(KeyIndex network, env::Deadline deadline) const {
    return m_core->command(m_path, management_interface, "DeleteSubnet", deadline, network);
}

Result<> Management::set_key_phase(KeyIndex network, std::uint8_t phase,
                                   env::Deadline deadline) const {
    return m_core->command(m_path, management_interface, "SetKeyPhase", deadline, network, phase);
}

Result<> Management::create_application_key(KeyIndex network, KeyIndex application,
                                            env::Deadline deadline) const {
    return m_core->command(m_path, management_interface, "CreateAppKey", deadline, network,
                           application);
}

Result<> Management::import_application_key(KeyIndex network, KeyIndex application,
                                            const crypto::SecretBytes& key,
                                            env::Deadline deadline) const {
    CHECK_OK(check_key(key));
    return m_core->command(m_path, management_interface, "ImportAppKey", deadline, network,
                           application, to_array(key.view()));
}

Result<> Management::update_application_key(KeyIndex application, env::Deadline deadline) const {
    return m_core->command(m_path, management_interface, "UpdateAppKey", deadline, application);
}

Result<> Management::delete_application_key(KeyIndex application, env::Deadline deadline) const {
    return m_core->command(m_path, management_interface, "DeleteAppKey", deadline, application);
}

Result<> Management::import_remote_node(Address primary, std::uint8_t elements,
                                        const crypto::SecretBytes& device_key,
                                        env::Deadline deadline) const {
    CHECK_OK(check_key(device_key));
    return m_core->command(m_path, management_interface, "ImportRemoteNode", deadline, primary,
                           elements, to_array(device_key.view()));
}

Result<> Management::delete_remote_node(Address primary, std::uint8_t elements,
                                        env::Deadline deadline) const {
    return m_core->command(m_path, management_interface, "DeleteRemoteNode", deadline, primary,
                           elements);
}

Result<ExportedKeys> Management::export_keys(env::Deadline deadline) const {
    return guarded([&]() -> Result<ExportedKeys> {
        TRY(auto reply, m_core->call(m_path, management_interface, "ExportKeys", deadline));
        Dictionary values;
        reply >> values;
        return to_keys(values);
    });
}

} // namespace torgo::bluez
