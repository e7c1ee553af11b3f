#include "uplink/metrics.hpp"

namespace torgo::uplink {

namespace {
constexpr std::int64_t second_ns = 1'000'000'000;

class Page {
public:
    void counter(const std::string& name, const std::string& help, std::uint64_t value) {
        sample(name, "counter", help, value);
    }

    void gauge(const std::string& name, const std::string& help, std::uint64_t value) {
        sample(name, "gauge", help, value);
    }

    std::string take() && { return std::move(m_text); }

private:
    void sample(const std::string& name, const std::string& type, const std::string& help,
                std::uint64_t value) {
        const auto metric = "torgo_mesh_" + name;
        m_text += "# HELP " + metric + " " + help + "\n# TYPE " + metric + " " + type + "\n";
        m_text += metric + " " + std::to_string(value) + "\n";
    }

    std::string m_text;
};

std::uint64_t missing(const reading::Sources& sources) {
    std::uint64_t out = 0;
    for (const auto& [source, state] : sources)
        for (const auto& gap : state.gaps(reading::ack_bits_max))
            out += gap.count;
    return out;
}

void put_traffic(Page& page, const GatewayCounters& counts) {
    page.counter("payloads_total", "Access payloads that came in.", counts.payloads);
    page.counter("foreign_payloads_total", "Of no sensor that is known, or of another model.",
                 counts.foreign);
    page.counter("envelopes_total", "Envelopes opened.", counts.opened);
    page.counter("unopened_envelopes_total", "Envelopes that did not open: repeats, wrong tags.",
                 counts.unopened);
    page.counter("malformed_envelopes_total", "Envelopes that held nothing that is understood.",
                 counts.malformed);
    page.counter("exchanges_total", "Key exchanges accepted.", counts.exchanges);
    page.counter("refused_offers_total", "Key exchanges refused.", counts.offers_refused);
    page.counter("requests_total", "Requests to sensors for an exchange or a long envelope.",
                 counts.requests);
    page.counter("syncs_total", "Batches made safe.", counts.syncs);
    page.counter("acknowledgements_total", "Acknowledgements sent.", counts.acknowledgements);
}
} // namespace

std::string render_metrics(const GatewayLink& gateway, const SnapshotCounters& snapshots) {
    Page page;
    const auto& collector = gateway.collector();
    const auto& taken = collector.counters();
    page.counter("readings_total", "Readings taken into the store.", taken.taken);
    page.counter("duplicate_readings_total", "Readings that were there already.", taken.duplicates);
    page.counter("postponed_readings_total",
                 "Readings refused for now: too far above a gap, or without their time.",
                 gateway.counters().refused);
    page.counter("void_readings_total", "Numbers that sensors said nothing will come for.",
                 taken.gone);
    put_traffic(page, gateway.counters());
    page.gauge("sensors", "Sensors that are known.", gateway.sensors());
    page.gauge("sources", "Sources with readings in the store.", collector.sources().size());
    page.gauge("missing_readings", "Numbers that lack below the highest of their source.",
               missing(collector.sources()));
    page.gauge("logged_readings", "Readings in logs that are no segments yet.",
               collector.waiting());
    page.counter("snapshots_total", "Snapshots of the store made.", snapshots.made);
    page.counter("failed_snapshots_total", "Snapshots of the store that failed.", snapshots.failed);
    page.gauge("last_snapshot_timestamp_seconds", "When the last snapshot was made; 0 for never.",
               static_cast<std::uint64_t>(snapshots.last_wall_ns / second_ns));
    return std::move(page).take();
}

} // namespace torgo::uplink
