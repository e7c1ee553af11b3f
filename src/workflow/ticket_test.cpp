#include "crypto/hash.hpp"
#include "workflow/ticket.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace torgo::workflow {
namespace {

crypto::SigningKey key_of(std::uint8_t first) {
    Bytes seed(32, first);
    return *crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_65,
                                          crypto::SecretBytes::copy_of(seed));
}

Ticket some_ticket() {
    return {.id = "00112233445566778899aabbccddeeff",
            .file = "ward.maml.md",
            .file_hash = crypto::sha256(as_bytes("file")),
            .inputs_hash = crypto::sha256(as_bytes("{}")),
            .principal = "agent://ward7",
            .node = "gateway://local",
            .blocks = 3,
            .not_before = "2026-11-22T08:00:00Z",
            .timeout_s = 600};
}

TEST(Ticket, is_read_back_as_it_was_signed) {
    const auto key = key_of(1);
    const auto text = signed_text(some_ticket(), key);
    ASSERT_TRUE(text);
    const auto back = read_ticket(*text, key.public_key());
    ASSERT_TRUE(back) << back.error().detail();
    EXPECT_EQ(back->file_hash, some_ticket().file_hash);
    EXPECT_EQ(back->inputs_hash, some_ticket().inputs_hash);
    EXPECT_EQ(back->blocks, 3U);
    EXPECT_EQ(back->timeout_s, 600U);
}

TEST(Ticket, of_another_key_or_with_another_word_is_refused) {
    const auto key = key_of(1);
    auto text = *signed_text(some_ticket(), key);
    EXPECT_EQ(read_ticket(text, key_of(2).public_key()).error().code(), Errc::authentication);
    text.replace(text.find("ward.maml"), 4, "work");
    EXPECT_EQ(read_ticket(text, key.public_key()).error().code(), Errc::authentication);
    EXPECT_FALSE(read_ticket("", key.public_key()));
    EXPECT_FALSE(read_ticket("torgo-maml-ticket 1\n", key.public_key()));
}

TEST(Ticket, has_one_text_and_nothing_beside_it) {
    const auto text = *signed_text(some_ticket(), key_of(1));
    const auto ticket = parse_ticket(text);
    ASSERT_TRUE(ticket) << ticket.error().detail();
    EXPECT_EQ(format_ticket(*ticket), text);
    for (const auto& [from, to] : {std::pair{"blocks 3", "blocks 03"},
                                   {"blocks 3", "blocks +3"},
                                   {"blocks 3", "blocks 3\nblocks 4"},
                                   {"timeout_s 600", "timeout_s 4294967296"},
                                   {"id 0011", "id 11"},
                                   {"file ward", "file ward\r"},
                                   {"aabb", "AABB"}}) {
        auto other = text;
        other.replace(other.find(from), std::string_view(from).size(), to);
        EXPECT_EQ(parse_ticket(other).error().code(), Errc::corrupt) << to;
    }
    EXPECT_EQ(parse_ticket(text + "x").error().code(), Errc::corrupt);
    EXPECT_EQ(parse_ticket(text.substr(0, text.size() - 1)).error().code(), Errc::corrupt);
    EXPECT_EQ(parse_ticket("torgo-maml-ticket 2\n").error().code(), Errc::unsupported);
}

TEST(Ticket, a_line_break_in_a_field_is_not_signed) {
    auto ticket = some_ticket();
    ticket.principal += "\nnode gateway://other";
    EXPECT_EQ(signed_text(ticket, key_of(1)).error().code(), Errc::invalid_argument);
}

TEST(Ticket, a_record_is_no_ticket) {
    const auto key = key_of(1);
    const auto text = signed_text(Record{.ticket = "00",
                                         .outputs_hash = {},
                                         .worker = "none",
                                         .started = "",
                                         .status = "failed"},
                                  key);
    ASSERT_TRUE(text);
    EXPECT_EQ(read_ticket(*text, key.public_key()).error().code(), Errc::corrupt);
}

} // namespace
} // namespace torgo::workflow
