// SPDX-License-Identifier: MIT
// Runs a fuzz target once over each file of a folder, so that every input ever found is a test for
// ever, with any compiler. A target breaks by ending the program; the last name printed is the
// cause.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> inputs_of(const fs::path& folder) {
    std::vector<fs::path> inputs;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file()) inputs.push_back(entry.path());
    }
    std::ranges::sort(inputs);
    return inputs;
}

std::vector<std::uint8_t> read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2 || !fs::is_directory(argv[1])) {
        std::fputs("give one folder of inputs\n", stderr);
        return 1;
    }
    const auto inputs = inputs_of(argv[1]);
    for (const auto& path : inputs) {
        std::fprintf(stderr, "%s\n", path.c_str());
        const auto bytes = read(path);
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    if (inputs.empty()) std::fputs("no input: a target needs at least one seed\n", stderr);
    return inputs.empty() ? 1 : 0;
}
