#pragma once

#include "radio/experiment.hpp"

#include <string>

namespace torgo::radio {

/// The figures of a run for a person, some twenty lines.
std::string summary(const Report& report);

/// The same as one JSON object, without the nodes.
std::string summary_json(const Report& report);

/// One line a node, with a header: place, role, hops, messages, counters.
std::string nodes_csv(const Report& report);

/// The latency histogram: lower bound of each bucket in ms, and how many.
std::string latency_csv(const Report& report);

/// A picture: a map of loss, a map of load, the latencies, the figures.
std::string picture_svg(const Report& report);

/// A number with so many digits after the point.
std::string digits(double number, int after);

} // namespace torgo::radio
