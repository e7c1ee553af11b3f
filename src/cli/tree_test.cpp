// What is made from the real command tree: help, man pages, completions; and the table of advice.
#include "cli/advice.hpp"
#include "cli/commands/commands.hpp"
#include "cli/completion.hpp"
#include "cli/config.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/help.hpp"
#include "cli/man.hpp"
#include "cli/open.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace torgo::cli {

namespace {

class Tree : public testing::Test {
protected:
    Globals m_globals;
    Command m_root = command_tree(m_globals);
    std::vector<std::vector<const Command*>> m_commands = all_commands(m_root);
};

} // namespace

// CLI-2
TEST_F(Tree, every_command_explains_itself_with_an_example) {
    EXPECT_GE(m_commands.size(), 25U);
    for (const auto& path : m_commands) {
        const auto& command = *path.back();
        const auto name = full_name(path);
        EXPECT_FALSE(command.summary.empty()) << name;
        EXPECT_FALSE(command.summary.ends_with('.')) << name;
        EXPECT_TRUE(command.description.ends_with('.') || command.description.ends_with('"'))
            << name;
        if (command.children.empty()) {
            EXPECT_FALSE(command.examples.empty()) << name;
            EXPECT_TRUE(command.run != nullptr) << name;
        }
        const auto text = help_text(path);
        for (const auto& example : command.examples)
            EXPECT_TRUE(text.contains(example.line)) << name;
    }
}

TEST_F(Tree, every_option_is_well_formed_and_unique_on_its_path) {
    for (const auto& path : m_commands) {
        std::set<std::string> names{"help"};
        std::set<char> letters{'h'};
        for (const auto* command : path) {
            for (const auto& option : command->options) {
                const auto shown = full_name(path) + " --" + option.name;
                EXPECT_TRUE(names.insert(option.name).second) << shown;
                EXPECT_TRUE(option.letter == 0 || letters.insert(option.letter).second) << shown;
                EXPECT_FALSE(option.help.empty() || option.help.ends_with('.')) << shown;
                EXPECT_TRUE(option.set != nullptr) << shown;
            }
        }
        std::size_t unlimited = 0;
        for (const auto& argument : path.back()->arguments) {
            EXPECT_TRUE(argument.set != nullptr && !argument.help.empty()) << full_name(path);
            unlimited += argument.most == any_number ? 1 : 0;
        }
        EXPECT_LE(unlimited, 1U) << full_name(path);
    }
}

TEST_F(Tree, help_fits_a_hundred_columns) {
    for (const auto& path : m_commands) {
        std::string_view rest;
        const auto text = help_text(path);
        rest = text;
        while (!rest.empty()) {
            const auto line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(rest.size(), line.size() + 1));
            if (!line.starts_with("  torgo") && !line.starts_with("Usage:")) {
                EXPECT_LE(display_width(line), 100U) << line;
            }
        }
    }
}

// CLI-7
TEST_F(Tree, completions_know_every_command_and_option) {
    for (const auto& script :
         {bash_completion(m_root), zsh_completion(m_root), fish_completion(m_root)}) {
        for (const auto& path : m_commands) {
            EXPECT_TRUE(script.contains(path.back()->name)) << full_name(path);
            for (const auto& option : path.back()->options) {
                EXPECT_TRUE(script.contains(option.name)) << option.name;
                for (const auto& choice : option.choices)
                    EXPECT_TRUE(script.contains(choice));
            }
        }
    }
}

// CLI-8
TEST_F(Tree, man_pages_have_every_section_and_say_everything) {
    const auto pages = man_pages(m_root, "9.9.9");
    ASSERT_EQ(pages.size(), m_root.children.size() + 1);
    EXPECT_EQ(pages[0].file, "torgo.1");
    EXPECT_TRUE(std::ranges::contains(pages, "torgo-backup.1", &ManPage::file));
    for (const auto& page : pages) {
        for (const auto* section : {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES",
                                    "EXIT STATUS", "ENVIRONMENT", "FILES"}) {
            EXPECT_TRUE(page.text.contains(".SH " + std::string(section) + "\n")) << page.file;
        }
        EXPECT_TRUE(page.text.contains("9.9.9"));
        // troff takes a line that begins with a dot as a request: all of ours are known.
        for (std::size_t at = 0; at < page.text.size(); at = page.text.find('\n', at) + 1) {
            if (page.text[at] != '.') continue;
            const auto request = page.text.substr(at, 3);
            EXPECT_TRUE(std::ranges::contains(std::vector<std::string>{".SH", ".SS", ".TP", ".TH",
                                                                       ".B ", ".BR", ".I ", ".RI",
                                                                       ".PP", ".nf", ".fi", ".br"},
                                              request))
                << request;
        }
    }
}

TEST_F(Tree, config_keys_are_long_names_below_their_command) {
    const auto* backup = child(m_root, "backup");
    ASSERT_NE(backup, nullptr);
    const auto& exclude = *std::ranges::find(backup->options, "exclude", &Option::name);
    EXPECT_EQ(config_key({&m_root, backup}, exclude), "backup.exclude");
    EXPECT_TRUE(read_config("[default]\nbackup.exclude = [\"*.tmp\"]\nrepo = \"x\"\n"
                            "check.read-data = \"5%\"\nkey.add.kdf-strong = true\n",
                            "t", m_root, ""));
    for (const auto* typed_only : {"config = \"x\"", "profile = \"x\"", "init.head = \"x\""}) {
        EXPECT_FALSE(read_config("[default]\n" + std::string(typed_only), "t", m_root, ""))
            << typed_only;
    }
}

// CLI-3
TEST(Advice, gives_every_error_an_exit_code_other_than_success) {
    for (int code = 1; name(static_cast<Errc>(code)) != "unknown"; ++code) {
        EXPECT_NE(advice_for(static_cast<Errc>(code)).exit_code, ExitCode::ok) << code;
    }
    EXPECT_EQ(advice_for(Errc::wrong_password).exit_code, ExitCode::wrong_password);
    EXPECT_EQ(advice_for(Errc::not_a_repository).exit_code, ExitCode::no_repository);
    EXPECT_EQ(advice_for(Errc::cancelled).exit_code, ExitCode::interrupted);
    EXPECT_EQ(advice_for(Errc::invalid_argument).exit_code, ExitCode::usage);
    EXPECT_EQ(advice_for(Errc::io).exit_code, ExitCode::failed);
}

TEST(SplitSnapshotPath, takes_the_first_colon) {
    using Pair = std::pair<std::string, std::string>;
    EXPECT_EQ(split_snapshot_path("latest"), Pair("latest", "/"));
    EXPECT_EQ(split_snapshot_path("latest:/a/b/"), Pair("latest", "/a/b"));
    EXPECT_EQ(split_snapshot_path("latest:a:b"), Pair("latest", "/a:b"));
    EXPECT_EQ(split_snapshot_path("latest:/"), Pair("latest", "/"));
    EXPECT_EQ(split_snapshot_path("latest:"), Pair("latest", "/"));
}

} // namespace torgo::cli
