#pragma once

#include "crypto/sign.hpp"
#include "env/world.hpp"
#include "maml/document.hpp"
#include "maml/permission.hpp"
#include "workflow/circuits.hpp"
#include "workflow/contracts.hpp"
#include "workflow/requirements.hpp"
#include "workflow/worker.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

// Runs a workflow: docs/spec/workflow.md.
namespace torgo::workflow {

inline constexpr std::uint32_t timeout_default_s = 600;
inline constexpr std::size_t work_file_size_max = 16U << 20U; ///< of one file beside the workflow
inline constexpr std::size_t work_files_max = 32;
inline constexpr std::size_t work_files_size_max = 64U << 20U; ///< of all of them
/// Of all values as compact JSON: what is given to a block has to fit a frame beside its source.
inline constexpr std::size_t values_size_max = 512U << 10U;
inline constexpr std::size_t calls_max = 10'000; ///< of one run

/// Something a block may ask the host for, and the right it takes.
struct Service {
    std::string name; ///< "tor_db.store"
    maml::Operation operation = maml::Operation::replace;
    std::function<Result<gospel::Value>(const gospel::Value& arguments,
                                        const std::stop_token& stop)>
        run;
};

/// What happens, for people and for the trace.
struct Event {
    std::string what; ///< started, block_began, call, output, block_ended, ended
    std::size_t block = 0;
    std::string text;
};

struct Order {
    const maml::Document& document;
    std::string name;            ///< of the file, without folders
    std::string folder;          ///< where it lies; absolute
    std::vector<SpecText> specs; ///< of its spec_files, from `folder`
    Digest file_hash;            ///< of what a signature stands for: maml::signed_form()
    Values given;                ///< inputs
    maml::Caller caller;
    maml::NodePolicy policy;
    std::string python = "/usr/bin/python3";
    std::uint32_t timeout_s = timeout_default_s;
    Shots shots = {};
    std::string run_folder; ///< made here; with `resume` it is there
    std::string run_id;
    bool resume = false;
    bool dry_run = false; ///< nothing is started
};

struct Surroundings {
    env::World world;
    OpenChannel open;
    const crypto::SigningKey& key;
    Machine machine;
    std::function<void(const Event&)> tell;
    std::function<std::string()> now; ///< RFC 3339
    std::stop_token stop;
};

struct Report {
    enum class State : std::uint8_t { completed, failed, cancelled };

    State state = State::failed;
    Values inputs;
    Values outputs;
    std::vector<std::string> files; ///< beside the workflow, that blocks may see and name
    std::vector<Resolution> requirements;
    std::vector<std::string> warnings;
    std::size_t blocks_run = 0;
    std::string layers;             ///< of the sandbox
    std::vector<double> starts_ms;  ///< by block: from its turn until its code runs
    std::vector<std::string> wrong; ///< what broke: a clause, an exception, a schema
};

std::string_view name(Report::State state) noexcept;

class Run;

/// A run that nothing speaks against.
class Prepared {
public:
    /// Checks all that can be checked before anything runs.
    ///
    /// in      `order` and `surroundings` outlive what is made
    /// errors  `permission`, `unsupported`, `invalid_argument`, `limit_exceeded`, `not_found`
    static Result<Prepared> make(const Order& order, const Surroundings& surroundings);

    Prepared(Prepared&&) noexcept;
    Prepared& operator=(Prepared&&) noexcept;
    ~Prepared();

    /// Inputs, files, requirements and warnings.
    const Report& report() const;

    /// Runs all blocks, one after another. Once.
    ///
    /// A block that raises, a clause that is broken and an output that does not fit end it with
    /// `failed`; what was done before stays done, and values up to there are kept for `resume`.
    ///
    /// in      what blocks may ask for
    /// errors  those of writing into the run's folder; `changed` where it cannot be taken up again
    Result<Report> run(std::vector<Service> services);

private:
    explicit Prepared(std::unique_ptr<Run> run);
    std::unique_ptr<Run> m_run;
};

} // namespace torgo::workflow
