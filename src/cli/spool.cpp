#include "cli/spool.hpp"

#include "cli/format.hpp"
#include "cli/open.hpp"
#include "env/file_system.hpp"

#include <charconv>
#include <limits>

namespace torgo::cli {

namespace {

constexpr std::size_t pointer_max = 4097; ///< a path and a line end
constexpr std::string_view usual_place = "true";

Result<std::string> state_of(const Context& context, const repo::Place& place) {
    TRY(const auto folders, local_folders(context, place.id));
    return folders.state;
}

std::string pointer_path(const std::string& state) {
    return state + "/spool-folder";
}

/// Where this machine keeps the repository's spool; empty when it was never told to.
Result<std::string> remembered_folder(const Context& context, const std::string& state) {
    const auto text = env::read_file(*context.world.files, pointer_path(state), pointer_max);
    if (!text && text.error().code() == Errc::not_found) return std::string();
    if (!text) return std::unexpected(text.error());
    auto folder = std::string(as_text(*text));
    if (!folder.empty() && folder.back() == '\n') folder.pop_back();
    if (!folder.starts_with('/'))
        return fail(Errc::corrupt, pointer_path(state) + " does not name a folder");
    return folder;
}

Result<std::shared_ptr<head::Spool>> open_in(const Context& context, const repo::Place& place,
                                             const std::string& folder) {
    TRY(auto spool, head::Spool::open(*context.world.files, folder, place.id,
                                      static_cast<unsigned>(place.heads.size())));
    return std::shared_ptr<head::Spool>(std::move(spool));
}

/// What waits in another spool must not be forgotten over a new one.
Result<> require_empty(const Context& context, const repo::Place& place, const std::string& other) {
    const auto spool = open_in(context, place, other);
    const auto waiting =
        spool ? (*spool)->waiting() : Result<head::Waiting>(std::unexpected(spool.error()));
    if (waiting && waiting->none()) return {};
    return fail(Errc::invalid_argument,
                "this machine has a spool in " + other + " already, " +
                    (waiting ? "in which something waits" : "which can not be read now") +
                    ": run \"torgo sync\" first");
}

} // namespace

Result<std::uint64_t> parse_size(const std::string& text) {
    constexpr std::string_view units = "KMGT";
    const auto bad = [&] {
        return fail(Errc::invalid_argument, "\"" + text + "\" is no size like 500M, 20G or 1T");
    };
    std::uint64_t value = 0;
    const auto* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, value);
    if (problem != std::errc{} || value == 0 || end - stopped > 1) return bad();
    if (stopped == end) return value;
    const auto unit = units.find(*stopped);
    if (unit == std::string_view::npos) return bad();
    const auto shift = 10 * (unit + 1);
    if (value > std::numeric_limits<std::uint64_t>::max() >> shift) return bad();
    return value << shift;
}

Result<std::shared_ptr<head::Spool>> find_spool(const Context& context, const repo::Place& place) {
    TRY(const auto state, state_of(context, place));
    TRY(const auto folder, remembered_folder(context, state));
    if (folder.empty()) return std::shared_ptr<head::Spool>();
    return open_in(context, place, folder);
}

Result<std::shared_ptr<head::Spool>> begin_spool(const Context& context, const repo::Place& place,
                                                 const std::string& folder,
                                                 const head::SpoolLimits& limits) {
    TRY(const auto state, state_of(context, place));
    TRY(const auto before, remembered_folder(context, state));
    auto wanted = before.empty() ? state + "/spool" : before;
    if (folder != usual_place) {
        TRY(wanted, context.environment.absolute(folder));
        wanted += "/" + place.id.hex();
    }
    if (!before.empty() && before != wanted) CHECK_OK(require_empty(context, place, before));
    auto& files = *context.world.files;
    // Remembered first: a spool that nobody knows of would never be brought to the heads.
    CHECK_OK(env::make_directories(files, state));
    if (before != wanted)
        CHECK_OK(env::write_file_atomically(files, pointer_path(state), as_bytes(wanted + "\n")));
    TRY(auto spool, head::Spool::create(files, wanted, place.id,
                                        static_cast<unsigned>(place.heads.size()), limits));
    return std::shared_ptr<head::Spool>(std::move(spool));
}

std::string WaitingHeads::sentence() const {
    if (heads.empty()) return "";
    std::vector<std::string> numbers;
    for (const auto number : heads)
        numbers.push_back(std::to_string(number));
    const auto what =
        total.segments == 0 ? plural(total.roots, "record", "records") : size_text(total.bytes);
    const bool one = total.segments == 0 && total.roots == 1;
    return what + (one ? " waits for " : " wait for ") + (heads.size() == 1 ? "head " : "heads ") +
           joined(numbers, ", ");
}

Result<WaitingHeads> waiting_heads(const head::Spool& spool) {
    WaitingHeads out;
    for (std::size_t i = 0; i < spool.size(); ++i) {
        TRY(const auto one, spool.waiting(i));
        out.by_head.push_back(one);
        out.total.segments += one.segments;
        out.total.bytes += one.bytes;
        out.total.roots += one.roots;
        if (!one.none()) out.heads.push_back(i + 1);
    }
    return out;
}

Result<WaitingHeads> waiting_heads(const Context& context, const repo::Place& place) {
    TRY(const auto spool, find_spool(context, place));
    return spool ? waiting_heads(*spool) : WaitingHeads{};
}

void warn_of_waiting(const Context& context, const repo::Place& place) {
    const auto waiting = waiting_heads(context, place);
    if (!waiting)
        context.out.warn("the spool of this machine can not be read: " + waiting.error().detail());
    else if (!waiting->heads.empty())
        context.out.warn("in the spool of this machine " + waiting->sentence() +
                         ": run \"torgo sync\" first");
}

} // namespace torgo::cli
