#include "tor/control.hpp"

#include "base/hex.hpp"
#include "crypto/mac.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace torgo::tor {

namespace {

constexpr std::size_t read_size = 16_KiB;
constexpr std::size_t nonce_size = 32;
constexpr std::size_t proof_size = 32;
constexpr int syntax_error = 512;
constexpr int not_authenticated = 514;
constexpr int bad_authentication = 515;
constexpr int unspecified_error = 550;
// control-spec, AUTHCHALLENGE.
/// Streams on one circuit of a client, which is closed when it opens more: a client needs a few
/// connections, and one that floods has to make circuits, each at the price of its proof of work.
constexpr unsigned max_streams = 32;

constexpr std::string_view server_label =
    "Tor safe cookie authentication server-to-controller hash";
constexpr std::string_view client_label =
    "Tor safe cookie authentication controller-to-server hash";
constexpr std::string_view new_key = "NEW:ED25519-V3";
constexpr std::string_view key_prefix = "ED25519-V3:";

Error refused(const Reply& reply, std::string_view command) {
    const auto code = reply.code == not_authenticated || reply.code == bad_authentication
                          ? Errc::permission
                      : reply.code >= 510 && reply.code < 560 ? Errc::invalid_argument
                                                              : Errc::io;
    const auto verb = command.substr(0, command.find(' ')); // the rest may be secret
    return {code, "tor refuses " + std::string(verb) + ": " + std::to_string(reply.code) + " " +
                      reply.text()};
}

/// Hexadecimal of either case, as tor writes it.
Result<Bytes> hex_of(const Words& words, const std::string& key, std::size_t size) {
    auto text = words.find(key).value_or("");
    for (auto& c : text)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    auto bytes = from_hex(text);
    if (!bytes || bytes->size() != size) return fail(Errc::corrupt, "tor sends no proper " + key);
    return bytes;
}

std::vector<std::string> split_at(std::string_view text, char separator) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

/// The target as ADD_ONION takes it. Words there cannot be quoted.
Result<std::string> target_text(const env::Endpoint& target) {
    auto text =
        target.is_unix() ? "unix:" + target.host : target.host + ":" + std::to_string(target.port);
    const bool writable = std::ranges::none_of(text, [](unsigned char c) {
        return c <= ' ' || c == '"' || c == ',' || c == '\\' || c == 0x7F;
    });
    if (!writable || target.host.empty())
        return fail(Errc::invalid_argument, "tor cannot be told this target: " + text);
    return text;
}

bool is_collision(const Reply& reply) {
    return reply.code == unspecified_error && reply.text().contains("collision");
}

Result<MadeOnion> read_made_onion(const Reply& reply) {
    MadeOnion out;
    bool found = false;
    for (const auto& line : reply.lines) {
        const std::string_view text = line.text;
        static constexpr std::string_view id = "ServiceID=";
        static constexpr std::string_view key = "PrivateKey=";
        if (text.starts_with(id)) {
            TRY(out.address, OnionAddress::parse_service_id(text.substr(id.size())));
            found = true;
        } else if (text.starts_with(key)) {
            out.key = crypto::SecretBytes::copy_of(as_bytes(text.substr(key.size())));
        }
    }
    if (!found) return fail(Errc::corrupt, "tor does not say the new service's address");
    return out;
}

} // namespace

bool ProtocolInfo::offers(std::string_view method) const {
    return std::ranges::contains(methods, method);
}

Control::Control(std::unique_ptr<env::Stream> stream, env::Random& random)
    : m_stream(std::move(stream)), m_random(random) {}

Result<> Control::read_more(env::Deadline deadline) {
    std::array<std::uint8_t, read_size> buffer{};
    TRY(const auto got, m_stream->read_some(buffer, deadline));
    if (got == 0) return fail(Errc::unavailable, "tor closed its control connection");
    auto fed = m_parser.feed(ByteView(buffer).first(got));
    crypto::wipe(buffer); // keys of services come this way
    if (!fed) m_stream->close();
    return fed;
}

Result<Reply> Control::read_reply(env::Deadline deadline) {
    for (;;) {
        while (auto reply = m_parser.next()) {
            if (!reply->is_event()) return std::move(*reply);
            if (m_on_event) m_on_event(*reply);
        }
        CHECK_OK(read_more(deadline));
    }
}

Result<Reply> Control::ask(std::string_view command, env::Deadline deadline) {
    std::string line(command);
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        return fail(Errc::invalid_argument, "a line break in what tor is told");
    line += "\r\n";
    const auto written = m_stream->write(as_bytes(line), deadline);
    crypto::wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
    CHECK_OK(written);
    auto reply = read_reply(deadline);
    // An answer that comes later would be taken for the next command's.
    if (!reply) m_stream->close();
    return reply;
}

Result<Reply> Control::command(std::string_view command, env::Deadline deadline) {
    TRY(auto reply, ask(command, deadline));
    if (!reply.is_ok()) return std::unexpected(refused(reply, command));
    return reply;
}

