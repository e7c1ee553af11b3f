#pragma once

#include "base/error.hpp"
#include "env/file_system.hpp"
#include "peer/invite.hpp"

#include <string>
#include <vector>

/// What lies in a node's folder beside the store (docs/spec/node.md).
namespace torgo::node {

class NodeFolder {
public:
    explicit NodeFolder(std::string path) : m_path(std::move(path)) {}

    const std::string& path() const { return m_path; }
    std::string identity() const { return m_path + "/identity"; }
    std::string lock() const { return m_path + "/lock"; }
    std::string addresses() const { return m_path + "/addresses"; }
    std::string onion_key() const { return m_path + "/onion.key"; }
    std::string onion_socket() const { return m_path + "/onion.sock"; }
    std::string age() const { return m_path + "/age"; }
    std::string keep() const { return m_path + "/keep"; }
    std::string audits() const { return m_path + "/audits"; }
    std::string tor() const { return m_path + "/tor"; }

private:
    std::string m_path;
};

/// How a node is reached: one address a line.
Result<> save_addresses(env::FileSystem& files, const NodeFolder& folder,
                        const std::vector<peer::Address>& addresses);

/// errors  `not_found` when no daemon has served the folder yet; `corrupt`
Result<std::vector<peer::Address>> load_addresses(env::FileSystem& files, const NodeFolder& folder);

} // namespace torgo::node
