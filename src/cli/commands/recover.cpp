#include "cli/commands/recover.hpp"

#include "cli/access.hpp"
#include "cli/child.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/kit.hpp"
#include "cli/open.hpp"
#include "cli/password.hpp"
#include "env/file_system.hpp"
#include "head/uri.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

constexpr std::size_t kit_text_max = 256_KiB; ///< an SVG page is about 100 KiB
constexpr unsigned default_heads = 4;

Result<std::string> read_stdin(const Context& context) {
    StoppableReader reader(context.input, context.stop);
    std::string out;
    Bytes buffer(4_KiB);
    while (out.size() <= kit_text_max) {
        TRY(const auto got, reader.read(buffer));
        if (got == 0) return out;
        out += as_text(ByteView(buffer).first(got));
    }
    return fail(Errc::limit_exceeded, "standard input holds more than a recovery kit");
}

/// Asks for lines until they make a kit; a line that is wrong is asked for again.
Result<KitInput> type_kit(const Context& context) {
    std::string text;
    for (;;) {
        const auto question =
            text.empty() ? "The 18 words of the recovery kit, or its line TORGO-KIT:\n> " : "> ";
        TRY(const auto line, context.prompter.line(question));
        if (line.empty()) return parse_kit(text);
        const auto longer = text + " " + std::string(as_text(line.view()));
        auto parsed = parse_kit(longer);
        if (parsed) return parsed;
        // Fewer than 18 good words: go on. A misspelt one: that line again.
        if (is_kit_beginning(longer))
            text = longer;
        else
            context.out.warn(parsed.error().detail() + "; type this line again");
    }
}

Result<KitInput> read_kit(const Context& context, const RecoverArgs& args) {
    if (!args.kit_file.empty()) {
        TRY(const auto path, context.environment.absolute(args.kit_file));
        TRY(const auto bytes, env::read_file(*context.world.files, path, kit_text_max));
        return parse_kit(as_text(bytes));
    }
    if (context.prompter.possible()) return type_kit(context);
    TRY(const auto text, read_stdin(context));
    return parse_kit(text);
}

Result<std::vector<std::string>> where_to_look(const Context& context, const RecoverArgs& args,
                                               const KitInput& kit) {
    std::vector<std::string> out;
    for (const auto& text : args.heads) {
        TRY(auto head, canonical_head(context, text));
        out.push_back(std::move(head));
    }
    if (out.empty() && kit.place) out = kit.place->heads;
    if (!out.empty()) return out;
    TRY(const auto folder, context.environment.data_folder());
    for (unsigned i = 1; i <= default_heads; ++i) {
        TRY(auto head, canonical_head(context, folder + "/heads/" + std::to_string(i)));
        out.push_back(std::move(head));
    }
    return out;
}

/// The heads' own word for which repository they are, held against the kit.
Result<repo::Place> find_place(const Context& context, const RecoverArgs& args,
                               const KitInput& kit) {
    TRY(const auto heads, where_to_look(context, args, kit));
    auto found = repo::discover(context.heads, heads);
    if (!found && args.heads.empty() && !kit.place) {
        return fail(found.error().code(), found.error().detail() +
                                              " (the words do not say where the heads are: name "
                                              "them with --head URI)");
    }
    if (!found) return found;
    if (!kit.place) return found;
    if (found->id != kit.place->id || found->root_fingerprint != kit.place->root_fingerprint) {
        return fail(Errc::authentication, "these heads hold repository " + found->id.hex() +
                                              ", and the kit is for " + kit.place->id.hex());
    }
    // Heads that do not answer now may come back where the kit says they were.
    for (std::size_t i = 0; i < found->heads.size() && i < kit.place->heads.size(); ++i) {
        const auto& remembered = kit.place->heads[i];
        if (found->heads[i] != repo::unknown_head ||
            std::ranges::contains(found->heads, remembered)) {
            continue;
        }
        found->heads[i] = remembered;
    }
    return found;
}

Result<> refuse_foreign_descriptor(const Context& context, const std::string& path,
                                   const repo::Place& place) {
    if (!context.world.files->status(path)) return {};
    const auto present = load_descriptor(*context.world.files, path);
    if (present && present->id == place.id && present->root_fingerprint == place.root_fingerprint) {
        return {};
    }
    return fail(Errc::exists,
                "there is another descriptor file at " + path + "; -r FILE names another");
}

