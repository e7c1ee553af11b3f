// Turns around what a receipt says was done, as far as that goes: a plan first, then its steps from
// the last to the first, each of which may have been done already.
#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/own_receipts.hpp"
#include "cli/rollback_restore.hpp"
#include "cli/undo.hpp"
#include "cli/withdrawing.hpp"
#include "cli/workflow_services.hpp"
#include "crypto/hash.hpp"
#include "env/file_system.hpp"
#include "env/lock.hpp"
#include "markup/envelope.hpp"

#include <memory>
#include <ranges>

namespace torgo::cli {

namespace {

/// Receipts of others that may lie between two of a workflow.
constexpr std::uint64_t looked_at_max = 10'000;

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

/// How a rollback ended.
struct Ended {
    std::string_view state;
    std::string sentence;
    ExitCode code = ExitCode::ok;
};

Ended end(std::string_view state, std::string sentence, ExitCode code = ExitCode::ok) {
    return {.state = state, .sentence = std::move(sentence), .code = code};
}

Ended only_planned() {
    return end("planned", "Nothing was changed; --yes does it.");
}

const markup::Item* output_of(const markup::Receipt& receipt, std::string_view kind) {
    const auto found = std::ranges::find(receipt.outputs, kind, &markup::Item::kind);
    return found == receipt.outputs.end() ? nullptr : &*found;
}

/// A gateway leaves one of each snapshot.
bool saved_a_snapshot(const markup::Receipt& receipt) {
    return receipt.command == "backup" ||
           (receipt.command == "mesh gateway" && output_of(receipt, "snapshot") != nullptr);
}

/// What only mends: nothing of it has to be taken back.
bool mends(std::string_view command) {
    return command == "heal" || command == "regenerate" || command == "sync";
}

/// Why a command is not turned around; none for those that are.
std::optional<std::string> irreversible(const markup::Receipt& receipt) {
    const auto& command = receipt.command;
    if (command == "key add" || command == "maml run" || saved_a_snapshot(receipt))
        return std::nullopt;
    if (command == "restore")
        return receipt.undo ? std::nullopt
                            : std::optional<std::string>("this restore kept no way back");
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
             const markup::SignedReceipt& signed_receipt, Rollback* whole = nullptr)
        : m_context(context), m_args(args), m_own(own), m_signed(signed_receipt), m_whole(whole) {}

    Result<Ended> run() {
        const auto& receipt = m_signed.receipt;
        m_context.out.say("Receipt " + std::to_string(receipt.number) + ": " +
                          printable(receipt.command) + ", " + markup::time_text(receipt.ended_ns));
        if (const auto why = irreversible(receipt)) {
            say_plan(m_context, "none", "Not reversible: " + *why + ".");
            return end("irreversible", "Nothing was changed.", ExitCode::failed);
        }
        if (receipt.command == "restore") return restore();
        if (m_args.discard)
            return fail(Errc::invalid_argument, "--discard is for the receipt of a restore");
        if (receipt.command == "maml run") return workflow();
        return receipt.command == "key add" ? key_add() : withdraw();
    }

private:
    /// RECEIPT-27. Of a workflow its own receipt is named first, and once.
    void begin() {
        if (m_begun) return;
        m_begun = true;
        if (m_whole != nullptr) m_whole->begin();
        m_context.account.begin(m_signed.receipt.repository)
            .input("receipt", markup::urn_of(m_signed.receipt.id), m_signed.hash);
    }

    Result<std::unique_ptr<repo::Repository>> open_its_repository() const {
        TRY(auto repository, open_unlocked(m_context));
        if (repository->place().id != m_signed.receipt.repository)
            return fail(Errc::invalid_argument, "that was another repository: name it with -r");
        return repository;
    }

