// Scenarios and plans of the mesh simulator are passed around: each is read, or refused with a
// place.
#include "cli/toml_value.hpp"
#include "meshsim/survey.hpp"
#include "radio/scenario.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto document = torgo::cli::read_toml_value(text, "input.toml");
    if (!document) return 0;
    (void)torgo::radio::read_scenario(*document);
    (void)torgo::meshsim::read_survey(*document);
    return 0;
}
