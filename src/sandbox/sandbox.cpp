// The outer side. Everything that comes from inside is hostile: lengths are checked before memory
// is taken, and the output is read on, so that nobody waits for room, but kept only to a limit.
#include "sandbox/sandbox.hpp"

#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "sandbox/plan.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace torgo::sandbox {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t start_limit_ns = 20'000 * ns_per_ms;
constexpr std::int64_t end_limit_ns = 5'000 * ns_per_ms;   ///< from the end's begin to the end
constexpr std::int64_t stop_look_ns = 50 * ns_per_ms;      ///< between looks at the stop token
constexpr std::int64_t forever_ns = 3'600'000 * ns_per_ms; ///< one wait of the thread for output
constexpr std::size_t head_size = 4;
constexpr std::size_t read_size = 64_KiB;
constexpr std::size_t map_size_max = 4_KiB;
constexpr std::string_view cut_mark = "\n[output cut here]\n";

/// Users that stand in no list, one for each process that runs at the same time: a limit of
/// processes counts those of a user.
constexpr std::uint32_t first_user = 2'000'000'000;
constexpr std::uint32_t users_per_process = 32;

/// Is this process in no user namespace, or in one of all users?
bool has_all_users(const env::World& world) {
    const auto file = world.files->open_read("/proc/self/uid_map");
    if (!file) return false;
    Bytes map(map_size_max); // a file of /proc has no size to ask for
    const auto got = (*file)->read_at(0, map);
    return as_text(ByteView(map).first(got.value_or(0))).contains("4294967295");
}

/// The user to become inside, when this one is root of the machine. Others, and a root that has
/// only some users, get a user namespace.
std::optional<std::uint32_t> user_inside(const env::World& world) {
    static std::atomic<std::uint32_t> next = 0;
    if (::geteuid() != 0) return {};
    if (!has_all_users(world)) return {};
    const auto own = static_cast<std::uint32_t>(world.processes->own_id());
    constexpr std::uint32_t ids = 1U << 22U; // the most that Linux gives
    return first_user + own % ids * users_per_process + next++ % users_per_process;
}

std::string status_in_words(int status) {
    constexpr int signal_base = 128;
    if (status <= signal_base) return "with status " + std::to_string(status);
    std::string words = "by signal " + std::to_string(status - signal_base);
    constexpr std::array known = {std::pair{6, " (abort)"},
                                  std::pair{9, " (killed; perhaps a limit)"},
                                  std::pair{11, " (memory fault)"},
                                  std::pair{24, " (limit of processor time)"},
                                  std::pair{25, " (limit of a file's size)"},
                                  std::pair{31, " (forbidden system call)"}};
    for (const auto& [signal, meaning] : known)
        if (signal == status - signal_base) words += meaning;
    return words;
}

std::size_t frame_size(ByteView head) {
    std::size_t size = 0;
    for (const auto byte : head.first(head_size))
        size = size << 8U | byte;
    return size;
}

/// What can be done where bubblewrap or the inner step failed, by what they wrote.
std::string advice(std::string_view output) {
    if (output.contains("shared libraries"))
        return "; TORGO's own libraries are neither below /usr nor beside the program";
    if (output.contains("/ slave"))
        return "; this is a chroot whose root is no mount point (mount --bind it onto itself)";
    if (output.contains("namespace") || output.contains("uid map") || output.contains("RTM_"))
        return "; the system must allow user namespaces (kernel.unprivileged_userns_clone=1, "
               "user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns=0; in a "
               "container its own rules)";
    return "";
}

std::string missing_layers(const Layers& layers) {
    const auto words = text(layers);
    const auto at = words.find("without ");
    return at == std::string::npos ? words : words.substr(at);
}

} // namespace

Sandbox::Sandbox(const env::World& world, env::Connected process)
    : m_world(world), m_process(std::move(process)), m_drain([this] { drain(); }) {}

Sandbox::~Sandbox() {
    kill();
    m_drain.join();
}

Result<std::unique_ptr<Sandbox>> Sandbox::start(const env::World& world, const Program& program,
                                                const Setup& setup) {
    CHECK_OK(check(setup));
    std::vector<Bytes> contents;
    for (const auto& file : setup.files)
        contents.push_back(file.content);
    const auto words = outer_words(program, setup, user_inside(world));
    auto process = world.processes->start_connected(words, contents);
    if (!process && process.error().code() == Errc::not_found)
        return fail(Errc::unsupported,
                    std::string("no ") + bwrap_path + "; install the package bubblewrap");
    if (!process) return std::unexpected(std::move(process).error());
    std::unique_ptr<Sandbox> out(new Sandbox(world, *std::move(process)));
    CHECK_OK(out->begin());
    return out;
}

/// Waits for the first frame, which the inner step sends.
Result<> Sandbox::begin() {
    const auto deadline = m_world.clock->monotonic_ns() + start_limit_ns;
    auto frame = receive(deadline);
    if (!frame) return std::unexpected(explain_start(std::move(frame).error()));
    TRY(m_layers, decode_layers(*frame));
    if (m_layers.hold()) return {};
    return fail(Errc::unsupported, "this sandbox would not hold: " + missing_layers(m_layers));
}

