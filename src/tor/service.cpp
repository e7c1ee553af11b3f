// One connection to tor's control port carries everything: what is asked, what tor tells, and the
// life of the onion service and of a tor of our own, which both end with it. So a node that dies
// leaves nothing behind that answers in its name.
#include "tor/service.hpp"

#include "base/ensure.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "tor/onion_key.hpp"
#include "tor/onion_network.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace torgo::tor {

namespace {

constexpr unsigned bootstrapped = 100;
/// A descriptor goes to 16 directories of the public network (two periods of 2 × 4), to 8 of the
/// smallest private one. A client asks any three of them, so nearly all should have it.
constexpr unsigned uploads_min = 4;
constexpr std::int64_t end_look_interval_ns = 5'000'000;
/// Before this one a rendezvous point could pose as the service (tor's bug 41297).
constexpr std::array<unsigned, 4> safe_version{0, 4, 9, 11};

std::optional<unsigned> to_number(std::string_view text) {
    unsigned value = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

/// "0.4.9.11" or "0.4.9.3-alpha (git-…)".
std::optional<std::array<unsigned, 4>> parse_version(std::string_view text) {
    std::array<unsigned, 4> out{};
    for (auto& part : out) {
        const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
        const auto value = to_number(text.substr(0, digits));
        if (!value) return std::nullopt;
        part = *value;
        text.remove_prefix(digits);
        if (text.starts_with('.')) text.remove_prefix(1);
    }
    return out;
}

/// `unix:/path`, `unix:"/path"` or `127.0.0.1:9050`, as GETINFO net/listeners/socks quotes them.
std::optional<env::Endpoint> parse_listener(std::string_view text) {
    static constexpr std::string_view unix_prefix = "unix:";
    env::Endpoint out;
    if (text.starts_with(unix_prefix)) {
        out.host = text.substr(unix_prefix.size());
    } else {
        const auto colon = text.rfind(':');
        if (colon == std::string_view::npos) return std::nullopt;
        const auto port = to_number(text.substr(colon + 1));
        if (!port || *port == 0 || *port > UINT16_MAX) return std::nullopt;
        out = {std::string(text.substr(0, colon)), static_cast<std::uint16_t>(*port)};
    }
    return is_local(out) ? std::optional(out) : std::nullopt;
}

} // namespace

std::string_view name(State state) noexcept {
    switch (state) {
    case State::down:
        return "down";
    case State::connecting:
        return "connecting";
    case State::bootstrapping:
        return "bootstrapping";
    case State::ready:
        return "ready";
    case State::publishing:
        return "publishing";
    case State::published:
        return "published";
    }
    return "unknown";
}

std::string version_warning(std::string_view version) {
    const auto parsed = parse_version(version);
    if (parsed && *parsed >= safe_version) return {};
    return "tor " + std::string(version) +
           " has known holes: a relay can pose as an onion service; use 0.4.9.11 or later";
}

Result<std::unique_ptr<Service>> Service::make(const env::World& world, ServiceOptions options) {
    if (const auto* own = std::get_if<OwnTor>(&options.tor)) CHECK_OK(check(*own));
    if (const auto* running = std::get_if<RunningTor>(&options.tor);
        running != nullptr && !is_local(running->control))
        return fail(Errc::invalid_argument, "tor's control port must be on this machine");
    if (options.onion && !is_local(options.onion->target))
        return fail(Errc::invalid_argument, "an onion service must lead to this machine");
    if (options.onion && options.onion->port == 0)
        return fail(Errc::invalid_argument, "there is no port 0");
    return std::unique_ptr<Service>(new Service(world, std::move(options)));
}

Service::Service(const env::World& world, ServiceOptions options)
    : m_world(world), m_options(std::move(options)) {
    ENSURE(world.clock != nullptr && world.random != nullptr && world.files != nullptr &&
           world.network != nullptr && world.processes != nullptr);
}

Service::~Service() {
    go_down({});
}

Result<> Service::start(env::Deadline deadline) {
    go_down({});
    auto connected = connect(deadline);
    if (!connected) go_down(connected.error().detail());
    return connected;
}

Result<> Service::connect(env::Deadline deadline) {
    {
        const std::lock_guard lock(m_mutex);
        m_status.state = State::connecting;
        m_uploads_begun = 0;
        m_uploads_done = 0;
    }
    CHECK_OK(open_control(deadline));
    CHECK_OK_WITH("speaking with tor", authenticate(deadline));
    m_control->on_event([this](const Reply& event) { take_event(event); });
    if (m_process != nullptr) CHECK_OK(m_control->take_ownership(deadline));
    TRY(const auto version, m_control->get_info("version", deadline));
    m_warning = version_warning(version);
    CHECK_OK(find_socks(deadline));
    // Before the service is asked for: no upload may go unseen.
    CHECK_OK(m_control->command("SETEVENTS STATUS_CLIENT HS_DESC CIRC", deadline));
    CHECK_OK(find_circuits(deadline));
    if (m_options.onion) CHECK_OK_WITH("making the onion service", publish(deadline));
    TRY(const auto phase, m_control->get_info("status/bootstrap-phase", deadline));
    TRY(const auto words, split_words(phase));
    take_bootstrap(words);
    return {};
}

Result<> Service::open_control(env::Deadline deadline) {
    std::unique_ptr<env::Stream> stream;
    if (const auto* own = std::get_if<OwnTor>(&m_options.tor)) {
        TRY(auto launched, launch(m_world, *own, deadline, m_stop.get_token()));
        m_process = std::move(launched.process);
        stream = std::move(launched.control);
    } else {
        TRY(stream,
            m_world.network->connect(std::get<RunningTor>(m_options.tor).control, deadline, {}));
    }
    const std::lock_guard lock(m_mutex);
    if (m_stop.stop_requested()) return fail(Errc::cancelled, "tor is being stopped");
    m_control = std::make_shared<Control>(std::move(stream), *m_world.random);
    return {};
}

Result<> Service::authenticate(env::Deadline deadline) {
    if (const auto* running = std::get_if<RunningTor>(&m_options.tor))
        return authenticate_to(*running, deadline);
    const auto path = std::get<OwnTor>(m_options.tor).cookie_path();
    TRY(const auto cookie, env::read_file(*m_world.files, path, cookie_size));
    return m_control->authenticate(cookie, deadline);
}

Result<> Service::authenticate_to(const RunningTor& tor, env::Deadline deadline) {
    TRY(const auto info, m_control->protocol_info(deadline));
    if (info.offers("SAFECOOKIE")) {
        const auto& path = tor.cookie_path.empty() ? info.cookie_file : tor.cookie_path;
        TRY(const auto cookie, env::read_file(*m_world.files, path, cookie_size));
        return m_control->authenticate(cookie, deadline);
    }
    if (info.offers("NULL")) return m_control->authenticate_without_proof(deadline);
    return fail(Errc::unsupported, "this tor takes passwords only; set CookieAuthentication 1");
}

Result<> Service::find_socks(env::Deadline deadline) {
    if (const auto* own = std::get_if<OwnTor>(&m_options.tor)) {
        m_socks = env::Endpoint{own->socks_path(), 0};
        return {};
    }
    TRY(const auto listed, m_control->get_info("net/listeners/socks", deadline));
    std::string_view left = listed;
    while (!left.empty()) {
        const auto end = std::min(left.find("\" \""), left.size());
        const auto quoted = left.substr(0, std::min(end + 1, left.size()));
        left.remove_prefix(std::min(end + 2, left.size()));
        TRY(const auto text, unquote(quoted));
        m_socks = parse_listener(text);
        if (m_socks) return {};
    }
    return fail(Errc::unsupported, "this tor has no SOCKS port on this machine");
}

/// Those of a tor that ran before; from then on each tells of itself.
Result<> Service::find_circuits(env::Deadline deadline) {
    TRY(const auto listed, m_control->get_info("circuit-status", deadline));
    const std::lock_guard lock(m_mutex);
    m_circuits.note_all(listed);
    return {};
}

Result<> Service::publish(env::Deadline deadline) {
    const auto& onion = *m_options.onion;
    OnionRequest request{onion.port, onion.target, nullptr, std::nullopt};
    TRY(const auto stored, load_onion_key(*m_world.files, onion.key_path));
    if (stored) {
        request.key = &stored->key;
        request.address = stored->address;
    }
    TRY(auto made, m_control->add_onion(request, deadline));
    if (!stored) {
        // Saved before anybody is told the address: one that is lost cannot be had again.
        const OnionKey key{made.address, std::move(made.key)};
        CHECK_OK_WITH("saving the key", save_onion_key(*m_world.files, onion.key_path, key));
    }
    const std::lock_guard lock(m_mutex);
    m_status.address = made.address;
    return {};
}

void Service::take_event(const Reply& event) {
    const auto words = split_words(event.lines.front().text);
    if (!words || words->plain.empty()) return; // news that we do not understand are no harm
    const std::string_view kind = words->plain.front();
    if (kind == "STATUS_CLIENT") take_bootstrap(*words);
    if (kind == "HS_DESC") take_upload(*words);
    if (kind == "CIRC" && words->plain.size() >= 3) {
        const std::lock_guard lock(m_mutex);
        m_circuits.note(words->plain[1], words->plain[2]);
    }
}

/// [STATUS_CLIENT] SEVERITY BOOTSTRAP PROGRESS=n TAG=… SUMMARY="…" [WARNING="…" REASON=…]
void Service::take_bootstrap(const Words& words) {
    if (!std::ranges::contains(words.plain, "BOOTSTRAP")) return;
    const auto percent = to_number(words.find("PROGRESS").value_or(""));
    if (!percent || *percent > bootstrapped) return;
    const std::lock_guard lock(m_mutex);
    m_status.percent = *percent;
    m_status.note = words.find("SUMMARY").value_or("");
    if (const auto warning = words.find("WARNING")) m_status.note += " (" + *warning + ")";
    update_state();
}

/// HS_DESC ACTION ADDRESS …
void Service::take_upload(const Words& words) {
    const std::lock_guard lock(m_mutex);
    if (words.plain.size() < 3 || !m_status.address ||
        words.plain[2] != m_status.address->service_id())
        return;
    if (words.plain[1] == "UPLOAD") ++m_uploads_begun;
    if (words.plain[1] == "UPLOADED") ++m_uploads_done;
    if (words.find("REASON") == "UPLOAD_REJECTED")
        m_status.note = "a directory refuses the announcement of the onion service";
    update_state();
}

/// Under m_mutex.
void Service::update_state() {
    if (m_status.percent < bootstrapped) {
        m_status.state = State::bootstrapping;
    } else if (!m_options.onion || m_uploads_begun == 0) {
        m_status.state = State::ready;
    } else if (m_status.state != State::published) {
        const bool enough =
            m_uploads_done >= uploads_min && 4 * m_uploads_done >= 3 * m_uploads_begun;
        m_status.state = enough ? State::published : State::publishing;
    }
}

Result<> Service::wait_for_event(env::Deadline deadline) {
    if (m_control == nullptr) return fail(Errc::unavailable, "tor is down");
    auto waited = m_control->poll_event(deadline);
    if (!waited && waited.error().code() != Errc::timeout) go_down(waited.error().detail());
    return waited;
}

Result<> Service::wait_until_usable(env::Deadline deadline) {
    while (!is_usable())
        CHECK_OK(wait_for_event(deadline));
    return {};
}

void Service::stop(env::Deadline deadline) noexcept {
    if (m_control != nullptr && m_process == nullptr && status().address)
        (void)m_control->delete_onion(*status().address, deadline);
    if (m_control != nullptr && m_process != nullptr &&
        m_control->command("SIGNAL SHUTDOWN", deadline)) {
        while (m_control->poll_event(deadline)) {
        }
        // The connection is gone; what is left of tor's end is a few ms.
        while (m_world.clock->monotonic_ns() < deadline && !m_process->poll().value_or(-1))
            m_world.clock->sleep_ns(end_look_interval_ns);
    }
    go_down({});
}

void Service::interrupt() noexcept {
    m_stop.request_stop();
    std::shared_ptr<Control> control;
    {
        const std::lock_guard lock(m_mutex);
        control = m_control;
    }
    if (control != nullptr) control->close();
}

Status Service::status() const {
    const std::lock_guard lock(m_mutex);
    return m_status;
}

Circuits::Count Service::circuits() const {
    const std::lock_guard lock(m_mutex);
    return m_circuits.count();
}

bool Service::is_usable() const {
    const auto now = status().state;
    return m_options.onion ? now == State::published : now == State::ready;
}

void Service::go_down(std::string note) noexcept {
    std::shared_ptr<Control> control;
    {
        const std::lock_guard lock(m_mutex);
        control = std::exchange(m_control, nullptr);
        m_status.state = State::down;
        m_status.percent = 0;
        m_status.note = std::move(note);
        m_circuits.clear();
    }
    if (control != nullptr) control->close();
    m_process.reset();
}

} // namespace torgo::tor
