#include "cli/child.hpp"
#include "cli/commands/commands.hpp"
#include "cli/password.hpp"
#include "cli/strength.hpp"
#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "sys/random.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace torgo::cli {

namespace {

Environment with_variables(std::map<std::string, std::string, std::less<>> variables) {
    Environment::Facts facts;
    facts.variables = std::move(variables);
    facts.variables.emplace("PATH", "/usr/bin:/bin");
    facts.working_folder = "/";
    return Environment(std::move(facts));
}

/// Answers questions from a list.
class FalsePrompter final : public Prompter {
public:
    std::deque<std::string> answers;

    bool possible() const override { return !answers.empty(); }

    Result<crypto::SecretBytes> secret(const std::string&) override {
        auto out = crypto::SecretBytes::copy_of(as_bytes(answers.front()));
        answers.pop_front();
        return out;
    }

    Result<crypto::SecretBytes> line(const std::string& question) override {
        return secret(question);
    }
};

class Password : public testing::Test {
protected:
    Password()
        : m_folder(std::filesystem::temp_directory_path() /
                   ("torgo-password-" + std::to_string(::getpid()))),
          m_said(open_said()) {
        globals.key_file = globals.password_file = "";
    }

    ~Password() override {
        ::close(m_said);
        std::filesystem::remove_all(m_folder);
    }

    std::string file(const std::string& name, const std::string& content) const {
        std::ofstream(m_folder / name, std::ios::binary) << content;
        return m_folder / name;
    }

    Context context() {
        return {.world = {.clock = &m_clock, .random = &m_random, .files = &m_files},
                .heads = m_heads,
                .environment = environment,
                .globals = globals,
                .config = m_config,
                .root = m_root,
                .account = m_account,
                .out = m_out,
                .prompter = prompter,
                .input = 0,
                .stop = {}};
    }

    std::string existing() {
        const auto got = existing_credential(context());
        return got ? std::string(as_text(got->secret.view())) : "error: " + got.error().detail();
    }

    std::string fresh() {
        const auto got = new_credential(context(), global_key_source(globals));
        return got ? std::string(as_text(got->secret.view())) : "error: " + got.error().detail();
    }

    std::string warnings() const {
        std::ifstream in(m_folder / "said");
        return {std::istreambuf_iterator<char>(in), {}};
    }

    Globals globals;
    FalsePrompter prompter;
    Environment environment = with_variables({});

private:
    Account m_account{0};
    int open_said() const {
        std::filesystem::create_directories(m_folder);
        return ::open((m_folder / "said").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    }

    std::filesystem::path m_folder;
    int m_said;
    sys::Clock m_clock;
    sys::Random m_random;
    sys::FileSystem m_files;
    Heads m_heads{{.clock = &m_clock, .random = &m_random, .files = &m_files}, {}, m_out, {}};
    Config m_config;
    Globals m_unused;
    Command m_root = command_tree(m_unused);
    Output m_out{m_said, m_said, {}};
};

} // namespace

TEST_F(Password, comes_from_a_file_without_its_line_end) {
    globals.password_file = file("a", " two words \n");
    EXPECT_EQ(existing(), " two words ");
    globals.password_file = file("b", "x\r\n");
    EXPECT_EQ(existing(), "x");
    globals.password_file = file("c", "no end");
    EXPECT_EQ(existing(), "no end");
}

TEST_F(Password, comes_from_a_command) {
    globals.password_command = "printf 'from %s' command";
    EXPECT_EQ(existing(), "from command");
    globals.password_command = "echo x; exit 3";
    EXPECT_NE(existing().find("ended with exit code 3"), std::string::npos);
}

TEST_F(Password, is_not_seen_by_the_command_that_looks_for_it) {
    environment = with_variables({{"TORGO_PASSWORD", "hidden"}});
    globals.password_command = "echo \"<$TORGO_PASSWORD>\"";
    EXPECT_EQ(existing(), "<>");
}

TEST_F(Password, comes_from_the_variable_where_nothing_else_is_given) {
    environment = with_variables({{"TORGO_PASSWORD", "of env"}});
    EXPECT_EQ(existing(), "of env");
    globals.password_file = file("a", "of file");
    EXPECT_EQ(existing(), "of file");
}

// CLI-10
TEST_F(Password, is_asked_for_only_at_a_terminal) {
    EXPECT_EQ(existing(),
              "error: no pass phrase is given and standard input is no terminal: use "
              "--password-file FILE, --password-command COMMAND, --key-file FILE or the "
              "variable TORGO_PASSWORD");
    prompter.answers = {"typed"};
    EXPECT_EQ(existing(), "typed");
}

// CLI-11
TEST_F(Password, is_asked_for_twice_when_it_is_new) {
    prompter.answers = {"correct horse battery staple", "correct horse battery staple"};
    EXPECT_EQ(fresh(), "correct horse battery staple");
    EXPECT_EQ(warnings(), "");
    prompter.answers = {"one", "two"};
    EXPECT_EQ(fresh(), "error: the two pass phrases differ: nothing was changed");
}

// CLI-12
TEST_F(Password, is_never_empty) {
    prompter.answers = {"", ""};
    EXPECT_NE(fresh().find("an empty pass phrase is refused"), std::string::npos);
    globals.password_file = file("a", "\n");
    EXPECT_NE(existing().find("an empty pass phrase is refused"), std::string::npos);
}

// CLI-13
TEST_F(Password, that_is_weak_is_taken_with_a_warning) {
    prompter.answers = {"password1", "password1"};
    EXPECT_EQ(fresh(), "password1");
    EXPECT_NE(warnings().find("six words chosen with dice"), std::string::npos);
}

TEST_F(Password, may_be_a_key_file_of_32_bytes) {
    globals.key_file = file("k", std::string(31, 'k'));
    EXPECT_NE(existing().find("must hold at least 32 random bytes"), std::string::npos);
    globals.key_file = file("k", std::string(31, 'k') + "\n");
    const auto got = existing_credential(context());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->custody, repo::Custody::key_file);
    EXPECT_EQ(got->secret.size(), 32U); // the line end is part of a key file
}

