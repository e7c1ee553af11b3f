#include "sandbox/enter.hpp"
#include "sandbox/layers.hpp"
#include "sandbox/plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace torgo::sandbox {

namespace {

Setup shell() {
    Setup setup;
    setup.arguments = {"sh"};
    return setup;
}

Errc refused(const Setup& setup) {
    const auto checked = check(setup);
    return checked ? Errc{} : checked.error().code();
}

} // namespace

TEST(Plan, the_inner_words_come_back_as_they_were) {
    rc::check([](std::uint64_t memory, std::uint32_t processes, bool fork,
                 std::vector<std::string> arguments) {
        arguments.emplace_back("last");
        Inner inner;
        inner.arguments = arguments;
        inner.read_only_folders = {"/opt/a", "/opt/b c"};
        inner.limits.memory_bytes = memory;
        inner.limits.processes = processes;
        inner.limits.may_fork = fork;
        if (fork) inner.become = processes;
        const auto back = decode_inner(encode(inner));
        RC_ASSERT(back.has_value());
        RC_ASSERT(back->arguments == inner.arguments);
        RC_ASSERT(back->read_only_folders == inner.read_only_folders);
        RC_ASSERT(back->become == inner.become);
        RC_ASSERT(encode(*back) == encode(inner));
    });
}

TEST(Plan, words_that_make_no_sense_are_refused) {
    const auto good = encode(Inner{{"sh"}, {"/opt"}, {}, 7});
    ASSERT_TRUE(decode_inner(good).has_value());
    for (std::size_t at = 0; at < 8; ++at)
        for (const auto* const word : {"", "x", "-1", "99999999999999999999", "1 "}) {
            auto bad = good;
            bad[at] = word;
            EXPECT_FALSE(decode_inner(bad).has_value()) << at << " " << word;
        }
    for (std::size_t count = 0; count < good.size(); ++count)
        EXPECT_FALSE(decode_inner({good.begin(), good.begin() + static_cast<long>(count)}));
    EXPECT_EQ(enter({"no", "such", "words"}), 125);
}

// SANDBOX-5
TEST(Plan, names_that_lead_elsewhere_are_refused) {
    EXPECT_EQ(refused(shell()), Errc{});
    EXPECT_EQ(refused({}), Errc::invalid_argument);
    const std::vector<std::string> names{"", ".", "..", "a/b", "/a", std::string(256, 'a')};
    for (const auto& name : names) {
        auto setup = shell();
        setup.files.push_back({name, {}});
        EXPECT_EQ(refused(setup), Errc::invalid_argument) << name;
    }
    for (const auto* const folder :
         {"", "/", "relative", "/opt/../home", "/opt/.", "/opt//a", "/home", "/root", "/proc/1",
          "/work", "/tmp", "/dev", "/etc/ssl", "/run"}) {
        auto setup = shell();
        setup.read_only_folders.emplace_back(folder);
        EXPECT_EQ(refused(setup), Errc::invalid_argument) << folder;
    }
    auto twice = shell();
    twice.files = {{"a", {}}, {"b", {}}, {"a", {}}};
    EXPECT_EQ(refused(twice), Errc::invalid_argument);
    auto relative = shell();
    relative.arguments = {"../sh"};
    EXPECT_EQ(refused(relative), Errc::invalid_argument);
    auto many = shell();
    many.files.resize(files_max + 1);
    EXPECT_EQ(refused(many), Errc::limit_exceeded);
}

// SANDBOX-3
TEST(Plan, an_argument_is_never_an_option_of_bubblewrap) {
    auto setup = shell();
    setup.arguments = {"sh", "--bind", "/", "/"};
    const auto words = outer_words({"/opt/torgo", {"sandbox-enter"}, {}}, setup, {});
    const auto options_end = std::ranges::find(words, "--");
    EXPECT_EQ(std::find(words.begin(), options_end, "--bind"), options_end);
    EXPECT_NE(std::find(options_end, words.end(), "--bind"), words.end());
    EXPECT_NE(std::find(words.begin(), options_end, "--unshare-user"), options_end);
    const auto as_root = outer_words({"/opt/torgo", {}, {}}, setup, 7);
    EXPECT_EQ(std::ranges::find(as_root, "--unshare-user"), as_root.end());
}

// SANDBOX-1
TEST(Layers, come_back_as_they_were_and_say_what_is_missing) {
    Layers all{true, true, true, true, true, true, true, 7};
    EXPECT_EQ(decode_layers(encode(all)).value(), all);
    EXPECT_TRUE(all.are_strict());
    EXPECT_FALSE(text(all).contains("without"));
    for (auto* const flag : {&all.pid_namespace, &all.network_namespace, &all.mount_namespace,
                             &all.unprivileged, &all.limits, &all.seccomp}) {
        *flag = false;
        EXPECT_FALSE(all.hold());
        EXPECT_TRUE(text(all).contains("without"));
        EXPECT_EQ(decode_layers(encode(all)).value(), all);
        *flag = true;
    }
    all.landlock = 0;
    EXPECT_TRUE(all.are_strict());
    all.user_namespace = false;
    EXPECT_TRUE(all.hold());
    EXPECT_FALSE(all.are_strict());
    EXPECT_EQ(text(all),
              "pid namespace, network namespace, mount namespace, no privileges, limits, "
              "seccomp; without user namespace, Landlock");
}

TEST(Layers, a_frame_that_is_none_is_refused) {
    const auto good = encode(Layers{true, true, true, true, true, true, true, 7});
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(decode_layers(good.substr(0, size)).has_value());
    EXPECT_FALSE(decode_layers(good + " ").has_value());
    EXPECT_FALSE(decode_layers(good.substr(0, good.size() - 1) + "07").has_value());
    EXPECT_FALSE(decode_layers("torgo-sandbox 1 1111112 7").has_value());
}

} // namespace torgo::sandbox
