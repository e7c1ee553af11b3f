#include "base/hex.hpp"
#include "cli/format.hpp"
#include "cli/kit.hpp"
#include "cli/proquint.hpp"
#include "cli/qr.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace torgo::cli {

namespace {

constexpr std::size_t enough_modules = 8; ///< pixels a module in the picture

repo::RecoveryKit example(std::size_t heads = 4, std::uint8_t first = 1) {
    repo::RecoveryKit kit;
    kit.place.id.bytes.fill(0x12);
    kit.place.root_fingerprint.bytes.fill(0x34);
    for (std::size_t i = 1; i <= heads; ++i) {
        kit.place.heads.push_back("dir:///home/alice/.local/share/torgo/heads/" +
                                  std::to_string(i));
    }
    kit.secret = crypto::SecretBytes(kit_secret_size);
    for (std::size_t i = 0; i < kit_secret_size; ++i) {
        kit.secret.span()[i] = static_cast<std::uint8_t>(first + (7 * i));
    }
    return kit;
}

std::string secret_of(const Result<KitInput>& input, const RepoId& repository) {
    if (!input) return input.error().detail();
    const auto secret = check_kit(*input, repository);
    return secret ? to_hex(secret->view()) : secret.error().detail();
}

std::string expected(const repo::RecoveryKit& kit) {
    return to_hex(kit.secret.view());
}

/// Runs zbarimg over the code; nothing where it is not installed.
std::optional<std::string> scanned(const QrCode& code) {
    if (std::system("command -v zbarimg >/dev/null 2>&1") != 0) return std::nullopt;
    const auto path = std::filesystem::temp_directory_path() /
                      ("torgo-qr-" + std::to_string(::getpid()) + ".pgm");
    const auto width = code.size() * enough_modules;
    {
        std::ofstream picture(path, std::ios::binary);
        picture << "P5 " << width << " " << width << " 255\n";
        for (std::size_t y = 0; y < width; ++y) {
            for (std::size_t x = 0; x < width; ++x) {
                picture.put(code.dark(y / enough_modules, x / enough_modules) ? '\0' : '\xff');
            }
        }
    }
    const auto command =
        "zbarimg --quiet --raw -Sdisable -Sqrcode.enable " + path.string() + " 2>/dev/null";
    std::string out;
    if (auto* pipe = ::popen(command.c_str(), "r"); pipe != nullptr) {
        std::array<char, 4096> buffer{};
        while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr)
            out += buffer.data();
        ::pclose(pipe);
    }
    std::filesystem::remove(path);
    while (out.ends_with('\n'))
        out.pop_back();
    return out;
}

} // namespace

// The examples of arXiv:0901.4016 (IPv4 addresses).
TEST(Proquint, matches_the_published_examples) {
    EXPECT_EQ(joined(proquints(Bytes{127, 0, 0, 1}), "-"), "lusab-babad");
    EXPECT_EQ(joined(proquints(Bytes{63, 84, 220, 193}), "-"), "gutih-tugad");
    EXPECT_EQ(joined(proquints(Bytes{63, 118, 7, 35}), "-"), "gutuk-bisog");
    EXPECT_EQ(joined(proquints(Bytes{140, 98, 193, 141}), "-"), "mudof-sakat");
    EXPECT_EQ(joined(proquints(Bytes{212, 58, 253, 68}), "-"), "tibup-zujah");
    EXPECT_EQ(joined(proquints(Bytes{12, 110, 110, 204}), "-"), "budov-kuras");
}

TEST(Proquint, round_trips_every_word) {
    for (unsigned bits = 0; bits <= 0xFFFF; ++bits) {
        const auto word = proquint(static_cast<std::uint16_t>(bits));
        ASSERT_EQ(word.size(), 5U);
        ASSERT_EQ(from_proquint(word), bits) << word;
    }
}

