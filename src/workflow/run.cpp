#include "workflow/run.hpp"

#include "base/utf8_cut.hpp"
#include "crypto/hash.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "maml/finding.hpp"
#include "workflow/beside.hpp"
#include "workflow/contracts.hpp"
#include "workflow/inputs.hpp"
#include "workflow/journal.hpp"
#include "workflow/kinds.hpp"
#include "workflow/ticket.hpp"
#include "workflow/time_limit.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace torgo::workflow {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t millisecond_ns = 1'000'000;
constexpr std::size_t output_line_max = 500; // of what a block prints, in the trace

std::string lines_of(const std::vector<std::string>& all) {
    std::string out;
    for (const auto& one : all)
        out += "\n  " + one;
    return out;
}

std::string not_served(const std::string& name, const std::vector<Service>& services) {
    auto out = "nobody here serves " + gospel::quote(gospel::Value::text(name)) + "; served are";
    for (const auto& one : services)
        out += (&one == &services.front() ? " " : ", ") + one.name;
    return out;
}

Digest digest_of_text(std::string_view text) {
    return crypto::sha256(as_bytes(text));
}

} // namespace

/// One run, from its ticket to its record.
class Run {
public:
    Run(const Order& order, const Surroundings& around)
        : m_order(order), m_around(around), m_blocks(maml::code_blocks(order.document)) {}

    Result<> prepare();
    Result<Report> go(std::vector<Service> services);

    const Report& report() const { return m_report; }

private:
    Result<> check_kind() const;
    Result<> check_right(maml::Operation operation) const;
    Result<> check_needs();
    bool is_late(const Error& error) const;
    Result<> read_files();
    Result<> begin();
    Result<> take_up();
    Result<> write_ticket();
    Result<> blocks();
    Result<> block(std::size_t index);
    Result<> python_block(std::size_t index, std::string_view language);
    Result<> take_circuits(const BlockResult& result);
    Result<> finish_outputs();
    Result<> close(const Result<>& ended);
    Result<std::optional<Worker>> warm(std::size_t index);
    void warm_first();
    Result<gospel::Value> ask(const std::string& service, const gospel::Value& arguments);
    Result<> broken(std::vector<std::string> clauses);
    Result<> check_size() const;
    void tell(std::string what, std::string text);
    void pass_output(Worker& worker);
    env::Deadline deadline() const { return m_began_ns + m_order.timeout_s * second_ns; }

    std::string source_of(std::size_t index) const {
        const auto& at = m_blocks[index];
        return std::string(m_order.document.text.str().substr(at.begin, at.end - at.begin));
    }

    std::string name_of(std::size_t index) const {
        return "block " + std::to_string(index + 1) + " (" + m_order.name + ":" +
               std::to_string(m_blocks[index].place.line) + ")";
    }

    const Order& m_order;
    const Surroundings& m_around;
    std::vector<maml::Block> m_blocks;
    std::optional<Contracts> m_contracts{};
    std::optional<Journal> m_journal{};
    std::optional<Worker> m_next{}; ///< warm, for the block `m_next_index`
    std::size_t m_next_index = 0;
    std::vector<WorkFile> m_files{};
    Values m_values{};
    std::size_t m_first = 0; ///< block to begin with
    std::size_t m_block = 0; ///< that is run, from 1
    std::vector<Service> m_services{};
    std::size_t m_calls = 0;
    std::optional<TimeLimit> m_limit{};
    std::stop_token m_stop{};
    std::optional<gospel::Raised> m_raised{};
    std::int64_t m_began_ns = 0;
    std::int64_t m_turn_ns = 0; ///< when the block's turn came
    std::string m_started{};
    Report m_report{};
};

