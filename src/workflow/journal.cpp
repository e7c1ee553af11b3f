#include "workflow/journal.hpp"

#include "base/utf8.hpp"
#include "env/lock.hpp"

namespace torgo::workflow {

namespace {

constexpr std::size_t kept_file_max = 2U << 20U;
constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD
constexpr std::int64_t millisecond_ns = 1'000'000;

std::string values_name(std::size_t block) {
    return "values-" + std::to_string(block) + ".json";
}

/// A byte that is no UTF-8 as U+FFFD: JSON has no other texts, and a block may print anything.
std::string as_utf8(std::string_view raw) {
    std::string out;
    while (!raw.empty()) {
        const auto point = next_code_point(raw);
        out += point.valid ? raw.substr(0, point.size) : replacement;
        raw.remove_prefix(point.size);
    }
    return out;
}

} // namespace

Journal::Journal(env::FileSystem& files, const env::Clock& clock, std::string folder)
    : m_files(&files),
      m_clock(&clock),
      m_folder(std::move(folder)),
      m_began_ns(clock.monotonic_ns()) {}

Result<Journal> Journal::open(env::FileSystem& files, const env::Clock& clock,
                              const std::string& folder, bool resume) {
    Journal out(files, clock, folder);
    std::string trace = "trace.jsonl";
    if (resume) {
        TRY(const auto entries, files.list(folder));
        trace = "trace-" + std::to_string(entries.size()) + ".jsonl";
    } else {
        CHECK_OK(env::make_directories(files, env::parent_path(folder)));
        CHECK_OK(files.make_directory(folder, true));
        CHECK_OK(files.sync_directory(env::parent_path(folder)));
    }
    TRY(out.m_lock, env::try_lock_file(files, folder + "/lock", true));
    if (!out.m_lock) return fail(Errc::unavailable, "this run is still under way elsewhere");
    TRY(out.m_trace, files.create(folder + "/" + trace, true));
    return out;
}

Result<> Journal::trace(const std::string& what, std::size_t block, std::string_view text) {
    using gospel::Value;
    const auto at = (m_clock->monotonic_ns() - m_began_ns) / millisecond_ns;
    const auto line = Value::record({"at_ms", "what", "block", "text"},
                                    {Value::integer(at), Value::text(what),
                                     Value::integer(static_cast<std::int64_t>(block)),
                                     Value::text(as_utf8(text))});
    return m_trace->append(as_bytes(gospel::json_of_value(line) + "\n"));
}

Result<> Journal::keep(std::size_t block, const Values& values) {
    return write(values_name(block), json_of(values));
}

Result<std::optional<Journal::Kept>> Journal::last_kept(std::size_t blocks) {
    for (std::size_t block = blocks + 1; block-- > 0;) {
        auto text = read(values_name(block));
        if (!text && text.error().code() == Errc::not_found) continue;
        if (!text) return std::unexpected(std::move(text).error());
        TRY(auto values, values_of(*text));
        return Kept{.block = block, .values = std::move(values)};
    }
    return std::nullopt;
}

Result<> Journal::write(const std::string& name, const std::string& text) {
    return env::write_file_atomically(*m_files, m_folder + "/" + name, as_bytes(text), true);
}

Result<std::string> Journal::read(const std::string& name) {
    TRY(const auto bytes, env::read_file(*m_files, m_folder + "/" + name, kept_file_max));
    return std::string(as_text(bytes));
}

} // namespace torgo::workflow