TEST(Proquint, takes_capitals_and_refuses_what_is_no_word) {
    EXPECT_EQ(from_proquint("LuSaB"), 0x7F00);
    for (const auto* word : {"", "lusa", "lusabb", "lesab", "lusac", "ausab", "lus b"}) {
        EXPECT_FALSE(from_proquint(word)) << word;
    }
}

// CLI-40
TEST(Kit, has_eighteen_words_in_three_lines) {
    const auto kit = example();
    EXPECT_EQ(kit_words(kit).size(), kit_word_count);
    const auto page = joined(kit_page(kit, 2, 0), "\n");
    const auto words = kit_words(kit);
    EXPECT_NE(page.find("    " + words[0] + "-" + words[1]), std::string::npos);
    EXPECT_NE(page.find("\n    " + words[6] + "-"), std::string::npos);
    EXPECT_NE(page.find("any 2 of the 4 heads"), std::string::npos);
    EXPECT_NE(page.find(kit.place.id.hex()), std::string::npos);
    EXPECT_NE(page.find("Head 4      " + kit.place.heads[3]), std::string::npos);
}

// CLI-41: words of docs/spec/cli.md 6.
TEST(Kit, gives_the_words_of_the_specification) {
    EXPECT_EQ(joined(kit_words(example()), " "), "baham busik duhoh fosuf gojab hitav "
                                                 "jijis katop lajum luvak mukih novof "
                                                 "pokub rivuv silas tazip notoz hohat");
}

// CLI-42
TEST(Kit, takes_words_however_they_are_typed) {
    const auto kit = example();
    const auto words = kit_words(kit);
    EXPECT_EQ(secret_of(parse_kit(joined(words, " ")), kit.place.id), expected(kit));
    EXPECT_EQ(secret_of(parse_kit(joined(words, "-")), kit.place.id), expected(kit));
    EXPECT_EQ(secret_of(parse_kit("  1. " + joined(words, "\r\n 2,  ") + ".\n"), kit.place.id),
              expected(kit));
    auto capitals = joined(words, " ");
    for (auto& c : capitals)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(secret_of(parse_kit(capitals), kit.place.id), expected(kit));
}

// CLI-43
TEST(Kit, names_the_words_that_are_misspelt) {
    auto words = kit_words(example());
    words[6] = "xusab";
    words[17] = "lus";
    EXPECT_EQ(parse_kit(joined(words, " ")).error().detail(),
              "these words of the recovery kit are misspelt: word 7 (\"xusab\"), 18 (\"lus\")");
    words.resize(3);
    EXPECT_EQ(parse_kit(joined(words, " ")).error().detail(),
              "a recovery kit has 18 words; here are 3");
    EXPECT_EQ(parse_kit("").error().detail(), "a recovery kit has 18 words; here are 0");
    EXPECT_TRUE(is_kit_beginning(joined(words, " ")));
    EXPECT_FALSE(is_kit_beginning("xusab"));
}

TEST(Kit, says_that_a_long_text_is_no_kit) {
    std::string text;
    for (int i = 0; i < 50; ++i)
        text += "these are not the words ";
    EXPECT_TRUE(parse_kit(text).error().detail().starts_with("this is no recovery kit"));
}

RC_GTEST_PROP(Kit, checksum_finds_every_wrong_or_swapped_word, ()) {
    const auto kit = example(4, *rc::gen::arbitrary<std::uint8_t>());
    auto words = kit_words(kit);
    const auto a = *rc::gen::inRange<std::size_t>(0, kit_word_count);
    if (*rc::gen::arbitrary<bool>()) {
        words[a] = proquint(*rc::gen::arbitrary<std::uint16_t>());
    } else {
        std::swap(words[a], words[*rc::gen::inRange<std::size_t>(0, kit_word_count)]);
    }
    RC_PRE(words != kit_words(kit));
    const auto parsed = parse_kit(joined(words, " "));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(!check_kit(*parsed, kit.place.id).has_value());
}

