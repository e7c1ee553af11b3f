#pragma once

#include "cli/context.hpp"
#include "cli/workflow_arguments.hpp"
#include "workflow/run.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::cli {

/// Whether a command's exit code 1 is an answer, too ("a head lacks something"), or a failure.
enum class Answer : std::uint8_t { only_when_good, also_when_not };

/// What the services of one run have in common: this program's commands, run as parts of it, and
/// the files that a block may name.
class WorkflowHost {
public:
    using Words = std::vector<std::string>;
    using Stop = std::stop_token;

    /// in      `folder`: where the workflow lies; `report`: its inputs and files; `tag`: of what
    ///         the run stores. The context outlives what is made.
    WorkflowHost(const Context& context, std::string folder, const workflow::Report& report,
                 std::string tag);

    const Context& context() const noexcept { return m_context; }

    const std::string& tag() const noexcept { return m_tag; }

    /// Runs a command.
    ///
    /// out     the objects that its --json prints, without those of progress; of an answer that is
    ///         not good its warnings before them
    /// errors  `io` with what the command said of why it failed
    Result<gospel::Value::List> run(const Words& words, const Stop& stop,
                                    Answer answer = Answer::only_when_good) const;

    /// [RUN-53] `words`, and behind them what a block gave: as values of options that `takes`
    /// names, and all else behind "--".
    Result<Words> words_of(Words words, const Parameters& takes, const gospel::Value& given) const;

    /// The absolute path of a file that blocks may see. [RUN-22]
    Result<std::string> path_of(std::string_view name) const;

    /// The same of one that may be gone by now: an input names it. [RUN-54]
    Result<std::string> stored_path_of(std::string_view name) const;

    /// Such a file of a snapshot, in base64url; at most workflow_dump_max bytes of it.
    Result<gospel::Value> dump(const gospel::Value& given, std::string_view name_field,
                               const Stop& stop) const;

private:
    const Context& m_context;
    std::string m_folder;
    Words m_files;
    Words m_named; ///< names of files in the inputs, whether they are there or not
    std::string m_tag;
};

/// In base64 it fits a frame, and as a value it can be handed on.
inline constexpr std::size_t workflow_dump_max = 512U << 10U;

/// One function of a module for blocks.
struct ServedFunction {
    std::string name; ///< "torgo.ls"
    maml::Operation operation = maml::Operation::replace;
    Parameters takes = {};
    std::function<Result<gospel::Value>(const WorkflowHost& host, const gospel::Value& given,
                                        const std::stop_token& stop)>
        run = {};
};

std::vector<ServedFunction> torgo_functions();
std::vector<ServedFunction> tor_db_functions();
std::vector<ServedFunction> bluetooth_mesh_functions();

} // namespace torgo::cli
