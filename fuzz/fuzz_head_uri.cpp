// A head's URI comes from descriptors and command lines. What is accepted has exactly one spelling.
#include "base/ensure.hpp"
#include "head/dir_folder.hpp"
#include "head/uri.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto path = torgo::head::dir_path(text)) {
        ENSURE(path->starts_with('/') && !path->contains('\0') && !path->contains("//"));
        ENSURE(path->size() <= torgo::head::max_path);
        const auto again = torgo::head::dir_path(torgo::head::dir_uri(*path));
        ENSURE(again && *again == *path);
        const auto plain = torgo::head::dir_path(*path);
        ENSURE(plain && *plain == *path);
    }
    // The other small text of a head that others may have written.
    if (const auto marker = torgo::head::parse_marker(text))
        ENSURE(torgo::head::format_marker(*marker) == text);
    return 0;
}