TEST(Kit, refuses_the_kit_of_another_repository) {
    const auto kit = example();
    RepoId other;
    EXPECT_NE(
        secret_of(parse_kit(joined(kit_words(kit), " ")), other).find("checksum does not fit"),
        std::string::npos);
}

// CLI-44
TEST(KitPayload, round_trips_with_its_heads) {
    const auto kit = example();
    const auto parsed = parse_kit(kit_payload(kit));
    ASSERT_TRUE(parsed) << parsed.error().detail();
    ASSERT_TRUE(parsed->place);
    EXPECT_EQ(parsed->place->heads, kit.place.heads);
    EXPECT_EQ(parsed->place->id, kit.place.id);
    EXPECT_EQ(parsed->place->root_fingerprint, kit.place.root_fingerprint);
    EXPECT_EQ(secret_of(parsed, kit.place.id), expected(kit));
}

TEST(KitPayload, finds_every_flipped_letter_of_its_secret) {
    const auto payload = kit_payload(example());
    constexpr std::size_t secret_at = 12 + 32 + 1 + 64 + 1; // mark, repository, owner key
    for (std::size_t i = secret_at; payload[i] != ':'; ++i) {
        auto broken = payload;
        broken[i] = broken[i] == '0' ? '1' : '0';
        EXPECT_FALSE(parse_kit(broken)) << i;
    }
}

TEST(KitPayload, leaves_the_heads_out_where_they_do_not_fit) {
    auto kit = example(40);
    const auto payload = kit_payload(kit);
    EXPECT_TRUE(QrCode::encode(payload));
    const auto parsed = parse_kit(payload);
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->place->heads.empty());
}

TEST(KitPages, can_be_read_back) {
    const auto kit = example();
    const auto text = kit_text(kit, 2, 0);
    const auto svg = kit_svg(kit, 2, 0);
    ASSERT_TRUE(text && svg);
    EXPECT_EQ(secret_of(parse_kit(*text), kit.place.id), expected(kit));
    EXPECT_EQ(secret_of(parse_kit(*svg), kit.place.id), expected(kit));
    EXPECT_EQ(parse_kit(*svg)->place->heads, kit.place.heads);
}

TEST(QrCode, fits_a_terminal_of_eighty_columns_for_the_default_heads) {
    const auto code = QrCode::encode(kit_payload(example()));
    ASSERT_TRUE(code);
    EXPECT_LE(code->size(), 80U);
    const auto lines = code->lines(false);
    EXPECT_EQ(lines.size(), (code->size() + 1) / 2);
    for (const auto& line : lines)
        EXPECT_EQ(display_width(line), code->size());
}

// CLI-45
TEST(QrCode, is_read_by_a_scanner) {
    const auto payload = kit_payload(example());
    const auto read = scanned(*QrCode::encode(payload));
    if (!read) GTEST_SKIP() << "zbarimg is not installed (zbar-tools)";
    EXPECT_EQ(*read, payload);
}

TEST(QrCode, refuses_what_does_not_fit) {
    EXPECT_EQ(QrCode::encode(std::string(998, 'a')).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(QrCode::encode(std::string(9000, 'a')).error().code(), Errc::limit_exceeded);
    EXPECT_EQ(QrCode::encode("").error().code(), Errc::invalid_argument);
    EXPECT_TRUE(QrCode::encode(std::string(990, 'a')));
}

TEST(QrCode, keeps_a_light_margin) {
    const auto code = *QrCode::encode("x");
    for (std::size_t i = 0; i < code.size(); ++i) {
        for (std::size_t j = 0; j < qr_quiet_zone; ++j) {
            EXPECT_FALSE(code.dark(i, j) || code.dark(j, i));
            EXPECT_FALSE(code.dark(i, code.size() - 1 - j) || code.dark(code.size() - 1 - j, i));
        }
    }
    EXPECT_TRUE(code.dark(qr_quiet_zone, qr_quiet_zone));
}

} // namespace torgo::cli
