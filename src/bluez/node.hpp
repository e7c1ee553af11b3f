#pragma once

// An attached node: what it sends, and the keys that it manages.

#include "bluez/config.hpp"
#include "bluez/types.hpp"
#include "env/network.hpp"

#include <cstdint>
#include <string>

namespace torgo::bluez {

class Core;

struct SendOptions {
    bool force_segmented = false; ///< acknowledged by the receiver, even when it is short
};

/// The keys and devices that the daemon knows for this node. Borrows the Client. Errors as there.
class Management {
public:
    Management(Core& core, std::string path) : m_core(&core), m_path(std::move(path)) {}

    /// Listens for unprovisioned devices; each comes as ScanResult.
    /// in      `seconds` 0: until add_node or cancel_scan
    Result<> scan(std::uint16_t seconds, env::Deadline deadline) const;
    Result<> cancel_scan(env::Deadline deadline) const;

    /// Provisions a device; NodeAdded or NodeNotAdded follows, within a minute.
    Result<> add_node(const DeviceUuid& uuid, env::Deadline deadline) const;

    /// All of these change what this daemon knows, and tell nobody.
    Result<> create_subnet(KeyIndex network, env::Deadline deadline) const;
    Result<> import_subnet(KeyIndex network, const crypto::SecretBytes& key,
                           env::Deadline deadline) const;
    Result<> update_subnet(KeyIndex network, env::Deadline deadline) const;
    Result<> delete_subnet(KeyIndex network, env::Deadline deadline) const;
    /// in      `phase` 0 cancel, 2 use the new key, 3 forget the old one
    Result<> set_key_phase(KeyIndex network, std::uint8_t phase, env::Deadline deadline) const;
    Result<> create_application_key(KeyIndex network, KeyIndex application,
                                    env::Deadline deadline) const;
    Result<> import_application_key(KeyIndex network, KeyIndex application,
                                    const crypto::SecretBytes& key, env::Deadline deadline) const;
    Result<> update_application_key(KeyIndex application, env::Deadline deadline) const;
    Result<> delete_application_key(KeyIndex application, env::Deadline deadline) const;
    Result<> import_remote_node(Address primary, std::uint8_t elements,
                                const crypto::SecretBytes& device_key,
                                env::Deadline deadline) const;
    Result<> delete_remote_node(Address primary, std::uint8_t elements,
                                env::Deadline deadline) const;

    Result<ExportedKeys> export_keys(env::Deadline deadline) const;

private:
    Core* m_core;
    std::string m_path;
};

/// Borrows the Client. Errors as there.
class Node {
public:
    Node(Core& core, std::string path) : m_core(&core), m_path(std::move(path)) {}

    Management management() const { return {*m_core, m_path}; }

    /// Sends a message of one of this node's elements. Returns when the daemon has it, not when
    /// somebody has received it.
    /// in      `data` 1 … message_size_max bytes, opcode first
    Result<> send(std::uint8_t element, Address destination, KeyIndex application_key,
                  ByteView data, env::Deadline deadline, SendOptions options = {}) const;

    /// The same under a device key: of the destination where `remote`, else this node's own.
    Result<> send_with_device_key(std::uint8_t element, Address destination, bool remote,
                                  KeyIndex network, ByteView data, env::Deadline deadline,
                                  SendOptions options = {}) const;

    /// Sends where the model was told to publish (set_publication).
    Result<> publish(std::uint8_t element, const ModelId& model, ByteView data,
                     env::Deadline deadline, SendOptions options = {}) const;

    /// Asks a configuration server (maybe this node's own) and waits for its answer; asks again
    /// now and then, since the mesh may lose either. The answer does not become an event.
    /// out     the answer behind opcode and status
    /// errors  those of check_answer as well
    Result<Bytes> ask(Address destination, const ConfigMessage& question,
                      env::Deadline deadline) const;

    /// Gives a node an application key that the daemon knows, and waits for its consent.
    Result<> add_application_key(Address destination, KeyIndex application, bool update,
                                 env::Deadline deadline) const;

    /// The same for a network key.
    Result<> add_network_key(Address destination, KeyIndex network, bool update,
                             env::Deadline deadline) const;

    Result<NodeState> state(env::Deadline deadline) const;

private:
    Result<> check(std::uint8_t element, ByteView data) const;

    Core* m_core;
    std::string m_path;
};

} // namespace torgo::bluez
