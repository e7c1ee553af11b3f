#pragma once

#include <array>
#include <span>
#include <string_view>

namespace torgo::receipts {

/// Statements that lead from one version of the schema to the next, the same for every database.
/// A step that was released is never changed.
std::span<const std::span<const std::string_view>> migrations() noexcept;

} // namespace torgo::receipts