TEST(GuessingBits, ranks_pass_phrases_as_people_would) {
    for (const auto* weak :
         {"", "a", "password", "Password123", "qwertyuiop", "12345678901234567890",
          "aaaaaaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnopqrstuvwxyz", "torgo"}) {
        EXPECT_LT(guessing_bits(weak), guessing_bits_weak) << weak;
    }
    for (const auto* strong : {"correct horse battery staple", "hK8#vQ2!mZ5@wX9$",
                               "lapse twig fumes reply ozone shred"}) {
        EXPECT_GE(guessing_bits(strong), guessing_bits_weak) << strong;
    }
}

TEST(Child, gives_its_output_and_tells_how_it_ended) {
    const auto environment = with_variables({});
    const auto read_all = [&](const std::vector<std::string>& command) -> Result<std::string> {
        TRY(const auto child, Child::start(command, environment, {}));
        std::string out;
        Bytes buffer(7);
        for (;;) {
            TRY(const auto got, child->read(buffer));
            if (got == 0) return out;
            out += as_text(ByteView(buffer).first(got));
        }
    };
    EXPECT_EQ(*read_all({"printf", "%s", "a few more bytes than seven"}),
              "a few more bytes than seven");
    EXPECT_EQ(read_all({"false"}).error().detail(), "the command \"false\" ended with exit code 1");
    EXPECT_EQ(read_all({"sh", "-c", "kill -9 $$"}).error().detail(),
              "the command \"sh\" was ended by signal 9");
    EXPECT_EQ(read_all({"torgo-no-such-program"}).error().code(), Errc::not_found);
}

TEST(Child, ends_when_nobody_reads_it_any_more) {
    const auto environment = with_variables({});
    Bytes buffer(10);
    auto child = Child::start({"yes"}, environment, {});
    ASSERT_TRUE(child);
    ASSERT_TRUE((*child)->read(buffer));
    child->reset(); // returns: the child was ended and waited for
    EXPECT_EQ(*child, nullptr);
}

TEST(StoppableReader, gives_up_when_asked_to_stop) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    std::stop_source source;
    StoppableReader reader(ends[0], source.get_token());
    std::jthread stopper([&] { source.request_stop(); });
    Bytes buffer(10);
    EXPECT_EQ(reader.read(buffer).error().code(), Errc::cancelled);
    ::close(ends[0]);
    ::close(ends[1]);
}

} // namespace torgo::cli
