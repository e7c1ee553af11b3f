#include "cli/access.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/recover.hpp"
#include "cli/context.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/kdf_options.hpp"
#include "cli/kit_output.hpp"
#include "cli/open.hpp"
#include "cli/password.hpp"
#include "head/opener.hpp"
#include "head/uri.hpp"
#include "place/group_uri.hpp"

#include <array>
#include <memory>
#include <set>

namespace torgo::cli {

namespace {

constexpr std::array suites{seal::Suite::chimera2048, seal::Suite::chimera512,
                            seal::Suite::chimera256};

constexpr segment::Code regenerating{.k = 2, .n = 4, .kind = segment::CodeKind::regenerating};

struct InitArgs {
    std::vector<std::string> heads;
    std::vector<std::string> words; ///< URIs after --from
    std::size_t mode = 0;           ///< index into suites
    segment::Code code;
    KdfArgs kdf;
    std::string label;
    std::string recovery_kit;
    bool from = false;
    bool recover = false;
    std::string kit;
};

Result<segment::Code> parse_code(const std::string& text) {
    if (text == regenerating.name()) return regenerating;
    const auto slash = text.find('/');
    const auto number = [](std::string_view part) {
        return parse_number(part, {1, segment::limits::max_segments});
    };
    if (slash != std::string::npos) {
        const auto k = number(std::string_view(text).substr(0, slash));
        const auto n = number(std::string_view(text).substr(slash + 1));
        if (k && n && *k < *n) {
            return segment::Code{static_cast<std::uint8_t>(*k), static_cast<std::uint8_t>(*n)};
        }
    }
    return fail(Errc::invalid_argument,
                "\"" + text +
                    "\" is no code like 2/4: any K of N segments restore, K below N, N at "
                    "most 64; or 2/4r");
}

Result<std::vector<std::string>> heads_for(const Context& context, const InitArgs& args) {
    std::vector<std::string> out;
    if (args.heads.empty()) {
        TRY(const auto folder, context.environment.data_folder());
        for (unsigned i = 1; i <= args.code.n; ++i) {
            TRY(auto head, canonical_head(context, folder + "/heads/" + std::to_string(i)));
            out.push_back(std::move(head));
        }
        return out;
    }
    if (args.code.n % args.heads.size() != 0) {
        return fail(Errc::invalid_argument,
                    "code " + args.code.name() + " makes " + std::to_string(args.code.n) +
                        " segments, the same number for each head, and --head is given " +
                        plural(args.heads.size(), "time", "times") +
                        " (another number: --code K/N)");
    }
    for (const auto& text : args.heads) {
        TRY(auto head, canonical_head(context, text));
        out.push_back(std::move(head));
    }
    return out;
}

unsigned heads_needed(const InitArgs& args, const repo::Place& place) {
    repo::Descriptor shape;
    shape.data_code = shape.metadata_code = args.code;
    shape.heads = static_cast<unsigned>(place.heads.size());
    return shape.heads_to_restore();
}

void report(const Context& context, const InitArgs& args, const repo::Place& place,
            const std::string& descriptor, const std::string& kit_file) {
    auto& out = context.out;
    out.object(Json("initialized")
                   .text("id", place.id.hex())
                   .text("root_fingerprint", place.root_fingerprint.hex())
                   .text("repository", descriptor)
                   .texts("heads", place.heads)
                   .text("recovery_kit", kit_file));
    out.line("Repository " + short_id(place.id.hex()) + " made on " +
             plural(place.heads.size(), "head", "heads") + ", any " +
             std::to_string(heads_needed(args, place)) + " of which restore it:");
    for (const auto& head : place.heads)
        out.line("  " + printable(head::short_uri(head)));
    out.line("Descriptor file: " + printable(descriptor));
    if (kit_file.empty()) {
        out.line("Keep the recovery kit above on paper; it is not shown again.");
    } else {
        out.line("Recovery kit:    " + printable(kit_file));
        out.line("Print it, keep it in a safe place, and delete the file.");
    }
}

void warn_if_crowded(const Context& context, const std::string& head, std::size_t each) {
    const auto group = place::parse_group_uri(head);
    if (!group) return; // no group
    std::set<std::string> domains;
    for (const auto& member : group->members)
        domains.insert(member.domain);
    if (domains.size() >= each) return;
    context.out.warn("group " + group->name + " has " +
                     plural(domains.size(), "domain", "domains") + " for " + std::to_string(each) +
                     " segments of each pack: some are lost together");
}

/// Heads as they are, and an account that begins with the first that is made: where a later one
/// fails, nodes were joined and invites used. (RECEIPT-20)
class AccountedHeads final : public head::Opener {
public:
    AccountedHeads(const head::Opener& heads, Account& account)
        : m_heads(heads), m_account(account) {}

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override {
        return m_heads.open(uri);
    }

    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override {
        m_account.begin(made.repository).output("head", std::string(head::short_uri(uri)));
        return m_heads.create(uri, made);
    }

    Result<> discard(const std::string& uri, const RepoId& repository) const override {
        return m_heads.discard(uri, repository);
    }

