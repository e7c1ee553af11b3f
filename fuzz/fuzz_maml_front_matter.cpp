// The YAML of a front matter. Oracle: it is read as a map in which each key has one value, or
// refused with a place.
#include "base/bytes.hpp"
#include "base/ensure.hpp"
#include "maml/front_matter.hpp"

#include <cstddef>
#include <cstdint>
#include <set>

namespace {

using namespace torgo;
using namespace torgo::maml;

void check_value(const Value& value, std::size_t depth) {
    ENSURE(depth <= yaml_depth_max + 1);
    ENSURE(value.kind != Value::Kind::map || value.keys.size() == value.items.size());
    std::set<std::string> names;
    for (const auto& key : value.keys)
        ENSURE(names.insert(key.name).second);
    for (const auto& item : value.items)
        check_value(item, depth + 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Findings findings(Level::lenient);
    const auto text = Text::from(as_text(ByteView(data, size)), findings);
    if (!text) return 0;
    const auto front = read_front_matter(*text, 0, text->str().size(), findings);
    ENSURE(front.has_value() || findings.refused());
    if (front) check_value(front->values, 1);
    for (const auto& finding : findings.list())
        ENSURE(finding.place.line > 0 && finding.place.column > 0);
    return 0;
}
