#include "quantum/picture.hpp"

#include "base/xml.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace torgo::quantum {

namespace {

constexpr double page_width = 1400;
constexpr double left = 90; ///< of the wires
constexpr double column_width = 62;
constexpr double wire_step = 42;
constexpr double box_width = 50;
constexpr double box_height = 30;
constexpr double top = 110;
constexpr double chart_height = 260;
constexpr std::size_t columns_a_row = 20;
constexpr std::size_t columns_max = 100;
constexpr std::size_t bars_max = 32;
constexpr const char* ink = "#1d232b";
constexpr const char* blue = "#3b6ea5";

std::string n(double number, int after = 1) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.*f", after, number);
    return text.data();
}

std::string words(double x, double y, double size, const std::string& text,
                  const std::string& more = "") {
    return "<text x=\"" + n(x) + "\" y=\"" + n(y) + "\" font-size=\"" + n(size) + "\" " + more +
           ">" + xml_text(text) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const std::string& more) {
    return "<line x1=\"" + n(x1) + "\" y1=\"" + n(y1) + "\" x2=\"" + n(x2) + "\" y2=\"" + n(y2) +
           "\" " + more + "/>\n";
}

std::string box(double x, double y, double width, double height, const std::string& more) {
    return "<rect x=\"" + n(x) + "\" y=\"" + n(y) + "\" width=\"" + n(width) + "\" height=\"" +
           n(height) + "\" " + more + "/>\n";
}

std::string circle(double x, double y, double radius, const std::string& more) {
    return "<circle cx=\"" + n(x) + "\" cy=\"" + n(y) + "\" r=\"" + n(radius) + "\" " + more +
           "/>\n";
}

const std::string thin = std::string("stroke=\"") + ink + "\" stroke-width=\"1.3\"";

/// An operation in its column.
struct Placed {
    const Operation* what;
    std::size_t column;
};

std::vector<Qubit> qubits_of(const Operation& one) {
    auto out = one.targets;
    for (const auto& control : one.controls)
        out.push_back(control.qubit);
    std::ranges::sort(out);
    return out;
}

/// Each operation as far to the left as those before it on its wires, and on wires it crosses,
/// leave.
std::vector<Placed> placed(const Circuit& circuit) {
    std::vector<std::size_t> next(circuit.qubits);
    std::vector<Placed> out;
    for (const auto& one : circuit.operations) {
        const auto qubits = qubits_of(one);
        const auto first = qubits.empty() ? 0 : qubits.front();
        const auto last = qubits.empty() ? circuit.qubits - 1 : qubits.back();
        const auto from = next.begin() + first;
        const auto to = next.begin() + last + 1;
        // What looks at bits stands behind all that may set them.
        const auto column =
            one.conditions.empty() ? *std::max_element(from, to) : *std::ranges::max_element(next);
        std::fill(from, to, column + 1);
        out.push_back({&one, column});
    }
    return out;
}

/// The wires of one row of the drawing and where things on it are.
struct Rows {
    std::uint32_t wires;

    double height() const { return wires * wire_step + 40; }

    double x(std::size_t column) const {
        return left + (static_cast<double>(column % columns_a_row) + 0.5) * column_width;
    }

    double y(std::size_t column, Qubit wire) const {
        return top + static_cast<double>(column / columns_a_row) * height() + wire * wire_step;
    }
};

std::string short_number(double value) {
    auto out = n(value, 2);
    while (out.ends_with('0'))
        out.pop_back();
    if (out.ends_with('.')) out.pop_back();
    return out == "-0" ? "0" : out;
}

std::string label_box(double x, double y, const Operation& one, const char* fill) {
    std::string out = box(x - box_width / 2, y - box_height / 2, box_width, box_height,
                          std::string("rx=\"3\" fill=\"") + fill + "\" " + thin);
    const bool angle = !one.parameters.empty();
    const auto size = one.name.size() > 6 ? 10.0 : 13.0;
    out += words(x, y + (angle ? -1 : 4.5), size, one.name, "text-anchor=\"middle\"");
    if (!angle) return out;
    std::string values;
    for (const auto value : one.parameters)
        values += (values.empty() ? "" : ",") + short_number(value);
    return out + words(x, y + 11, values.size() > 9 ? 6.5 : 9, values,
                       "text-anchor=\"middle\" fill=\"#555\"");
}

