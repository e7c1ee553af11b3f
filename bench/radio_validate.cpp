// Prints the radio model's figures beside those that are known, and what nobody could compare.
// Exit status 1 when one is outside its tolerance.

#include "radio/validate.hpp"

#include <cstdio>

namespace {

using torgo::radio::Check;

void print(const Check& check) {
    const char* verdict = check.holds() ? "ok" : "OUTSIDE";
    char tolerance[32] = "";
    if (check.kind == Check::Kind::relative)
        std::snprintf(tolerance, sizeof tolerance, "+-%.0f %%", check.tolerance * 100);
    else if (check.kind == Check::Kind::absolute)
        std::snprintf(tolerance, sizeof tolerance, "+-%.3f", check.tolerance);
    else
        std::snprintf(tolerance, sizeof tolerance, "%s",
                      check.kind == Check::Kind::at_most    ? "at most"
                      : check.kind == Check::Kind::at_least ? "at least"
                                                            : "shown only");
    std::printf("%-18s %-58s %9.3f %9.3f %-3s %-10s %-7s %s\n", check.group.c_str(),
                check.what.c_str(), check.expected, check.measured, check.unit.c_str(), tolerance,
                check.kind == Check::Kind::shown ? "-" : verdict, check.source.c_str());
}

} // namespace

int main() {
    const auto checks = torgo::radio::check_all();
    if (!checks) {
        std::fprintf(stderr, "%s\n", checks.error().detail().c_str());
        return 1;
    }
    std::printf("%-18s %-58s %9s %9s %-3s %-10s %-7s %s\n", "what", "", "expected", "measured", "",
                "tolerance", "", "source");
    bool all = true;
    for (const auto& check : *checks) {
        print(check);
        all = all && check.holds();
    }
    std::printf("\nNot validated:\n");
    for (const auto& sentence : torgo::radio::not_validated())
        std::printf("- %s\n", sentence.c_str());
    return all ? 0 : 1;
}
