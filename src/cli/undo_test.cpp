#include "cli/undo.hpp"
#include "crypto/hash.hpp"
#include "env/file_system.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"
#include "source/write.hpp"
#include "sys/file_system.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace torgo::cli {
namespace {

namespace fs = std::filesystem;

crypto::SigningKey some_key() {
    return *crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65,
                                          crypto::SecretBytes::copy_of(Bytes(32, 7)));
}

class UndoTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "torgo_undo_XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        root = name;
        auto begun =
            RestoreUndo::begin(world(files), some_key(), root / "receipts", root / "target");
        ASSERT_TRUE(begun.has_value()) << begun.error().detail();
        undo = *std::move(begun);
        tree.emplace(*source::TreeWriter::open(root / "target"));
    }

    void TearDown() override { fs::remove_all(root); }

    env::World world(env::FileSystem& disk) {
        env::World out;
        out.clock = &clock;
        out.random = &random;
        out.files = &disk;
        return out;
    }

    /// Whose folders lie on a simulated disk.
    std::unique_ptr<RestoreUndo> begin_on(sim::FileSystem& disk) {
        return *RestoreUndo::begin(world(disk), some_key(), "/state/receipts", root / "target");
    }

    void write(const fs::path& name, std::string_view content) const {
        std::ofstream(root / "target" / name) << content;
    }

    std::string read(const fs::path& name) const {
        std::ifstream in(root / "target" / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    /// Puts what lies at `from` in its place.
    repo::TakeName rename(const std::string& from, const std::string& to) {
        return [this, from, to](bool over) -> Result<std::optional<source::Entry>> {
            CHECK_OK(tree->rename(from, to, over));
            return tree->status(to);
        };
    }

    receipts::Journal journal() {
        EXPECT_TRUE(undo->finish());
        const auto path = undo_folder(root / "receipts", undo->id()) + "/journal";
        const auto bytes = env::read_file(files, path, receipts::journal_max);
        EXPECT_EQ(crypto::sha256(*bytes), *undo->hash());
        return *receipts::parse_journal(as_text(*bytes));
    }

    fs::path root;
    sim::Clock clock;
    sim::Random random{1};
    sys::FileSystem files;
    std::unique_ptr<RestoreUndo> undo;
    std::optional<source::TreeWriter> tree;
};

const auto nothing = [](bool) -> Result<std::optional<source::Entry>> {
    return std::nullopt;
};

} // namespace

TEST_F(UndoTest, what_is_replaced_lies_aside_and_what_is_put_there_is_noted) {
    write("file", "mine");
    write("ready", "saved");
    EXPECT_EQ(*undo->put(*tree, "file", true, rename("ready", "file")), true);
    EXPECT_EQ(read("file"), "saved");
    const auto steps = journal();
    ASSERT_EQ(steps.steps.size(), 2U);
    EXPECT_EQ(steps.steps[1].left, left_state(**tree->status("file")));
    EXPECT_TRUE(fs::exists(steps.asides.front() + "/0"));
}

TEST_F(UndoTest, what_somebody_else_makes_meanwhile_is_never_noted_as_made) {
    write("ready", "saved");
    const auto late = [&](bool over) {
        write("file", "theirs"); // between the step and its effect
        return rename("ready", "file")(over);
    };
    const auto put = undo->put(*tree, "file", false, late);
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code(), Errc::exists);
    EXPECT_EQ(read("file"), "theirs");
    const auto steps = journal().steps;
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_TRUE(steps[0].taken_back);
    EXPECT_FALSE(steps[0].left);
}

TEST_F(UndoTest, what_was_there_is_there_again_when_nothing_came_of_it) {
    write("file", "mine");
    EXPECT_FALSE(undo->put(*tree, "file", true, rename("not there", "file")));
    EXPECT_EQ(read("file"), "mine");
    for (const auto& step : journal().steps)
        EXPECT_TRUE(step.taken_back);
}

// RECEIPT-23
TEST_F(UndoTest, over_its_bound_data_come_first_and_what_cannot_be_undone_is_counted) {
    for (std::uint64_t i = 0; i + 1 < receipts::steps_max; ++i)
        ASSERT_TRUE(undo->put(*tree, "x", false, nothing));
    write("file", "mine");
    write("ready", "saved");
    write("more", "saved");
    const auto put = undo->put(*tree, "file", true, rename("ready", "file"));
    ASSERT_TRUE(put);
    EXPECT_FALSE(*put);
    EXPECT_EQ(read("file"), "saved");
    EXPECT_EQ(undo->unnoted(), 1U);
    EXPECT_TRUE(undo->put(*tree, "one", false, nothing));
    EXPECT_EQ(*undo->put(*tree, "new", false, rename("more", "new")), false);
    EXPECT_EQ(read("new"), "saved");
    EXPECT_EQ(journal().unnoted, 2U);
}

// RECEIPT-22
TEST_F(UndoTest, its_journal_would_survive_a_power_cut_when_it_is_finished) {
    sim::FileSystem disk;
    const auto kept = begin_on(disk);
    ASSERT_TRUE(kept->put(*tree, "new", false, nothing));
    ASSERT_TRUE(kept->finish());
    for (std::uint64_t seed = 0; seed < 32; ++seed) {
        const auto found_disk = disk.crash(seed);
        const auto path = undo_folder("/state/receipts", kept->id()) + "/journal";
        const auto found = env::read_file(*found_disk, path, receipts::journal_max);
        ASSERT_TRUE(found.has_value()) << seed;
        EXPECT_EQ(crypto::sha256(*found), *kept->hash()) << seed;
    }
}

TEST_F(UndoTest, a_journal_that_cannot_be_written_ends_the_way_back_and_not_the_restore) {
    sim::FileSystem disk;
    const auto kept = begin_on(disk);
    disk.fail_next(sim::Operation::append, Errc::no_space);
    EXPECT_EQ(*kept->put(*tree, "new", false, nothing), false);
    EXPECT_TRUE(kept->put(*tree, "more", false, nothing));
    const auto finished = kept->finish();
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code(), Errc::no_space);
    EXPECT_FALSE(kept->hash());
}

} // namespace torgo::cli
