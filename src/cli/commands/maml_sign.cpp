#include "base/hex.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/maml.hpp"
#include "cli/format.hpp"
#include "crypto/secret.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"
#include "maml/signature.hpp"
#include "workflow/contracts.hpp"

#include <memory>

namespace torgo::cli {

namespace {

constexpr auto scheme = crypto::SignatureScheme::ml_dsa_65;
constexpr std::size_t key_file_max = 1024;

struct SignArgs {
    std::string file;
    std::string key;
    bool new_key = false;
};

struct VerifyArgs {
    std::string file;
    std::string key_id;
};

struct HistoryArgs {
    std::string file;
    std::string add;
    std::string verb = "NOTE";
};

/// [MAML-54] 32 bytes by chance, as one line of hexadecimal digits that only the user can read.
Result<> make_key_file(const Context& context, const std::string& path) {
    crypto::SecretBytes seed(crypto::sizes_of(scheme).seed);
    context.world.random->fill(seed.span());
    auto text = to_hex(seed.view()) + "\n";
    const auto write = [&]() -> Result<> {
        TRY(auto file, context.world.files->create(path, true)); // never over another key
        CHECK_OK(file->append(as_bytes(text)));
        CHECK_OK(file->sync());
        return context.world.files->sync_directory(env::parent_path(path));
    };
    auto written = write();
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return written;
}

Result<crypto::SigningKey> read_key_file(const Context& context, const std::string& path) {
    TRY(auto bytes, env::read_file(*context.world.files, path, key_file_max));
    auto text = as_text(bytes);
    if (text.ends_with('\n')) text.remove_suffix(1);
    auto plain = from_hex(text);
    crypto::wipe(bytes);
    if (!plain || plain->size() != crypto::sizes_of(scheme).seed)
        return fail(Errc::invalid_argument, path + " holds no key: one line of 64 hexadecimal "
                                                   "digits; --new-key makes one");
    const auto seed = crypto::SecretBytes::copy_of(*plain);
    crypto::wipe(*plain);
    return crypto::SigningKey::from_seed(scheme, seed);
}

Result<std::vector<workflow::SpecText>> specs_of(const Context& context, const MamlFile& file,
                                                 const maml::Document& document) {
    return workflow::read_specs(*context.world.files, env::parent_path(file.path),
                                document.front.verification);
}

Result<ExitCode> run_sign(const Context& context, const SignArgs& args) {
    TRY(const auto file, read_maml_file(context, args.file));
    TRY(const auto document, read_workflow(args.file, file));
    TRY(const auto key_path, context.environment.absolute(args.key));
    if (args.new_key) CHECK_OK(make_key_file(context, key_path));
    TRY(const auto key, read_key_file(context, key_path));
    TRY(const auto specs, specs_of(context, file, document));
    for (const auto& one : specs)
        if (!one.bytes)
            return fail(Errc::invalid_argument, one.name + ", which is signed with the workflow: " +
                                                    one.bytes.error().detail());
    TRY(const auto text, maml::sign(document, workflow::hashes_of(specs), key,
                                    utc_time(context.world.clock->wall_ns())));
    const auto path = file.path + std::string(maml::signature_suffix);
    CHECK_OK(env::write_file_atomically(*context.world.files, path, as_bytes(text)));
    const auto id = maml::key_id(key.public_key());
    context.out.object(Json("maml_signed")
                           .text("file", args.file)
                           .text("signature", path)
                           .text("signer", document.front.origin)
                           .text("key_id", id));
    context.out.say("Signed for " + document.front.origin + ": " + printable(path));
    context.out.line("key id " + id);
    return ExitCode::ok;
}

Result<ExitCode> run_verify(const Context& context, const VerifyArgs& args) {
    TRY(const auto file, read_maml_file(context, args.file));
    TRY(const auto document, read_workflow(args.file, file));
    const auto path = file.path + std::string(maml::signature_suffix);
    TRY(const auto bytes, env::read_file(*context.world.files, path, maml::signature_file_max));
    TRY(const auto specs, specs_of(context, file, document));
    const auto good =
        maml::verify(document, workflow::hashes_of(specs), as_text(bytes), args.key_id);
    Json object("maml_verified");
    object.text("file", args.file).flag("good", good.has_value());
    if (!good) {
        context.out.object(object.text("message", good.error().detail()));
        context.out.line(printable(args.file) + ": " + good.error().detail());
        return ExitCode::failed;
    }
    context.out.object(object.text("signer", good->signer)
                           .text("key_id", good->key_id)
                           .text("signed_at", good->signed_at)
                           .number("history", document.history.size()));
    context.out.line(printable(args.file) + ": good; signed by " + good->signer + " at " +
                     good->signed_at + " (the signer's own clock)");
    return ExitCode::ok;
}

void show_entry(const Context& context, const maml::HistoryEntry& entry) {
    context.out.object(Json("maml_history")
                           .number("line", entry.place.line)
                           .text("time", entry.time)
                           .text("verb", entry.verb)
                           .text("text", entry.text)
                           .flag("chained", !entry.link.empty()));
    context.out.line(entry.time.empty() ? entry.line
                                        : entry.time + "  " + entry.verb + "  " + entry.text +
                                              (entry.link.empty() ? "  (no hash)" : ""));
}

Result<ExitCode> run_history(const Context& context, const HistoryArgs& args) {
    TRY(auto file, read_maml_file(context, args.file));
    if (!args.add.empty()) {
        const maml::NewEntry entry{
            .time = utc_time(context.world.clock->wall_ns()), .verb = args.verb, .text = args.add};
        TRY(const auto target, maml_target(file));
        CHECK_OK(maml::append_history(*context.world.files, target.path, entry, target.secret));
        TRY(file, read_maml_file(context, args.file));
    }
    TRY(const auto document, read_workflow(args.file, file));
    for (const auto& entry : document.history)
        show_entry(context, entry);
    return ExitCode::ok;
}

Argument workflow_argument(std::string& target) {
    auto argument = text_argument(target, "FILE", "a workflow file (NAME.maml.md)");
    argument.offer = Offer::file;
    return argument;
}

} // namespace

Command maml_sign_command() {
    auto args = std::make_shared<SignArgs>();
    Command command;
    command.name = "sign";
    command.summary = "sign a workflow file";
    command.description =
        "Writes FILE.sig: an ML-DSA-65 signature over the file without its History, for the "
        "origin that its front matter names. The key id that is printed is what others give to "
        "\"torgo maml verify\"; tell it to them on a way that nobody can change.";
    command.arguments = {workflow_argument(args->file)};
    auto key = text_option(args->key, "key", "FILE", "the signing key; keep it secret");
    key.offer = Offer::file;
    key.in_config = false;
    auto make = toggle(args->new_key, "new-key", "make the key file first; it must not exist");
    make.in_config = false;
    command.options = {std::move(key), std::move(make)};
    command.examples = {{"torgo maml sign emergency_workflow.maml.md --key ~/maml.key --new-key",
                         "with a key of its own"}};
    command.run = [args](const Context& context) -> Result<ExitCode> {
        if (args->key.empty())
            return fail(Errc::invalid_argument, "--key FILE is missing; with --new-key it is made");
        return run_sign(context, *args);
    };
    return command;
}

Command maml_verify_command() {
    auto args = std::make_shared<VerifyArgs>();
    Command command;
    command.name = "verify";
    command.summary = "check the signature of a workflow file";
    command.description =
        "Checks FILE.sig against the file and the key that you trust. A signature says who stands "
        "for the file; what the file may do, its permissions and your own policy say. Exit code 1 "
        "when it does not hold.";
    command.arguments = {workflow_argument(args->file)};
    auto id = text_option(args->key_id, "key-id", "ID", "the signer's key, 64 hexadecimal digits");
    id.in_config = false;
    command.options = {std::move(id)};
    command.examples = {{"torgo maml verify emergency_workflow.maml.md --key-id 5f1c…",
                         "whether that key's owner signed exactly this"}};
    command.run = [args](const Context& context) -> Result<ExitCode> {
        if (args->key_id.empty())
            return fail(Errc::invalid_argument,
                        "--key-id ID is missing: \"torgo maml sign\" printed it for the signer");
        return run_verify(context, *args);
    };
    return command;
}

Command maml_history_command() {
    auto args = std::make_shared<HistoryArgs>();
    Command command;
    command.name = "history";
    command.summary = "show or add to what happened to a workflow file";
    command.description =
        "Shows the lines of History, each checked against the hash it carries. With --add, adds "
        "one that carries the hash of all lines before it; a signature stays good.";
    command.arguments = {workflow_argument(args->file)};
    auto add = text_option(args->add, "add", "TEXT", "add a line that says this");
    add.in_config = false;
    auto verb = text_option(args->verb, "verb", "VERB", "its verb in capitals; NOTE");
    verb.in_config = false;
    command.options = {std::move(add), std::move(verb)};
    command.examples = {
        {"torgo maml history emergency_workflow.maml.md --verb TEST --add \"Run on the bench\"",
         "adds a line and shows all"}};
    command.run = [args](const Context& context) {
        return run_history(context, *args);
    };
    return command;
}

} // namespace torgo::cli
