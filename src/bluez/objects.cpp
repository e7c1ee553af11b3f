// The objects of the application, which the daemon asks for and calls.
#include "bluez/core.hpp"
#include "bluez/dictionary.hpp"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace torgo::bluez {

namespace {

constexpr const char* application_interface = "org.bluez.mesh.Application1";
constexpr const char* provisioner_interface = "org.bluez.mesh.Provisioner1";
constexpr const char* agent_interface = "org.bluez.mesh.ProvisionAgent1";
constexpr const char* element_interface = "org.bluez.mesh.Element1";

using Models = std::vector<sdbus::Struct<std::uint16_t, Dictionary>>;
using VendorModels = std::vector<sdbus::Struct<std::uint16_t, std::uint16_t, Dictionary>>;

sdbus::Error refusal(const char* name, const char* text) {
    return sdbus::Error(sdbus::Error::Name{name}, text);
}

void check_size(const ByteArray& data) {
    if (data.empty() || data.size() > message_size_max)
        throw refusal("org.bluez.mesh.Error.InvalidArgs", "no mesh message has this length");
}

Models sig_models(const Element& element) {
    Models models;
    for (const auto& model : element.models)
        if (!model.vendor) models.emplace_back(model.model, Dictionary{});
    return models;
}

VendorModels vendor_models(const Element& element) {
    VendorModels models;
    for (const auto& model : element.models)
        if (model.vendor) models.emplace_back(*model.vendor, model.model, Dictionary{});
    return models;
}

} // namespace

/// The application is a child of the root, not the root itself: what an ObjectManager lists are
/// the objects below it.
void Core::export_objects() {
    m_connection->addObjectManager(root());
    const auto make = [this](const std::string& path) -> sdbus::IObject& {
        m_objects.push_back(sdbus::createObject(*m_connection, sdbus::ObjectPath{path}));
        return *m_objects.back();
    };
    auto& application = make(m_options.root + "/application");
    export_application(application);
    if (m_application.place_node) export_provisioner(application);
    export_agent(make(m_options.root + "/agent"));
    for (std::size_t i = 0; i < m_application.elements.size(); ++i) {
        const auto index = static_cast<std::uint8_t>(i);
        export_element(make(element_path(index)), index);
    }
}

// [BLUEZ-6]
void Core::check_sender(sdbus::IObject& object) const {
    const auto message = object.getCurrentlyProcessedMessage();
    const char* const sender = message.getSender();
    const std::lock_guard lock(m_mutex);
    if (sender == nullptr || m_owner.empty() || m_owner != sender)
        throw refusal("org.freedesktop.DBus.Error.AccessDenied", "only the mesh daemon may");
}

void Core::export_application(sdbus::IObject& object) {
    object
        .addVTable(
            sdbus::registerProperty("CompanyID").withGetter([this] {
                return m_application.company;
            }),
            sdbus::registerProperty("ProductID").withGetter([this] {
                return m_application.product;
            }),
            sdbus::registerProperty("VersionID").withGetter([this] {
                return m_application.version;
            }),
            sdbus::registerProperty("CRPL").withGetter(
                [this] { return m_application.replay_list_min; }),
            sdbus::registerMethod("JoinComplete").implementedAs([this, &object](Token token) {
                check_sender(object);
                join_complete(token);
            }),
            sdbus::registerMethod("JoinFailed")
                .implementedAs([this, &object](const std::string& reason) {
                    check_sender(object);
                    join_failed(reason);
                }))
        .forInterface(application_interface);
}

void Core::export_provisioner(sdbus::IObject& object) {
    object
        .addVTable(
            sdbus::registerMethod("ScanResult")
                .implementedAs([this, &object](std::int16_t rssi, const ByteArray& data,
                                               const Dictionary& options) {
                    check_sender(object);
                    m_events.push(to_scan_result(rssi, data, options));
                }),
            sdbus::registerMethod("RequestProvData")
                .implementedAs([this, &object](std::uint8_t elements) {
                    check_sender(object);
                    const auto place = place_node(elements);
                    return std::make_tuple(place.network, place.address);
                }),
            sdbus::registerMethod("AddNodeComplete")
                .implementedAs(
                    [this, &object](const ByteArray& uuid, Address address, std::uint8_t elements) {
                        check_sender(object);
                        m_events.push(NodeAdded{to_id<DeviceUuid>(uuid), address, elements});
                    }),
            sdbus::registerMethod("AddNodeFailed")
                .implementedAs([this, &object](const ByteArray& uuid, const std::string& reason) {
                    check_sender(object);
                    m_events.push(NodeNotAdded{to_id<DeviceUuid>(uuid), reason});
                }))
        .forInterface(provisioner_interface);
}

void Core::export_agent(sdbus::IObject& object) {
    object
        .addVTable(sdbus::registerProperty("Capabilities").withGetter([this] {
            std::vector<std::string> able;
            if (!m_application.static_oob.empty()) able.emplace_back("static-oob");
            return able;
        }),
                   sdbus::registerMethod("PromptStatic")
                       .implementedAs([this, &object](const std::string& type) {
                           check_sender(object);
                           if (type != "static-oob" || m_application.static_oob.empty())
                               throw refusal("org.bluez.mesh.Error.Failed", "nobody is asked");
                           return to_array(m_application.static_oob.view());
                       }),
                   sdbus::registerMethod("Cancel").implementedAs([] {}))
        .forInterface(agent_interface);
}

void Core::export_element(sdbus::IObject& object, std::uint8_t index) {
    const auto& element = m_application.elements[index];
    object
        .addVTable(
            sdbus::registerProperty("Index").withGetter([index] { return index; }),
            sdbus::registerProperty("Location").withGetter([&element] { return element.location; }),
            sdbus::registerProperty("Models").withGetter(
                [&element] { return sig_models(element); }),
            sdbus::registerProperty("VendorModels").withGetter([&element] {
                return vendor_models(element);
            }),
            sdbus::registerMethod("MessageReceived")
                .implementedAs([this, &object, index](Address source, KeyIndex key,
                                                      const sdbus::Variant& destination,
                                                      ByteArray data) {
                    check_sender(object);
                    check_size(data);
                    m_events.push(
                        Message{source, key, to_destination(destination), index, std::move(data)});
                }),
            sdbus::registerMethod("DevKeyMessageReceived")
                .implementedAs([this, &object, index](Address source, bool remote, KeyIndex network,
                                                      ByteArray data) {
                    check_sender(object);
                    check_size(data);
                    device_key_message({source, remote, network, index, std::move(data)});
                }),
            sdbus::registerMethod("UpdateModelConfiguration")
                .implementedAs(
                    [this, &object, index](std::uint16_t model, const Dictionary& values) {
                        check_sender(object);
                        m_events.push(to_configuration(index, model, values));
                    }))
        .forInterface(element_interface);
}

} // namespace torgo::bluez