Result<> Run::check_kind() const {
    const auto& type = m_order.document.front.type;
    if (!std::ranges::contains(types_run, type))
        return fail(Errc::unsupported,
                    "files of type \"" + type +
                        "\" are read and not run; to run it, say type: workflow");
    if (std::ranges::any_of(m_order.name, [](unsigned char c) { return c < ' '; }))
        return fail(Errc::invalid_argument, "the file's name has control characters");
    if (m_blocks.empty())
        return fail(Errc::invalid_argument, "there is no block under ## Code_Blocks to run");
    for (std::size_t i = 0; i < m_blocks.size(); ++i) {
        if (language_run(m_blocks[i].language).empty())
            return fail(Errc::unsupported,
                        name_of(i) + ": blocks in \"" + m_blocks[i].language +
                            "\" are not run; python, sql, bash, javascript and openqasm are");
    }
    return {};
}

Result<> Run::check_right(maml::Operation operation) const {
    const auto decision =
        maml::may(m_order.document.front.permissions, m_order.caller, m_order.policy, operation);
    if (decision.allowed) return {};
    return fail(Errc::permission, std::string(maml::name(operation)) + " is denied to " +
                                      m_order.caller.principal + ": " + decision.why);
}

Result<> Run::check_needs() {
    m_report.requirements = resolve(m_order.document.front.needs, m_around.machine);
    std::vector<std::string> missing;
    for (const auto& one : m_report.requirements) {
        const auto what = one.need.text();
        if (one.state == Resolution::State::missing)
            missing.push_back(what + (one.found.empty() ? "" : " (here is " + one.found + ")") +
                              ": " + one.note);
        if (one.state == Resolution::State::replaced)
            m_report.warnings.push_back(what + " is not here: " + one.note);
        if (one.state == Resolution::State::there && !one.note.empty())
            m_report.warnings.push_back(what + ": " + one.note);
    }
    if (missing.empty()) return {};
    return fail(Errc::not_found, "the workflow requires what is not here:" + lines_of(missing));
}

/// [RUN-22]
Result<> Run::read_files() {
    TRY(const auto beside, Beside::look(*m_around.world.files, m_order.folder));
    std::size_t total = 0;
    for (const auto& [name, value] : m_report.inputs) {
        const auto file = std::string(value.as_text());
        if (!value.is(gospel::Value::Kind::text) || !beside.has(file) ||
            std::ranges::contains(m_report.files, file))
            continue;
        TRY(auto content, beside.read(file, work_file_size_max));
        total += content.size();
        if (m_files.size() == work_files_max || total > work_files_size_max)
            return fail(Errc::limit_exceeded,
                        "the inputs name more than 32 files, or more than 64 MiB of them");
        m_files.push_back({.name = file, .content = std::move(content)});
        m_report.files.push_back(file);
    }
    return {};
}

Result<> Run::prepare() {
    CHECK_OK(check_interpreter(*m_around.world.files, m_order.python, m_order.run_folder));
    CHECK_OK(check_kind());
    CHECK_OK(check_right(maml::Operation::execute));
    TRY(m_report.inputs, inputs_of(m_order.document, m_order.given));
    TRY(auto contracts,
        Contracts::read(m_order.specs, m_order.document.front.verification, m_blocks.size()));
    for (const auto& warning : contracts.warnings())
        m_report.warnings.push_back("verification: " + warning);
    m_contracts = std::move(contracts);
    const auto violations = m_contracts->before(0, m_report.inputs);
    if (!violations.empty())
        return fail(Errc::invalid_argument,
                    "the inputs break the specification:" + lines_of(violations));
    CHECK_OK(read_files());
    warm_first();
    return check_needs(); // asks a Python for its distributions: time for the worker
}

/// [RUN-30] None of the workflow's code is in it yet. A run that is taken up again may begin with
/// another block. What goes wrong is told when the block's turn has come.
void Run::warm_first() {
    if (m_order.dry_run || m_order.resume) return;
    m_began_ns = m_around.world.clock->monotonic_ns();
    if (auto worker = warm(0)) m_next = *std::move(worker);
}

