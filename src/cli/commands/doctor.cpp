#include "cli/advice.hpp"
#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/spool.hpp"
#include "cli/takeovers.hpp"
#include "crypto/selftest.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "head/uri.hpp"
#include "repo/head_set.hpp"
#include "repo/survey.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>

namespace torgo::cli {

namespace {

enum class Grade : std::uint8_t { ok, warn, fail };

constexpr std::array<std::string_view, 3> grade_names{"ok", "warn", "fail"};
constexpr std::uint64_t memory_lock_wanted = 1_MiB;
constexpr std::uint64_t open_files_wanted = 1024;
constexpr std::uint64_t free_space_wanted = 1_GiB;
constexpr std::uint64_t free_share_wanted = 20; ///< one part in twenty
constexpr std::int64_t year_2024_ns = 1'704'067'200'000'000'000;

class Doctor {
public:
    explicit Doctor(const Context& context) : m_context(context) {}

    ExitCode run() {
        look_at_machine();
        look_at_folders();
        look_at_repository();
        return m_worst == Grade::fail ? ExitCode::failed : ExitCode::ok;
    }

private:
    void say(Grade grade, const std::string& topic, const std::string& finding,
             const std::string& advice = "") {
        m_worst = std::max(m_worst, grade);
        const auto name = grade_names.at(static_cast<std::size_t>(grade));
        m_context.out.object(Json("finding")
                                 .text("grade", name)
                                 .text("topic", topic)
                                 .text("finding", finding)
                                 .text("advice", advice));
        auto line = std::string(name);
        line.resize(6, ' ');
        line += topic;
        line.resize(std::max<std::size_t>(line.size() + 1, 22), ' ');
        m_context.out.line(line + printable(finding) +
                           (advice.empty() ? "" : (finding.ends_with('?') ? " " : ". ") + advice));
    }

    void say_error(const std::string& topic, const Error& error) {
        say(Grade::fail, topic, error.detail(), std::string(advice_for(error.code()).what_to_do));
    }

    void look_at_machine() {
        if (const auto tested = crypto::self_test()) {
            say(Grade::ok, "crypto", "self-test passed; " + crypto::description());
        } else {
            say(Grade::fail, "crypto", tested.error().detail(),
                "Do not back up with this build on this machine; please report it.");
        }
        look_at_limit("memory lock", RLIMIT_MEMLOCK, memory_lock_wanted,
                      "Keys could be swapped to disk: raise it (ulimit -l) or encrypt the swap.");
        look_at_limit("open files", RLIMIT_NOFILE, open_files_wanted,
                      "Wide folder trees need more: raise it (ulimit -n).");
        const auto now = m_context.world.clock->wall_ns();
        if (now < year_2024_ns) {
            say(Grade::warn, "clock", "it says " + local_time(now),
                "Set it: snapshots carry its time as their label.");
        } else {
            say(Grade::ok, "clock", local_time(now));
        }
    }

    void look_at_limit(const std::string& topic, __rlimit_resource_t which, std::uint64_t wanted,
                       const std::string& advice) {
        rlimit limit{};
        if (::getrlimit(which, &limit) != 0) return;
        const bool bytes = which == RLIMIT_MEMLOCK;
        const auto shown = limit.rlim_cur == RLIM_INFINITY ? "unlimited"
                           : bytes                         ? size_text(limit.rlim_cur)
                                                           : count_text(limit.rlim_cur);
        const bool enough = limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted;
        say(enough ? Grade::ok : Grade::warn, topic, shown, enough ? "" : advice);
    }

    void look_at_folders() {
        look_at_folder("cache", m_context.environment.cache_folder());
        look_at_folder("state", m_context.environment.state_folder());
    }

    void look_at_folder(const std::string& topic, const Result<std::string>& folder) {
        if (!folder) return say_error(topic, folder.error());
        auto& files = *m_context.world.files;
        if (const auto made = env::make_directories(files, *folder); !made) {
            return say_error(topic, made.error());
        }
        if (const auto space = files.space(*folder)) {
            const bool enough = space->free >= free_space_wanted;
            say(enough ? Grade::ok : Grade::warn, topic,
                *folder + ", " + size_text(space->free) + " free",
                enough ? "" : "Make room, or name another place with --cache-dir.");
        }
    }

    void look_at_repository() {
        const auto path = descriptor_path(m_context);
        if (!path) return say_error("descriptor", path.error());
        const auto place = load_descriptor(*m_context.world.files, *path);
        if (!place) return say_error("descriptor", place.error());
        say(Grade::ok, "descriptor", *path);
        look_at_heads(*place);
        look_at_spool(*place);
        // What the repository would warn about has been said head by head already.
        auto folders = local_folders(m_context, place->id);
        if (!folders) return say_error("repository", folders.error());
        auto repository = repo::Repository::open(m_context.world, m_context.heads, *place,
                                                 std::move(*folders), [](const std::string&) {});
        if (!repository) return say_error("repository", repository.error());
        tell_of_takeovers(m_context, **repository);
        look_at_redundancy(**repository);
        look_at_segments(**repository);
    }

