// Journals of restores, as a damaged disk may give them back. Oracle: bounds hold, and each state
// that was left belongs to something that was made.
#include "base/bytes.hpp"
#include "base/ensure.hpp"
#include "receipts/journal.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace torgo;
    using namespace torgo::receipts;
    const auto journal = parse_journal(as_text({data, size}));
    if (!journal) return 0;
    ENSURE(journal->target.starts_with('/'));
    for (const auto& aside : journal->asides)
        ENSURE(aside.starts_with('/'));
    ENSURE(journal->steps.size() <= steps_max);
    for (const auto& step : journal->steps)
        ENSURE(!step.left || step.kind == Step::Kind::made);
    return 0;
}