    // RECEIPT-30
    Result<Ended> withdraw() {
        const auto* const made = output_of(m_signed.receipt, "snapshot");
        if (made == nullptr) return end("done", "No snapshot was made.");
        TRY(const auto id, SnapshotId::parse(made->name));
        TRY(const auto repository, open_its_repository());
        TRY(const auto all, repository->snapshots());
        const auto snapshot = std::ranges::find(all, id, &repo::Snapshot::id);
        if (snapshot == all.end())
            return fail(Errc::not_found, "snapshot " + short_id(id) +
                                             " is not on the heads; if it waits in a spool: torgo "
                                             "sync");
        TRY(const auto there, look_for_withdrawal(*repository, id));
        const auto enough = repository->descriptor().min_heads();
        if (snapshot->withdrawn && there.lacking.empty() && there.having >= enough)
            return end("done", "Snapshot " + short_id(id) + " is withdrawn already.");
        say_plan(m_context, "withdraw",
                 "Withdraw snapshot " + short_id(id) +
                     ": it is not listed any more, is not \"latest\", and stays there by its id.");
        if (is_gone_on_from(all, id))
            say_plan(m_context, "stay", "Snapshots that were made after it stay.");
        if (!m_args.yes) return only_planned();
        begin();
        TRY(const auto heads, put_withdrawal(m_context, *repository, there));
        m_context.account.output("withdrawn", id.hex(), digest_of(id));
        if (heads < enough)
            return end("incomplete",
                       "Snapshot " + short_id(id) + " is withdrawn on " +
                           plural(heads, "head", "heads") + " only: repeat it when more answer.",
                       ExitCode::failed);
        return end("rolled_back", "Snapshot " + short_id(id) + " withdrawn.");
    }

    /// One that the workflow's receipt names. They lie before it, among those of others.
    Result<markup::SignedReceipt> inner_receipt(const markup::Item& item,
                                                std::uint64_t& before) const {
        for (std::uint64_t looked = 0; before > 0 && looked < looked_at_max; ++looked) {
            --before;
            const auto text = m_own.folder.mirror_of(before);
            if (!text) continue;
            auto read = markup::read_receipt(*text);
            if (!read || read->hash != item.hash) continue;
            TRY(auto verified, markup::verify_receipt(*text));
            if (verified.receipt.author != m_own.author)
                return fail(Errc::authentication, "it is not of this machine");
            return verified;
        }
        return fail(Errc::not_found, "it is not there any more, or another one");
    }

    /// Whether everything of it is as if it had not been; nothing is said twice.
    struct Whole {
        std::size_t rolled_back = 0;
        std::size_t planned = 0;
        std::size_t left = 0; ///< could not be, or not all of it
    };

    Result<> turn_inner(const markup::Item& item, std::uint64_t& before, Whole& whole) {
        auto number = before;
        const auto found = inner_receipt(item, number);
        if (!found) {
            whole.left += 1;
            say_plan(m_context, "none",
                     "Not reversible: " + printable(item.name) + ": " +
                         printable(found.error().detail()) + ".");
            return {};
        }
        before = number;
        if (mends(found->receipt.command)) {
            say_plan(m_context, "stay",
                     "Receipt " + std::to_string(number) + ": what \"" +
                         printable(found->receipt.command) + "\" mended stays mended.");
            return {};
        }
        const auto ended = Rollback(m_context, m_args, m_own, *found, this).run();
        if (!ended && ended.error().code() == Errc::cancelled)
            return std::unexpected(ended.error());
        if (!ended) {
            whole.left += 1;
            m_context.out.warn("receipt " + std::to_string(number) + ": " +
                               printable(ended.error().detail()));
            return {};
        }
        if (ended->state == "planned") whole.planned += 1;
        if (ended->state == "rolled_back") whole.rolled_back += 1;
        if (ended->code != ExitCode::ok) whole.left += 1;
        if (ended->state != "planned") say_plan(m_context, ended->state, ended->sentence);
        return {};
    }

    /// What blocks did without a sandbox nobody has seen.
    void tell_of_blocks(Whole& whole) const {
        for (const auto& item : std::views::reverse(m_signed.receipt.inputs)) {
            if (item.kind != unconfined_block) continue;
            whole.left += 1;
            say_plan(m_context, "none",
                     "Not reversible: what block " + printable(item.name) +
                         " did elsewhere, without a sandbox.");
        }
    }

    // RECEIPT-31
    Result<Ended> workflow() {
        const auto& receipt = m_signed.receipt;
        Whole whole;
        tell_of_blocks(whole);
        auto before = receipt.number;
        for (const auto& item : std::views::reverse(receipt.outputs))
            if (item.kind == "receipt") CHECK_OK(turn_inner(item, before, whole));
        if (receipt.left_out != 0) {
            whole.left += 1;
            say_plan(m_context, "none",
                     "Not reversible from here: " + plural(receipt.left_out, "thing", "things") +
                         " over the bound of a receipt; torgo receipt list "
                         "shows what was left.");
        }
        if (!m_args.yes && whole.planned != 0) return only_planned();
        const auto steps = plural(whole.rolled_back, "step", "steps");
        if (whole.left != 0)
            return end("incomplete",
                       "Rolled back: " + steps + "; " + plural(whole.left, "thing", "things") +
                           " could not be.",
                       ExitCode::failed);
        if (whole.rolled_back == 0) return end("done", "There is nothing of it to be rolled back.");
        return end("rolled_back", "Rolled back: " + steps + ".");
    }