    void look_at_heads(const repo::Place& place) {
        for (std::size_t i = 0; i < place.heads.size(); ++i) {
            look_at_head("head " + std::to_string(i + 1), place, i);
        }
    }

    void look_at_head(const std::string& topic, const repo::Place& place, std::size_t index) {
        const auto& uri = place.heads[index];
        if (uri == repo::unknown_head) {
            return say(Grade::fail, topic, "its place is not known",
                       "Write its URI into the descriptor file, or a new folder's and run \"torgo "
                       "heal " +
                           std::to_string(index + 1) + "\".");
        }
        auto head = m_context.heads.open(uri);
        if (!head) return say_error(topic, head.error());
        const auto status = (*head)->status();
        if (!status) {
            return say(
                Grade::fail, topic, status.error().detail(),
                "Connect or mount it; if it is lost, put an empty disk there and run \"torgo "
                "heal " +
                    std::to_string(index + 1) + "\".");
        }
        if (status->repository != place.id || status->index != index) {
            return say(Grade::fail, topic,
                       uri + " is head " + std::to_string(status->index + 1) + " of repository " +
                           status->repository.hex(),
                       "Correct the order in the descriptor file (\"torgo init --from\").");
        }
        if (const auto usable = (*head)->probe(); !usable) return say_error(topic, usable.error());
        const bool room = status->free_bytes >= free_space_wanted &&
                          status->free_bytes >= status->total_bytes / free_share_wanted;
        say(room ? Grade::ok : Grade::warn, topic,
            std::string(head::short_uri(uri)) + ", " + size_text(status->free_bytes) + " of " +
                size_text(status->total_bytes) + " free",
            room ? "" : "It will be full soon: make room.");
    }

    void look_at_spool(const repo::Place& place) {
        const auto spool = find_spool(m_context, place);
        if (!spool) return say_error("spool", spool.error());
        if (!*spool) return;
        const auto waiting = waiting_heads(**spool);
        if (!waiting) return say_error("spool", waiting.error());
        if (waiting->heads.empty())
            return say(Grade::ok, "spool", (*spool)->folder() + ", nothing waits");
        say(Grade::warn, "spool", waiting->sentence() + " in " + (*spool)->folder(),
            "Run \"torgo sync\" when they are back.");
    }

    void look_at_redundancy(repo::Repository& repository) {
        const auto needed = repository.descriptor().heads_to_restore();
        const auto usable = repository.heads().usable();
        const auto finding = std::to_string(usable) + " of " +
                             std::to_string(repository.heads().size()) + " heads usable, " +
                             std::to_string(needed) + " restore everything";
        if (usable < needed) {
            say(Grade::fail, "redundancy", finding,
                "Bring heads back: nothing can be restored now.");
        } else if (usable < repository.heads().size()) {
            say(Grade::warn, "redundancy", finding,
                "Bring the others back, then run \"torgo heal\".");
        } else {
            say(Grade::ok, "redundancy", finding);
        }
    }

    void look_at_segments(repo::Repository& repository) {
        const auto survey = repo::survey(repository);
        if (!survey) return say_error("segments", survey.error());
        for (const auto& reason : survey->rejected)
            say(Grade::warn, "batch", reason, "\"torgo check\" looks deeper.");
        for (std::size_t i = 0; i < survey->heads.size(); ++i) {
            const auto& head = survey->heads[i];
            const auto topic = "segments " + std::to_string(i + 1);
            if (repository.heads().at(i) == nullptr) continue; // has been said
            if (head.away) {
                say_error(topic, *head.away);
            } else if (head.missing != 0) {
                say(Grade::warn, topic,
                    count_text(head.missing) + " of " + count_text(head.wanted) + " missing",
                    "Run \"torgo heal " + std::to_string(i + 1) + "\".");
            } else {
                say(Grade::ok, topic, "all " + count_text(head.wanted) + " there");
            }
        }
    }

    const Context& m_context;
    Grade m_worst = Grade::ok;
};

} // namespace

Command doctor_command() {
    Command command;
    command.name = "doctor";
    command.summary = "say what is wrong with this machine and the heads";
    command.description =
        "Tests the cryptography on this processor, the limits and folders of this user, and "
        "whether "
        "each head is there, has room and has all its segments by name. Needs no pass phrase and "
        "changes nothing. Each line is ok, warn or fail, and says what to do; the exit code is 1 "
        "when one is fail. \"torgo check\" looks deeper.";
    command.examples = {{"torgo doctor", "before anything else, when something is odd"}};
    command.run = [](const Context& context) -> Result<ExitCode> {
        return Doctor(context).run();
    };
    return command;
}

} // namespace torgo::cli
