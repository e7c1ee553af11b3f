// Turns around what a receipt says was done, as far as that goes: a plan first, then its steps from
// the last to the first, each of which may have been done already.
#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/own_receipts.hpp"
#include "cli/rollback_restore.hpp"
#include "cli/undo.hpp"
#include "crypto/hash.hpp"
#include "env/file_system.hpp"
#include "env/lock.hpp"
#include "markup/envelope.hpp"

#include <memory>
#include <ranges>

namespace torgo::cli {

namespace {

struct RollbackArgs {
    std::string word;
    bool yes = false;
    bool discard = false;
};

/// A plan line, and whether it is one that something follows from.
void say_plan(const Context& context, std::string_view step, const std::string& sentence) {
    context.out.object(Json("plan").text("step", step).text("message", sentence));
    context.out.line(sentence);
}

ExitCode end(const Context& context, std::string_view state, const std::string& sentence,
             ExitCode code = ExitCode::ok) {
    context.out.object(Json("rollback").text("state", state).text("message", sentence));
    context.out.line(sentence);
    return code;
}

ExitCode only_planned(const Context& context) {
    return end(context, "planned", "Nothing was changed; --yes does it.");
}

/// Why a command is not turned around; none for those that are.
std::optional<std::string> irreversible(const markup::Receipt& receipt) {
    const auto& command = receipt.command;
    if (command == "key add") return std::nullopt;
    if (command == "restore")
        return receipt.undo ? std::nullopt
                            : std::optional<std::string>("this restore kept no way back");
    if (command == "backup")
        return "a snapshot is never changed and stays until its repository is deleted: this "
               "version withdraws none";
    if (command == "key remove" || command == "key passwd")
        return "the key that was removed is gone from all heads: add one with \"torgo key add\"";
    if (command.starts_with("grant "))
        return "a grant ends with \"torgo grant revoke\", and a revocation is for good";
    if (command == "lock set") return "no request takes a retention lock away before its day";
    return "\"" + command +
           "\" has no inverse: it adds nothing that could be taken back, or "
           "something that others have already relied on";
}

class Rollback {
public:
    Rollback(const Context& context, const RollbackArgs& args, const OwnReceipts& own,
             const markup::SignedReceipt& signed_receipt)
        : m_context(context), m_args(args), m_own(own), m_signed(signed_receipt) {}

    Result<ExitCode> run() {
        const auto& receipt = m_signed.receipt;
        m_context.out.say("Receipt " + std::to_string(receipt.number) + ": " +
                          printable(receipt.command) + ", " + markup::time_text(receipt.ended_ns));
        if (const auto why = irreversible(receipt)) {
            say_plan(m_context, "none", "Not reversible: " + *why + ".");
            return end(m_context, "irreversible", "Nothing was changed.", ExitCode::failed);
        }
        return receipt.command == "restore" ? restore() : key_add();
    }

private:
    /// RECEIPT-27
    void begin() {
        m_context.account.begin(m_signed.receipt.repository)
            .input("receipt", markup::urn_of(m_signed.receipt.id), m_signed.hash);
    }

    Result<ExitCode> key_add() {
        const auto& outputs = m_signed.receipt.outputs;
        if (outputs.empty() || outputs.front().kind != "key")
            return end(m_context, "done", "No key was added.");
        const auto& slot = outputs.front().name;
        say_plan(m_context, "remove_key", "Remove key " + short_id(slot) + " from all heads.");
        if (!m_args.yes) return only_planned(m_context);
        TRY(const auto repository, open_unlocked(m_context));
        if (repository->place().id != m_signed.receipt.repository)
            return fail(Errc::invalid_argument, "that was another repository: name it with -r");
        TRY(const auto slots, repository->key_slots());
        if (std::ranges::none_of(slots, [&](const auto& one) { return one.name == slot; }))
            return end(m_context, "done", "That key is not there any more.");
        begin();
        CHECK_OK(repository->remove_key(slot));
        m_context.account.input("key", slot);
        return end(m_context, "rolled_back", "Key " + short_id(slot) + " removed.");
    }

    std::string folder() const { return undo_folder(m_own.folder.path(), *m_signed.receipt.undo); }

    Result<bool> is_done() const {
        const auto there = m_context.world.files->status(folder() + "/done");
        if (!there && there.error().code() != Errc::not_found)
            return std::unexpected(there.error());
        return there.has_value();
    }

    bool is_signed(ByteView journal) const {
        const auto& outputs = m_signed.receipt.outputs;
        const auto named = std::ranges::find(outputs, "undo", &markup::Item::kind);
        return named != outputs.end() && named->hash == crypto::sha256(journal);
    }

    /// RECEIPT-24: what the receipt signs is this journal and no other. A damaged one is read
    /// backwards out of its mirror.
    Result<receipts::Journal> journal() const {
        auto& files = *m_context.world.files;
        const auto bytes = env::read_file(files, folder() + "/journal", receipts::journal_max);
        if (bytes && is_signed(*bytes)) return receipts::parse_journal(as_text(*bytes));
        const auto mirrored = env::read_file(files, folder() + "/journal.mu", markup::mu_text_max);
        if (mirrored) {
            const auto mu = markup::parse_mu(as_text(*mirrored));
            if (mu && is_signed(as_bytes(mu->source))) return receipts::parse_journal(mu->source);
        }
        return fail(Errc::corrupt, "the journal is not the one that the receipt names");
    }

