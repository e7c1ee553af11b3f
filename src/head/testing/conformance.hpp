#pragma once

#include "head/head.hpp"

#include <functional>
#include <memory>
#include <string>

namespace torgo::head {

/// Whose head the suite expects to find.
inline constexpr RepoId conformance_repository{{0xC0, 0xFF, 0xEE}};
inline constexpr unsigned conformance_index = 2;

/// A new, empty head of conformance_repository with number conformance_index, on which a few MiB
/// fit; gone with the object.
class HeadPlace {
public:
    virtual ~HeadPlace() = default;

    /// One more way to the same head, as another process would have it. Ends before the place.
    virtual std::unique_ptr<Head> open() = 0;
};

using HeadFactory = std::function<std::unique_ptr<HeadPlace>()>;

/// Adds the tests that every head must pass to this test program, as the suite `suite`. To be
/// called before main, from the initialiser of a variable:
///
///     const bool registered = register_conformance("DirHead", [] { … });
///
/// source  docs/spec/head.md 1, the numbers of which the tests name
bool register_conformance(const std::string& suite, const HeadFactory& factory);

} // namespace torgo::head
