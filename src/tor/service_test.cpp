#include "env/file_system.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"
#include "tor/onion_key.hpp"
#include "tor/service.hpp"
#include "tor/test_stream.hpp"

#include <gtest/gtest.h>

namespace torgo::tor {

namespace {

constexpr const char* id = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid";
const std::string key = "ED25519-V3:" + std::string(86, 'A') + "==";
const env::Endpoint control_at{"127.0.0.1", 9051};

/// Starts nothing.
class NoProcesses final : public env::Processes {
public:
    Result<std::unique_ptr<env::Process>> start(const std::vector<std::string>& /*arguments*/,
                                                const std::string& /*log_path*/) override {
        return fail(Errc::not_found, "no programs here");
    }

    std::int64_t own_id() const override { return 4711; }
};

/// A service at a running tor that is only played.
class ServiceTest : public ::testing::Test {
protected:
    ServiceTest() {
        port.script["PROTOCOLINFO"] = {"250-AUTH METHODS=NULL\r\n250 OK\r\n"};
        port.script["AUTHENTICATE"] = {"250 OK\r\n"};
        port.script["SETEVENTS"] = {"250 OK\r\n"};
        port.script["DEL_ONION"] = {"250 OK\r\n"};
        port.script["GETINFO version"] = {"250-version=0.4.9.11\r\n250 OK\r\n"};
        port.script["GETINFO net/listeners/socks"] = {
            "250-net/listeners/socks=\"10.0.0.1:1\" \"unix:/run/a b/socks\"\r\n250 OK\r\n"};
        port.script["GETINFO circuit-status"] = {
            "250+circuit-status=\r\n7 BUILT $AA~a PURPOSE=GENERAL\r\n.\r\n250 OK\r\n"};
        port.script["GETINFO status/bootstrap-phase"] = {
            "250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=10 TAG=conn "
            "SUMMARY=\"Connecting\"\r\n250 OK\r\n"};
        port.script["ADD_ONION"] = {std::string("250-ServiceID=") + id +
                                    "\r\n250-PrivateKey=" + key + "\r\n250 OK\r\n"};
        EXPECT_TRUE(files.make_directory("/node").has_value());
    }

    env::World world() { return {&clock, &random, &files, &network, &processes}; }

    std::unique_ptr<Service> make(bool with_onion = true) {
        ServiceOptions options{RunningTor{control_at, {}}, {}};
        if (with_onion) options.onion = OnionService{443, {"/node/target", 0}, "/node/key"};
        return Service::make(world(), options).value();
    }

    void tell(const std::string& event) { port.peer.output += "650 " + event + "\r\n"; }

    void tell_bootstrapped() {
        tell("STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY=\"Done\"");
    }

    void tell_upload(const std::string& action, const std::string& address = id) {
        tell("HS_DESC " + action + " " + address + " UNKNOWN $AAAA~r0");
    }

    static State state_after(Service& service) {
        while (service.wait_for_event(0)) {
        }
        return service.status().state;
    }

