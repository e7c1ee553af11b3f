#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/kdf_options.hpp"
#include "cli/open.hpp"
#include "cli/password.hpp"

#include <memory>

namespace torgo::cli {

namespace {

/// A pass phrase or key file that shall open the repository from now on.
struct NewKeyArgs {
    std::string password_file;
    std::string password_command;
    std::string key_file;
    std::string label;
    KdfArgs kdf;

    KeySource source() const {
        return {.key_file = key_file,
                .password_command = password_command,
                .password_file = password_file,
                .variable = "TORGO_NEW_PASSWORD",
                .option_prefix = "new-"};
    }
};

struct RemoveArgs {
    std::string slot;
};

std::string_view custody_name(repo::Custody custody) {
    switch (custody) {
    case repo::Custody::pass_phrase:
        return "pass phrase";
    case repo::Custody::key_file:
        return "key file";
    case repo::Custody::recovery_kit:
        return "recovery kit";
    }
    return "?";
}

std::string cost_text(const repo::KeySlotInfo& slot) {
    if (slot.custody != repo::Custody::pass_phrase) return "";
    return size_text(std::uint64_t{slot.cost.memory_kib} * 1024) + ", " +
           std::to_string(slot.cost.passes) + " passes";
}

Result<ExitCode> run_list(const Context& context) {
    TRY(const auto repository, open_unlocked(context));
    TRY(const auto slots, repository->key_slots());
    Table table;
    table.column(" ID");
    table.column("Opens with");
    table.column("Each guess costs");
    table.column("Label");
    for (const auto& slot : slots) {
        const bool in_use = slot.name == repository->current_slot();
        table.row({(in_use ? "*" : " ") + short_id(slot.name),
                   std::string(custody_name(slot.custody)), cost_text(slot),
                   printable(slot.label)});
        context.out.object(Json("key")
                               .text("id", slot.name)
                               .text("custody", custody_name(slot.custody))
                               .text("label", slot.label)
                               .number("kdf_memory_kib", slot.cost.memory_kib)
                               .number("kdf_passes", slot.cost.passes)
                               .number("kdf_lanes", slot.cost.lanes)
                               .flag("current", in_use));
    }
    context.out.lines(table.lines());
    return ExitCode::ok;
}

Result<std::string> add(const Context& context, repo::Repository& repository,
                        const NewKeyArgs& args, const repo::Credential& credential) {
    auto label = args.label;
    if (label.empty()) label = context.environment.user() + "@" + context.environment.host();
    context.account.begin(repository.place().id).input("label", label);
    TRY(auto slot, repository.add_key(credential, args.kdf.cost(), label));
    context.account.output("key", slot);
    return slot;
}

Result<ExitCode> run_add(const Context& context, const NewKeyArgs& args) {
    TRY(const auto repository, open_unlocked(context));
    TRY(const auto credential, new_credential(context, args.source()));
    TRY(const auto slot, add(context, *repository, args, credential));
    context.out.object(Json("key_added").text("id", slot));
    context.out.line("Key " + short_id(slot) + " added");
    return ExitCode::ok;
}

Result<ExitCode> run_remove(const Context& context, const RemoveArgs& args) {
    TRY(const auto repository, open_unlocked(context));
    const auto removed = repository->remove_key(args.slot);
    // No such key, the one in use, the last one: nothing is begun.
    const bool refused = !removed && (removed.error().code() == Errc::not_found ||
                                      removed.error().code() == Errc::invalid_argument);
    if (!refused) context.account.begin(repository->place().id).input("key", args.slot);
    CHECK_OK(removed);
    context.out.object(Json("key_removed").text("id", args.slot));
    context.out.line("Key " + printable(args.slot) + " removed");
    context.out.say("Whoever held it may have kept the secrets it opened: it stops nobody who has "
                    "used it before.");
    return ExitCode::ok;
}

/// The new slot comes first and is tried before the old one goes: a crash leaves both or the new.
Result<ExitCode> run_passwd(const Context& context, const NewKeyArgs& args) {
    TRY(const auto repository, open_unlocked(context));
    const auto old_slot = repository->current_slot();
    TRY(const auto credential, new_credential(context, args.source()));
    TRY(const auto slot, add(context, *repository, args, credential));
    CHECK_OK_WITH("trying the new key " + short_id(slot), repository->unlock(credential));
    if (repository->current_slot() == old_slot) {
        return fail(Errc::exists,
                    "the new pass phrase is the old one: nothing was removed, and key " + slot +
                        " opens with it too");
    }
    context.account.input("key", old_slot);
    if (auto removed = repository->remove_key(old_slot); !removed)
        return fail(removed.error().code(),
                    removed.error().detail() +
                        ". The new pass phrase opens the repository already "
                        "(key " +
                        short_id(slot) + "), and the old one does until \"torgo key remove " +
                        short_id(old_slot) + "\" has reached all heads");
    context.out.object(Json("key_changed").text("id", slot).text("removed", old_slot));
    context.out.line("Pass phrase changed: key " + short_id(slot) + " replaces " +
                     short_id(old_slot));
    return ExitCode::ok;
}

std::vector<Option> new_key_options(NewKeyArgs& args) {
    auto file = text_option(args.password_file, "new-password-file", "FILE",
                            "read the new pass phrase from a file");
    file.offer = Offer::file;
    file.group = "new";
    auto command = text_option(args.password_command, "new-password-command", "COMMAND",
                               "run a shell command that prints the new pass phrase");
    command.group = "new";
    auto key = text_option(args.key_file, "new-key-file", "FILE",
                           "a key file of at least 32 random bytes instead of a pass phrase");
    key.offer = Offer::file;
    key.group = "new";
    std::vector<Option> out{
        std::move(file), std::move(command), std::move(key),
        text_option(args.label, "label", "TEXT",
                    "what \"torgo key list\" calls it; user@host when not given")};
    for (auto& option : kdf_options(args.kdf))
        out.push_back(std::move(option));
    return out;
}

Command list_command() {
    Command command;
    command.name = "list";
    command.summary = "list the keys";
    command.description = "Lists what opens this repository. The one in use is marked with a star.";
    command.examples = {{"torgo key list", "who can open it?"}};
    command.run = run_list;
    return command;
}

Command add_command() {
    auto args = std::make_shared<NewKeyArgs>();
    Command command;
    command.name = "add";
    command.summary = "add a pass phrase or key file";
    command.description = "Lets one more pass phrase or key file open the repository.";
    command.options = new_key_options(*args);
    command.examples = {{"torgo key add --label 'night job' --new-key-file /etc/torgo.key",
                         "for a machine that nobody sits at"}};
    command.run = [args](const Context& context) {
        return run_add(context, *args);
    };
    return command;
}

Command remove_command() {
    auto args = std::make_shared<RemoveArgs>();
    Command command;
    command.name = "remove";
    command.summary = "remove a key";
    command.description = "Removes a key from all heads. The key in use and the last one that a "
                          "person can open stay.";
    command.arguments = {
        text_argument(args->slot, "ID", "of \"torgo key list\", or its first digits")};
    command.examples = {{"torgo key remove 1f2e3d4c", "somebody leaves"}};
    command.run = [args](const Context& context) {
        return run_remove(context, *args);
    };
    return command;
}

Command passwd_command() {
    auto args = std::make_shared<NewKeyArgs>();
    Command command;
    command.name = "passwd";
    command.summary = "change the pass phrase";
    command.description = "Puts a new pass phrase or key file in the place of the one in use.";
    command.options = new_key_options(*args);
    command.examples = {{"torgo key passwd", "asks for the old one, then twice for the new one"}};
    command.run = [args](const Context& context) {
        return run_passwd(context, *args);
    };
    return command;
}

} // namespace

Command key_command() {
    Command command;
    command.name = "key";
    command.summary = "manage what opens the repository";
    command.description =
        "A repository has several keys: pass phrases, key files, the recovery kit. "
        "Any one of them opens it.";
    command.children.push_back(list_command());
    command.children.push_back(add_command());
    command.children.push_back(remove_command());
    command.children.push_back(passwd_command());
    return command;
}

} // namespace torgo::cli
