#include "cli/activity.hpp"

#include "cli/command.hpp"
#include "cli/format.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <limits>

namespace torgo::cli {

namespace {

constexpr std::string_view first_line = "torgo-activity 2";
constexpr std::string_view kind_mark = "torgo-activity ";
constexpr std::string_view suffix = ".activity";
constexpr std::size_t text_max = 512;
constexpr std::size_t uri_max = text_max - 64; ///< three numbers stand before it
constexpr std::size_t heads_max = 64;

std::unexpected<Error> damaged() {
    return fail(Errc::corrupt, "a file of activity is damaged");
}

/// "key value" lines, in their order.
class Lines {
public:
    explicit Lines(std::string_view text) : m_text(text) {}

    Result<std::string_view> next(std::string_view key) {
        const auto end = m_text.find('\n');
        if (end == std::string_view::npos || !m_text.starts_with(key)) return damaged();
        auto value = m_text.substr(key.size(), end - key.size());
        m_text.remove_prefix(end + 1);
        if (value.empty() || value.front() != ' ') return damaged();
        value.remove_prefix(1);
        if (value.size() > text_max) return damaged();
        return value;
    }

    Result<std::uint64_t> number(std::string_view key) {
        TRY(const auto text, next(key));
        return parse(text);
    }

    static Result<std::uint64_t> parse(std::string_view text) {
        auto value = parse_number(text, {0, std::numeric_limits<std::uint64_t>::max()});
        if (!value) return damaged();
        return *value;
    }

    bool empty() const { return m_text.empty(); }

private:
    std::string_view m_text;
};

/// "up down open uri"
Result<top::Work::Traffic> parse_traffic(std::string_view text) {
    top::Work::Traffic out;
    for (auto* const number : {&out.up, &out.down, &out.open}) {
        const auto end = text.find(' ');
        if (end == std::string_view::npos) return damaged();
        TRY(*number, Lines::parse(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
    out.uri = text;
    return out;
}

std::string number_line(std::string_view key, std::uint64_t value) {
    return std::string(key) + " " + std::to_string(value) + "\n";
}

std::string text_line(std::string_view key, std::string_view value) {
    return std::string(key) + " " + printable(value.substr(0, text_max / 4)) + "\n";
}

bool lives(std::uint64_t process) {
    if (process == 0 || process > std::numeric_limits<::pid_t>::max()) return false;
    return ::kill(static_cast<::pid_t>(process), 0) == 0 || errno == EPERM;
}

} // namespace

std::string format_activity(const top::Work& work) {
    std::string out(first_line);
    out += '\n' + number_line("process", work.process) + text_line("command", work.command) +
           text_line("repository", work.repository) + text_line("items", work.items) +
           text_line("note", work.note) + number_line("items_done", work.items_done) +
           number_line("items_total", work.items_total) +
           number_line("bytes_done", work.bytes_done) +
           number_line("bytes_total", work.bytes_total) + number_line("problems", work.problems) +
           number_line("circuits", work.circuits) +
           number_line("circuits_building", work.circuits_building) +
           number_line("elapsed_ns", static_cast<std::uint64_t>(work.elapsed_ns));
    for (const auto& head : work.heads)
        if (const auto uri = printable(head.uri); uri.size() <= uri_max)
            out += "head " + std::to_string(head.up) + " " + std::to_string(head.down) + " " +
                   std::to_string(head.open) + " " + uri + "\n";
    return out;
}

Result<top::Work> parse_activity(std::string_view text) {
    if (!text.starts_with(kind_mark)) return damaged();
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return damaged();
    if (text.substr(0, end) != first_line)
        return fail(Errc::unsupported, "a file of activity of another version");
    Lines lines(text.substr(end + 1));
    top::Work out;
    TRY(out.process, lines.number("process"));
    TRY(out.command, lines.next("command"));
    TRY(out.repository, lines.next("repository"));
    TRY(out.items, lines.next("items"));
    TRY(out.note, lines.next("note"));
    TRY(out.items_done, lines.number("items_done"));
    TRY(out.items_total, lines.number("items_total"));
    TRY(out.bytes_done, lines.number("bytes_done"));
    TRY(out.bytes_total, lines.number("bytes_total"));
    TRY(out.problems, lines.number("problems"));
    TRY(out.circuits, lines.number("circuits"));
    TRY(out.circuits_building, lines.number("circuits_building"));
    TRY(const auto elapsed, lines.number("elapsed_ns"));
    if (elapsed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return damaged();
    out.elapsed_ns = static_cast<std::int64_t>(elapsed);
    while (!lines.empty()) {
        if (out.heads.size() == heads_max) return damaged();
        TRY(const auto line, lines.next("head"));
        TRY(auto traffic, parse_traffic(line));
        out.heads.push_back(std::move(traffic));
    }
    return out;
}

Result<std::string> activity_folder(const Environment& environment) {
    const auto runtime = environment.get("XDG_RUNTIME_DIR");
    if (runtime && runtime->starts_with('/')) return *runtime + "/torgo";
    TRY(const auto state, environment.state_folder());
    return state + "/activity";
}

ActivityFile::ActivityFile(env::FileSystem& files, std::string folder)
    : m_files(files), m_path(std::move(folder)) {
    m_usable = env::make_directories(m_files, env::parent_path(m_path)).has_value() &&
               m_files.make_directory(m_path, /*secret=*/true).has_value();
    m_path += "/" + std::to_string(::getpid()) + std::string(suffix);
}

ActivityFile::~ActivityFile() {
    if (m_usable) (void)m_files.remove(m_path);
}

void ActivityFile::write(top::Work work) {
    if (!m_usable) return;
    work.process = static_cast<std::uint64_t>(::getpid());
    const auto made = m_path + ".new";
    (void)m_files.remove(made);
    auto file = m_files.create(made, /*secret=*/true);
    m_usable = file.has_value() && (*file)->append(as_bytes(format_activity(work))).has_value() &&
               m_files.rename(made, m_path).has_value();
}

std::vector<top::Work> read_activities(env::FileSystem& files, const std::string& folder) {
    std::vector<top::Work> out;
    const auto entries = files.list(folder);
    if (!entries) return out;
    for (const auto& entry : *entries) {
        // Anything else than a file, as a pipe, could hold us up or lead elsewhere.
        if (entry.type != env::FileType::file || !entry.name.ends_with(suffix)) continue;
        if (out.size() == max_activities) break;
        const auto path = folder + "/" + entry.name;
        const auto text = env::read_file(files, path, max_activity);
        if (!text) continue;
        auto work = parse_activity(as_text(*text));
        if (!work) continue;
        if (lives(work->process))
            out.push_back(*std::move(work));
        else
            (void)files.remove(path);
    }
    return out;
}

} // namespace torgo::cli
