#pragma once

#include "env/file_system.hpp"
#include "env/random.hpp"
#include "envelope/keys.hpp"
#include "reading/plan.hpp"
#include "uplink/mesh_setup.hpp"
#include "uplink/sensor_link.hpp"

#include <memory>
#include <string>

namespace torgo::uplink {

/// The address of every gateway.
inline constexpr Address gateway_address = 1;

/// The mesh's keys at the gateway, which are made where they are not there.
/// errors  those of the file system; `corrupt`
Result<MeshKeys> load_mesh_keys(env::FileSystem& files, env::Random& random,
                                const std::string& path);

/// [READING-26] What a sensor was told when it was made known to its gateway, and what it must not
/// forget: one secret file, which is replaced as a whole. Two sensors with one card would give
/// numbers twice.
class Card final : public SensorStore {
public:
    struct Content {
        envelope::Provision provision; ///< its gateway_key follows from the key itself
        Bytes gateway_key;             ///< public
        reading::Plan plan;
        Address address = 0;
        MeshKeys mesh;
        envelope::NumberMarks marks{};
    };

    /// A new card in a file that is not there yet. errors  `exists`, those of the file system
    static Result<> make(env::FileSystem& files, const std::string& path, const Content& content);

    /// errors  `corrupt`, `unsupported`, those of the file system
    static Result<std::unique_ptr<Card>> load(env::FileSystem& files, std::string path);

    Result<> save(const envelope::NumberMarks& marks) override;
    Result<> save_secret(const crypto::SecretBytes& next) override;

    const Content& content() const noexcept { return m_content; }

    /// A copy for SensorLink.
    envelope::Provision provision() const;

private:
    Card(env::FileSystem& files, std::string path, Content content)
        : m_files(files), m_path(std::move(path)), m_content(std::move(content)) {}

    env::FileSystem& m_files;
    std::string m_path;
    Content m_content;
};

} // namespace torgo::uplink
