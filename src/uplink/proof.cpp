#include "uplink/proof.hpp"

#include "reading/store_reader.hpp"

#include <algorithm>

namespace torgo::uplink {

Result<Proof> prove(env::FileSystem& files, const std::string& store, const Feed& feed,
                    const std::map<RowName, std::size_t>& sent,
                    const std::map<std::uint64_t, std::uint64_t>& first) {
    Proof out;
    out.sent = feed.rows().size();
    std::vector<bool> found(feed.rows().size());
    const auto take = [&](const reading::Reading& reading) -> Result<> {
        const auto from = first.find(reading.source);
        if (from == first.end() || reading.number < from->second) return {};
        const auto row = sent.find({reading.source, reading.number});
        if (row == sent.end() || found[row->second]) {
            out.doubled += 1;
            return {};
        }
        found[row->second] = true;
        out.received += 1;
        if (feed.hash_of(reading) != feed.rows()[row->second].hash) out.changed += 1;
        return {};
    };
    CHECK_OK(reading::read_store(files, store, {}, take));
    out.lost = out.sent - out.received;
    return out;
}

std::int64_t Latencies::quantile(unsigned per_mille) const {
    if (m_ns.empty()) return 0;
    auto sorted = m_ns;
    const auto rank = (m_ns.size() * per_mille + 999) / 1000;
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
    std::ranges::nth_element(sorted, at);
    return *at;
}

} // namespace torgo::uplink