void Run::tell(std::string what, std::string text) {
    if (m_journal) (void)m_journal->trace(what, m_block, cut_utf8(text, output_line_max));
    m_around.tell({.what = std::move(what), .block = m_block, .text = std::move(text)});
}

Result<> Run::write_ticket() {
    const auto& order = m_order;
    TRY(const auto text, signed_text(Ticket{.id = order.run_id,
                                            .file = order.name,
                                            .file_hash = order.file_hash,
                                            .inputs_hash = digest_of_text(json_of(m_report.inputs)),
                                            .principal = order.caller.principal,
                                            .node = order.policy.node,
                                            .blocks = m_blocks.size(),
                                            .not_before = m_started,
                                            .timeout_s = order.timeout_s},
                                     m_around.key));
    return m_journal->write("ticket", text);
}

/// [RUN-43] The same file, the same inputs, by the same key; then on behind the last block kept.
Result<> Run::take_up() {
    TRY(const auto text, m_journal->read("ticket"));
    TRY(const auto ticket, read_ticket(text, m_around.key.public_key()));
    if (ticket.id != m_order.run_id || ticket.principal != m_order.caller.principal ||
        ticket.node != m_order.policy.node || ticket.blocks != m_blocks.size())
        return fail(Errc::changed, "the ticket is of another run, caller or node");
    if (ticket.file_hash != m_order.file_hash)
        return fail(
            Errc::changed,
            "the workflow's file, or one of its contracts, is another than when this run began");
    if (ticket.inputs_hash != digest_of_text(json_of(m_report.inputs)))
        return fail(Errc::changed, "the inputs are others than when this run began");
    TRY(const auto kept, m_journal->last_kept(m_blocks.size()));
    if (kept) {
        m_first = kept->block;
        m_report.blocks_run = kept->block;
        m_values = kept->values;
    }
    return {};
}

Result<> Run::begin() {
    m_started = m_around.now();
    m_values = m_report.inputs;
    TRY(auto journal, Journal::open(*m_around.world.files, *m_around.world.clock,
                                    m_order.run_folder, m_order.resume));
    m_journal = std::move(journal);
    if (m_order.resume)
        CHECK_OK(take_up());
    else
        CHECK_OK(write_ticket());
    tell("started", m_order.name);
    return {};
}

/// Whoever looked first may have said it in other words.
bool Run::is_late(const Error& error) const {
    if (m_around.stop.stop_requested()) return false;
    return error.code() == Errc::cancelled ||
           (error.code() == Errc::timeout && m_around.world.clock->monotonic_ns() >= deadline());
}

Result<Report> Run::go(std::vector<Service> services) {
    m_services = std::move(services);
    m_began_ns = m_around.world.clock->monotonic_ns();
    CHECK_OK(begin());
    m_limit.emplace(m_order.timeout_s, m_around.stop);
    m_stop = m_limit->token();
    auto ended = blocks();
    if (ended) ended = finish_outputs();
    if (!ended && is_late(ended.error()))
        ended =
            fail(Errc::timeout, "block " + std::to_string(m_block) + ": it was not done after " +
                                    std::to_string(m_order.timeout_s) + " seconds");
    CHECK_OK(close(ended));
    return m_report;
}

Result<> Run::close(const Result<>& ended) {
    using State = Report::State;
    m_next.reset();
    m_report.state = State::completed;
    if (!ended) {
        const bool cancelled = ended.error().code() == Errc::cancelled;
        m_report.state = cancelled ? State::cancelled : State::failed;
        m_report.wrong.push_back(ended.error().detail());
    }
    const auto took = m_around.world.clock->monotonic_ns() - m_began_ns;
    TRY(const auto text,
        signed_text(Record{.ticket = m_order.run_id,
                           .outputs_hash = digest_of_text(json_of(m_report.outputs)),
                           .worker = m_report.layers.empty() ? "none" : m_report.layers,
                           .started = m_started,
                           .duration_ms = static_cast<std::uint64_t>(took / millisecond_ns),
                           .status = std::string(name(m_report.state))},
                    m_around.key));
    CHECK_OK(m_journal->write("record", text));
    tell("ended", std::string(name(m_report.state)));
    return {};
}

