// How fast a gateway takes, keeps and gives readings, and how small it keeps them.
//
//   reading_speed FOLDER [READINGS]    FOLDER is made; READINGS is 1000000 where nothing is said
#include "crypto/secret.hpp"
#include "envelope/session.hpp"
#include "reading/collector.hpp"
#include "reading/csv.hpp"
#include "reading/store_reader.hpp"
#include "sys/file_system.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace torgo;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t start_ns = 1'767'225'600 * second;
constexpr std::uint64_t sources = 100;
constexpr std::uint64_t batch = 1000; ///< readings between two acknowledgements

/// A patient's monitor, more or less: values walk.
struct Monitor {
    std::int64_t heart_rate = 72;
    std::int64_t spo2 = 97;
    std::int64_t temperature = 368;
    std::uint64_t chance = 1;

    std::int64_t step(std::uint64_t one_in) {
        chance = chance * 6364136223846793005U + 1442695040888963407U;
        const auto value = (chance >> 33U) % (2 * one_in);
        return value == 0 ? 1 : value == 1 ? -1 : 0;
    }

    reading::Reading next(std::uint64_t source, std::uint64_t number) {
        heart_rate += step(2);
        spo2 = std::min<std::int64_t>(100, spo2 + step(6));
        temperature += step(20);
        reading::Reading out;
        out.source = source;
        out.number = number;
        out.profile = 2;
        out.time = {.ns = start_ns + static_cast<std::int64_t>(number) * second, .digits = 0};
        out.values[0] = reading::Decimal{.mantissa = heart_rate, .digits = 0};
        out.values[1] = reading::Decimal{.mantissa = spo2, .digits = 0};
        out.values[2] = reading::Decimal{.mantissa = temperature, .digits = 1};
        return out;
    }
};

template <class Work>
void measure(const char* what, std::uint64_t rows, Work work) {
    const auto start = std::chrono::steady_clock::now();
    const auto done = work();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    if (!done) {
        std::fprintf(stderr, "%s: %s\n", what, done.error().detail().c_str());
        std::exit(1);
    }
    std::printf("%-28s %9.0f /s\n", what, static_cast<double>(rows) / spent.count());
}

Result<> fill(env::FileSystem& files, const std::string& folder, std::uint64_t rows) {
    TRY(const auto collector, reading::Collector::open(files, folder));
    std::vector<Monitor> monitors(sources);
    for (std::uint64_t source = 0; source < sources; ++source)
        monitors[source].chance = source;
    for (std::uint64_t i = 0; i < rows; ++i) {
        const auto source = i % sources;
        const reading::Sent sent{
            .slot = 0, .reading = monitors[source].next(source, 1 + i / sources), .period_ns = {}};
        TRY(const auto taken, collector->take(sent));
        if (taken != reading::Taken::fresh) return fail(Errc::corrupt, "not taken");
        if (i % batch == batch - 1) {
            TRY(const auto acks, collector->sync());
        }
    }
    return collector->roll();
}

Result<std::uint64_t> size_of(env::FileSystem& files, const std::string& folder) {
    std::uint64_t bytes = 0;
    TRY(const auto entries, files.list(folder));
    for (const auto& entry : entries) {
        if (!entry.name.starts_with("seg-")) continue;
        TRY(const auto status, files.status(folder + "/" + entry.name));
        bytes += status.size;
    }
    return bytes;
}

Result<> round_trip_rows(std::uint64_t rows) {
    const auto layout = reading::CsvLayout::standard(*reading::find_profile("vitals-pulse"));
    Monitor monitor;
    auto line = reading::print_csv_row(monitor.next(17, 1), layout);
    for (std::uint64_t i = 0; i < rows; ++i) {
        TRY(const auto row, reading::parse_csv_row(line, layout));
        line = reading::print_csv_row(row, layout);
    }
    return {};
}

class NoStore final : public envelope::NumberStore {
public:
    Result<> save(const envelope::NumberMarks&) override { return {}; }
};

Result<> seal_and_open(std::uint64_t rows) {
    NoStore store;
    envelope::Provision provision;
    provision.secret = crypto::SecretBytes(envelope::shared_secret_size);
    const auto keys = envelope::derive_keys(provision, 1, {}, crypto::SecretBytes(32));
    envelope::Session sensor(envelope::Side::sensor, envelope::Numbers(store, {}, batch));
    envelope::Session gateway(envelope::Side::gateway, envelope::Numbers(store, {}, batch));
    CHECK_OK(sensor.install(1, keys.copy()));
    CHECK_OK(gateway.install(1, keys.copy()));
    for (std::uint64_t i = 0; i < rows; ++i) {
        TRY(const auto sealed, sensor.seal_short(0, {1, 2, 3}));
        TRY(const auto opened, gateway.open(sealed.payload));
    }
    return {};
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "reading_speed FOLDER [READINGS]\n");
        return 1;
    }
    sys::FileSystem files;
    const std::string folder = argv[1];
    const auto rows = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000ULL;
    measure("taken, fsync every 1000", rows, [&] { return fill(files, folder, rows); });
    const auto bytes = size_of(files, folder).value_or(0);
    measure("read back", rows, [&] {
        return reading::read_store(files, folder, {}, [](const auto&) { return Result<>(); });
    });
    measure("read back, one value", rows, [&] {
        reading::Query query;
        query.values = 1;
        return reading::read_store(files, folder, query, [](const auto&) { return Result<>(); });
    });
    measure("CSV rows parsed and printed", rows, [&] { return round_trip_rows(rows); });
    measure("short sealed and opened", rows, [&] { return seal_and_open(rows); });
    std::printf("%-28s %9.2f bytes a reading\n", "segments",
                static_cast<double>(bytes) / static_cast<double>(rows));
    return 0;
}