    std::stop_token stop_token() const override { return m_heads.stop_token(); }

private:
    const head::Opener& m_heads;
    Account& m_account;
};

Result<ExitCode> run_new(const Context& context, const InitArgs& args) {
    TRY(const auto descriptor, descriptor_path(context));
    if (context.world.files->status(descriptor)) {
        return fail(Errc::exists, "there is a descriptor file at " + descriptor +
                                      " already; -r FILE names another");
    }
    repo::InitOptions options;
    TRY(options.heads, heads_for(context, args));
    for (const auto& head : options.heads)
        warn_if_crowded(context, head, args.code.n / options.heads.size());
    options.suite = suites.at(args.mode);
    options.code = args.code;
    options.cost = args.kdf.cost();
    options.label = args.label.empty()
                        ? context.environment.user() + "@" + context.environment.host()
                        : args.label;
    TRY(options.credential, new_credential(context, global_key_source(context.globals)));
    TRY(auto kit_output, KitOutput::prepare(context, args.recovery_kit, descriptor));
    TRY(const auto made,
        repo::initialise(context.world, AccountedHeads(context.heads, context.account),
                         std::move(options)));
    context.account.output("owner", "root fingerprint", made.place.root_fingerprint);
    CHECK_OK(kit_output.hand_over(made.kit, heads_needed(args, made.place)));
    context.account.output("descriptor", descriptor);
    CHECK_OK(save_descriptor(*context.world.files, descriptor, made.place, false));
    CHECK_OK_WITH("letting the recovery kit in at the nodes",
                  let_kit_in(context, made.place, made.kit.secret));
    report(context, args, made.place, descriptor, kit_output.path());
    return ExitCode::ok;
}

Result<ExitCode> run_init(const Context& context, const InitArgs& args) {
    if (!args.from && !args.words.empty()) {
        return fail(Errc::invalid_argument, "\"torgo init\" does not take \"" + args.words.front() +
                                                "\": name heads with --head URI");
    }
    if (!args.recover && !args.kit.empty()) {
        return fail(Errc::invalid_argument, "--kit belongs to --recover");
    }
    if (args.from) return run_discover(context, args.words);
    if (args.recover) {
        return run_recover(context, {.kit_file = args.kit,
                                     .heads = args.heads,
                                     .cost = args.kdf.cost(),
                                     .label = args.label});
    }
    return run_new(context, args);
}

Option code_option(segment::Code& code) {
    Option option;
    option.name = "code";
    option.value = "K/N";
    option.help =
        "make N segments, any K of which restore, the same number for each head; 2/4 when not "
        "given. 2/4r is as 2/4, "
        "but a node that is lost is healed with a quarter less traffic from the others, for a "
        "little more work at backup";
    option.set = [&code](const std::string& text) -> Result<> {
        TRY(code, parse_code(text));
        return {};
    };
    return option;
}

std::vector<Option> options_of(InitArgs& args) {
    auto head = list_option(
        args.heads, "head", "URI",
        "a head: a folder, dir:///mnt/disk1, the invite of a node, or group://NAME of groups.toml; "
        "~/.local/share/torgo/heads/1 to 4 when none is given");
    head.offer = Offer::folder;
    auto kit_out = text_option(args.recovery_kit, "recovery-kit", "FILE",
                               "write the recovery kit there; an SVG page when it ends in .svg");
    kit_out.offer = Offer::file;
    auto kit_in = text_option(args.kit, "kit", "FILE",
                              "the recovery kit for --recover; typed or on standard input when not "
                              "given");
    kit_in.offer = Offer::file;
    auto from =
        toggle(args.from, "from", "write the descriptor file again from the heads named after it");
    auto recover = toggle(args.recover, "recover", "open a repository with its recovery kit");
    from.group = recover.group = "way";
    std::vector<Option> out{std::move(head), code_option(args.code),
                            choice_option(args.mode, "mode", {"2048", "512", "256"},
                                          "bits of head keys; 2048 (four layers) when not given")};
    for (auto& option : kdf_options(args.kdf))
        out.push_back(std::move(option));
    out.push_back(
        text_option(args.label, "label", "TEXT",
                    "what \"torgo key list\" calls the pass phrase; user@host when not given"));
    out.push_back(std::move(kit_out));
    out.push_back(std::move(from));
    out.push_back(std::move(recover));
    out.push_back(std::move(kit_in));
    for (auto& option : out)
        option.in_config = option.name.starts_with("kdf-");
    return out;
}

} // namespace

Command init_command() {
    auto args = std::make_shared<InitArgs>();
    Command command;
    command.name = "init";
    command.summary = "make a repository, or find one again";
    command.description =
        "Makes a repository on four heads, any two of which give everything back, and writes the "
        "descriptor file that says where they are. It also makes a recovery kit, the only thing "
        "that opens the repository when the pass phrase is lost: a page with eighteen words and a "
        "QR code. Without --recovery-kit it is shown on the terminal, or where there is none, "
        "written beside the descriptor file.\n\n"
        "\"init --from\" writes the descriptor file again from the heads: it asks them who they "
        "are, "
        "so compare the owner key it prints with the one on the recovery kit. \"init --recover\" "
        "opens a repository with its kit, on a machine that knows nothing of it, and sets a new "
        "pass "
        "phrase; two of four heads suffice.";
    auto from =
        list_argument(args->words, "URI", 0, "with --from: the heads, as many as there are");
    from.offer = Offer::folder;
    command.arguments = {std::move(from)};
    command.options = options_of(*args);
    command.examples = {
        {"torgo init --recovery-kit kit.svg", "four folders under ~/.local/share/torgo"},
        {"torgo init --head /mnt/a --head /mnt/b --head /mnt/c --head /mnt/d", "four disks"},
        {"torgo init --from /mnt/a /mnt/b /mnt/c /mnt/d", "on another machine"},
        {"torgo init --recover --kit kit.svg", "when the pass phrase or the machine is lost"}};
    command.run = [args](const Context& context) {
        return run_init(context, *args);
    };
    return command;
}

} // namespace torgo::cli