    Result<Ended> key_add() {
        const auto& outputs = m_signed.receipt.outputs;
        if (outputs.empty() || outputs.front().kind != "key")
            return end("done", "No key was added.");
        const auto& slot = outputs.front().name;
        say_plan(m_context, "remove_key", "Remove key " + short_id(slot) + " from all heads.");
        if (!m_args.yes) return only_planned();
        TRY(const auto repository, open_its_repository());
        TRY(const auto slots, repository->key_slots());
        if (std::ranges::none_of(slots, [&](const auto& one) { return one.name == slot; }))
            return end("done", "That key is not there any more.");
        begin();
        CHECK_OK(repository->remove_key(slot));
        m_context.account.input("key", slot);
        return end("rolled_back", "Key " + short_id(slot) + " removed.");
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
    Result<Ended> restore() {
        std::unique_ptr<env::File> lock;
        if (m_args.yes) {
            TRY(lock,
                env::lock_file(*m_context.world.files, *m_context.world.clock, folder() + "/lock"));
        }
        TRY(const bool ended, is_done());
        if (ended && !(m_args.discard && m_args.yes))
            return end("done", "It was rolled back already, or its way back given up.");
        TRY(const auto steps, journal());
        if (ended && !is_something_aside(steps))
            return end("done", "Its way back was given up already.");
        if (m_args.discard) return discard(steps);
        TRY(auto turn, RestoreRollback::open(m_context, steps, folder() + "/put-back"));
        CHECK_OK(turn.look());
        for (const auto& [step, sentence] : turn.plan())
            say_plan(m_context, step, sentence);
        if (!turn.objections().empty()) {
            for (const auto& one : turn.objections())
                say_plan(m_context, "refused", one);
            return end("refused",
                       "Nothing was changed: what the restore left is not there any more as it "
                       "was.",
                       ExitCode::failed);
        }
        if (!m_args.yes) return only_planned();
        return run(turn, steps);
    }

    Result<Ended> run(RestoreRollback& turn, const receipts::Journal& steps) {
        begin();
        const auto done = turn.run();
        for (const auto& [name, count] : turn.figures())
            m_context.account.figure(name, count);
        CHECK_OK(done);
        if (turn.gone() != 0)
            return end("incomplete",
                       "Rolled back but for " + plural(turn.gone(), "thing", "things") +
                           " that it replaced and that are gone: " + turn.summary() + ".",
                       ExitCode::failed);
        CHECK_OK(finish(steps.asides));
        return end("rolled_back", "Rolled back: " + turn.summary() + ".");
    }

    /// What is half deleted must not be taken for what was put back: it is given up first.
    Result<Ended> discard(const receipts::Journal& steps) {
        say_plan(m_context, "discard",
                 "Delete for good what was moved aside, and the way back with it.");
        if (!m_args.yes) return only_planned();
        begin();
        CHECK_OK(mark_done());
        CHECK_OK(delete_asides(steps.asides));
        return end("discarded", "What was moved aside is deleted.");
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
    Rollback* m_whole; ///< the workflow that this is a step of, or none
    bool m_begun = false;
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
    TRY(const auto ended, Rollback(context, args, own, opened).run());
    context.out.object(Json("rollback").text("state", ended.state).text("message", ended.sentence));
    context.out.line(ended.sentence);
    return ended.code;
}

} // namespace

Command rollback_command() {
    auto args = std::make_shared<RollbackArgs>();
    Command command;
    command.name = "rollback";
    command.summary = "undo what a receipt says was done";
    command.description =
        "Undoes what can be undone: a restore puts back what it replaced and takes away what it "
        "made; a key that was added is removed; the snapshot of a backup is withdrawn, which "
        "deletes "
        "nothing; a workflow's steps are undone from the last to the first. Without --yes it says "
        "what would be done, and "
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
