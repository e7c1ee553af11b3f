#include "radio/report.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace torgo::radio {

namespace {

std::string share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0
               ? "-"
               : digits(100 * static_cast<double>(part) / static_cast<double>(whole), 2) + " %";
}

std::string text(std::uint64_t number) {
    return std::to_string(number);
}

/// Totals by name, in one order for all outputs.
std::array<std::pair<const char*, std::uint64_t>, 13> named(const Totals& t) {
    return {{{"events", t.events},
             {"packets", t.packets},
             {"received", t.received},
             {"captured", t.captured},
             {"collided", t.collided},
             {"noise", t.noise},
             {"wifi", t.bursts},
             {"deaf_sending", t.deaf_tx},
             {"deaf_scan", t.deaf_scan},
             {"dropped", t.dropped},
             {"other_channel", t.other_channel},
             {"checks", t.checks},
             {"queue_events", t.queue_events}}};
}

std::string line(const std::string& name, const std::string& value) {
    return name + std::string(name.size() < 26 ? 26 - name.size() : 1, ' ') + value + "\n";
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + "\"";
}

std::string connected(const Connectivity& c) {
    return text(c.components) + (c.components == 1 ? " piece" : " pieces") + ", largest " +
           share(c.largest, c.relays) + " of " + text(c.relays) + " relays; " +
           share(c.reach_edge, c.nodes) + " of nodes have a way to an edge node";
}

/// Of messages that never arrived there is none.
std::string latency(const Histogram& of) {
    if (of.count() == 0) return "none: nothing arrived";
    const auto ms = [](double us) {
        return digits(us / 1000, 1);
    };
    return "median " + ms(of.quantile_us(0.5)) + ", p99 " + ms(of.quantile_us(0.99)) + ", most " +
           ms(static_cast<double>(of.max_us())) + " ms";
}

std::string ms_json(const Histogram& of, double us) {
    return of.count() == 0 ? "null" : digits(us / 1000, 3);
}

std::string connectivity_json(const Connectivity& c) {
    return "{\"relays\": " + text(c.relays) + ", \"pieces\": " + text(c.components) +
           ", \"largest\": " + text(c.largest) + ", \"nodes\": " + text(c.nodes) +
           ", \"reach_edge\": " + text(c.reach_edge) + "}";
}

} // namespace

std::string digits(double number, int after) {
    std::array<char, 64> room{};
    const auto end = std::to_chars(room.data(), room.data() + room.size(), number,
                                   std::chars_format::fixed, after);
    return {room.data(), end.ptr};
}

std::string summary(const Report& report) {
    std::string out;
    out += line("scenario", report.name + ", seed " + text(report.seed));
    out += line("nodes", text(report.nodes.size()) + " in " + text(report.networks) +
                             " networks, " + digits(report.links_per_node, 1) + " links each");
    out += line("virtual time", digits(report.virtual_s, 1) + " s");
    out += line("messages", text(report.messages));
    out +=
        line("delivered", share(report.arrived, report.expected) + " of " + text(report.expected) +
                              ", and " + text(report.surplus) + " more than once");
    out += line("latency", latency(report.latency));
    out += line("connected at the start", connected(report.before));
    out += line("connected at the end", connected(report.after));
    for (const auto& [name, count] : named(report.totals))
        out += line(name, text(count));
    out += line("memory a node", digits(report.bytes_per_node, 0) + " bytes");
    return out;
}

std::string summary_json(const Report& report) {
    std::string out =
        "{\"message_type\": \"mesh_simulation\", \"scenario\": " + quoted(report.name) +
        ", \"seed\": " + text(report.seed) + ", \"nodes\": " + text(report.nodes.size()) +
        ", \"networks\": " + text(report.networks) +
        ", \"virtual_s\": " + digits(report.virtual_s, 3) +
        ", \"messages\": " + text(report.messages) + ", \"expected\": " + text(report.expected) +
        ", \"arrived\": " + text(report.arrived) + ", \"surplus\": " + text(report.surplus);
    for (const auto& [name, q] :
         {std::pair("median_ms", 0.5), std::pair("p90_ms", 0.9), std::pair("p99_ms", 0.99)})
        out += ", \"" + std::string(name) +
               "\": " + ms_json(report.latency, report.latency.quantile_us(q));
    out += ", \"mean_ms\": " + ms_json(report.latency, report.latency.mean_us());
    out += ", \"max_ms\": " + ms_json(report.latency, static_cast<double>(report.latency.max_us()));
    for (const auto& [name, count] : named(report.totals))
        out += ", \"" + std::string(name) + "\": " + text(count);
    out += ", \"connected_before\": " + connectivity_json(report.before);
    out += ", \"connected_after\": " + connectivity_json(report.after);
    out += ", \"links_per_node\": " + digits(report.links_per_node, 2);
    out += ", \"bytes_per_node\": " + digits(report.bytes_per_node, 0);
    return out + ", \"trace\": \"" + text(report.trace) + "\"}\n";
}

namespace {

/// A name as RFC 4180 writes it: whatever is in it, it is one field.
std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

} // namespace

std::string nodes_csv(const Report& report) {
    std::string out = "node,role,network,floor,x_m,y_m,relay,edge,on,hops,expected,arrived,events,"
                      "packets,received,captured,collided,noise,wifi,deaf_sending,deaf_scan,"
                      "dropped\n";
    for (const auto& node : report.nodes) {
        const auto& c = node.counters;
        out += text(node.number) + "," + csv_field(report.role_names[node.role]) + "," +
               text(node.network) + "," + std::to_string(node.floor) + "," + digits(node.at.x, 2) +
               "," + digits(node.at.y, 2) + "," + (node.relay ? "1," : "0,") +
               (node.edge ? "1," : "0,") + (node.alive ? "1," : "0,") +
               (node.hops == Connectivity::no_way ? "" : text(node.hops));
        for (const auto count :
             {node.expected, node.arrived, c.events, c.packets, c.received, c.captured, c.collided,
              c.noise, c.bursts, c.deaf_tx, c.deaf_scan, c.dropped})
            out += "," + text(count);
        out += "\n";
    }
    return out;
}

std::string latency_csv(const Report& report) {
    std::string out = "from_ms,count\n";
    for (std::size_t i = 0; i < Histogram::buckets; ++i)
        if (const auto count = report.latency.in_bucket(i); count != 0)
            out += digits(static_cast<double>(Histogram::lower_us(i)) / 1000, 3) + "," +
                   text(count) + "\n";
    return out;
}

} // namespace torgo::radio