Result<> Control::poll_event(env::Deadline deadline) {
    for (;;) {
        bool any = false;
        while (const auto reply = m_parser.next()) {
            if (!reply->is_event()) return fail(Errc::corrupt, "tor answers what nobody asked");
            if (m_on_event) m_on_event(*reply);
            any = true;
        }
        if (any) return {};
        CHECK_OK(read_more(deadline));
    }
}

Result<ProtocolInfo> Control::protocol_info(env::Deadline deadline) {
    TRY(const auto reply, command("PROTOCOLINFO 1", deadline));
    ProtocolInfo out;
    for (const auto& line : reply.lines) {
        if (line.text.starts_with("AUTH ")) {
            TRY(const auto words, split_words(line.text));
            out.methods = split_at(words.find("METHODS").value_or(""), ',');
            out.cookie_file = words.find("COOKIEFILE").value_or("");
        } else if (line.text.starts_with("VERSION ")) {
            TRY(const auto words, split_words(line.text));
            out.version = words.find("Tor").value_or("");
        }
    }
    if (out.methods.empty()) return fail(Errc::corrupt, "tor does not say how to authenticate");
    return out;
}

Result<> Control::authenticate(ByteView cookie, env::Deadline deadline) {
    if (cookie.size() != cookie_size)
        return fail(Errc::corrupt, "tor's cookie file does not have 32 bytes");
    Bytes nonce(nonce_size);
    m_random.fill(nonce);
    TRY(const auto reply, command("AUTHCHALLENGE SAFECOOKIE " + to_hex(nonce), deadline));
    TRY(const auto words, split_words(reply.text()));
    TRY(const auto server_proof, hex_of(words, "SERVERHASH", proof_size));
    TRY(const auto server_nonce, hex_of(words, "SERVERNONCE", nonce_size));
    const auto proof = [&](std::string_view label) {
        return crypto::HmacSha256(as_bytes(label))({cookie, nonce, server_nonce});
    };
    if (!crypto::equal_constant_time(proof(server_label).view(), server_proof)) {
        m_stream->close();
        return fail(Errc::authentication, "what listens on tor's control port does not know the "
                                          "cookie: it is not that tor");
    }
    CHECK_OK(command("AUTHENTICATE " + proof(client_label).hex(), deadline));
    return {};
}

Result<> Control::authenticate_without_proof(env::Deadline deadline) {
    CHECK_OK(command("AUTHENTICATE", deadline));
    return {};
}

Result<std::string> Control::get_info(const std::string& key, env::Deadline deadline) {
    TRY(const auto reply, command("GETINFO " + key, deadline));
    const auto& line = reply.lines.front();
    if (!line.text.starts_with(key + "="))
        return fail(Errc::corrupt, "tor answers another question than " + key);
    return line.data.empty() ? line.text.substr(key.size() + 1) : line.data;
}

Result<Reply> Control::ask_for_onion(const OnionRequest& request, bool with_pow,
                                     env::Deadline deadline) {
    TRY(const auto target, target_text(request.target));
    std::string line = "ADD_ONION ";
    line += request.key != nullptr ? as_text(request.key->view()) : new_key;
    line += " Flags=MaxStreamsCloseCircuit MaxStreams=" + std::to_string(max_streams);
    if (with_pow) line += " PoWDefensesEnabled=1";
    line += " Port=" + std::to_string(request.port) + "," + target;
    auto reply = ask(line, deadline);
    crypto::wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
    return reply;
}

Result<Reply> Control::ask_for_onion(const OnionRequest& request, env::Deadline deadline) {
    TRY(auto reply, ask_for_onion(request, true, deadline));
    if (reply.code != syntax_error) return reply;
    return ask_for_onion(request, false, deadline); // tor before 0.4.9, or built without
}

Result<MadeOnion> Control::add_onion(const OnionRequest& request, env::Deadline deadline) {
    if (request.port == 0) return fail(Errc::invalid_argument, "there is no port 0");
    if (request.key != nullptr && !as_text(request.key->view()).starts_with(key_prefix))
        return fail(Errc::corrupt, "no key of an onion service");
    TRY(auto reply, ask_for_onion(request, deadline));
    if (is_collision(reply) && request.address) {
        CHECK_OK(delete_onion(*request.address, deadline));
        TRY(reply, ask_for_onion(request, deadline));
    }
    if (!reply.is_ok()) return std::unexpected(refused(reply, "ADD_ONION"));
    TRY(auto made, read_made_onion(reply));
    if (request.address && made.address != *request.address)
        return fail(Errc::corrupt, "the key belongs to another onion address");
    if (request.key == nullptr && !as_text(made.key.view()).starts_with(key_prefix))
        return fail(Errc::corrupt, "tor does not give the new service's key");
    return made;
}

Result<> Control::delete_onion(const OnionAddress& address, env::Deadline deadline) {
    CHECK_OK(command("DEL_ONION " + address.service_id(), deadline));
    return {};
}

Result<> Control::take_ownership(env::Deadline deadline) {
    CHECK_OK(command("TAKEOWNERSHIP", deadline));
    CHECK_OK(command("RESETCONF __OwningControllerProcess", deadline));
    return {};
}

} // namespace torgo::tor