Result<> Run::blocks() {
    for (auto i = m_first; i < m_blocks.size(); ++i) {
        if (m_stop.stop_requested()) return fail(Errc::cancelled, "it was stopped");
        m_block = i + 1;
        CHECK_OK_WITH(name_of(i), block(i));
        CHECK_OK(m_journal->keep(i + 1, m_values));
        m_report.blocks_run = i + 1;
    }
    return {};
}

/// [RUN-20] What is kept has to be read again: [RUN-43].
Result<> Run::check_size() const {
    const auto json = json_of(m_values);
    if (json.size() > values_size_max)
        return fail(Errc::limit_exceeded,
                    "the values have " + std::to_string(json.size()) +
                        " bytes; all together at most 512 KiB can be handed on");
    CHECK_OK_WITH("the values of all blocks together", values_of(json));
    return {};
}

Result<> Run::broken(std::vector<std::string> clauses) {
    if (clauses.empty()) return {};
    return fail(Errc::invalid_argument, "the specification is broken:" + lines_of(clauses));
}

Result<> Run::block(std::size_t index) {
    const auto language = language_run(m_blocks[index].language);
    m_turn_ns = m_around.world.clock->monotonic_ns();
    tell("block_began", std::string(language));
    CHECK_OK(broken(m_contracts->before(index + 1, m_values)));
    const auto before = m_values;
    m_raised.reset();
    Result<> ended{};
    if (language == "openqasm") {
        TRY(auto counts, counts_of(source_of(index), m_order.shots, m_stop));
        m_values.insert_or_assign("quantum_counts", std::move(counts));
        CHECK_OK(check_size());
    } else {
        ended = python_block(index, language);
    }
    const gospel::Outcome outcome{.outputs = record_of(m_values), .raised = m_raised};
    // Of a block that was stopped nobody knows what it would have given.
    std::vector<std::string> clauses;
    if (ended || m_raised) clauses = m_contracts->after(index + 1, before, outcome);
    if (!ended && m_raised)
        for (auto& one : m_contracts->after(0, m_report.inputs, outcome))
            clauses.push_back(std::move(one));
    if (!ended) {
        if (clauses.empty()) return ended;
        return fail(ended.error().code(),
                    ended.error().detail() +
                        "\nand the specification does not allow it:" + lines_of(clauses));
    }
    CHECK_OK(broken(std::move(clauses)));
    tell("block_ended", "");
    return {};
}

/// A worker for the block, so that it is ready when its turn comes. [RUN-30]
Result<std::optional<Worker>> Run::warm(std::size_t index) {
    if (index >= m_blocks.size()) return std::nullopt;
    const auto language = language_run(m_blocks[index].language);
    if (language == "openqasm") return std::nullopt;
    TRY(auto worker, Worker::start(m_around.open, m_order.python, std::string(language),
                                   source_of(index), m_files, m_order.timeout_s, deadline()));
    return std::optional<Worker>(std::move(worker));
}

void Run::pass_output(Worker& worker) {
    auto text = worker.channel().take_output();
    if (!text.empty()) tell("output", std::move(text));
}

