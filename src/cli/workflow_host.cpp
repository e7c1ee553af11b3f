#include "cli/workflow_host.hpp"

#include "cli/inner.hpp"
#include "peer/base64url.hpp"

#include <algorithm>
#include <ranges>

namespace torgo::cli {

namespace {

using gospel::Value;
using workflow::text_field;

constexpr std::size_t complaint_max = 1000;

/// The objects that a command printed with --json, without those that tell of progress.
Result<Value::List> objects_of(const std::string& output) {
    Value::List out;
    std::size_t begin = 0;
    while (begin < output.size()) {
        const auto end = std::min(output.find('\n', begin), output.size());
        const auto line = std::string_view(output).substr(begin, end - begin);
        begin = end + 1;
        if (line.empty()) continue;
        TRY(auto object, gospel::value_of_json(line));
        // The array of a command that prints one is its objects.
        if (object.is(Value::Kind::list)) return object.items();
        if (text_field(object, "message_type") != "status") out.push_back(std::move(object));
    }
    return out;
}

bool failed_with_error(const Value::List& said) {
    return std::ranges::any_of(
        said, [](const Value& one) { return text_field(one, "message_type") == "error"; });
}

/// What they say, one after another, as far as it is for a person to read.
std::string messages_of(const Value::List& said) {
    std::string out;
    for (const auto& one : said) {
        const auto text = text_field(one, "message");
        if (text.empty() || out.size() > complaint_max) continue;
        out += (out.empty() ? "" : " ") + text;
    }
    return out;
}

/// Why a command did not do what it should: its error, else the problems it told of.
std::string complaint_of(const Inner& inner, const Value::List& complaints) {
    if (failed_with_error(complaints)) return text_field(complaints.back(), "message");
    auto out = messages_of(objects_of(inner.output).value_or(Value::List{}));
    if (out.empty()) out = messages_of(complaints);
    return out.empty() ? "exit code " + std::to_string(int(inner.code)) : out;
}

/// A name without folders, not hidden: what may lie beside a workflow. [RUN-22]
bool is_file_name(std::string_view text) {
    return !text.empty() && !text.starts_with('.') && !text.contains('/');
}

} // namespace

WorkflowHost::WorkflowHost(const Context& context, std::string folder,
                           const workflow::Report& report, std::string tag)
    : m_context(context),
      m_folder(std::move(folder)),
      m_files(report.files),
      m_tag(std::move(tag)) {
    for (const auto& [name, value] : report.inputs)
        if (is_file_name(value.as_text())) m_named.emplace_back(value.as_text());
}

Result<Value::List> WorkflowHost::run(const Words& words, const Stop& stop, Answer answer) const {
    TRY(const auto inner, run_inner(m_context, words, true, stop));
    if (inner.code == ExitCode::ok) return objects_of(inner.output);
    auto complaints = objects_of(inner.errors).value_or(Value::List{});
    if (answer == Answer::also_when_not && inner.code == ExitCode::failed &&
        !failed_with_error(complaints)) {
        TRY(const auto said, objects_of(inner.output));
        complaints.insert(complaints.end(), said.begin(), said.end());
        return complaints;
    }
    return fail(Errc::io, "torgo " + words.front() + ": " + complaint_of(inner, complaints));
}

Result<WorkflowHost::Words> WorkflowHost::words_of(Words words, const Parameters& takes,
                                                   const Value& given) const {
    Words plain;
    for (const auto& one : takes) {
        const bool is_file =
            one.kind == Parameter::Kind::file || one.kind == Parameter::Kind::files;
        for (auto& text : texts_of(given, one.name)) {
            if (is_file) {
                TRY(text, path_of(text));
            }
            if (one.option.empty())
                plain.push_back(std::move(text));
            else
                words.push_back(std::string(one.option) + "=" + text);
        }
    }
    words.emplace_back("--");
    words.insert(words.end(), plain.begin(), plain.end());
    return words;
}

Result<std::string> WorkflowHost::path_of(std::string_view name) const {
    if (std::ranges::contains(m_files, name)) return m_folder + "/" + std::string(name);
    return fail(Errc::permission, gospel::quote(Value::text(std::string(name))) +
                                      " is no file beside the workflow that its inputs name");
}

Result<std::string> WorkflowHost::stored_path_of(std::string_view name) const {
    if (std::ranges::contains(m_named, name)) return m_folder + "/" + std::string(name);
    return fail(Errc::permission, gospel::quote(Value::text(std::string(name))) +
                                      " is no name of a file beside the workflow that is one of "
                                      "its inputs");
}

Result<Value> WorkflowHost::dump(const Value& given, std::string_view name_field,
                                 const Stop& stop) const {
    const auto name = text_field(given, name_field);
    TRY(const auto path, stored_path_of(name));
    TRY(const auto inner,
        run_inner(m_context, {"dump", "--", text_field(given, "snapshot"), path}, false, stop));
    if (inner.code != ExitCode::ok) return fail(Errc::io, "torgo dump: " + inner.errors);
    if (inner.output.size() > workflow_dump_max)
        return fail(Errc::limit_exceeded,
                    name + " has more than 512 KiB: restore it with the command line");
    return Value::text(peer::to_base64url(as_bytes(inner.output)));
}

} // namespace torgo::cli
