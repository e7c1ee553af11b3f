#pragma once

#include "env/file_system.hpp"
#include "envelope/enrolment.hpp"
#include "envelope/session.hpp"
#include "reading/plan.hpp"
#include "uplink/outbound.hpp"

#include <memory>
#include <string>

namespace torgo::uplink {

/// Numbers that a gateway may give before it writes to the disk again.
inline constexpr std::uint64_t gateway_block = 4096;

/// What every sensor has where nothing else is agreed on: a slot for each profile, by its number.
reading::Plan usual_plan();

/// [READING-25] All that a gateway keeps of one sensor, in one secret file that is replaced as a
/// whole: so an answer can never be there without the keys that it stands for.
class SensorFile final : public envelope::NumberStore {
public:
    /// A sensor that was made known just now; not written yet.
    SensorFile(env::FileSystem& files, std::string path, envelope::Provision provision,
               const reading::Plan& plan);

    SensorFile(const SensorFile&) = delete;
    SensorFile& operator=(const SensorFile&) = delete;

    /// errors  `corrupt`, `unsupported`, those of the file system
    static Result<std::unique_ptr<SensorFile>> load(env::FileSystem& files, std::string path);

    /// Durable when it returns.
    Result<> write();

    Result<> save(const envelope::NumberMarks& marks) override;

    /// Forgets the keys, in memory: the sensor has to begin an exchange.
    void end_session();

    std::uint64_t sensor() const noexcept { return m_enrolment.sensor(); }

    envelope::Enrolment& enrolment() noexcept { return m_enrolment; }

    envelope::Session& session() noexcept { return m_session; }

    const reading::Plan& plan() const noexcept { return m_plan; }

    /// Where it was heard from when it last proved itself; 0: nowhere yet.
    Address address() const noexcept { return m_address; }

    void set_address(Address address) noexcept { m_address = address; }

private:
    static Result<std::unique_ptr<SensorFile>>
    parse(env::FileSystem& files, const std::string& path, const crypto::SecretBytes& content);

    env::FileSystem& m_files;
    std::string m_path;
    reading::Plan m_plan;
    Address m_address = 0;
    envelope::NumberMarks m_marks;
    envelope::Enrolment m_enrolment;
    envelope::Session m_session;
};

} // namespace torgo::uplink
