#include "sandbox/memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace torgo::sandbox {

namespace {

constexpr std::uint64_t bytes_of_kb = 1024;

std::vector<std::string> other_processes() {
    std::vector<std::string> out;
    const auto own = std::to_string(::getpid());
    std::error_code problem;
    std::filesystem::directory_iterator at("/proc", problem);
    for (; !problem && at != std::filesystem::directory_iterator(); at.increment(problem)) {
        auto name = at->path().filename().string();
        const bool is_number =
            std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
        if (is_number && name != own) out.push_back(std::move(name));
    }
    return out;
}

/// With all that it shares with others. 0: it has ended.
std::uint64_t resident(const std::string& process) {
    std::ifstream file("/proc/" + process + "/statm");
    std::uint64_t mapped = 0;
    std::uint64_t pages = 0;
    file >> mapped >> pages;
    return file ? pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

/// Its proportional share (proc(5), Pss), and what of it was swapped out. A process may forbid the
/// question; then all that is resident is its own.
std::uint64_t share(const std::string& process) {
    std::ifstream file("/proc/" + process + "/smaps_rollup");
    std::uint64_t sum = 0;
    bool is_told = false;
    for (std::string name; file >> name;) {
        std::uint64_t kb = 0;
        const bool wanted = name == "Pss:" || name == "SwapPss:";
        if (wanted && file >> kb) sum += kb * bytes_of_kb;
        is_told = is_told || wanted;
    }
    return is_told ? sum : resident(process);
}

} // namespace

std::uint64_t memory_held(std::uint64_t enough) {
    const auto processes = other_processes();
    std::uint64_t sum = 0;
    for (const auto& process : processes)
        sum += resident(process);
    if (sum <= enough) return sum;
    sum = 0;
    for (const auto& process : processes)
        sum += share(process);
    return sum;
}

} // namespace torgo::sandbox
