#include "peer/ledger_book.hpp"

#include <utility>

namespace torgo::peer {

LedgerBook::LedgerBook(env::FileSystem& files, env::Clock& clock, const crypto::SigningKey& key,
                       PathOf path_of)
    : m_files(files), m_clock(clock), m_key(key), m_path_of(std::move(path_of)) {}

Ledger& LedgerBook::of(const RepoId& repository) {
    const std::lock_guard lock(m_mutex);
    auto& ledger = m_ledgers[repository];
    if (!ledger) {
        Ledger::Place place{.path = m_path_of(repository), .repository = repository};
        ledger = std::make_unique<Ledger>(m_files, m_clock, m_key, std::move(place));
    }
    return *ledger;
}

std::vector<Ledger*> LedgerBook::all() const {
    const std::lock_guard lock(m_mutex);
    std::vector<Ledger*> ledgers;
    for (const auto& [repository, ledger] : m_ledgers)
        ledgers.push_back(ledger.get());
    return ledgers;
}

Result<> LedgerBook::flush_older(std::int64_t age_ns) {
    Result<> first;
    for (auto* ledger : all())
        if (auto flushed = ledger->flush_older(age_ns); !flushed && first) first = flushed;
    return first;
}

Result<> LedgerBook::close() {
    Result<> first;
    for (auto* ledger : all())
        if (auto closed = ledger->close(); !closed && first) first = closed;
    return first;
}

LedgerCounts LedgerBook::counts() const {
    LedgerCounts sum;
    for (const auto* ledger : all()) {
        const auto one = ledger->counts();
        sum.receipts += one.receipts;
        sum.batches += one.batches;
        sum.lost += one.lost;
        sum.dropped += one.dropped;
    }
    return sum;
}

} // namespace torgo::peer
