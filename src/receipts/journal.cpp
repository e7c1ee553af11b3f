#include "receipts/journal.hpp"

#include "base/hex.hpp"
#include "base/utf8.hpp"
#include "markup/fields.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace torgo::receipts {

namespace {

constexpr std::string_view first_line = "torgo-undo 1";

/// In quotes, or the bytes in hexadecimal where it is no UTF-8.
std::string path_text(std::string_view path) {
    return is_utf8(path) ? markup::quoted(path) : "x" + to_hex(as_bytes(path));
}

Result<std::string> parse_path(std::string_view text) {
    if (!text.starts_with('x')) return markup::unquoted(text);
    TRY(const auto bytes, from_hex(text.substr(1)));
    std::string path(as_text(bytes));
    if (is_utf8(path)) return fail(Errc::corrupt, "a path in another spelling");
    return path;
}

class Parser {
public:
    explicit Parser(std::string_view text) : m_rest(text) {}

    Result<Journal> run() {
        TRY(const auto first, line());
        if (first != first_line) return wrong("no journal of this version");
        TRY(m_out.target, named("target "));
        TRY(const auto first_aside, named("aside "));
        m_out.asides.push_back(first_aside);
        while (!m_rest.empty()) {
            TRY(auto text, line());
            if (auto taken = step(text); !taken) return wrong(taken.error().detail());
        }
        return std::move(m_out);
    }

private:
    std::unexpected<Error> wrong(std::string_view what) const {
        return fail(Errc::corrupt, "line " + std::to_string(m_line) + ": " + std::string(what));
    }

    Result<std::string_view> line() {
        ++m_line;
        const auto end = m_rest.find('\n');
        if (end == std::string_view::npos) return wrong("it ends in the middle");
        const auto out = m_rest.substr(0, end);
        m_rest.remove_prefix(end + 1);
        return out;
    }

    Result<std::string> named(std::string_view key) {
        TRY(const auto text, line());
        if (!text.starts_with(key)) return wrong("not \"" + std::string(key) + "\"");
        auto path = parse_path(text.substr(key.size()));
        if (!path || !path->starts_with('/')) return wrong("no absolute path");
        return path;
    }

    static Result<std::string_view> word(std::string_view& text) {
        const auto end = text.find(' ');
        if (end == std::string_view::npos) return fail(Errc::corrupt, "a word is missing");
        const auto out = text.substr(0, end);
        text.remove_prefix(end + 1);
        return out;
    }

    template <class Number>
    static Result<Number> number(std::string_view text) {
        Number value = 0;
        const auto* end = text.data() + text.size();
        const auto [stopped, problem] = std::from_chars(text.data(), end, value);
        if (problem != std::errc{} || stopped != end || std::to_string(value) != text)
            return fail(Errc::corrupt, "no number");
        return value;
    }

    template <class Number>
    static Result<Number> next_number(std::string_view& text) {
        TRY(const auto one, word(text));
        return number<Number>(one);
    }

    Result<> aside(std::string_view text) {
        TRY(auto path, parse_path(text));
        if (!path.starts_with('/')) return fail(Errc::corrupt, "no absolute path");
        const auto found = std::ranges::find(m_out.asides, path);
        m_folder = static_cast<std::size_t>(found - m_out.asides.begin());
        if (found != m_out.asides.end()) return {};
        if (m_out.asides.size() == asides_max)
            return fail(Errc::limit_exceeded, "too many folders aside");
        m_out.asides.push_back(std::move(path));
        return {};
    }

    Result<> taken_back(std::string_view text) {
        TRY(const auto path, parse_path(text));
        const auto found = m_last.find(path);
        if (found == m_last.end()) return fail(Errc::corrupt, "taken back, and never done");
        for (const auto& step : {found->second.moved, found->second.made})
            if (step) m_out.steps[*step].taken_back = true;
        m_last.erase(found);
        return {};
    }

