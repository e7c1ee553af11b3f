#include "cli/kdf_options.hpp"

namespace torgo::cli {

namespace {
constexpr std::uint32_t memory_mib_min = 64;
constexpr std::uint32_t memory_mib_max = crypto::argon2_memory_kib_max / 1024;
constexpr std::uint32_t memory_mib_strong = 1024;
constexpr std::uint32_t passes = 3;
constexpr std::uint32_t lanes = 4;
constexpr const char* group = "kdf";
} // namespace

crypto::Argon2Cost KdfArgs::cost() const noexcept {
    const auto memory = strong ? memory_mib_strong : memory_mib;
    return {.memory_kib = memory * 1024, .passes = passes, .lanes = lanes};
}

std::vector<Option> kdf_options(KdfArgs& args) {
    auto memory =
        number_option(args.memory_mib, "kdf-memory", "MIB", {memory_mib_min, memory_mib_max},
                      "memory that a guess at the pass phrase takes; 64 when not given");
    memory.group = group;
    auto strong =
        toggle(args.strong, "kdf-strong", "1 GiB of memory for each guess, and for each use");
    strong.group = group;
    return {std::move(memory), std::move(strong)};
}

} // namespace torgo::cli
