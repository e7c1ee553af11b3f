// What the two sides of a sandbox tell each other: the inner step's words, and its first frame.
#include "sandbox/layers.hpp"
#include "sandbox/plan.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        out.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace torgo;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // One form each: what is read is written as it stood there.
    if (const auto layers = sandbox::decode_layers(text);
        layers && sandbox::encode(*layers) != text)
        __builtin_trap();
    const auto words = words_of(text);
    if (const auto inner = sandbox::decode_inner(words)) {
        const auto again = sandbox::decode_inner(sandbox::encode(*inner));
        if (!again || sandbox::encode(*again) != sandbox::encode(*inner)) __builtin_trap();
    }
    return 0;
}