std::string target(double x, double y, const Operation& one) {
    if (one.name == "x" && !one.controls.empty())
        return circle(x, y, 10, "fill=\"#fff\" " + thin) + line(x - 10, y, x + 10, y, thin) +
               line(x, y - 10, x, y + 10, thin);
    if (one.name == "swap")
        return line(x - 6, y - 6, x + 6, y + 6, thin) + line(x - 6, y + 6, x + 6, y - 6, thin);
    return label_box(x, y, one, "#e6eef7");
}

std::string bit_name(const Circuit& circuit, std::uint32_t bit) {
    for (const auto& one : circuit.classical)
        if (bit >= one.first && bit - one.first < one.size)
            return one.size == 1 ? one.name
                                 : one.name + "[" + std::to_string(bit - one.first) + "]";
    return std::to_string(bit);
}

std::string measured(double x, double y, const std::string& bit) {
    std::string out = box(x - 20, y - 15, 40, 30, "rx=\"3\" fill=\"#f3efe2\" " + thin);
    out += "<path d=\"M" + n(x - 11) + " " + n(y + 4) + " A 11 11 0 0 1 " + n(x + 11) + " " +
           n(y + 4) + "\" fill=\"none\" " + thin + "/>\n";
    return out + line(x, y + 4, x + 7, y - 8, thin) +
           words(x, y + 13, 8, bit, "text-anchor=\"middle\" fill=\"#555\"");
}

std::string drawn_gate(const Operation& one, const Rows& rows, std::size_t column) {
    const auto x = rows.x(column);
    const auto qubits = qubits_of(one);
    std::string out;
    if (qubits.size() > 1)
        out += line(x, rows.y(column, qubits.front()), x, rows.y(column, qubits.back()), thin);
    for (const auto& control : one.controls)
        out += circle(x, rows.y(column, control.qubit), 5,
                      std::string("fill=\"") + (control.value ? ink : "#fff") + "\" " + thin);
    for (const auto qubit : one.targets)
        out += target(x, rows.y(column, qubit), one);
    return out;
}

std::string condition_text(const Circuit& circuit, const Condition& condition) {
    return "if " + bit_name(circuit, condition.first) + (condition.count > 1 ? "…" : "") +
           (condition.equal ? "=" : "≠") + std::to_string(condition.value);
}

std::string drawn(const Circuit& circuit, const Placed& placed, const Rows& rows) {
    const auto& one = *placed.what;
    const auto x = rows.x(placed.column);
    std::string out;
    for (const auto qubit : one.targets) {
        const auto y = rows.y(placed.column, qubit);
        if (one.kind == Kind::measure) out += measured(x, y, bit_name(circuit, one.bit));
        if (one.kind == Kind::reset)
            out += box(x - 20, y - 15, 40, 30, "rx=\"3\" fill=\"#f7e6e6\" " + thin) +
                   words(x, y + 4.5, 13, "|0⟩", "text-anchor=\"middle\"");
        if (one.kind == Kind::barrier)
            out += line(x, y - wire_step / 2, x, y + wire_step / 2,
                        "stroke=\"#999\" stroke-dasharray=\"4 4\" stroke-width=\"2\"");
    }
    if (one.kind == Kind::gate) out += drawn_gate(one, rows, placed.column);
    if (!one.conditions.empty() && !one.targets.empty())
        out += words(x, rows.y(placed.column, one.targets.front()) - box_height / 2 - 4, 9,
                     condition_text(circuit, one.conditions.front()),
                     "text-anchor=\"middle\" fill=\"#a51c26\"");
    return out;
}

std::string wires(const Circuit& circuit, const Rows& rows, std::size_t columns) {
    std::string out;
    for (std::size_t row = 0; row * columns_a_row < columns; ++row) {
        const auto first = row * columns_a_row;
        const auto count = std::min(columns - first, columns_a_row);
        for (const auto& one : circuit.quantum)
            for (std::uint32_t i = 0; i < one.size; ++i) {
                const auto y = rows.y(first, one.first + i);
                out += words(left - 14, y + 4.5, 13,
                             one.size == 1 ? one.name : one.name + "[" + std::to_string(i) + "]",
                             "text-anchor=\"end\"");
                out += line(left - 6, y, left + static_cast<double>(count) * column_width + 6, y,
                            "stroke=\"#9aa3ad\" stroke-width=\"1\"");
            }
    }
    return out;
}

