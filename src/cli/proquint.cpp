#include "cli/proquint.hpp"

#include "base/ensure.hpp"

namespace torgo::cli {

namespace {

constexpr std::string_view consonants = "bdfghjklmnprstvz"; // four bits each
constexpr std::string_view vowels = "aiou";                 // two bits each
constexpr std::size_t word_size = 5;

constexpr bool is_vowel_place(std::size_t place) {
    return place % 2 == 1;
}

} // namespace

std::string proquint(std::uint16_t bits) {
    std::string out;
    unsigned left = 16;
    for (std::size_t place = 0; place < word_size; ++place) {
        const auto& letters = is_vowel_place(place) ? vowels : consonants;
        left -= is_vowel_place(place) ? 2U : 4U;
        out += letters[(static_cast<std::size_t>(bits) >> left) & (letters.size() - 1)];
    }
    return out;
}

std::optional<std::uint16_t> from_proquint(std::string_view word) {
    if (word.size() != word_size) return std::nullopt;
    unsigned bits = 0;
    for (std::size_t place = 0; place < word_size; ++place) {
        const auto& letters = is_vowel_place(place) ? vowels : consonants;
        const char c = word[place];
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const auto at = letters.find(lower);
        if (at == std::string_view::npos) return std::nullopt;
        bits = (bits << (is_vowel_place(place) ? 2U : 4U)) | static_cast<unsigned>(at);
    }
    return static_cast<std::uint16_t>(bits);
}

std::vector<std::string> proquints(ByteView bytes) {
    ENSURE(bytes.size() % 2 == 0);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        out.push_back(proquint(static_cast<std::uint16_t>((bytes[i] << 8U) | bytes[i + 1])));
    }
    return out;
}

} // namespace torgo::cli