/// The error of a sandbox that ended before its first frame, with what was written.
Error Sandbox::explain_start(Error error) {
    if (error.code() != Errc::unavailable) return std::move(error).with("starting a sandbox");
    auto output = take_output();
    while (output.ends_with('\n'))
        output.pop_back();
    auto code = output.contains("torgo: ") ? Errc::unavailable : Errc::unsupported;
    if (output.contains("source path")) code = Errc::not_found;
    return {code,
            "starting a sandbox: " + (output.empty() ? error.detail() : output) + advice(output)};
}

/// Reads until `size` bytes of a frame are there.
Result<> Sandbox::fill(std::size_t size, env::Deadline deadline, const std::stop_token& stop) {
    while (m_pending.size() < size) {
        if (m_killed || stop.stop_requested()) return fail(Errc::cancelled, "the wait was ended");
        const auto now = m_world.clock->monotonic_ns();
        const auto had = m_pending.size();
        m_pending.resize(had + std::min(size - had, read_size));
        const auto got = m_process.socket->read_some(ByteSpan(m_pending).subspan(had),
                                                     std::min(deadline, now + stop_look_ns));
        m_pending.resize(had + got.value_or(0));
        if (!got && got.error().code() == Errc::timeout && now < deadline) continue;
        if (!got && got.error().code() == Errc::unavailable) return std::unexpected(ended());
        if (!got) return std::unexpected(got.error());
        if (*got == 0) return std::unexpected(ended());
    }
    return {};
}

Result<std::string> Sandbox::receive(env::Deadline deadline, const std::stop_token& stop) {
    if (m_broken) return fail(Errc::limit_exceeded, "a frame was too large; there are no more");
    CHECK_OK(fill(head_size, deadline, stop));
    const auto size = frame_size(m_pending);
    if (size > frame_max) {
        m_broken = true;
        return fail(Errc::limit_exceeded, "a frame of " + std::to_string(size) + " bytes");
    }
    CHECK_OK(fill(head_size + size, deadline, stop));
    std::string out(as_text(ByteView(m_pending).subspan(head_size)));
    m_pending.clear();
    return out;
}

Result<> Sandbox::send(std::string_view frame, env::Deadline deadline) {
    if (frame.size() > frame_max) return fail(Errc::limit_exceeded, "too large a frame to send");
    if (m_send_broken) return fail(Errc::unavailable, "a frame before was not sent to its end");
    Bytes bytes;
    bytes.reserve(head_size + frame.size());
    for (std::size_t at = head_size; at-- > 0;)
        bytes.push_back(static_cast<std::uint8_t>(frame.size() >> (8 * at)));
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    auto sent = m_process.socket->write(bytes, deadline);
    m_send_broken = !sent;
    if (!sent && sent.error().code() == Errc::unavailable) return std::unexpected(ended());
    return sent;
}

/// Why there is nothing more on the socket: how the process ended, once it has.
Error Sandbox::ended() {
    const auto deadline = m_world.clock->monotonic_ns() + end_limit_ns;
    const auto status = m_process.process->wait(deadline);
    await_output_end(deadline);
    if (!status) return status.error();
    if (!*status) return {Errc::unavailable, "the process closed its socket"};
    return {Errc::unavailable, "the process ended " + status_in_words(**status)};
}

/// The thread that reads the output, to its end.
void Sandbox::drain() {
    Bytes part(read_size);
    for (;;) {
        const auto got =
            m_process.output->read_some(part, m_world.clock->monotonic_ns() + forever_ns);
        if (!got && got.error().code() == Errc::timeout) continue;
        const std::lock_guard lock(m_mutex);
        if (!got || *got == 0) {
            m_output_open = false;
            m_output_ended.notify_all();
            return;
        }
        const auto room = output_max - std::min(output_max, m_output_seen);
        m_output += as_text(ByteView(part).first(std::min(room, *got)));
        if (*got > room && m_output_seen <= output_max) m_output += cut_mark;
        m_output_seen += *got;
    }
}

void Sandbox::await_output_end(env::Deadline deadline) {
    const auto left = std::chrono::nanoseconds(deadline - m_world.clock->monotonic_ns());
    std::unique_lock lock(m_mutex);
    m_output_ended.wait_for(lock, left, [this] { return !m_output_open; });
}

std::string Sandbox::take_output() {
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_output, {});
}

void Sandbox::kill() noexcept {
    m_killed = true;
    const std::lock_guard lock(m_kill_mutex);
    // The first process inside ends when the socket does, and the kernel ends the others before
    // bubblewrap hears of it.
    m_process.socket->close();
    (void)m_process.process->wait(m_world.clock->monotonic_ns() + end_limit_ns);
    m_process.process->kill();
    await_output_end(m_world.clock->monotonic_ns() + end_limit_ns);
    m_process.output->close();
}

Result<Layers> probe(const env::World& world, const Program& program) {
    Setup setup;
    setup.arguments = {"true"};
    TRY(const auto sandbox, Sandbox::start(world, program, setup));
    return sandbox->layers();
}

} // namespace torgo::sandbox
