#include "cli/strength.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <string>

namespace torgo::cli {

namespace {

/// Heads of every list of leaked passwords; each costs a guesser a handful of tries.
constexpr std::array known{"password", "passwort", "secret",   "letmein", "welcome", "admin",
                           "dragon",   "monkey",   "iloveyou", "backup",  "torgo",   "test",
                           "login",    "master",   "football", "shadow"};
constexpr double bits_of_known_word = 4;
constexpr double bits_of_predictable = 1; ///< a letter that repeats or continues a run

constexpr std::array rows{"qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qwertzuiop"};

double bits_a_letter(std::string_view text) {
    bool lower = false;
    bool upper = false;
    bool digit = false;
    bool other = false;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        lower = lower || std::islower(u) != 0;
        upper = upper || std::isupper(u) != 0;
        digit = digit || std::isdigit(u) != 0;
        other = other || std::isalnum(u) == 0;
    }
    // Words of a language carry far less than random letters: about 2 bits each.
    const double pool = (lower ? 26 : 0) + (upper ? 26 : 0) + (digit ? 10 : 0) + (other ? 33 : 0);
    return lower && !digit && !upper ? 2.2 : std::log2(std::max(pool, 2.0)) * 0.6;
}

bool continues(char before, char now) {
    const int step = now - before;
    if (step >= -1 && step <= 1) return true;
    return std::ranges::any_of(rows, [&](std::string_view row) {
        const auto at = row.find(before);
        return at != std::string_view::npos && at + 1 < row.size() && row[at + 1] == now;
    });
}

} // namespace

double guessing_bits(std::string_view pass_phrase) {
    std::string text;
    for (const char c : pass_phrase) {
        text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    double bits = 0;
    for (const std::string_view word : known) {
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word)) {
            text.erase(at, word.size());
            bits += bits_of_known_word;
        }
    }
    if (text.empty()) return bits;
    const auto each = bits_a_letter(pass_phrase);
    bits += each;
    for (std::size_t i = 1; i < text.size(); ++i) {
        bits += continues(text[i - 1], text[i]) ? std::min(each, bits_of_predictable) : each;
    }
    return bits;
}

} // namespace torgo::cli
