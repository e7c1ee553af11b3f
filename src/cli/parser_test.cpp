#include "cli/config.hpp"
#include "cli/parser.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::cli {

namespace {

/// A small program: tool [-q] [-r FILE] (save [--tag T]... [-x] PATH... | key add NAME [EXTRA]).
struct Tool {
    bool quiet = false;
    std::string repo;
    std::vector<std::string> tags;
    bool one = false;
    std::uint32_t level = 0;
    bool whole = false;
    std::string share;
    std::vector<std::string> paths;
    std::string name;
    std::vector<std::string> extra;
    Command root = make();

    Tool() = default;
    Tool(const Tool&) = delete;
    Tool& operator=(const Tool&) = delete;
    Tool(Tool&&) = delete;
    Tool& operator=(Tool&&) = delete;
    ~Tool() = default;

    Command make() {
        auto q = toggle(quiet, "quiet", "");
        q.letter = 'q';
        auto r = text_option(repo, "repo", "FILE", "");
        r.letter = 'r';
        r.variable = "TOOL_REPO";
        r.offer = Offer::file;
        auto x = toggle(one, "one", "");
        x.letter = 'x';
        Option read;
        read.name = "read";
        read.value = "SHARE";
        read.value_is_optional = true;
        read.set = [this](const std::string& text) -> Result<> {
            share = text;
            return {};
        };
        auto a = toggle(whole, "whole", "");
        a.group = read.group = "g";

        Command save;
        save.name = "save";
        save.arguments = {list_argument(paths, "PATH", 1, "what to save")};
        save.options = {list_option(tags, "tag", "TAG", ""), x,
                        number_option(level, "level", "N", {1, 19}, ""), read, a};
        save.run = [](const Context&) -> Result<ExitCode> {
            return ExitCode::ok;
        };

        Command add;
        add.name = "add";
        auto more = list_argument(extra, "EXTRA", 0, "");
        more.most = 1;
        add.arguments = {text_argument(name, "NAME", "what to call it"), more};
        add.run = save.run;
        Command key;
        key.name = "key";
        key.children = {add};

        Command out;
        out.name = "tool";
        out.options = {q, r};
        out.children = {save, key};
        return out;
    }

    Result<> read(const std::vector<std::string>& words, const Config& config = {},
                  const Environment::Facts& facts = {}) {
        TRY(const auto invocation, parse(root, words));
        CHECK_OK(assign_options(invocation, Environment(facts), config));
        return assign_arguments(invocation);
    }

    std::string error(const std::vector<std::string>& words) {
        const auto done = read(words);
        return done ? "" : done.error().detail();
    }
};

} // namespace

TEST(Parse, takes_every_usual_spelling_of_an_option) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"-r", "F", "save", "p"},
                                                                   {"-rF", "save", "p"},
                                                                   {"--repo=F", "save", "p"},
                                                                   {"save", "--repo", "F", "p"},
                                                                   {"save", "p", "-qr", "F"},
                                                                   {"save", "p", "-xqrF"}}) {
        Tool tool;
        ASSERT_TRUE(tool.read(words)) << words.size();
        EXPECT_EQ(tool.repo, "F");
        EXPECT_EQ(tool.paths, (std::vector<std::string>{"p"}));
    }
}

TEST(Parse, takes_the_next_word_as_value_whatever_it_looks_like) {
    Tool tool;
    ASSERT_TRUE(tool.read({"save", "--tag", "-x", "--tag=--", "--tag", "a=b", "p"}));
    EXPECT_EQ(tool.tags, (std::vector<std::string>{"-x", "--", "a=b"}));
    EXPECT_FALSE(tool.one);
}

// CLI-4
TEST(Parse, leaves_words_as_they_are) {
    Tool tool;
    const std::vector<std::string> odd{"++", "[a,b]", "a b", "", "-", "save", "key", "{x}", "%%"};
    auto words = odd;
    words.insert(words.begin(), "save");
    ASSERT_TRUE(tool.read(words));
    EXPECT_EQ(tool.paths, odd);
}

RC_GTEST_PROP(Parse, gives_every_word_after_the_double_dash_back,
              (const std::vector<std::string>& some)) {
    Tool tool;
    auto words = some;
    words.emplace_back("last");
    auto line = words;
    line.insert(line.begin(), {"save", "--"});
    RC_ASSERT(tool.read(line).has_value());
    RC_ASSERT(tool.paths == words);
}

TEST(Parse, names_what_is_wrong_and_what_is_near) {
    Tool tool;
    EXPECT_EQ(tool.error({"sav"}), "\"sav\" is no command of \"tool\": did you mean \"save\"?");
    EXPECT_EQ(tool.error({"xyz"}), "\"xyz\" is no command of \"tool\"");
    EXPECT_EQ(tool.error({"save", "--tga", "x"}),
              "\"tool save\" has no option --tga: did you mean \"--tag\"?");
    EXPECT_EQ(tool.error({"save", "-5"}), "\"tool save\" has no option -5");
    EXPECT_EQ(tool.error({"save", "-qz"}), "\"tool save\" has no option -z (in -qz)");
    EXPECT_EQ(tool.error({"--tag", "x", "save"}), "\"tool\" has no option --tag");
    EXPECT_EQ(tool.error({"save", "--tag"}), "--tag needs a value: TAG");
    EXPECT_EQ(tool.error({"save", "p", "--one=1"}), "--one takes no value");
    EXPECT_EQ(tool.error({"-r", "a", "-r", "b", "save", "p"}), "--repo is given twice");
    EXPECT_EQ(tool.error({"save"}), "\"tool save\" needs PATH: what to save");
    EXPECT_EQ(tool.error({"key", "add"}), "\"tool key add\" needs NAME: what to call it");
    EXPECT_EQ(tool.error({"key", "add", "a", "b", "c"}),
              "\"tool key add\" does not take \"c\" here");
    EXPECT_EQ(tool.error({"save", "--whole", "--read", "p"}),
              "--whole and --read exclude each other");
    EXPECT_EQ(tool.error({"save", "--tag=", "p"}), "--tag: nothing is given after it");
}

