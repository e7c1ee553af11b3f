#include "workflow/mesh_field.hpp"

#include <algorithm>
#include <cmath>

namespace torgo::workflow {

std::string mesh_scenario(std::uint32_t nodes, std::uint32_t seed) {
    constexpr double square_metres = 7.5;
    constexpr double step_m = 12;
    const double side = std::max(step_m, std::sqrt(square_metres * nodes));
    const auto wanted = static_cast<std::uint32_t>(std::ceil(side / step_m));
    // Few nodes: one edge node, and the others are sensors.
    const auto columns = wanted * wanted < nodes ? wanted : 1;
    const auto sensors = nodes - columns * columns;
    const auto metres = std::to_string(side);
    return "name = \"workflow\"\nseed = " + std::to_string(seed) +
           "\nduration_s = 6\n\n[radio]\nexponent = 4.0\n\n[[role]]\nname = \"sensor\"\n\n"
           "[[role]]\nname = \"edge\"\nedge = true\n\n[[nodes]]\nrole = \"sensor\"\n"
           "place = \"random\"\narea = [0, 0, " +
           metres + ", " + metres + "]\ncount = " + std::to_string(sensors) +
           "\n\n[[nodes]]\nrole = \"edge\"\nplace = \"grid\"\ncorner = [6, 6]\ncolumns = " +
           std::to_string(columns) + "\nrows = " + std::to_string(columns) +
           "\nstep_m = 12\n\n[[traffic]]\nrole = \"sensor\"\nperiod_s = 60\n";
}

} // namespace torgo::workflow
