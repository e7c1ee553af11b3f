#include "cli/descriptor_file.hpp"
#include "cli/toml.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace torgo::cli {

namespace {

const std::string id_hex(32, 'a');
const std::string fingerprint_hex(64, 'b');

std::string file(const std::string& change_from = "", const std::string& change_to = "") {
    std::string text = "version = 1\nrepository = \"" + id_hex + "\"\nroot_fingerprint = \"" +
                       fingerprint_hex + "\"\nheads = [\"dir:///a\", \"dir:///b\"]\n";
    if (!change_from.empty()) text.replace(text.find(change_from), change_from.size(), change_to);
    return text;
}

std::string error(const std::string& text) {
    const auto read = read_descriptor(text, "f");
    return read ? "" : read.error().detail();
}

} // namespace

// CLI-30
TEST(Descriptor, reads_what_it_must_hold) {
    const auto place = read_descriptor(file(), "f");
    ASSERT_TRUE(place) << place.error().detail();
    EXPECT_EQ(place->id.hex(), id_hex);
    EXPECT_EQ(place->root_fingerprint.hex(), fingerprint_hex);
    EXPECT_EQ(place->heads, (std::vector<std::string>{"dir:///a", "dir:///b"}));
}

// CLI-31
TEST(Descriptor, refuses_everything_else_with_its_line) {
    EXPECT_EQ(error(file() + "colour = 1\n"), "f:5: unknown key \"colour\"");
    EXPECT_EQ(error(file() + "[heads2]\n"), "f:5: unknown key \"heads2\"");
    EXPECT_EQ(error(file("heads = [\"dir:///a\", \"dir:///b\"]", "")),
              "f: the key \"heads\" is missing");
    EXPECT_EQ(error(file("\"dir:///a\", \"dir:///b\"", "")),
              "f:4: \"heads\" must be a list of 1 to 64 head URIs");
    EXPECT_EQ(error(file("\"dir:///a\"", "\"\"")),
              "f:4: \"heads\" must be a list of 1 to 64 head URIs");
    EXPECT_EQ(error(file("version = 1", "version = \"1\"")),
              "f:1: \"version\" is of the wrong kind");
    EXPECT_EQ(error(file(id_hex, id_hex + "0")),
              "f:2: \"repository\" must be 32 lower-case hex digits");
    EXPECT_EQ(error(file(fingerprint_hex, std::string(64, 'B'))),
              "f:3: \"root_fingerprint\" must be 64 lower-case hex digits");
    EXPECT_FALSE(error("version = 1\nversion = 1\n").empty());
    EXPECT_FALSE(error(std::string("\0", 1)).empty());
}

// CLI-32
TEST(Descriptor, says_when_it_is_of_a_newer_version) {
    const auto read = read_descriptor(file("version = 1", "version = 2"), "f");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), Errc::unsupported);
}

RC_GTEST_PROP(Descriptor, round_trips, ()) {
    const auto printable = rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~'));
    const auto names = *rc::gen::container<std::vector<std::string>>(printable);
    repo::Place place;
    const auto bytes =
        *rc::gen::container<std::vector<std::uint8_t>>(48, rc::gen::arbitrary<std::uint8_t>());
    std::copy_n(bytes.begin(), 16, place.id.bytes.begin());
    std::copy_n(bytes.begin() + 16, 32, place.root_fingerprint.bytes.begin());
    place.heads = {"dir:///x\"\\\t#é"};
    for (const auto& name : names) {
        if (place.heads.size() < 64) place.heads.push_back("dir:///" + name);
    }
    const auto text = write_descriptor(place);
    RC_ASSERT(text.has_value());
    const auto read = read_descriptor(*text, "f");
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->heads == place.heads);
    RC_ASSERT(read->id == place.id);
    RC_ASSERT(read->root_fingerprint == place.root_fingerprint);
}

RC_GTEST_PROP(ReadToml, takes_any_bytes_without_harm, (const std::string& text)) {
    const auto read = read_toml(text, "f");
    if (!read) RC_ASSERT(read.error().detail().starts_with("f:"));
}

} // namespace torgo::cli
