#include "head/call.hpp"

namespace torgo::head {

std::string_view name(Call call) noexcept {
    switch (call) {
    case Call::probe:
        return "probe";
    case Call::begin_segment:
        return "begin_segment";
    case Call::append:
        return "append";
    case Call::commit:
        return "commit";
    case Call::read_segment:
        return "read_segment";
    case Call::read_combined:
        return "read_combined";
    case Call::segment_size:
        return "segment_size";
    case Call::list_segments:
        return "list_segments";
    case Call::remove_segment:
        return "remove_segment";
    case Call::put_root:
        return "put_root";
    case Call::get_root:
        return "get_root";
    case Call::list_roots:
        return "list_roots";
    case Call::remove_root:
        return "remove_root";
    case Call::status:
        return "status";
    }
    return "unknown";
}

} // namespace torgo::head
