#include "bluez/node.hpp"

#include "bluez/core.hpp"
#include "bluez/dictionary.hpp"

namespace torgo::bluez {

namespace {

Dictionary to_dictionary(const SendOptions& options) {
    Dictionary values;
    if (options.force_segmented) values.emplace("ForceSegmented", sdbus::Variant{true});
    return values;
}

} // namespace

Result<> Node::check(std::uint8_t element, ByteView data) const {
    if (element >= m_core->element_count())
        return fail(Errc::invalid_argument, "this node has no such element");
    if (data.empty() || data.size() > message_size_max)
        return fail(Errc::invalid_argument, "a mesh message has 1 to 380 bytes");
    return {};
}

Result<> Node::send(std::uint8_t element, Address destination, KeyIndex application_key,
                    ByteView data, env::Deadline deadline, SendOptions options) const {
    CHECK_OK(check(element, data));
    return m_core->command(m_path, node_interface, "Send", deadline, m_core->element_path(element),
                           destination, application_key, to_dictionary(options), to_array(data));
}

Result<> Node::send_with_device_key(std::uint8_t element, Address destination, bool remote,
                                    KeyIndex network, ByteView data, env::Deadline deadline,
                                    SendOptions options) const {
    CHECK_OK(check(element, data));
    return m_core->command(m_path, node_interface, "DevKeySend", deadline,
                           m_core->element_path(element), destination, remote, network,
                           to_dictionary(options), to_array(data));
}

Result<> Node::publish(std::uint8_t element, const ModelId& model, ByteView data,
                       env::Deadline deadline, SendOptions options) const {
    CHECK_OK(check(element, data));
    auto values = to_dictionary(options);
    if (model.vendor) values.emplace("Vendor", sdbus::Variant{*model.vendor});
    return m_core->command(m_path, node_interface, "Publish", deadline,
                           m_core->element_path(element), model.model, values, to_array(data));
}

/// Always with the key that the daemon has for the destination: it refuses to send to itself under
/// its own.
Result<Bytes> Node::ask(Address destination, const ConfigMessage& question,
                        env::Deadline deadline) const {
    return m_core->ask(
        destination, question,
        [&] { return send_with_device_key(0, destination, true, 0, question.message, deadline); },
        deadline);
}

Result<> Node::add_application_key(Address destination, KeyIndex application, bool update,
                                   env::Deadline deadline) const {
    CHECK_OK(m_core->ask(
        destination, application_key_answer(),
        [&] {
            return m_core->command(m_path, node_interface, "AddAppKey", deadline,
                                   m_core->element_path(0), destination, application, KeyIndex{0},
                                   update);
        },
        deadline));
    return {};
}

Result<> Node::add_network_key(Address destination, KeyIndex network, bool update,
                               env::Deadline deadline) const {
    CHECK_OK(m_core->ask(
        destination, network_key_answer(),
        [&] {
            return m_core->command(m_path, node_interface, "AddNetKey", deadline,
                                   m_core->element_path(0), destination, network, KeyIndex{0},
                                   update);
        },
        deadline));
    return {};
}

Result<NodeState> Node::state(env::Deadline deadline) const {
    return guarded([&]() -> Result<NodeState> {
        TRY(auto reply, m_core->call(m_path, "org.freedesktop.DBus.Properties", "GetAll", deadline,
                                     std::string(node_interface)));
        Dictionary values;
        reply >> values;
        return to_state(values);
    });
}

} // namespace torgo::bluez