    Result<> step(std::string_view text) {
        TRY(const auto verb, word(text));
        if (verb == "left") return left(text);
        if (verb == "aside") return aside(text);
        if (verb == "taken-back") return taken_back(text);
        if (verb == "unnoted") {
            TRY(m_out.unnoted, number<std::uint64_t>(text));
            return {};
        }
        if (m_out.steps.size() == steps_max) return fail(Errc::limit_exceeded, "too many steps");
        Step out;
        if (verb == "moved") {
            out.kind = Step::Kind::moved;
            TRY(out.aside, next_number<std::uint64_t>(text));
            out.folder = m_folder;
        } else if (verb == "lost") {
            out.kind = Step::Kind::lost;
        } else if (verb != "made") {
            return fail(Errc::corrupt, "an unknown step");
        }
        TRY(out.path, parse_path(text));
        if (out.kind == Step::Kind::made) m_last[out.path].made = m_out.steps.size();
        if (out.kind == Step::Kind::moved) m_last[out.path].moved = m_out.steps.size();
        m_out.steps.push_back(std::move(out));
        return {};
    }

    Result<> left(std::string_view text) {
        LeftState state;
        TRY(state.kind, next_number<std::uint64_t>(text));
        TRY(state.size, next_number<std::uint64_t>(text));
        TRY(state.inode, next_number<std::uint64_t>(text));
        TRY(state.mtime_ns, next_number<std::int64_t>(text));
        TRY(state.ctime_ns, next_number<std::int64_t>(text));
        TRY(const auto path, parse_path(text));
        const auto found = m_last.find(path);
        if (found == m_last.end() || !found->second.made)
            return fail(Errc::corrupt, "left, and never made");
        m_out.steps[*found->second.made].left = state;
        return {};
    }

    std::string_view m_rest;
    std::size_t m_line = 0;
    Journal m_out;
    std::size_t m_folder = 0;
    struct Last {
        std::optional<std::size_t> moved, made;
    };
    std::map<std::string, Last> m_last; ///< steps of a path
};

} // namespace

Result<Journal> parse_journal(std::string_view text) {
    if (text.size() > journal_max) return fail(Errc::limit_exceeded, "a journal over 512 MiB");
    return Parser(text).run();
}

Result<JournalWriter> JournalWriter::begin(env::FileSystem& files, const std::string& path,
                                           const std::string& target, const std::string& aside) {
    TRY(auto file, files.create(path, true));
    CHECK_OK(files.sync_directory(env::parent_path(path)));
    JournalWriter out(std::move(file));
    CHECK_OK(out.line(std::string(first_line)));
    CHECK_OK(out.line("target " + path_text(target)));
    CHECK_OK(out.aside(aside));
    return out;
}

bool JournalWriter::take_steps(std::uint64_t count) {
    if (steps_max - m_steps < count) return false;
    m_steps += count;
    return true;
}

Result<> JournalWriter::line(const std::string& text) {
    const auto whole = text + "\n";
    m_hash.update(as_bytes(whole));
    return m_file->append(as_bytes(whole));
}

Result<> JournalWriter::made(std::string_view path) {
    return line("made " + path_text(path));
}

Result<> JournalWriter::moved(std::uint64_t aside, std::string_view path) {
    return line("moved " + std::to_string(aside) + " " + path_text(path));
}

Result<> JournalWriter::aside(std::string_view folder) {
    if (m_asides.size() == asides_max && !m_asides.contains(folder))
        return fail(Errc::limit_exceeded, "a way back knows no more than 1,000 folders aside");
    m_asides.emplace(folder);
    return line("aside " + path_text(folder));
}

Result<> JournalWriter::taken_back(std::string_view path) {
    return line("taken-back " + path_text(path));
}

Result<> JournalWriter::left(const LeftState& state, std::string_view path) {
    return line("left " + std::to_string(state.kind) + " " + std::to_string(state.size) + " " +
                std::to_string(state.inode) + " " + std::to_string(state.mtime_ns) + " " +
                std::to_string(state.ctime_ns) + " " + path_text(path));
}

Result<Digest> JournalWriter::finish() {
    if (m_unnoted != 0) CHECK_OK(line("unnoted " + std::to_string(m_unnoted)));
    CHECK_OK(m_file->sync());
    return m_hash.finish();
}

} // namespace torgo::receipts
