#include "cli/rates.hpp"

#include "head/token_bucket.hpp"

#include <array>
#include <utility>

namespace torgo::cli {

namespace {

constexpr std::uint64_t most_units = 1'000'000'000;
constexpr std::uint64_t most_rate = 8_GiB;

struct Unit {
    std::string_view name;
    std::uint64_t bytes;
};

constexpr std::array units{Unit{"KiB", 1_KiB}, Unit{"MiB", 1_MiB}, Unit{"GiB", 1_GiB},
                           Unit{"K", 1_KiB},   Unit{"M", 1_MiB},   Unit{"G", 1_GiB}};

/// Takes the unit off the end of a text.
std::uint64_t take_unit(std::string_view& text) {
    for (const auto& unit : units) {
        if (!text.ends_with(unit.name)) continue;
        text.remove_suffix(unit.name.size());
        return unit.bytes;
    }
    return 1_KiB;
}

} // namespace

head::RatePlan Rates::plan(const std::optional<std::uint64_t>& rate) const {
    head::RatePlan out;
    out.rate = rate.value_or(0);
    if (out.rate == 0) return out;
    out.off_peak = off_peak;
    out.off_peak_rate = off_peak_limit.value_or(0);
    return out;
}

Result<std::uint64_t> parse_rate(std::string_view text) {
    if (text == "none") return 0;
    const auto unit = take_unit(text);
    TRY(const auto number, parse_number(text, {0, most_units}));
    const auto rate = number * unit;
    if (rate == 0 || (rate >= head::TokenBucket::least_rate && rate <= most_rate)) return rate;
    return fail(Errc::invalid_argument,
                "a rate is 16K to 8G a second, or \"none\"; without a unit it is in KiB");
}

Option rate_option(std::optional<std::uint64_t>& target, std::string name, std::string help) {
    Option option;
    option.name = std::move(name);
    option.value = "RATE";
    option.help = std::move(help);
    option.set = [&target](const std::string& text) -> Result<> {
        TRY(target, parse_rate(text));
        return {};
    };
    return option;
}

std::vector<Option> rate_options(Rates& rates) {
    auto upload = rate_option(rates.upload, "limit-upload",
                              "send at most so much a second: KiB, or 500K, 2M; none lifts the "
                              "512K that hold towards onion services when not given");
    upload.variable = "TORGO_LIMIT_UPLOAD";
    auto download =
        rate_option(rates.download, "limit-download", "receive at most so much a second");
    download.variable = "TORGO_LIMIT_DOWNLOAD";
    Option hours;
    hours.name = "off-peak";
    hours.value = "HOURS";
    hours.help = "hours of the local day, as 22:00-06:00, at which these limits do not hold";
    hours.set = [&rates](const std::string& text) -> Result<> {
        TRY(rates.off_peak, head::parse_day_window(text));
        return {};
    };
    auto then = rate_option(rates.off_peak_limit, "off-peak-limit",
                            "what holds at those hours instead; nothing when not given");
    return {std::move(upload), std::move(download), std::move(hours), std::move(then)};
}

} // namespace torgo::cli
