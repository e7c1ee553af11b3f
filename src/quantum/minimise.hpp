#pragma once

#include <functional>
#include <stop_token>
#include <vector>

namespace torgo::quantum {

struct Minimum {
    std::vector<double> at;
    double value = 0;
    int evaluations = 0;
};

/// A local minimum by the simplex method of Nelder and Mead (1965), without derivatives.
///
/// in  a point to begin at, how far its first neighbours are, how often f may be asked. A stop ends
///     it with the best so far
Minimum minimise(const std::function<double(const std::vector<double>&)>& f,
                 const std::vector<double>& start, double step, int evaluations_max,
                 const std::stop_token& stop = {});

} // namespace torgo::quantum
