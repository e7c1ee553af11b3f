#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/snapshot_filter.hpp"
#include "repo/browse.hpp"
#include "source/excludes.hpp"

#include <algorithm>
#include <cctype>
#include <memory>

namespace torgo::cli {

namespace {

struct FindArgs {
    std::vector<std::string> patterns;
    std::vector<std::string> snapshots;
    SnapshotFilter filter;
    bool ignore_case = false;
    bool details = false;
};

std::string folded(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

class Finder {
public:
    Finder(const Context& context, repo::Repository& repository, const FindArgs& args,
           source::Excludes patterns)
        : m_context(context),
          m_repository(repository),
          m_args(args),
          m_patterns(std::move(patterns)) {}

    Result<std::uint64_t> search(const repo::Snapshot& snapshot) {
        std::uint64_t matches = 0;
        TRY(const auto root, repo::root_node(m_repository, snapshot));
        const repo::VisitNode visit = [&](const std::string& path,
                                          const repo::Node& node) -> Result<bool> {
            if (m_context.stop.stop_requested())
                return fail(Errc::cancelled, "the search was stopped");
            if (path == "/" || !matching(path, node)) return true;
            if (matches++ == 0) announce(snapshot);
            print(snapshot, path, node);
            return true;
        };
        CHECK_OK(repo::for_each_node(m_repository, root, "/", visit));
        return matches;
    }

private:
    bool matching(const std::string& path, const repo::Node& node) const {
        const bool folder = node.entry.kind == source::Kind::directory;
        return m_patterns.excluded(m_args.ignore_case ? folded(path) : path, folder);
    }

    void announce(const repo::Snapshot& snapshot) const {
        m_context.out.line("snapshot " + short_id(snapshot.id) + " of " +
                           local_time(snapshot.body.time_ns) + ":");
    }

    void print(const repo::Snapshot& snapshot, const std::string& path,
               const repo::Node& node) const {
        const auto& entry = node.entry;
        auto object = Json("match");
        object.text("snapshot", snapshot.id.hex()).object("node", node_object(path, node));
        m_context.out.object(object);
        m_context.out.line("  " +
                           (m_args.details
                                ? mode_text(kind_letter(entry.kind), entry.mode) + " " +
                                      size_text(entry.size) + " " + local_time(entry.mtime_ns) + " "
                                : std::string()) +
                           printable(path));
    }

    const Context& m_context;
    repo::Repository& m_repository;
    const FindArgs& m_args;
    source::Excludes m_patterns;
};

Result<ExitCode> run_find(const Context& context, const FindArgs& args) {
    auto texts = args.patterns;
    if (args.ignore_case) std::ranges::transform(texts, texts.begin(), folded);
    TRY(auto patterns, source::Excludes::parse(texts, {}));
    TRY(const auto repository, open_for_reading(context, repo::Wait::enough));
    TRY(auto list, args.snapshots.empty() ? repository->snapshots()
                                          : named_snapshots(*repository, args.snapshots));
    if (args.snapshots.empty()) std::erase_if(list, &repo::Snapshot::withdrawn);
    list = filtered(std::move(list), args.filter);
    Finder finder(context, *repository, args, std::move(patterns));
    std::uint64_t matches = 0;
    for (const auto& snapshot : list) {
        TRY(const auto here, finder.search(snapshot));
        matches += here;
    }
    context.out.object(Json("summary").number("matches", matches).number("snapshots", list.size()));
    context.out.say(plural(matches, "match", "matches") + " in " +
                    plural(list.size(), "snapshot", "snapshots"));
    return ExitCode::ok;
}

} // namespace

Command find_command() {
    auto args = std::make_shared<FindArgs>();
    Command command;
    command.name = "find";
    command.summary = "find files in the snapshots";
    command.description = "Looks through all snapshots for names that match any of the patterns. "
                          "Patterns are those of \"torgo backup --exclude\".";
    command.arguments = {
        list_argument(args->patterns, "PATTERN", 1, "a name, perhaps with * and ?")};
    auto snapshot = list_option(args->snapshots, "snapshot", "SNAPSHOT", "only in this snapshot");
    snapshot.letter = 's';
    auto ignore = toggle(args->ignore_case, "ignore-case", "take a-z and A-Z as the same");
    ignore.letter = 'i';
    auto details = toggle(args->details, "long", "mode, size and time too");
    details.letter = 'l';
    command.options = filter_options(args->filter);
    command.options.push_back(std::move(snapshot));
    command.options.push_back(std::move(ignore));
    command.options.push_back(std::move(details));
    command.examples = {{"torgo find -i 'invoice*.pdf'", "in which snapshots is that invoice?"}};
    command.run = [args](const Context& context) {
        return run_find(context, *args);
    };
    return command;
}

} // namespace torgo::cli