struct Bar {
    std::uint64_t bits;
    std::uint64_t count;
};

std::vector<Bar> most_frequent(const std::map<std::uint64_t, std::uint64_t>& counts) {
    std::vector<Bar> out;
    for (const auto& [bits, count] : counts)
        out.push_back({bits, count});
    std::ranges::stable_sort(out, std::greater(), &Bar::count);
    if (out.size() > bars_max) out.resize(bars_max);
    std::ranges::sort(out, {}, &Bar::bits);
    return out;
}

std::string histogram(const Circuit& circuit, const std::map<std::uint64_t, std::uint64_t>& counts,
                      double y) {
    const auto bars = most_frequent(counts);
    std::uint64_t most = 1;
    double shots = 0;
    for (const auto& [bits, count] : counts)
        shots += static_cast<double>(count);
    for (const auto& bar : bars)
        most = std::max(most, bar.count);
    const auto more = counts.size() - bars.size();
    std::string out =
        words(40, y - 14, 16,
              "Results of " + n(shots, 0) + " shots" +
                  (more == 0 ? "" : ", the 32 most frequent of " + std::to_string(counts.size())),
              "font-weight=\"600\"");
    const auto step = std::min(90.0, (page_width - 80) / static_cast<double>(bars.size()));
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const auto height =
            static_cast<double>(bars[i].count) / static_cast<double>(most) * (chart_height - 30);
        const auto x = 40 + static_cast<double>(i) * step;
        out += box(x + 2, y + chart_height - height, step - 4, height,
                   std::string("fill=\"") + blue + "\"");
        out += words(x + step / 2, y + chart_height - height - 5, 11,
                     n(100 * static_cast<double>(bars[i].count) / shots, step < 50 ? 0 : 1) + " %",
                     "text-anchor=\"middle\" fill=\"#555\"");
        const auto turn = "transform=\"rotate(-60 " + n(x + step / 2 + 4) + " " +
                          n(y + chart_height + 16) + ")\"";
        out += words(x + step / 2 + 4, y + chart_height + 16, 11, bits_text(circuit, bars[i].bits),
                     turn + " text-anchor=\"end\" font-family=\"monospace\"");
    }
    return out + line(40, y + chart_height, 40 + step * static_cast<double>(bars.size()),
                      y + chart_height, thin);
}

} // namespace

std::string picture_svg(const Circuit& circuit,
                        const std::map<std::uint64_t, std::uint64_t>& counts,
                        const std::string& title) {
    const auto all = placed(circuit);
    std::size_t columns = 1;
    for (const auto& one : all)
        columns = std::max(columns, one.column + 1);
    const auto hidden =
        std::ranges::count_if(all, [](const Placed& one) { return one.column >= columns_max; });
    columns = std::min(columns, columns_max);
    const Rows rows{circuit.qubits};
    const auto chart =
        top + static_cast<double>((columns - 1) / columns_a_row + 1) * rows.height() + 40;
    const auto label = 30 + 6.0 * static_cast<double>(circuit.bits);
    const auto height = counts.empty() ? chart : chart + chart_height + label;
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + n(page_width) +
                      " " + n(height) + "\" width=\"" + n(page_width) + "\" height=\"" + n(height) +
                      "\" font-family=\"DejaVu Sans, Noto Sans, sans-serif\" fill=\"" + ink +
                      "\">\n" + box(0, 0, page_width, height, "fill=\"#ffffff\"");
    out += words(40, 46, 24, title, "font-weight=\"700\"");
    out += words(40, 72, 13,
                 std::to_string(circuit.qubits) + " qubits, " +
                     std::to_string(circuit.operations.size()) +
                     " operations; simulated, no quantum computer was used." +
                     (hidden == 0 ? "" : " Not drawn: the last " + std::to_string(hidden) + "."),
                 "fill=\"#555\"");
    out += wires(circuit, rows, columns);
    for (const auto& one : all)
        if (one.column < columns_max) out += drawn(circuit, one, rows);
    if (!counts.empty()) out += histogram(circuit, counts, chart);
    return out + "</svg>\n";
}

} // namespace torgo::quantum
