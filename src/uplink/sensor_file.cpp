#include "uplink/sensor_file.hpp"

#include "base/codec.hpp"
#include "envelope/secret_writer.hpp"

#include <algorithm>
#include <utility>

namespace torgo::uplink {

namespace {
constexpr std::string_view magic = "TGRGWS1\n";
constexpr std::size_t part_max = 512;
constexpr std::size_t file_max = 2048;

Result<ByteView> get_part(Reader& in) {
    TRY(const auto size, in.get<std::uint16_t>());
    if (size > part_max) return fail(Errc::limit_exceeded, "a sensor's file with too large a part");
    return in.raw(size);
}
} // namespace

reading::Plan usual_plan() {
    reading::Plan out;
    for (const auto& profile : reading::profiles())
        out.profiles[profile.id - 1U] = profile.id;
    return out;
}

SensorFile::SensorFile(env::FileSystem& files, std::string path, envelope::Provision provision,
                       const reading::Plan& plan)
    : m_files(files),
      m_path(std::move(path)),
      m_plan(plan),
      m_enrolment(std::move(provision)),
      m_session(envelope::Side::gateway, envelope::Numbers(*this, m_marks, gateway_block)) {}

Result<> SensorFile::write() {
    const auto enrolment = m_enrolment.encode();
    const auto session = m_session.save();
    envelope::SecretWriter out(file_max);
    out.raw(as_bytes(magic)).put(m_address).raw(m_plan.profiles);
    out.put(m_marks.shorts).put(m_marks.longs).put(m_marks.epoch);
    out.put(static_cast<std::uint16_t>(enrolment.size())).raw(enrolment.view());
    out.put(static_cast<std::uint16_t>(session.size())).raw(session.view());
    const auto content = out.take();
    return env::write_file_atomically(m_files, m_path, content.view(), /*secret=*/true);
}

void SensorFile::end_session() {
    m_session = envelope::Session(envelope::Side::gateway,
                                  envelope::Numbers(*this, m_marks, gateway_block));
}

Result<> SensorFile::save(const envelope::NumberMarks& marks) {
    const auto before = std::exchange(m_marks, marks);
    auto written = write();
    if (!written) m_marks = before;
    return written;
}

Result<std::unique_ptr<SensorFile>> SensorFile::load(env::FileSystem& files, std::string path) {
    TRY(auto bytes, env::read_file(files, path, file_max));
    const auto content = crypto::SecretBytes::copy_of(bytes);
    crypto::wipe(bytes);
    auto out = parse(files, path, content);
    if (!out) return fail(out.error().code(), path + ": " + out.error().detail());
    return out;
}

Result<std::unique_ptr<SensorFile>> SensorFile::parse(env::FileSystem& files,
                                                      const std::string& path,
                                                      const crypto::SecretBytes& content) {
    Reader in(content.view());
    TRY(const auto found, in.raw(magic.size()));
    if (!std::ranges::equal(found, as_bytes(magic)))
        return fail(Errc::unsupported, "no sensor's file of this version");
    TRY(const auto address, in.get<Address>());
    reading::Plan plan;
    TRY(const auto profiles, in.raw(plan.profiles.size()));
    std::ranges::copy(profiles, plan.profiles.begin());
    envelope::NumberMarks marks;
    TRY(marks.shorts, in.get<std::uint64_t>());
    TRY(marks.longs, in.get<std::uint64_t>());
    TRY(marks.epoch, in.get<std::uint32_t>());
    TRY(const auto enrolment, get_part(in));
    TRY(const auto session, get_part(in));
    CHECK_OK(in.done());
    // A secret of the right size, until the stored one takes its place.
    envelope::Provision none{.sensor = 0,
                             .gateway_key = {},
                             .secret = crypto::SecretBytes(envelope::shared_secret_size)};
    auto out = std::make_unique<SensorFile>(files, path, std::move(none), plan);
    out->m_address = address;
    out->m_marks = marks;
    TRY(out->m_enrolment, envelope::Enrolment::decode(enrolment));
    TRY(out->m_session,
        envelope::Session::restore(session, envelope::Numbers(*out, marks, gateway_block)));
    return out;
}

} // namespace torgo::uplink
