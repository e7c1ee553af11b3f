#include "tor/own_tor.hpp"

#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "tor/control.hpp"
#include "tor/control_reply.hpp"

#include <algorithm>
#include <utility>

namespace torgo::tor {

namespace {

/// sockaddr_un::sun_path has 108 bytes, the last a NUL.
constexpr std::size_t max_socket_path = 107;
constexpr std::size_t max_log_read = 1_MiB;
constexpr std::size_t told_log_lines = 3;
/// Tor tells nobody that its sockets are there: they are looked for this often.
constexpr std::int64_t look_interval_ns = 20'000'000;

std::string last_lines(std::string_view text) {
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    auto at = text.size();
    for (std::size_t i = 0; i < told_log_lines && at != std::string_view::npos && at > 0; ++i)
        at = text.rfind('\n', at - 1);
    return std::string(at == std::string_view::npos ? text : text.substr(at + (at > 0 ? 1 : 0)));
}

std::string log_end(env::FileSystem& files, const OwnTor& tor) {
    const auto content = env::read_file(files, tor.log_path(), max_log_read);
    return content ? last_lines(as_text(*content)) : tor.log_path();
}

/// A folder without leftovers that would be taken for signs of the new tor.
Result<> prepare_folder(const env::World& world, const OwnTor& tor, env::Deadline deadline) {
    auto& files = *world.files;
    CHECK_OK(env::make_directories(files, env::parent_path(tor.folder)));
    CHECK_OK(files.make_directory(tor.folder, true));
    if (world.network->connect({tor.control_path(), 0}, deadline, {}))
        return fail(Errc::exists, "a tor runs in " + tor.folder + " already");
    for (const auto& path : {tor.control_path(), tor.socks_path(), tor.cookie_path()}) {
        const auto removed = files.remove(path);
        if (!removed && removed.error().code() != Errc::not_found) return removed;
    }
    TRY(const auto text, torrc_text(tor, world.processes->own_id()));
    return env::write_file_atomically(files, tor.torrc_path(), as_bytes(text), true);
}

/// Whether the sockets and the cookie are there, by trying.
std::unique_ptr<env::Stream> try_control(const env::World& world, const OwnTor& tor,
                                         env::Deadline deadline) {
    const auto cookie = world.files->status(tor.cookie_path());
    if (!cookie || cookie->size != cookie_size) return nullptr;
    auto stream = world.network->connect({tor.control_path(), 0}, deadline, {});
    return stream ? std::move(*stream) : nullptr;
}

} // namespace

Result<> check(const OwnTor& tor) {
    if (!tor.folder.starts_with('/'))
        return fail(Errc::invalid_argument, "tor's folder must be an absolute path");
    if (tor.control_path().size() > max_socket_path)
        return fail(Errc::invalid_argument, "too long a path for the sockets of tor (at most 99 "
                                            "bytes): " +
                                                tor.folder);
    for (const auto& line : tor.torrc_lines)
        CHECK_OK(quote(line));
    CHECK_OK(quote(tor.folder));
    return {};
}

Result<std::string> torrc_text(const OwnTor& tor, std::int64_t owner) {
    CHECK_OK(check(tor));
    TRY(const auto data, quote(tor.folder + "/data"));
    TRY(const auto cookie, quote(tor.cookie_path()));
    TRY(const auto control, quote(tor.control_path()));
    TRY(const auto socks, quote(tor.socks_path()));
    std::string out = "# Written anew at each start.\n";
    for (const auto& line : tor.torrc_lines)
        out += line + "\n";
    out += "DataDirectory " + data + "\n";
    out += "ControlPort unix:" + control + "\n";
    out += "CookieAuthentication 1\n";
    out += "CookieAuthFile " + cookie + "\n";
    // Extended errors tell a service that is down from a client that is not allowed.
    out += "SocksPort unix:" + socks + " ExtendedErrors\n";
    // Until TAKEOWNERSHIP: if this program dies before, tor ends within 15 s.
    out += "__OwningControllerProcess " + std::to_string(owner) + "\n";
    out += "ClientOnly 1\n";
    // A backup that comes once a week finds tor awake.
    out += "DormantCanceledByStartup 1\n";
    out += "Log notice stdout\n";
    return out;
}

Result<LaunchedTor> launch(const env::World& world, const OwnTor& tor, env::Deadline deadline,
                           const std::stop_token& stop) {
    CHECK_OK(check(tor));
    CHECK_OK(prepare_folder(world, tor, deadline));
    LaunchedTor out;
    TRY(out.process, world.processes->start({tor.program, "-f", tor.torrc_path()}, tor.log_path()));
    for (;;) {
        if (stop.stop_requested()) return fail(Errc::cancelled, "starting tor was stopped");
        TRY(const auto ended, out.process->poll());
        if (ended)
            return fail(Errc::unavailable, "tor ended with status " + std::to_string(*ended) +
                                               ": " + log_end(*world.files, tor));
        out.control = try_control(world, tor, deadline);
        if (out.control != nullptr) return out;
        if (world.clock->monotonic_ns() >= deadline)
            return fail(Errc::timeout,
                        "tor does not open its control socket: " + log_end(*world.files, tor));
        world.clock->sleep_ns(look_interval_ns);
    }
}

} // namespace torgo::tor
