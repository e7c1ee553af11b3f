#include "index/merge.hpp"

#include "index/run_format.hpp"

#include <algorithm>
#include <utility>

namespace torgo::index {

namespace {

constexpr std::uint64_t blocks_at_once = 16;

class RunStream final : public EntryStream {
public:
    explicit RunStream(std::shared_ptr<const Run> run) : m_run(std::move(run)) {
        m_entries.reserve(blocks_at_once * entries_per_block);
    }

    Result<std::span<const Entry>> next() override {
        m_entries.clear();
        CHECK_OK(m_run->read_entries(m_block, blocks_at_once, m_entries));
        m_block += blocks_at_once;
        return m_entries;
    }

private:
    std::shared_ptr<const Run> m_run;
    std::vector<Entry> m_entries;
    std::uint64_t m_block = 0;
};

class SortedStream final : public EntryStream {
public:
    explicit SortedStream(std::vector<Entry> sorted) : m_entries(std::move(sorted)) {}

    Result<std::span<const Entry>> next() override {
        return std::exchange(m_given, true) ? std::span<const Entry>() : m_entries;
    }

private:
    std::vector<Entry> m_entries;
    bool m_given = false;
};

} // namespace

std::unique_ptr<EntryStream> stream_of(std::shared_ptr<const Run> run) {
    return std::make_unique<RunStream>(std::move(run));
}

std::unique_ptr<EntryStream> stream_of(std::vector<Entry> sorted) {
    return std::make_unique<SortedStream>(std::move(sorted));
}

Merge::Merge(std::vector<std::unique_ptr<EntryStream>> newest_first) {
    for (auto& stream : newest_first)
        m_sources.push_back({std::move(stream), {}});
}

Result<> Merge::refill() {
    for (auto source = m_sources.begin(); source != m_sources.end();) {
        if (source->left.empty()) {
            TRY(source->left, source->stream->next());
        }
        source = source->left.empty() ? m_sources.erase(source) : source + 1;
    }
    return {};
}

Result<const Entry*> Merge::next() {
    CHECK_OK(refill());
    if (m_sources.empty()) return nullptr;
    const auto* first = &m_sources.front();
    for (const auto& source : m_sources)
        if (source.left.front().id < first->left.front().id) first = &source;
    m_current = first->left.front();
    for (auto& source : m_sources)
        if (source.left.front().id == m_current.id) source.left = source.left.subspan(1);
    return &m_current;
}

std::size_t merge_from(std::span<const std::uint64_t> counts, std::size_t runs_max) noexcept {
    if (counts.size() <= runs_max || counts.size() < 2) return counts.size();
    auto start = counts.size() - 2; // two at least, or nothing would be gained
    auto newer = counts.back();
    for (auto i = counts.size() - 1; i-- > 0; newer += counts[i])
        if (counts[i] <= newer) start = std::min(start, i);
    return start;
}

} // namespace torgo::index
