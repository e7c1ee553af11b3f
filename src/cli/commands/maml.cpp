#include "cli/commands/maml.hpp"

#include "cli/commands/commands.hpp"
#include "cli/format.hpp"
#include "env/file_system.hpp"
#include "maml/extract.hpp"
#include "maml/history.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace torgo::cli {

namespace {

using maml::Finding;
using maml::Severity;

struct ValidateArgs {
    std::vector<std::string> files;
    bool strict = false;
};

struct FmtArgs {
    std::vector<std::string> files;
    bool check = false;
};

struct ExtractArgs {
    std::string file;
    std::string folder;
};

Argument files_argument(std::vector<std::string>& target) {
    auto argument = list_argument(target, "FILE", 1, "workflow files (NAME.maml.md)");
    argument.offer = Offer::file;
    return argument;
}

void show_finding(const Context& context, const std::string& file, const Finding& finding) {
    const bool refuses = finding.severity == Severity::error;
    context.out.object(Json("maml_finding")
                           .text("file", file)
                           .text("severity", refuses ? "error" : "warning")
                           .number("line", finding.place.line)
                           .number("column", finding.place.column)
                           .text("rule", finding.rule)
                           .text("message", finding.what)
                           .text("advice", finding.mend));
    context.out.line(printable(file) + ":" + std::to_string(finding.place.line) + ":" +
                     std::to_string(finding.place.column) + ": " +
                     (refuses ? "error: " : "warning: ") + finding.what + "; " + finding.mend +
                     " [" + finding.rule + "]");
}

void show_file(const Context& context, const std::string& file, const maml::Reading& reading) {
    Json object("maml_file");
    object.text("file", file).flag("valid", reading.document.has_value());
    if (!reading.document) {
        context.out.object(object);
        context.out.line(printable(file) + ": refused");
        return;
    }
    const auto& front = reading.document->front;
    const auto blocks = maml::code_blocks(*reading.document).size();
    context.out.object(object.text("id", front.id)
                           .text("type", front.type)
                           .text("origin", front.origin)
                           .number("blocks", blocks)
                           .flag("input_schema", !reading.document->input_schema.empty())
                           .flag("output_schema", !reading.document->output_schema.empty())
                           .number("history", reading.document->history.size()));
    context.out.say(printable(file) + ": valid; " + plural(blocks, "block", "blocks") +
                    (front.type.empty() ? "" : " of a " + front.type));
}

/// [CLI-70]
Result<ExitCode> run_validate(const Context& context, const ValidateArgs& args) {
    bool all = true;
    for (const auto& name : args.files) {
        TRY(const auto file, read_maml_file(context, name));
        const auto reading =
            maml::read(file.text, args.strict ? maml::Level::strict : maml::Level::lenient);
        for (const auto& finding : reading.findings.list())
            show_finding(context, name, finding);
        show_file(context, name, reading);
        all = all && reading.document.has_value();
    }
    return all ? ExitCode::ok : ExitCode::failed;
}

/// True when the file stands as it should, now or before.
Result<bool> format_file(const Context& context, const FmtArgs& args, const std::string& name) {
    TRY(const auto file, read_maml_file(context, name));
    TRY(const auto document, read_workflow(name, file));
    const auto text = maml::formatted(document);
    const bool same = text == file.text;
    context.out.object(Json("maml_formatted").text("file", name).flag("changed", !same));
    if (same) return true;
    context.out.say(printable(name) + (args.check ? ": not formatted" : ": formatted"));
    if (args.check) return false;
    const auto change = [&](std::string_view now) -> Result<std::string> {
        TRY(const auto latest, read_workflow(name, {.path = file.path, .text = std::string(now)}));
        return maml::formatted(latest);
    };
    TRY(const auto target, maml_target(file));
    CHECK_OK(maml::rewrite(*context.world.files, target.path, change, target.secret));
    return true;
}

Result<ExitCode> run_fmt(const Context& context, const FmtArgs& args) {
    bool all = true;
    for (const auto& name : args.files) {
        TRY(const auto good, format_file(context, args, name));
        all = all && good;
    }
    return all ? ExitCode::ok : ExitCode::failed;
}

/// The name of a document without the end that says what kind it is.
std::string stem_of(const std::string& path) {
    auto name = path.substr(path.find_last_of('/') + 1);
    for (const std::string_view end : {".maml.md", ".md"})
        if (name.size() > end.size() && name.ends_with(end))
            return name.substr(0, name.size() - end.size());
    return name;
}

/// A new file; one that is there must say the same.
Result<> write_new(env::FileSystem& files, const std::string& path, const std::string& text) {
    auto file = files.create(path);
    if (!file && file.error().code() == Errc::exists) {
        const auto old = env::read_file(files, path, maml::file_size_max);
        if (old && as_text(*old) == text) return {};
        return fail(Errc::exists, path + " is there and says something else: move it away, or give "
                                         "another folder after --to");
    }
    if (!file) return std::unexpected(std::move(file).error());
    CHECK_OK((*file)->append(as_bytes(text)));
    CHECK_OK((*file)->sync());
    return files.sync_directory(env::parent_path(path));
}

Result<std::string> write_sample(const Context& context, const ExtractArgs& args,
                                 const maml::Sample& sample) {
    TRY(const auto folder, context.environment.absolute(args.folder));
    CHECK_OK(env::make_directories(*context.world.files, folder));
    auto path =
        folder + "/" + stem_of(args.file) + "-L" + std::to_string(sample.place.line) + ".maml.md";
    CHECK_OK(write_new(*context.world.files, path, sample.text));
    return path;
}

/// [CLI-71]
Result<ExitCode> run_extract(const Context& context, const ExtractArgs& args) {
    TRY(const auto file, read_maml_file(context, args.file));
    const auto found = maml::extract(file.text);
    for (const auto& finding : found.findings.list())
        context.out.warn(args.file + ":" + maml::words(finding));
    bool all = !found.findings.refused() && !found.samples.empty();
    for (const auto& sample : found.samples) {
        const auto reading = maml::read(sample.text, maml::Level::lenient);
        all = all && reading.document.has_value();
        Json object("maml_sample");
        object.number("line", sample.place.line)
            .number("bytes", sample.text.size())
            .flag("valid", reading.document.has_value());
        auto line = printable(args.file) + ":" + std::to_string(sample.place.line) + ": " +
                    (reading.document ? "valid" : maml::first_error(reading.findings));
        if (!args.folder.empty()) {
            TRY(const auto path, write_sample(context, args, sample));
            object.text("path", path);
            line += " -> " + printable(path);
        }
        context.out.object(object);
        context.out.line(line);
    }
    if (found.samples.empty()) context.out.warn("no workflow is shown in " + args.file);
    return all ? ExitCode::ok : ExitCode::failed;
}

Command validate_command() {
    auto args = std::make_shared<ValidateArgs>();
    Command command;
    command.name = "validate";
    command.summary = "say what is wrong with workflow files";
    command.description =
        "Reads each file as docs/spec/maml.md has it, and names line, column, what is wrong and "
        "how to mend it. Nothing in the file is run, opened or fetched. Exit code 1 when a file is "
        "refused.";
    command.arguments = {files_argument(args->files)};
    command.options = {
        toggle(args->strict, "strict", "refuse also what would be let pass with a warning")};
    command.examples = {{"torgo maml validate --strict emergency_workflow.maml.md",
                         "whether it keeps to every rule"}};
    command.run = [args](const Context& context) {
        return run_validate(context, *args);
    };
    return command;
}

Command fmt_command() {
    auto args = std::make_shared<FmtArgs>();
    Command command;
    command.name = "fmt";
    command.summary = "write workflow files in their canonical form";
    command.description =
        "Line ends become LF; blanks at line ends and second empty lines go. Front matter and "
        "blocks stay as they are, byte for byte, and a signature stays good.";
    command.arguments = {files_argument(args->files)};
    command.options = {
        toggle(args->check, "check", "write nothing; exit code 1 when a file would change")};
    command.examples = {{"torgo maml fmt --check *.maml.md", "for a hook before commits"}};
    command.run = [args](const Context& context) {
        return run_fmt(context, *args);
    };
    return command;
}

Command extract_command() {
    auto args = std::make_shared<ExtractArgs>();
    Command command;
    command.name = "extract";
    command.summary = "find the workflows that a document shows";
    command.description =
        "Looks for workflows in the fences of a Markdown document, says where each begins and "
        "whether it is valid, and writes them to a folder if asked, never over a file that says "
        "something else. Exit code 1 when there is "
        "none, or one is refused.";
    auto file = text_argument(args->file, "DOC", "a Markdown document");
    file.offer = Offer::file;
    command.arguments = {std::move(file)};
    auto folder = text_option(args->folder, "to", "DIR", "write them there as DOC-Lline.maml.md");
    folder.offer = Offer::folder;
    command.options = {std::move(folder)};
    command.examples = {{"torgo maml extract guide.md --to samples", "each in a file of its own"}};
    command.run = [args](const Context& context) {
        return run_extract(context, *args);
    };
    return command;
}

} // namespace

