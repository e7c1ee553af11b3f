#pragma once

// A receipt: what a command did, by whom, from what and to what, as facts. Its text is Markdown
// (receipt_text.hpp); what is signed is the mirror of that (envelope.hpp). docs/spec/receipt.md 3

#include "base/id.hpp"
#include "markup/names.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace torgo::markup {

enum class Outcome : std::uint8_t { ok, incomplete, failed, stopped };

/// "ok", "incomplete".
std::string_view name(Outcome outcome) noexcept;
std::optional<Outcome> parse_outcome(std::string_view text) noexcept;

/// Something that went into the work or came out of it.
struct Item {
    std::string kind; ///< "path", "snapshot": lower-case letters, digits, '_'
    std::string name; ///< bytes as they are
    Digest hash;      ///< zero where there is none

    bool operator==(const Item&) const = default;
};

/// A count, by a name of lower-case letters, digits and '_'.
using Figure = std::pair<std::string, std::uint64_t>;

struct Receipt {
    Uuid id;
    PeerId author;
    std::uint64_t number = 0; ///< in the author's chain, from 0
    Digest prev;              ///< of the text of the receipt before; zero in the first
    std::string command;      ///< "key add"
    std::string program;      ///< "torgo 0.1.0"
    std::optional<RepoId> repository;
    std::string host;
    std::string user;
    std::int64_t began_ns = 0;
    std::int64_t ended_ns = 0;
    Outcome outcome = Outcome::ok;
    std::string error;        ///< name and sentence; empty where there is none
    std::optional<Uuid> undo; ///< the journal with which it can be rolled back
    std::vector<Item> inputs;
    std::vector<Item> outputs;
    std::uint64_t left_out = 0; ///< items over the bounds
    std::vector<Figure> figures;

    bool operator==(const Receipt&) const = default;
};

inline constexpr std::size_t items_max = 64;     ///< of inputs, and of outputs
inline constexpr std::size_t figures_max = 64;   ///
inline constexpr std::size_t name_max = 4096;    ///< bytes of an item's name: what a path may have
inline constexpr std::size_t word_max = 64;      ///< of a kind, or of a figure's name
inline constexpr std::size_t sentence_max = 512; ///< of host, user, command, error

/// True for what may be a kind or a figure's name.
bool is_word(std::string_view text) noexcept;

/// The same with what is over a bound cut or left out and counted, so that its text can be written.
Receipt bounded(Receipt receipt);

} // namespace torgo::markup
