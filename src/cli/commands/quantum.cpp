#include "cli/commands/quantum.hpp"

#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "env/file_system.hpp"
#include "quantum/picture.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace torgo::cli {

namespace {
constexpr std::size_t rows_max = 32;
constexpr std::size_t bar_width = 40;
constexpr const char* memory_file = "/proc/meminfo";
constexpr std::size_t memory_file_max = 8192;
/// Where the system does not say: what any machine of today has.
constexpr std::uint64_t memory_unknown = std::uint64_t{1} << 30U;

/// The number after "MemAvailable:", in KiB; 0 when it is not there.
std::uint64_t available_kib(std::string_view text) {
    constexpr std::string_view key = "MemAvailable:";
    auto at = text.find(key);
    if (at == std::string_view::npos) return 0;
    at = text.find_first_not_of(' ', at + key.size());
    if (at == std::string_view::npos) return 0;
    std::uint64_t out = 0;
    (void)std::from_chars(text.data() + at, text.data() + text.size(), out);
    return out;
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%.2f %%",
                  100 * static_cast<double>(part) / static_cast<double>(whole));
    return text.data();
}

std::string bar(std::uint64_t count, std::uint64_t most) {
    std::string out;
    for (std::uint64_t i = 0; i < count * bar_width / most; ++i)
        out += "█";
    return out;
}

} // namespace

std::uint64_t memory_for_states(const Context& context) {
    const auto file = context.world.files->open_read(memory_file);
    if (!file) return memory_unknown;
    std::array<std::uint8_t, memory_file_max> bytes{};
    const auto size = (*file)->read_at(0, bytes);
    if (!size) return memory_unknown;
    const auto kib = available_kib(as_text(ByteView(bytes).first(*size)));
    return kib == 0 ? memory_unknown : kib * 1024 / 10 * 9;
}

std::vector<std::string> counts_lines(const quantum::Circuit& circuit,
                                      const QuantumCounts& counts) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> rows(counts.begin(), counts.end());
    std::uint64_t shots = 0;
    std::uint64_t most = 1;
    for (const auto& [bits, count] : rows) {
        shots += count;
        most = std::max(most, count);
    }
    const bool many = rows.size() > rows_max;
    if (many) {
        std::ranges::stable_sort(rows,
                                 [](const auto& a, const auto& b) { return a.second > b.second; });
        rows.resize(rows_max);
    }
    Table table;
    table.column("Result");
    table.column("Shots", Table::Align::right);
    table.column("Share", Table::Align::right);
    table.column("");
    for (const auto& [bits, count] : rows)
        table.row({quantum::bits_text(circuit, bits), count_text(count), percent(count, shots),
                   bar(count, most)});
    auto out = table.lines();
    if (many)
        out.push_back("… and " + count_text(counts.size() - rows_max) +
                      " results that came up less often");
    return out;
}

Result<> write_quantum_picture(const Context& context, const std::string& path,
                               const quantum::Circuit& circuit, const QuantumCounts& counts,
                               const std::string& title) {
    TRY(const auto absolute, context.environment.absolute(path));
    const auto text = quantum::picture_svg(circuit, counts, title);
    return env::write_file_atomically(*context.world.files, absolute, as_bytes(text));
}

Command quantum_command() {
    Command command;
    command.name = "quantum";
    command.summary = "simulate quantum circuits";
    command.description =
        "Runs circuits of qubits on this machine, exactly, as a state vector. No quantum computer "
        "is used, and none would help with a backup: the jobs are small on purpose, and each "
        "prints what an ordinary program finds beside its own answer (docs/quantum.md). That "
        "TORGO is safe against quantum computers has nothing to do with these commands.";
    command.children.push_back(quantum_run_command());
    command.children.push_back(quantum_job_command());
    return command;
}

} // namespace torgo::cli