    bool is_something_aside(const receipts::Journal& steps) const {
        return std::ranges::any_of(steps.asides, [&](const auto& aside) {
            return m_context.world.files->status(aside).has_value();
        });
    }

    /// A plan changes nothing, and needs no lock.
    Result<ExitCode> restore() {
        std::unique_ptr<env::File> lock;
        if (m_args.yes) {
            TRY(lock,
                env::lock_file(*m_context.world.files, *m_context.world.clock, folder() + "/lock"));
        }
        TRY(const bool ended, is_done());
        if (ended && !(m_args.discard && m_args.yes))
            return end(m_context, "done", "It was rolled back already, or its way back given up.");
        TRY(const auto steps, journal());
        if (ended && !is_something_aside(steps))
            return end(m_context, "done", "Its way back was given up already.");
        if (m_args.discard) return discard(steps);
        TRY(auto turn, RestoreRollback::open(m_context, steps, folder() + "/put-back"));
        CHECK_OK(turn.look());
        for (const auto& [step, sentence] : turn.plan())
            say_plan(m_context, step, sentence);
        if (!turn.objections().empty()) {
            for (const auto& one : turn.objections())
                say_plan(m_context, "refused", one);
            return end(m_context, "refused",
                       "Nothing was changed: what the restore left is not there any more as it "
                       "was.",
                       ExitCode::failed);
        }
        if (!m_args.yes) return only_planned(m_context);
        return run(turn, steps);
    }

    Result<ExitCode> run(RestoreRollback& turn, const receipts::Journal& steps) {
        begin();
        const auto done = turn.run();
        for (const auto& [name, count] : turn.figures())
            m_context.account.figure(name, count);
        CHECK_OK(done);
        if (turn.gone() != 0)
            return end(m_context, "incomplete",
                       "Rolled back but for " + plural(turn.gone(), "thing", "things") +
                           " that it replaced and that are gone: " + turn.summary() + ".",
                       ExitCode::failed);
        CHECK_OK(finish(steps.asides));
        return end(m_context, "rolled_back", "Rolled back: " + turn.summary() + ".");
    }

    /// What is half deleted must not be taken for what was put back: it is given up first.
    Result<ExitCode> discard(const receipts::Journal& steps) {
        say_plan(m_context, "discard",
                 "Delete for good what was moved aside, and the way back with it.");
        if (!m_args.yes) return only_planned(m_context);
        begin();
        CHECK_OK(mark_done());
        CHECK_OK(delete_asides(steps.asides));
        return end(m_context, "discarded", "What was moved aside is deleted.");
    }

    /// The folders of things moved aside are empty by now, or were never made.
    Result<> finish(const std::vector<std::string>& asides) const {
        for (const auto& aside : asides)
            if (auto gone = m_context.world.files->remove_directory(aside);
                !gone && gone.error().code() != Errc::not_found)
                return gone;
        return mark_done();
    }

    Result<> mark_done() const {
        return env::write_file_atomically(*m_context.world.files, folder() + "/done", as_bytes(""));
    }

    const Context& m_context;
    const RollbackArgs& m_args;
    const OwnReceipts& m_own;
    const markup::SignedReceipt& m_signed;
};

Result<ExitCode> run_rollback(const Context& context, const RollbackArgs& args) {
    TRY(const auto own, own_receipts(context));
    TRY(const auto number, receipt_number(own.folder, args.word));
    if (!number)
        return fail(Errc::invalid_argument,
                    "\"" + args.word + "\" is no number of a receipt of this machine");
    TRY(const auto text, own.folder.mirror_of(*number));
    TRY(const auto opened, markup::verify_receipt(text));
    if (opened.receipt.author != own.author || opened.receipt.number != *number)
        return fail(Errc::authentication, "this receipt is not of this machine");
    return Rollback(context, args, own, opened).run();
}

} // namespace

Command rollback_command() {
    auto args = std::make_shared<RollbackArgs>();
    Command command;
    command.name = "rollback";
    command.summary = "undo what a receipt says was done";
    command.description =
        "Undoes what can be undone: a restore puts back what it replaced and takes away what it "
        "made; a key that was added is removed. Without --yes it says what would be done, and "
        "whether it can be. It refuses where anything has changed since, and leaves a receipt of "
        "its own. Stopped in the middle, it can be run again.";
    command.arguments = {text_argument(args->word, "RECEIPT", "its number, or \"latest\"")};
    command.options = {toggle(args->yes, "yes", "do it"),
                       toggle(args->discard, "discard",
                              "give up the way back instead, and the space that it takes")};
    command.examples = {{"torgo receipt rollback 17", "what would be undone?"},
                        {"torgo receipt rollback 17 --yes", "undo it"}};
    command.run = [args](const Context& context) {
        return run_rollback(context, *args);
    };
    return command;
}

} // namespace torgo::cli