Result<MamlFile> read_maml_file(const Context& context, const std::string& given) {
    TRY(auto path, context.environment.absolute(given));
    auto bytes = env::read_file(*context.world.files, path, maml::file_size_max);
    if (!bytes) return std::unexpected(std::move(bytes).error().with("reading " + given));
    return MamlFile{.path = std::move(path), .text = std::string(as_text(*bytes))};
}

Result<MamlTarget> maml_target(const MamlFile& file) {
    std::error_code error;
    const auto real = std::filesystem::canonical(file.path, error);
    struct ::stat status{};
    if (error || ::stat(real.c_str(), &status) != 0)
        return fail(Errc::io, file.path + ": the file behind it cannot be found");
    return MamlTarget{.path = real, .secret = (status.st_mode & S_IROTH) == 0};
}

Result<maml::Document> read_workflow(const std::string& name, const MamlFile& file) {
    auto reading = maml::read(file.text, maml::Level::lenient);
    if (!reading.document)
        return fail(Errc::invalid_argument, name + ":" + maml::first_error(reading.findings));
    return *std::move(reading.document);
}

Command maml_command() {
    Command command;
    command.name = "maml";
    command.summary = "check, sign and run workflow files";
    command.description =
        "A MAML file is a workflow in one Markdown file: who may do what, what it is for, its "
        "code, its inputs and outputs, and what happened to it (docs/spec/maml.md).";
    command.children.push_back(validate_command());
    command.children.push_back(fmt_command());
    command.children.push_back(extract_command());
    command.children.push_back(maml_sign_command());
    command.children.push_back(maml_verify_command());
    command.children.push_back(maml_history_command());
    command.children.push_back(maml_run_command());
    return command;
}

} // namespace torgo::cli
