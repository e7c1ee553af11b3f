#include "reading/store_reader.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace torgo::reading {

namespace {
constexpr std::size_t time_column = 1;

bool is_wanted(const Query& query, const Reading& reading) {
    return reading.time.ns >= query.from_ns && reading.time.ns < query.to_ns &&
           (!query.source || *query.source == reading.source) &&
           (!query.profile || *query.profile == reading.profile);
}

/// Whether the footer leaves a chance that something in the segment is wanted. [READING-19]
bool may_hold(const Query& query, const SegmentFooter& footer) {
    const auto& time = footer.columns[time_column];
    if (time.largest < query.from_ns || time.smallest >= query.to_ns) return false;
    if (query.profile && *query.profile != footer.profile) return false;
    return !query.source ||
           std::ranges::binary_search(footer.sources, *query.source, {}, &SourceRows::source);
}

void project(Reading& reading, Projection wanted) {
    for (std::size_t i = 0; i < values_max; ++i)
        if ((wanted >> i & 1U) == 0) reading.values[i].reset();
}

class StoreReading {
public:
    StoreReading(env::FileSystem& files, const std::string& folder, const Query& query,
                 const std::function<Result<>(const Reading&)>& take)
        : m_files(files), m_folder(folder), m_query(query), m_take(take) {}

    Result<ReadSummary> run() {
        TRY(const auto listing, list_living_store(m_files, m_folder));
        for (const auto& name : listing.segments)
            CHECK_OK_WITH("reading " + name, read_segment(name));
        for (const auto number : listing.logs)
            CHECK_OK_WITH("reading " + log_name(number), read_log(number));
        return m_summary;
    }

private:
    Result<> give(std::vector<Reading>& readings) {
        for (auto& reading : readings) {
            if (!is_wanted(m_query, reading)) continue;
            project(reading, m_query.values);
            m_summary.readings += 1;
            CHECK_OK(m_take(reading));
        }
        return {};
    }

    Result<> read_segment(const std::string& name) {
        TRY(const auto file, env::read_file(m_files, m_folder + "/" + name, segment_size_max));
        TRY(const auto footer, decode_footer(file));
        if (!may_hold(m_query, footer)) {
            m_summary.segments_skipped += 1;
            return {};
        }
        m_summary.segments_read += 1;
        TRY(auto readings, decode_segment(file, footer, m_query.values));
        return give(readings);
    }

    Result<> read_log(std::uint64_t number) {
        TRY(const auto content,
            env::read_file(m_files, m_folder + "/" + log_name(number), log_size_max));
        TRY(auto log, decode_log(content, number));
        std::vector<Reading> readings;
        for (auto& record : log.records)
            if (auto* const sent = std::get_if<Sent>(&record)) readings.push_back(sent->reading);
        std::ranges::sort(readings, {},
                          [](const Reading& one) { return std::pair(one.source, one.number); });
        return give(readings);
    }

    env::FileSystem& m_files;
    const std::string& m_folder;
    const Query& m_query;
    const std::function<Result<>(const Reading&)>& m_take;
    ReadSummary m_summary{};
};
} // namespace

Result<ReadSummary> read_store(env::FileSystem& files, const std::string& folder,
                               const Query& query,
                               const std::function<Result<>(const Reading&)>& take) {
    return StoreReading(files, folder, query, take).run();
}

Result<std::uint64_t> verify_store(env::FileSystem& files, const std::string& folder) {
    TRY(const auto listing, list_living_store(files, folder));
    for (const auto& name : listing.segments) {
        TRY(const auto file, env::read_file(files, folder + "/" + name, segment_size_max));
        TRY(const auto footer, decode_footer(file));
        if (!is_whole(file, footer)) return fail(Errc::corrupt, name + " is damaged");
    }
    return listing.segments.size();
}

} // namespace torgo::reading
