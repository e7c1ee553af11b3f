#include "base/hex.hpp"
#include "crypto/mac.hpp"
#include "sys/random.hpp"
#include "tor/control.hpp"
#include "tor/test_stream.hpp"

#include <gtest/gtest.h>

namespace torgo::tor {

namespace {

constexpr const char* id = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid";
const std::string key = "ED25519-V3:" + std::string(86, 'A') + "==";
const std::string made = std::string("250-ServiceID=") + id + "\r\n250 OK\r\n";
const std::string made_new =
    std::string("250-ServiceID=") + id + "\r\n250-PrivateKey=" + key + "\r\n250 OK\r\n";

class ControlTest : public ::testing::Test {
protected:
    ControlTest() : control(std::make_unique<PeerStream>(port.peer), random) {
        control.on_event([this](const Reply& event) { events.push_back(event.text()); });
    }

    Errc error_of_ask() { return control.ask("GETINFO x", 0).error().code(); }

    OnionRequest stored_request() {
        return {443, {"/sock", 0}, &stored, OnionAddress::parse_service_id(id).value()};
    }

    /// A tor that knows this cookie.
    void knows_cookie(const Bytes& cookie) {
        port.script["AUTHENTICATE"] = {"250 OK\r\n"};
        port.peer.answer = [this, cookie, usual = port.peer.answer](std::string& input) {
            static constexpr std::string_view begin = "AUTHCHALLENGE SAFECOOKIE ";
            if (!input.starts_with(begin)) return usual(input);
            const auto nonce = from_hex(input.substr(begin.size(), 64)).value();
            input.clear();
            const Bytes own(32, 7);
            const auto proof = crypto::HmacSha256(as_bytes(
                "Tor safe cookie authentication server-to-controller hash"))({cookie, nonce, own});
            expected = "AUTHENTICATE " +
                       crypto::HmacSha256(
                           as_bytes("Tor safe cookie authentication controller-to-server hash"))(
                           {cookie, nonce, own})
                           .hex();
            std::string text = "250 AUTHCHALLENGE SERVERHASH=" + proof.hex() +
                               " SERVERNONCE=" + to_hex(own) + "\r\n";
            return text;
        };
    }

