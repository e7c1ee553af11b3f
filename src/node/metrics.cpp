#include "node/metrics.hpp"

#include <charconv>

namespace torgo::node {

namespace {

constexpr double ns_per_second = 1e9;

std::string number(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

void describe(std::string& out, const std::string& metric, const char* type, const char* help) {
    out += "# HELP " + metric + " " + help + "\n# TYPE " + metric + " " + type + "\n";
}

template <class Value>
void sample(std::string& out, const std::string& metric, const char* type, const char* help,
            Value value) {
    describe(out, metric, type, help);
    out += metric + " " + std::to_string(value) + "\n";
}

} // namespace

void Metrics::answered(std::string_view kind, std::string_view outcome, std::uint64_t bytes_in,
                       std::uint64_t bytes_out, std::int64_t duration_ns) {
    m_bytes_in += bytes_in;
    m_bytes_out += bytes_out;
    const auto seconds = static_cast<double>(duration_ns) / ns_per_second;
    const std::lock_guard lock(m_mutex);
    ++m_requests[{std::string(kind), std::string(outcome)}];
    auto& histogram = m_seconds[std::string(kind)];
    ++histogram.count;
    histogram.seconds += seconds;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        if (seconds > bounds[i]) continue;
        ++histogram.below[i];
        break;
    }
}

void Metrics::scrubbed(std::uint64_t segments, std::uint64_t bytes, std::uint64_t damaged) {
    m_scrubbed_segments += segments;
    m_scrubbed_bytes += bytes;
    m_damaged += damaged;
}

void Metrics::audited(const RepoId& repository, unsigned head, std::string_view outcome) {
    const std::lock_guard lock(m_mutex);
    ++m_audits["repository=\"" + repository.hex() + "\",head=\"" + std::to_string(head + 1) +
               "\",outcome=\"" + std::string(outcome) + "\""];
}

void Metrics::render_audits(std::string& out) const {
    const std::string metric = "torgo_node_audits_total";
    describe(out, metric, "counter", "Audits of other heads, by repository, head and outcome.");
    for (const auto& [labels, count] : m_audits)
        out += metric + "{" + labels + "} " + std::to_string(count) + "\n";
}

void Metrics::render_histogram(std::string& out) const {
    const std::string metric = "torgo_node_request_seconds";
    describe(out, metric, "histogram", "Time from a request's head to its answer.");
    for (const auto& [kind, histogram] : m_seconds) {
        const auto label = "{kind=\"" + kind + "\"";
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < bounds.size(); ++i) {
            sum += histogram.below[i];
            out += metric + "_bucket" + label + ",le=\"" + number(bounds[i]) + "\"} " +
                   std::to_string(sum) + "\n";
        }
        out +=
            metric + "_bucket" + label + ",le=\"+Inf\"} " + std::to_string(histogram.count) + "\n";
        out += metric + "_sum" + label + "} " + number(histogram.seconds) + "\n";
        out += metric + "_count" + label + "} " + std::to_string(histogram.count) + "\n";
    }
}

std::string Metrics::render(const Gauges& gauges) const {
    std::string out;
    const std::string requests = "torgo_node_requests_total";
    const std::lock_guard lock(m_mutex);
    describe(out, requests, "counter", "Requests answered, by kind and outcome.");
    for (const auto& [key, count] : m_requests)
        out += requests + "{kind=\"" + key.first + "\",outcome=\"" + key.second + "\"} " +
               std::to_string(count) + "\n";
    render_histogram(out);
    render_audits(out);
    const auto counter = [&](const char* metric, const char* help, std::uint64_t value) {
        sample(out, std::string("torgo_node_") + metric, "counter", help, value);
    };
    const auto gauge = [&](const char* metric, const char* help, auto value) {
        sample(out, std::string("torgo_node_") + metric, "gauge", help, value);
    };
    counter("received_bytes_total", "Bytes of requests' bodies.", m_bytes_in);
    counter("sent_bytes_total", "Announced bytes of answers' bodies.", m_bytes_out);
    counter("scrubbed_segments_total", "Segments verified by scrubbing.", m_scrubbed_segments);
    counter("scrubbed_bytes_total", "Bytes read by scrubbing.", m_scrubbed_bytes);
    counter("damaged_segments_total", "Segments found damaged and moved away.", m_damaged);
    counter("lost_heads_total", "Heads taken over as their owners ordered.", m_lost_heads);
    counter("rebuilt_bytes_total", "Bytes of segments rebuilt for that.", m_rebuilt_bytes);
    counter("receipts_total", "Transfers noted.", gauges.receipts);
    counter("receipt_batches_total", "Batches of receipts signed and written.",
            gauges.receipt_batches);
    counter("receipts_lost_total", "Receipts that could not be written.", gauges.receipts_lost);
    counter("receipt_batches_dropped_total", "Batches of receipts dropped over their bound.",
            gauges.receipt_batches_dropped);
    counter("receipt_batches_mirrored_total", "Batches of receipts taken from clients.",
            gauges.receipt_batches_mirrored);
    gauge("open_exchanges", "Requests being served.", m_open.load());
    gauge("tor_circuits", "Circuits that the node's tor has built.", m_circuits_built.load());
    gauge("tor_circuits_building", "Circuits that the node's tor is building.",
          m_circuits_building.load());
    gauge("repositories", "Repositories kept.", gauges.repositories);
    gauge("unreadable_repositories", "Repositories whose record is damaged.",
          gauges.unreadable_repositories);
    gauge("segments", "Segments kept.", gauges.segments);
    gauge("stored_bytes", "Bytes kept, segments and roots.", gauges.stored_bytes);
    gauge("quota_bytes", "Bytes promised to repositories.", gauges.quota_bytes);
    gauge("free_bytes", "Bytes that the disk has left.", gauges.free_bytes);
    return out;
}

} // namespace torgo::node
