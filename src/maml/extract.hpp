#pragma once

#include "maml/finding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace torgo::maml {

/// A MAML file that a document shows in a fence.
struct Sample {
    Place place; ///< of its first line in the document
    std::string text;
};

struct Extraction {
    std::vector<Sample> samples;
    Findings findings;
};

/// [MAML-60] Finds the samples of a document by balanced fences: one with a word after it opens, a
/// bare one closes the innermost that is not longer. So a block in three backticks may hold others,
/// as in many documents. What stands before the outer fence is taken off each line.
///
/// cost    linear
Extraction extract(std::string_view document);

} // namespace torgo::maml