    ControlPort port;
    sys::Random random;
    Control control;
    std::vector<std::string> events;
    std::string expected;
    crypto::SecretBytes stored = crypto::SecretBytes::copy_of(as_bytes(key));
};

} // namespace

TEST_F(ControlTest, reads_replies_in_single_bytes_with_events_in_between) {
    port.peer.piece = 1;
    port.script["GETINFO"] = {"650 ONE\r\n650-TWO\r\n650 OK\r\n250+config=\r\na\r\n..b\r\n.\r\n"
                              "250 OK\r\n650 THREE\r\n"};
    EXPECT_EQ(control.get_info("config", 0).value(), "a\n.b\n");
    EXPECT_EQ(events, (std::vector<std::string>{"ONE", "OK"}));
    EXPECT_TRUE(control.poll_event(0).has_value());
    EXPECT_EQ(events.back(), "THREE");
    EXPECT_EQ(control.poll_event(0).error().code(), Errc::timeout);
}

TEST_F(ControlTest, an_end_amid_a_reply_is_unavailable) {
    port.script["GETINFO"] = {"250-version=0.4"};
    port.peer.ended = true;
    EXPECT_EQ(error_of_ask(), Errc::unavailable);
}

TEST_F(ControlTest, closes_after_what_is_no_reply) {
    for (const auto* text : {"hello\r\n", "250\r\n", "250 OK\n", "25x OK\r\n", "150 OK\r\n",
                             "250*OK\r\n", "250-a\r\n650 EVENT\r\n", "250 a\rb\r\n"}) {
        port.peer.closed = false;
        ControlPort other;
        other.script["GETINFO"] = {text};
        Control one(std::make_unique<PeerStream>(other.peer), random);
        EXPECT_EQ(one.ask("GETINFO x", 0).error().code(), Errc::corrupt) << text;
        EXPECT_TRUE(other.peer.closed) << text;
    }
}

TEST_F(ControlTest, a_late_answer_is_never_taken_for_another) {
    port.script["GETINFO"] = {""};
    EXPECT_EQ(error_of_ask(), Errc::timeout);
    EXPECT_TRUE(port.peer.closed);
}

TEST_F(ControlTest, bounds_lines_and_replies) {
    port.script["GETINFO"] = {"250 " + std::string(max_control_line - 5, 'a') + "\r\n"};
    EXPECT_TRUE(control.ask("GETINFO x", 0).has_value());
    port.script["GETINFO"] = {"250 " + std::string(max_control_line - 4, 'a') + "\r\n"};
    EXPECT_EQ(error_of_ask(), Errc::limit_exceeded);
    for (const std::size_t lines : {max_reply_lines - 1, max_reply_lines}) {
        ControlPort other;
        std::string text;
        for (std::size_t i = 0; i < lines; ++i)
            text += "250-\r\n";
        other.script["GETINFO"] = {text + "250 OK\r\n"};
        Control one(std::make_unique<PeerStream>(other.peer), random);
        EXPECT_EQ(one.ask("GETINFO x", 0).has_value(), lines < max_reply_lines);
    }
}

TEST_F(ControlTest, lets_nobody_smuggle_in_a_command) {
    EXPECT_EQ(control.ask("GETINFO x\r\nQUIT", 0).error().code(), Errc::invalid_argument);
    EXPECT_EQ(control.add_onion({1, {"/a b", 0}, nullptr, {}}, 0).error().code(),
              Errc::invalid_argument);
    EXPECT_TRUE(port.heard.empty());
}

TEST_F(ControlTest, reads_how_to_authenticate) {
    port.script["PROTOCOLINFO"] = {"250-PROTOCOLINFO 1\r\n250-AUTH METHODS=COOKIE,SAFECOOKIE "
                                   "COOKIEFILE=\"/a \\\"b\\\"\\303\\244/cookie\"\r\n"
                                   "250-VERSION Tor=\"0.4.9.11\"\r\n250 OK\r\n"};
    const auto info = control.protocol_info(0).value();
    EXPECT_EQ(info.methods, (std::vector<std::string>{"COOKIE", "SAFECOOKIE"}));
    EXPECT_EQ(info.cookie_file, "/a \"b\"ä/cookie");
    EXPECT_EQ(info.version, "0.4.9.11");
}

TEST_F(ControlTest, proves_the_cookie_without_telling_it) {
    const Bytes cookie(32, 9);
    knows_cookie(cookie);
    ASSERT_TRUE(control.authenticate(cookie, 0).has_value());
    EXPECT_EQ(port.heard.back(), expected);
}

TEST_F(ControlTest, tells_nothing_to_who_does_not_know_the_cookie) {
    knows_cookie(Bytes(32, 9));
    EXPECT_EQ(control.authenticate(Bytes(32, 8), 0).error().code(), Errc::authentication);
    EXPECT_EQ(port.count("AUTHENTICATE"), 0U);
    EXPECT_TRUE(port.peer.closed);
    EXPECT_EQ(control.authenticate(Bytes(31, 8), 0).error().code(), Errc::corrupt);
}

TEST_F(ControlTest, makes_a_new_service_with_defences) {
    port.script["ADD_ONION"] = {made_new};
    const auto onion = control.add_onion({443, {"/sock", 0}, nullptr, {}}, 0).value();
    EXPECT_EQ(onion.address.service_id(), id);
    EXPECT_EQ(as_text(onion.key.view()), key);
    EXPECT_EQ(
        port.heard.back(),
        "ADD_ONION NEW:ED25519-V3 Flags=MaxStreamsCloseCircuit MaxStreams=32 PoWDefensesEnabled=1 "
        "Port=443,unix:/sock");
}

TEST_F(ControlTest, asks_again_without_defences_that_tor_does_not_know) {
    port.script["ADD_ONION"] = {"512 Unrecognized argument\r\n", made};
    ASSERT_TRUE(control.add_onion(stored_request(), 0).has_value());
    EXPECT_EQ(port.heard.back(),
              "ADD_ONION " + key +
                  " Flags=MaxStreamsCloseCircuit MaxStreams=32 Port=443,unix:/sock");
}

TEST_F(ControlTest, replaces_a_service_that_is_there_already_once) {
    port.script["ADD_ONION"] = {"550 Onion address collision\r\n", made};
    port.script["DEL_ONION"] = {"250 OK\r\n"};
    ASSERT_TRUE(control.add_onion(stored_request(), 0).has_value());
    EXPECT_EQ(port.heard[1], std::string("DEL_ONION ") + id);
    port.script["ADD_ONION"] = {"550 Onion address collision\r\n"};
    port.heard.clear();
    EXPECT_FALSE(control.add_onion(stored_request(), 0).has_value());
    EXPECT_EQ(port.heard.size(), 3U);
}

TEST_F(ControlTest, never_shows_the_key_in_an_error) {
    port.script["ADD_ONION"] = {"551 Failed to decode\r\n"};
    const auto refused = control.add_onion(stored_request(), 0);
    EXPECT_FALSE(refused.error().detail().contains("AAAA")) << refused.error().detail();
}

TEST(ControlWords, keep_quoted_values_whole) {
    const auto words = split_words("N BOOTSTRAP PROGRESS=5 SUMMARY=\"a b=\\\"c\\\"\" X=").value();
    EXPECT_EQ(words.plain, (std::vector<std::string>{"N", "BOOTSTRAP"}));
    EXPECT_EQ(words.find("SUMMARY"), "a b=\"c\"");
    EXPECT_EQ(words.find("X"), "");
    EXPECT_EQ(words.find("Y"), std::nullopt);
    for (const auto* bad : {"A=\"b", "A=\"b\\", "A=\"\\x\"", "A=\"\\400\"", "A=\"b\"c", "A=1 A=2"})
        EXPECT_FALSE(split_words(bad).has_value()) << bad;
}

} // namespace torgo::tor