Result<> Run::python_block(std::size_t index, std::string_view language) {
    if (!m_next || m_next_index != index) {
        TRY(m_next, warm(index));
    }
    auto worker = *std::exchange(m_next, std::nullopt);
    auto next = warm(index + 1); // starts beside this block
    if (next) m_next = *std::move(next);
    m_next_index = index + 1;
    const BlockOrder order{.language = std::string(language),
                           .name = name_of(index),
                           .source = source_of(index),
                           .values = m_values};
    const auto host = [&](const std::string& service, const gospel::Value& arguments) {
        pass_output(worker);
        return ask(service, arguments);
    };
    // Whatever either side waits for then ends.
    const std::stop_callback at_stop(m_stop, [&worker] { worker.channel().kill(); });
    CHECK_OK(worker.wait_until_ready(deadline(), m_stop));
    m_report.starts_ms.push_back(
        static_cast<double>(m_around.world.clock->monotonic_ns() - m_turn_ns) / millisecond_ns);
    auto result = worker.run(order, host, deadline(), m_stop);
    worker.channel().kill(); // then all that it printed is there
    pass_output(worker);
    m_report.layers = worker.channel().layers();
    if (!result) return std::unexpected(std::move(result).error());
    if (result->fault) {
        const auto& fault = *result->fault;
        m_raised = gospel::Raised{.exception = fault.exception,
                                  .argument = gospel::Value::text(fault.text)};
        return fail(Errc::invalid_argument,
                    (fault.line > 0 ? "line " + std::to_string(fault.line) + ": " : "") +
                        fault.exception + ": " + fault.text);
    }
    for (auto& [name, value] : result->values)
        m_values.insert_or_assign(name, std::move(value));
    CHECK_OK(check_size());
    return take_circuits(*result);
}

/// [RUN-23] A circuit that a block leaves is simulated: NAME_counts, and of an only one also
/// quantum_counts.
Result<> Run::take_circuits(const BlockResult& result) {
    for (const auto& [name, text] : result.circuits) {
        auto counts = counts_of(text, m_order.shots, m_stop);
        if (!counts)
            return std::unexpected(
                std::move(counts).error().with("the circuit " + maml::in_quotes(name)));
        if (is_value_name(name + "_counts")) m_values.insert_or_assign(name + "_counts", *counts);
        if (result.circuits.size() == 1) m_values.insert_or_assign("quantum_counts", *counts);
        CHECK_OK(check_size());
    }
    return {};
}

Result<gospel::Value> Run::ask(const std::string& service, const gospel::Value& arguments) {
    if (++m_calls > calls_max)
        return fail(Errc::limit_exceeded, "a run may ask for services 10,000 times");
    const auto at = std::ranges::find(m_services, service, &Service::name);
    if (at == m_services.end()) return fail(Errc::unsupported, not_served(service, m_services));
    CHECK_OK(check_right(at->operation));
    tell("call", service);
    return at->run(arguments, m_stop);
}

Result<> Run::finish_outputs() {
    m_block = 0;
    const auto& schema = m_order.document.output_schema;
    // [RUN-12] What the file asks for and no block says.
    if (schema_names(schema, "status") && !m_values.contains("status"))
        m_values.emplace("status", gospel::Value::text("completed"));
    TRY(m_report.outputs, outputs_of(m_order.document, m_values));
    const gospel::Outcome outcome{.outputs = record_of(m_report.outputs), .raised = std::nullopt};
    return broken(m_contracts->after(0, m_report.inputs, outcome));
}

std::string_view name(Report::State state) noexcept {
    switch (state) {
    case Report::State::completed:
        return "completed";
    case Report::State::failed:
        return "failed";
    case Report::State::cancelled:
        return "cancelled";
    }
    return "";
}

Prepared::Prepared(std::unique_ptr<Run> run) : m_run(std::move(run)) {}

Prepared::Prepared(Prepared&&) noexcept = default;
Prepared& Prepared::operator=(Prepared&&) noexcept = default;
Prepared::~Prepared() = default;

Result<Prepared> Prepared::make(const Order& order, const Surroundings& surroundings) {
    auto run = std::make_unique<Run>(order, surroundings);
    CHECK_OK(run->prepare());
    return Prepared(std::move(run));
}

const Report& Prepared::report() const {
    return m_run->report();
}

Result<Report> Prepared::run(std::vector<Service> services) {
    return m_run->go(std::move(services));
}

} // namespace torgo::workflow
