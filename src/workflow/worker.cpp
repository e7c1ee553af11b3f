#include "workflow/worker.hpp"

#include "base/utf8.hpp"
#include "maml/finding.hpp"
#include "maml/text.hpp"
#include "workflow/worker_sources.hpp"

#include <algorithm>
#include <array>

namespace torgo::workflow {

namespace {

using gospel::Value;

constexpr std::array<std::string_view, 4> slow_modules{"numpy", "pandas", "qiskit", "torch"};

/// Reads its own program from the host: no file of ours has to be visible to it.
constexpr std::string_view boot = "import json, os, struct\n"
                                  "def take(n):\n"
                                  "    data = b''\n"
                                  "    while len(data) < n:\n"
                                  "        piece = os.read(3, n - len(data))\n"
                                  "        if not piece: os._exit(0)\n"
                                  "        data += piece\n"
                                  "    return data\n"
                                  "start = json.loads(take(struct.unpack('>I', take(4))[0]))\n"
                                  "exec(compile(start['worker'], '<worker>', 'exec'))\n"
                                  "main(start)\n";

Value texts(const std::vector<std::string>& all) {
    Value::List out;
    for (const auto& one : all)
        out.push_back(Value::text(one));
    return Value::list(std::move(out));
}

Value record(std::initializer_list<std::pair<std::string_view, Value>> fields) {
    Value::Names names;
    Value::List items;
    for (const auto& [name, value] : fields) {
        names.emplace_back(name);
        items.push_back(value);
    }
    return Value::record(std::move(names), std::move(items));
}

Value start_message(const std::string& language, std::string_view source) {
    Value::Names names;
    Value::List modules;
    for (const auto& module : worker_modules) {
        names.emplace_back(module.name);
        modules.push_back(Value::text(std::string(module.source)));
    }
    return record({{"worker", Value::text(std::string(worker_source))},
                   {"modules", Value::record(std::move(names), std::move(modules))},
                   {"imports", texts(language == "python" ? slow_imports(source)
                                                          : std::vector<std::string>{})}});
}

/// The folder that holds the bin of an interpreter. Empty for one of /usr.
std::string home_of(std::string_view python) {
    const auto bin = python.substr(0, python.rfind('/'));
    if (!bin.ends_with("/bin") || bin == "/bin" || bin.starts_with("/usr/")) return {};
    return std::string(bin.substr(0, bin.size() - 4));
}

/// What is too large is the block's mistake, and does not end the run. [RUN-32]
Value reply_to(const Result<Value>& answer) {
    if (!answer) return record({{"error", Value::text(answer.error().detail())}});
    auto out = record({{"result", *answer}});
    if (gospel::json_of_value(out).size() <= frame_size_max) return out;
    return record({{"error", Value::text("the answer has more than 1 MiB, which is the most that a "
                                         "block can be given: ask for less")}});
}

/// [RUN-23]
Result<std::map<std::string, std::string, std::less<>>> circuits_of(const Value& circuits) {
    if (!circuits.is(Value::Kind::record))
        return fail(Errc::corrupt, "a worker's circuits are no JSON object");
    if (circuits.items().size() > circuits_max)
        return fail(Errc::limit_exceeded, "a block leaves at most 16 circuits");
    std::map<std::string, std::string, std::less<>> out;
    for (std::size_t i = 0; i < circuits.names().size(); ++i) {
        const auto& name = circuits.names()[i];
        if (!circuits.items()[i].is(Value::Kind::text))
            return fail(Errc::corrupt, "the circuit " + maml::in_quotes(name) + " is no text");
        out.emplace(name, circuits.items()[i].as_text());
    }
    return out;
}

Result<BlockResult> result_of(const Value& done) {
    BlockResult out;
    const auto* values = done.field("values");
    if (values == nullptr) return fail(Errc::corrupt, "a worker's message has no values");
    TRY(out.values, values_of(*values));
    if (const auto* circuits = done.field("circuits"); circuits != nullptr) {
        TRY(out.circuits, circuits_of(*circuits));
    }
    return out;
}

Result<BlockFault> fault_of(const Value& raised) {
    BlockFault out{.exception = text_field(raised, "exception"),
                   .text = text_field(raised, "text")};
    if (out.exception.empty()) return fail(Errc::corrupt, "a worker's exception has no name");
    if (const auto* line = raised.field("line"); line != nullptr && line->is(Value::Kind::integer))
        out.line = line->as_integer();
    return out;
}

} // namespace

Result<> check_interpreter(env::FileSystem& files, const std::string& python,
                           const std::string& state) {
    const auto home = home_of(python);
    if (home.empty()) return {};
    if ((state + "/").starts_with(home + "/"))
        return fail(Errc::invalid_argument, home + " holds this program's own state, and a block "
                                                   "would see it: take another --python");
    if (files.status(home + "/pyvenv.cfg")) return {};
    return fail(Errc::invalid_argument,
                python + " is in no virtual environment, and a block would see all of " + home +
                    ": make one with \"python3 -m venv FOLDER\", and give FOLDER/bin/python3");
}

std::vector<std::string> slow_imports(std::string_view source) {
    std::vector<std::string> out;
    while (!source.empty()) {
        const auto end = std::min(source.find('\n'), source.size());
        const auto line = maml::trimmed(source.substr(0, end));
        source.remove_prefix(std::min(end + 1, source.size()));
        for (const auto module : slow_modules) {
            const bool named = line.starts_with("import " + std::string(module)) ||
                               line.starts_with("from " + std::string(module));
            if (named && !std::ranges::contains(out, module)) out.emplace_back(module);
        }
    }
    return out;
}

Result<Worker> Worker::start(const OpenChannel& open, const std::string& python,
                             const std::string& language, const std::string& source,
                             std::vector<WorkFile> files, std::uint32_t seconds,
                             env::Deadline deadline) {
    WorkerNeeds needs{.arguments = {python, "-I", "-c", std::string(boot)},
                      .files = std::move(files),
                      .folders = {},
                      .cpu_seconds = seconds,
                      .may_fork = language == "bash" || language == "javascript"};
    if (auto home = home_of(python); !home.empty()) needs.folders.push_back(std::move(home));
    TRY(auto channel, open(needs));
    Worker out(std::move(channel));
    CHECK_OK(out.send(start_message(language, source), deadline));
    return out;
}

Result<Value> Worker::receive(env::Deadline deadline, const std::stop_token& stop) {
    TRY(const auto frame, m_channel->receive(deadline, stop));
    if (!is_utf8(frame)) return fail(Errc::corrupt, "the worker said what is no UTF-8");
    auto message = gospel::value_of_json(frame);
    if (!message)
        return fail(Errc::corrupt, "the worker said no JSON: " + message.error().detail());
    return message;
}

Result<> Worker::send(const Value& message, env::Deadline deadline) {
    const auto frame = gospel::json_of_value(message);
    if (frame.size() > frame_size_max)
        return fail(Errc::limit_exceeded, "more than 1 MiB is to be given to a block");
    return m_channel->send(frame, deadline);
}

Result<> Worker::wait_until_ready(env::Deadline deadline, const std::stop_token& stop) {
    TRY(const auto ready, receive(deadline, stop));
    if (ready.field("ready") == nullptr)
        return fail(Errc::corrupt, "the worker did not say that it is ready");
    return {};
}

Result<BlockResult> Worker::run(const BlockOrder& order, const AskHost& host,
                                env::Deadline deadline, const std::stop_token& stop) {
    CHECK_OK(send(record({{"run", record({{"language", Value::text(order.language)},
                                          {"name", Value::text(order.name)},
                                          {"source", Value::text(order.source)},
                                          {"values", record_of(order.values)}})}}),
                  deadline));
    for (;;) {
        TRY(const auto message, receive(deadline, stop));
        if (const auto* done = message.field("done"); done != nullptr) return result_of(*done);
        if (const auto* raised = message.field("raised"); raised != nullptr) {
            TRY(auto fault, fault_of(*raised));
            return BlockResult{.values = {}, .circuits = {}, .fault = std::move(fault)};
        }
        const auto service = text_field(message, "call");
        const auto* arguments = message.field("arguments");
        if (service.empty() || arguments == nullptr)
            return fail(Errc::corrupt, "the worker said what nobody knows");
        auto answer = host(service, *arguments);
        if (!answer && answer.error().code() == Errc::cancelled)
            return std::unexpected(std::move(answer).error());
        CHECK_OK(send(reply_to(answer), deadline));
    }
}

} // namespace torgo::workflow