TEST(Parse, refuses_numbers_out_of_bounds) {
    Tool tool;
    for (const auto* number : {"-1", "0", "20", "", "1x", "99999999999999999999", "+3", " 3"}) {
        EXPECT_EQ(tool.error({"save", "--level", number, "p"}),
                  "--level: \"" + std::string(number) + "\" is not a number from 1 to 19");
    }
    EXPECT_EQ(tool.error({"save", "--level", "19", "p"}), "");
    EXPECT_EQ(tool.level, 19U);
}

TEST(Parse, knows_options_whose_value_may_be_left_out) {
    Tool tool;
    ASSERT_TRUE(tool.read({"save", "--read", "p"}));
    EXPECT_EQ(tool.share, "true");
    ASSERT_TRUE(tool.read({"save", "--read=5%", "q"}));
    EXPECT_EQ(tool.share, "5%");
}

TEST(Parse, finds_help_anywhere_before_the_double_dash) {
    const Tool tool;
    EXPECT_TRUE(parse(tool.root, {"save", "-h"})->help);
    EXPECT_TRUE(parse(tool.root, {"--help"})->help);
    EXPECT_EQ(parse(tool.root, {"key", "add", "--help"})->command().name, "add");
    EXPECT_FALSE(parse(tool.root, {"save", "--", "--help"})->help);
}

TEST(Nearest, forgives_two_letters_and_no_more) {
    EXPECT_EQ(nearest("snapshot", {"snapshots", "stats"}), "snapshots");
    EXPECT_EQ(nearest("bakcup", {"backup"}), "backup");
    EXPECT_EQ(nearest("zzz", {"ls", "key"}), "");
}

TEST(Config, sets_what_is_not_typed_and_profiles_stand_over_default) {
    Tool tool;
    const auto config =
        read_config("[default]\nrepo = \"a\"\nsave.tag = [\"x\", \"y\"]\nsave.one = true\n"
                    "[profile.nas]\nrepo = \"b\"\n[profile.nas.save]\nlevel = 7\n",
                    "t.toml", tool.root, "nas");
    ASSERT_TRUE(config) << config.error().detail();
    ASSERT_TRUE(tool.read({"save", "p", "--level", "3"}, *config));
    EXPECT_EQ(tool.repo, "b");
    EXPECT_EQ(tool.tags, (std::vector<std::string>{"x", "y"}));
    EXPECT_TRUE(tool.one);
    EXPECT_EQ(tool.level, 3U);
}

TEST(Config, yields_to_the_environment_and_that_to_what_is_typed) {
    const Config config = *read_config("[default]\nrepo = \"~/a\"", "t.toml", Tool().root, "");
    Environment::Facts home;
    home.variables = {{"HOME", "/home/x"}};
    Environment::Facts both = home;
    both.variables["TOOL_REPO"] = "env";
    Tool from_config;
    ASSERT_TRUE(from_config.read({"save", "p"}, config, home));
    EXPECT_EQ(from_config.repo, "/home/x/a");
    Tool from_environment;
    ASSERT_TRUE(from_environment.read({"save", "p"}, config, both));
    EXPECT_EQ(from_environment.repo, "env");
    Tool typed;
    ASSERT_TRUE(typed.read({"save", "p", "-r", "typed"}, config, both));
    EXPECT_EQ(typed.repo, "typed");
}

TEST(Config, does_not_set_a_rival_of_what_is_typed) {
    const Config config = *read_config("[default]\nsave.whole = true", "t.toml", Tool().root, "");
    Tool tool;
    ASSERT_TRUE(tool.read({"save", "--read", "p"}, config));
    EXPECT_FALSE(tool.whole);
}

// CLI-6
TEST(Config, refuses_unknown_keys_with_their_line) {
    const Tool tool;
    const auto error = [&](const std::string& text, const std::string& profile = "") {
        const auto read = read_config(text, "t.toml", tool.root, profile);
        return read ? "" : read.error().detail();
    };
    EXPECT_EQ(error("[default]\n\nrepoo = \"x\""), "t.toml:3: unknown key \"repoo\"");
    EXPECT_EQ(error("[default]\nsave.tga = \"x\""), "t.toml:2: unknown key \"save.tga\"");
    EXPECT_EQ(error("[default.sav]\ntag = \"x\""), "t.toml:1: unknown table \"sav\"");
    EXPECT_EQ(error("[profile.other]\nrepoo = 1", ""), "t.toml:2: unknown key \"repoo\"");
    EXPECT_EQ(error("repo = \"x\""),
              "t.toml:1: unknown key \"repo\" (keys stand below [default] or [profile.NAME])");
    EXPECT_EQ(error("[default]\nquiet = \"yes\""), "t.toml:2: \"quiet\" wants true or false");
    EXPECT_EQ(error("[default]\nrepo = [\"a\"]"), "t.toml:2: \"repo\" wants one text or number");
    EXPECT_EQ(
        error("[default]\nrepo = 1.5"),
        "t.toml:2: \"repo\" must be a text, a whole number, true or false, or a list of texts");
    EXPECT_EQ(error("[default]", "nas"), "t.toml: there is no [profile.nas]");
    EXPECT_TRUE(error("[default\n").starts_with("t.toml:1: ")) << error("[default\n");
}

} // namespace torgo::cli