    sim::Clock clock;
    sim::Random random{1};
    sim::FileSystem files;
    ControlPort port;
    PeerNetwork network{control_at, port.peer};
    NoProcesses processes;
};

} // namespace

TEST_F(ServiceTest, goes_from_down_to_published_by_what_tor_tells) {
    const auto service = make();
    EXPECT_EQ(service->status().state, State::down);
    ASSERT_TRUE(service->start(0).has_value());
    EXPECT_EQ(service->status().state, State::bootstrapping);
    EXPECT_EQ(service->status().percent, 10U);
    EXPECT_EQ(service->status().note, "Connecting");
    EXPECT_EQ(service->socks(), (env::Endpoint{"/run/a b/socks", 0}));
    tell_bootstrapped();
    EXPECT_EQ(state_after(*service), State::ready);
    EXPECT_FALSE(service->is_usable());
    for (int i = 0; i < 8; ++i)
        tell_upload("UPLOAD");
    for (int i = 0; i < 5; ++i)
        tell_upload("UPLOADED");
    tell_upload("UPLOADED", std::string(56, 'a')); // somebody else's
    EXPECT_EQ(state_after(*service), State::publishing);
    tell_upload("UPLOADED");
    EXPECT_TRUE(service->wait_until_usable(0).has_value());
    EXPECT_EQ(service->status().state, State::published);
    tell_upload("UPLOAD"); // the hourly ones change nothing
    EXPECT_EQ(state_after(*service), State::published);
}

TEST_F(ServiceTest, counts_the_circuits_that_there_were_and_those_that_come) {
    const auto service = make();
    ASSERT_TRUE(service->start(0).has_value());
    EXPECT_EQ(service->circuits(), (Circuits::Count{.built = 1, .building = 0}));
    tell("CIRC 8 LAUNCHED BUILD_FLAGS=NEED_CAPACITY PURPOSE=HS_SERVICE_INTRO");
    tell("CIRC 9 EXTENDED $AA~a PURPOSE=GENERAL");
    tell("CIRC 8 BUILT $AA~a,$BB~b PURPOSE=HS_SERVICE_INTRO");
    tell("CIRC 7 CLOSED $AA~a REASON=FINISHED");
    tell("CIRC 9"); // no news
    state_after(*service);
    EXPECT_EQ(service->circuits(), (Circuits::Count{.built = 1, .building = 1}));
    service->stop(0);
    EXPECT_EQ(service->circuits(), Circuits::Count{});
}

TEST_F(ServiceTest, tells_of_an_announcement_that_is_refused) {
    const auto service = make();
    ASSERT_TRUE(service->start(0).has_value());
    tell_bootstrapped();
    tell_upload("UPLOAD");
    tell("HS_DESC FAILED " + std::string(id) + " NO_AUTH $AAAA~r0 desc REASON=UPLOAD_REJECTED");
    EXPECT_EQ(state_after(*service), State::publishing);
    EXPECT_TRUE(service->status().note.contains("refuses"));
}

TEST_F(ServiceTest, listens_before_it_asks_for_the_service) {
    ASSERT_TRUE(make()->start(0).has_value());
    const auto at = [&](std::string_view begin) {
        return std::ranges::find_if(port.heard,
                                    [&](const auto& l) { return l.starts_with(begin); });
    };
    EXPECT_LT(at("SETEVENTS"), at("ADD_ONION"));
}

TEST_F(ServiceTest, keeps_its_key_and_so_its_address) {
    ASSERT_TRUE(make()->start(0).has_value());
    EXPECT_EQ(as_text(*env::read_file(files, "/node/key", 1000)),
              std::string(id) + ".onion\n" + key + "\n");
    const auto again = make();
    ASSERT_TRUE(again->start(0).has_value());
    EXPECT_EQ(again->status().address->service_id(), id);
    EXPECT_EQ(port.count("ADD_ONION NEW:"), 1U);
    EXPECT_EQ(port.count("ADD_ONION " + key), 1U);
    for (const auto& file : files.files_below("/node"))
        EXPECT_TRUE(file.secret) << file.path;
}

TEST_F(ServiceTest, a_damaged_key_is_an_error_and_never_a_new_address) {
    for (const auto& text : {std::string("x"), std::string(id) + ".onion\n", std::string(),
                             std::string(id) + ".onion\n" + key, "\n" + key + "\n",
                             std::string(id) + ".onion\n" + key + "\n\n"}) {
        ASSERT_TRUE(env::write_file_atomically(files, "/node/key", as_bytes(text)).has_value());
        const auto service = make();
        EXPECT_EQ(service->start(0).error().code(), Errc::corrupt) << text;
        EXPECT_EQ(service->status().state, State::down);
    }
    EXPECT_EQ(port.count("ADD_ONION"), 0U);
}

TEST_F(ServiceTest, is_down_when_the_control_connection_ends_and_starts_again) {
    const auto service = make(false);
    port.script["GETINFO status/bootstrap-phase"] = {
        "250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=100\r\n250 OK\r\n"};
    ASSERT_TRUE(service->start(0).has_value());
    EXPECT_TRUE(service->is_usable());
    port.peer.ended = true;
    EXPECT_EQ(service->wait_for_event(0).error().code(), Errc::unavailable);
    EXPECT_EQ(service->status().state, State::down);
    EXPECT_FALSE(service->status().note.empty());
    EXPECT_EQ(service->wait_for_event(0).error().code(), Errc::unavailable);
    port.peer.ended = false;
    ASSERT_TRUE(service->start(0).has_value());
    EXPECT_EQ(service->status().state, State::ready);
    EXPECT_EQ(port.count("ADD_ONION"), 0U);
}

TEST_F(ServiceTest, stop_takes_the_service_back) {
    const auto service = make();
    ASSERT_TRUE(service->start(0).has_value());
    service->stop(0);
    EXPECT_EQ(port.heard.back(), std::string("DEL_ONION ") + id);
    EXPECT_EQ(service->status().state, State::down);
}

TEST_F(ServiceTest, an_interrupt_ends_waiting) {
    const auto service = make();
    ASSERT_TRUE(service->start(0).has_value());
    service->interrupt();
    EXPECT_EQ(service->wait_for_event(0).error().code(), Errc::cancelled);
    EXPECT_EQ(service->start(0).error().code(), Errc::cancelled);
}

TEST_F(ServiceTest, warns_of_an_old_tor) {
    EXPECT_EQ(version_warning("0.4.9.11"), "");
    EXPECT_EQ(version_warning("0.4.10.1-alpha"), "");
    EXPECT_EQ(version_warning("1.0.0.0 (git-1234)"), "");
    for (const auto* old : {"0.4.9.10", "0.4.8.21", "0.4.9.3-alpha (git-1)", "", "new"})
        EXPECT_TRUE(version_warning(old).contains("0.4.9.11")) << old;
}

TEST_F(ServiceTest, leads_nowhere_but_to_this_machine) {
    const auto code = [&](const ServiceOptions& options) {
        const auto made = Service::make(world(), options);
        return made ? Errc{} : made.error().code();
    };
    const RunningTor near{control_at, {}};
    EXPECT_EQ(code({RunningTor{{"10.0.0.1", 9051}, {}}, {}}), Errc::invalid_argument);
    EXPECT_EQ(code({near, OnionService{443, {"10.0.0.1", 80}, "/k"}}), Errc::invalid_argument);
    EXPECT_EQ(code({near, OnionService{0, {"/t", 0}, "/k"}}), Errc::invalid_argument);
    EXPECT_EQ(code({OwnTor{"relative", "tor", {}}, {}}), Errc::invalid_argument);
    EXPECT_EQ(code({OwnTor{"/" + std::string(99, 'a'), "tor", {}}, {}}), Errc::invalid_argument);
    EXPECT_EQ(code({OwnTor{"/" + std::string(98, 'a'), "tor", {}}, {}}), Errc{});
    EXPECT_EQ(code({OwnTor{"/a", "tor", {"A\nB"}}, {}}), Errc::invalid_argument);
}

TEST_F(ServiceTest, a_torrc_names_private_sockets_and_the_owner) {
    const auto text = torrc_text({"/home/a \"b\"/tor", "tor", {"TestingTorNetwork 1"}}, 17).value();
    for (const auto* line : {"TestingTorNetwork 1\n", "__OwningControllerProcess 17\n",
                             "SocksPort unix:\"/home/a \\\"b\\\"/tor/socks\" ExtendedErrors\n",
                             "CookieAuthentication 1\n"})
        EXPECT_TRUE(text.contains(line)) << line;
}

TEST_F(ServiceTest, says_that_there_is_no_tor) {
    const auto service = Service::make(world(), {OwnTor{"/node/tor", "tor", {}}, {}}).value();
    EXPECT_EQ(service->start(0).error().code(), Errc::not_found);
    EXPECT_EQ(service->status().state, State::down);
    EXPECT_EQ(service->status().note, "no programs here");
}

} // namespace torgo::tor