void print_place(Output& out, const repo::Place& place) {
    for (std::size_t i = 0; i < place.heads.size(); ++i) {
        const bool known = place.heads[i] != repo::unknown_head;
        out.line("  head " + std::to_string(i + 1) + "  " +
                 (known ? printable(place.heads[i]) : "not known: write its URI into the file"));
    }
}

} // namespace

Result<ExitCode> run_recover(const Context& context, const RecoverArgs& args) {
    TRY(const auto descriptor, descriptor_path(context));
    TRY(const auto kit, read_kit(context, args));
    CHECK_OK(context.heads.use_kit(
        crypto::SecretBytes::copy_of(kit.secret.view().first(kit_secret_size))));
    TRY(auto place, find_place(context, args, kit));
    CHECK_OK(refuse_foreign_descriptor(context, descriptor, place));
    repo::Credential credential;
    credential.custody = repo::Custody::recovery_kit;
    TRY(credential.secret, check_kit(kit, place.id));
    TRY(auto folders, local_folders(context, place.id));
    context.heads.use_repository(place.id);
    TRY(const auto repository,
        repo::Repository::open(context.world, context.heads, place, std::move(folders),
                               [&out = context.out](const std::string& text) { out.warn(text); }));
    CHECK_OK(repository->unlock(credential));
    TRY(const auto fresh, new_credential(context, global_key_source(context.globals)));
    const auto label = args.label.empty()
                           ? context.environment.user() + "@" + context.environment.host()
                           : args.label;
    context.account.begin(place.id).input("label", label);
    TRY(const auto slot, repository->add_key(fresh, args.cost, label));
    context.account.output("key", slot);
    if (has_nodes(place)) {
        TRY(const auto us, context.heads.own_id());
        CHECK_OK_WITH("letting this machine in at the nodes", give_access(*repository, us, label));
    }
    context.account.output("descriptor", descriptor);
    CHECK_OK(save_descriptor(*context.world.files, descriptor, place, true));
    context.out.object(Json("recovered")
                           .text("id", place.id.hex())
                           .text("repository", descriptor)
                           .texts("heads", place.heads)
                           .text("key", slot));
    context.out.line("Repository " + short_id(place.id.hex()) + " is open again; key " +
                     short_id(slot) + " was added:");
    print_place(context.out, place);
    context.out.line("Descriptor file: " + printable(descriptor));
    context.out.say("The recovery kit stays valid. \"torgo doctor\" says which heads are there, "
                    "\"torgo heal\" makes lost ones again.");
    return ExitCode::ok;
}

Result<ExitCode> run_discover(const Context& context, const std::vector<std::string>& heads) {
    if (heads.empty()) return fail(Errc::invalid_argument, "--from needs URI: the heads");
    std::vector<std::string> uris;
    for (const auto& text : heads) {
        TRY(auto uri, canonical_head(context, text));
        uris.push_back(std::move(uri));
    }
    TRY(const auto descriptor, descriptor_path(context));
    TRY(const auto place, repo::discover(context.heads, uris));
    CHECK_OK(refuse_foreign_descriptor(context, descriptor, place));
    context.account.begin(place.id).output("descriptor", descriptor);
    context.account.input("owner", "root fingerprint", place.root_fingerprint);
    for (const auto& uri : uris)
        context.account.input("head", std::string(head::short_uri(uri)));
    CHECK_OK(save_descriptor(*context.world.files, descriptor, place, true));
    context.out.object(Json("discovered")
                           .text("id", place.id.hex())
                           .text("root_fingerprint", place.root_fingerprint.hex())
                           .text("repository", descriptor)
                           .texts("heads", place.heads));
    context.out.line("Repository " + place.id.hex() + " found:");
    print_place(context.out, place);
    context.out.line("Owner key " + place.root_fingerprint.hex());
    context.out.line("Compare it with the recovery kit: whoever holds these folders could have put "
                     "another repository there.");
    context.out.line("Descriptor file: " + printable(descriptor));
    return ExitCode::ok;
}

} // namespace torgo::cli
