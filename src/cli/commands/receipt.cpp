// Receipts are looked up in the ledger and believed from their files: list reads the one, all else
// the others.
#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/own_receipts.hpp"
#include "env/file_system.hpp"
#include "markup/envelope.hpp"
#include "markup/mirror.hpp"
#include "markup/receipt_text.hpp"
#include "receipts/chain.hpp"

#include <algorithm>
#include <memory>

namespace torgo::cli {

namespace {

constexpr std::uint32_t newest_max = 1'000'000;

struct ListArgs {
    std::uint32_t newest = 0;
    std::string command;
    bool here = false;
    bool rebuild = false;
};

/// The `.mu` that a word means: a number of this machine's, or a file.
Result<std::string> mirror_text(const Context& context, const std::string& word) {
    TRY(const auto own, own_receipts(context));
    TRY(const auto number, receipt_number(own.folder, word));
    if (number) {
        auto text = own.folder.mirror_of(*number);
        if (!text && text.error().code() == Errc::not_found)
            return fail(Errc::not_found, "this machine has no receipt " + word);
        return text;
    }
    TRY(const auto path, context.environment.absolute(word));
    TRY(const auto bytes, env::read_file(*context.world.files, path, markup::mu_text_max));
    return std::string(as_text(bytes));
}

struct Gone {
    receipts::Fault fault;
    receipts::Row row; ///< what the ledger still knows of it
};

/// What the ledger knows and the folder does not show.
Result<std::vector<Gone>> gone_receipts(const Context& context, const OwnReceipts& own) {
    TRY(const auto ledger, open_ledger(context, own));
    TRY(const auto rows, ledger->list(own.author, {}));
    TRY(auto faults, receipts::compare_with_ledger(own.folder, rows));
    std::vector<Gone> out;
    for (auto& fault : faults) {
        const auto row = std::ranges::lower_bound(rows, fault.number, {}, &receipts::Row::number);
        out.push_back({std::move(fault), *row});
    }
    return out;
}

/// Once it is made again, nothing knows of receipts that are gone.
void say_what_is_forgotten(const Context& context, const OwnReceipts& own) {
    const auto gone = gone_receipts(context, own);
    if (!gone) {
        context.out.warn("whether the ledger knew of receipts that are gone can not be said: " +
                         gone.error().detail());
        return;
    }
    for (const auto& [fault, row] : *gone)
        context.out.warn("the ledger forgets receipt " + std::to_string(row.number) + ", \"" +
                         row.command + "\" of " + row.ended_at + ", " + row.hash);
}

Result<> rebuild(const Context& context, const OwnReceipts& own) {
    say_what_is_forgotten(context, own);
    const auto ledger_file = own.folder.path() + "/ledger.sqlite";
    if (context.globals.ledger.empty()) {
        auto gone = context.world.files->remove(ledger_file);
        if (!gone && gone.error().code() != Errc::not_found) return gone;
    } else {
        TRY(const auto ledger, open_ledger(context, own));
        CHECK_OK(ledger->forget(own.author));
    }
    TRY(const auto numbers, own.folder.numbers());
    for (const auto number : numbers) {
        const auto text = own.folder.mirror_of(number);
        const auto opened = text ? markup::verify_receipt(*text)
                                 : Result<markup::SignedReceipt>(std::unexpected(text.error()));
        if (opened) CHECK_OK(own.folder.restore_text(number, opened->text));
    }
    return {};
}

void show_rows(const Context& context, const std::vector<receipts::Row>& rows) {
    Table table;
    table.column("Number", Table::Align::right);
    for (const auto* const title : {"Ended", "Command", "Outcome", "By", "Rollback", "Error"})
        table.column(title);
    for (const auto& row : rows) {
        context.out.object(Json("receipt")
                               .number("number", row.number)
                               .text("id", row.id)
                               .text("hash", row.hash)
                               .text("command", row.command)
                               .text("repository", row.repository)
                               .text("user", row.user)
                               .text("host", row.host)
                               .text("time", row.ended_at)
                               .text("outcome", row.outcome)
                               .text("error", row.error)
                               .text("undo", row.undo));
        if (context.out.json()) continue;
        const auto ended = markup::parse_time(row.ended_at);
        table.row({std::to_string(row.number), ended ? local_time(*ended) : printable(row.ended_at),
                   printable(row.command), printable(row.outcome),
                   printable(row.user) + "@" + printable(row.host),
                   row.undo.empty() ? "" : "possible", printable(row.error)});
    }
    if (!table.empty()) context.out.lines(table.lines());
}

/// Journals that no receipt names: what a restore moved aside would not be found again.
void warn_of_unfinished(const Context& context, const OwnReceipts& own,
                        const std::vector<receipts::Row>& rows) {
    const auto folder = own.folder.path() + "/undo";
    const auto journals = context.world.files->list(folder);
    if (!journals) return;
    for (const auto& one : *journals) {
        const auto id = markup::Uuid::parse(one.name);
        if (!id || std::ranges::contains(rows, markup::urn_of(*id), &receipts::Row::undo)) continue;
        context.out.warn("a restore that runs still, or was killed, has moved things aside: " +
                         folder + "/" + one.name + "/journal says which");
    }
}

/// The table is looked up, not proved; but it must not name what nobody can prove.
Result<> warn_of_gone(const Context& context, const OwnReceipts& own,
                      const std::vector<receipts::Row>& rows) {
    TRY(const auto gone, receipts::compare_with_ledger(own.folder, rows));
    if (gone.empty()) return {};
    context.out.warn(plural(gone.size(), "receipt", "receipts") +
                     " of this list, the first number " + std::to_string(gone.front().number) +
                     ", can not be shown any more: \"torgo receipt verify\" says why");
    return {};
}

Result<ExitCode> run_list(const Context& context, const ListArgs& args) {
    TRY(const auto own, own_receipts(context));
    if (args.rebuild) CHECK_OK(rebuild(context, own));
    TRY(const auto ledger, open_ledger(context, own));
    receipts::Filter filter{.command = args.command, .repository = {}, .newest = args.newest};
    if (args.here) {
        TRY(const auto path, descriptor_path(context));
        TRY(const auto place, load_descriptor(*context.world.files, path));
        filter.repository = place.id.hex();
    }
    TRY(const auto rows, ledger->list(own.author, filter));
    show_rows(context, rows);
    CHECK_OK(warn_of_gone(context, own, rows));
    if (rows.empty()) context.out.say("no receipt");
    TRY(const auto all, ledger->list(own.author, {}));
    warn_of_unfinished(context, own, all);
    return ExitCode::ok;
}

Result<ExitCode> run_show(const Context& context, const std::string& word) {
    TRY(const auto text, mirror_text(context, word));
    TRY(const auto opened, markup::verify_receipt(text));
    const auto& receipt = opened.receipt;
    TRY(const auto own, own_receipts(context));
    TRY(const auto number, receipt_number(own.folder, word));
    if (number && (receipt.author != own.author || receipt.number != *number))
        return fail(Errc::authentication,
                    "what lies there as receipt " + word +
                        " is another one; \"torgo receipt verify\" says more");
    context.out.object(Json("receipt_text")
                           .number("number", receipt.number)
                           .text("id", markup::urn_of(receipt.id))
                           .text("author", receipt.author.hex())
                           .text("repository", receipt.repository ? receipt.repository->hex() : "")
                           .text("hash", markup::hash_text(opened.hash))
                           .text("text", opened.text));
    if (!context.out.json()) context.out.data(as_bytes(opened.text));
    return ExitCode::ok;
}

struct VerifyArgs {
    std::vector<std::string> words;
    std::string by;
};

class Verifying {
public:
    explicit Verifying(const Context& context) : m_context(context) {}

    void fault(const std::string& which, std::string_view kind, const std::string& why) {
        ++m_faults;
        m_context.out.object(
            Json("fault").text("receipt", which).text("fault", kind).text("message", why));
        m_context.out.line("Receipt " + which + ": " + std::string(kind) + ": " + why);
    }

    void fault(const receipts::Fault& one) {
        fault(std::to_string(one.number), receipts::name(one.kind), one.why);
    }

    void good(std::uint64_t count) { m_verified += count; }

    ExitCode summarize() const {
        m_context.out.object(
            Json("summary").number("verified", m_verified).number("faults", m_faults));
        m_context.out.line(plural(m_verified, "receipt", "receipts") + " verified, " +
                           plural(m_faults, "fault", "faults"));
        return m_faults == 0 ? ExitCode::ok : ExitCode::failed;
    }

private:
    const Context& m_context;
    std::uint64_t m_verified = 0;
    std::uint64_t m_faults = 0;
};

/// RECEIPT-15: that the newest were taken away is known from the ledger alone, where there is one.
void look_for_cut(const Context& context, const OwnReceipts& own, Verifying& verifying) {
    const auto gone = gone_receipts(context, own);
    if (!gone) {
        context.out.warn("the ledger was not asked whether receipts are gone: " +
                         gone.error().detail());
        return;
    }
    for (const auto& one : *gone)
        verifying.fault(one.fault);
}

/// A power cut leaves it so: the copy for people is not flushed. (RECEIPT-14)
void say_without_text(const Context& context, const std::vector<std::uint64_t>& numbers) {
    if (numbers.empty()) return;
    context.out.warn("the Markdown beside " + plural(numbers.size(), "receipt", "receipts") +
                     " is missing or empty, the first beside number " +
                     std::to_string(numbers.front()) +
                     ": \"torgo receipt list --rebuild\" writes it again from the mirror");
}

Result<ExitCode> verify_all(const Context& context) {
    TRY(const auto own, own_receipts(context));
    Verifying verifying(context);
    TRY(const auto chain, receipts::verify_chain(own.folder, own.author));
    verifying.good(chain.verified);
    for (const auto& one : chain.faults)
        verifying.fault(one);
    look_for_cut(context, own, verifying);
    say_without_text(context, chain.without_text);
    return verifying.summarize();
}

/// RECEIPT-19
Result<ExitCode> run_verify(const Context& context, const VerifyArgs& args) {
    if (args.words.empty() && !args.by.empty())
        return fail(Errc::invalid_argument, "--by wants RECEIPT: which one is theirs");
    if (args.words.empty()) return verify_all(context);
    PeerId author;
    if (!args.by.empty()) {
        const auto given = PeerId::parse(args.by);
        if (!given) return fail(Errc::invalid_argument, "--by wants the 64 digits of a peer's id");
        author = *given;
    } else {
        TRY(const auto own, own_receipts(context));
        author = own.author;
    }
    Verifying verifying(context);
    for (const auto& word : args.words) {
        TRY(const auto text, mirror_text(context, word));
        const auto opened = markup::verify_receipt(text);
        if (!opened)
            verifying.fault(word, "damaged", opened.error().detail());
        else if (opened->receipt.author != author)
            verifying.fault(word, "foreign", "it is signed by " + opened->receipt.author.hex());
        else
            verifying.good(1);
    }
    return verifying.summarize();
}

struct MirrorArgs {
    std::string word;
    bool words = false;
};

/// A receipt's Markdown or a `.mu` gives the text in it; any other file is the text.
Result<std::string> text_to_mirror(const Context& context, const std::string& word) {
    TRY(auto text, mirror_text(context, word));
    auto mu = markup::verify_mu(text);
    if (mu) return std::move(mu->source);
    // A mirror, which somebody changed: its text is not what was signed.
    if (mu.error().code() == Errc::authentication) return std::unexpected(mu.error());
    return text;
}

/// RECEIPT-4
Result<ExitCode> run_mirror(const Context& context, const MirrorArgs& args) {
    TRY(const auto text, text_to_mirror(context, args.word));
    TRY(const auto out, args.words ? markup::mirror_words(text) : markup::mirror(text));
    context.out.object(Json("mirror").text("text", out));
    if (!context.out.json()) context.out.data(as_bytes(out));
    return ExitCode::ok;
}

Command list_command() {
    auto args = std::make_shared<ListArgs>();
    Command command;
    command.name = "list";
    command.summary = "list this machine's receipts";
    command.description =
        "Lists what this user's commands on this machine have done, the oldest first, out of the "
        "ledger. What the ledger lacks is put in from the receipts' files first.";
    command.options = {
        number_option(args->newest, "newest", "N", {1, newest_max}, "only so many of the newest"),
        text_option(args->command, "of", "COMMAND", "only of this command: backup, \"key add\""),
        toggle(args->here, "here", "only of this repository"),
        toggle(args->rebuild, "rebuild",
               "make the ledger, and the Markdown beside each receipt, again from the receipts")};
    command.examples = {{"torgo receipt list --newest 20", "what was done lately?"},
                        {"torgo receipt list --of backup --json", "for programs"}};
    command.run = [args](const Context& context) {
        return run_list(context, *args);
    };
    return command;
}

Command show_command() {
    auto word = std::make_shared<std::string>();
    Command command;
    command.name = "show";
    command.summary = "print a receipt";
    command.description =
        "Prints a receipt as Markdown, read backwards out of its mirror, once its hash and "
        "signature were found true.";
    command.arguments = {text_argument(*word, "RECEIPT", "its number, \"latest\", or a file .mu")};
    command.examples = {{"torgo receipt show latest", "what did the last command do?"}};
    command.run = [word](const Context& context) {
        return run_show(context, *word);
    };
    return command;
}

Command verify_command() {
    auto args = std::make_shared<VerifyArgs>();
    Command command;
    command.name = "verify";
    command.summary = "prove that receipts are whole";
    command.description =
        "Reads mirrors backwards, and verifies hashes, signatures, and the chain from each receipt "
        "to the one before it. Without RECEIPT all of this machine's are verified, and the ledger "
        "is asked whether the newest are gone. The exit code is 1 when anything is wrong.";
    command.arguments = {
        list_argument(args->words, "RECEIPT", 0, "its number, \"latest\", or a file .mu")};
    command.options = {text_option(args->by, "by", "PEER",
                                   "whose they must be, by \"torgo grant id\" there; this "
                                   "machine's when not given")};
    command.examples = {{"torgo receipt verify", "all of this machine"},
                        {"torgo receipt verify sent.mu --by 3f9c…", "one of another machine"}};
    command.run = [args](const Context& context) {
        return run_verify(context, *args);
    };
    return command;
}

Command mirror_command() {
    auto args = std::make_shared<MirrorArgs>();
    Command command;
    command.name = "mirror";
    command.summary = "read a text backwards";
    command.description =
        "Prints a receipt, or any file of text, with its lines and all in them in reverse order; "
        "with --words with each word reversed where it stands. Both are their own inverse: read "
        "backwards twice, it is the same again.";
    command.arguments = {text_argument(args->word, "RECEIPT",
                                       "its number, \"latest\", a file .mu, or any file of text")};
    command.options = {
        toggle(args->words, "words", "reverse each word in its place, for a person to compare")};
    command.examples = {{"torgo receipt mirror latest --words", "slatiV for Vitals"},
                        {"torgo receipt mirror notes.md", "any Markdown"}};
    command.run = [args](const Context& context) {
        return run_mirror(context, *args);
    };
    return command;
}

} // namespace

Command receipt_command() {
    Command command;
    command.name = "receipt";
    command.summary = "see and prove what was done";
    command.description =
        "A command that changes heads, keys, nodes or a mesh, or restores files, leaves a receipt, "
        "also when it fails in the middle: a Markdown file that says what was "
        "done, by whom, from what and to what, signed, chained to the one before it, and mirrored "
        "backwards so that damage shows.\n\n"
        "What passes between this machine and nodes is written down at both ends besides, in "
        "transfer records: \"transfers\" lists them, \"reconcile\" compares both ends.";
    command.children.push_back(list_command());
    command.children.push_back(show_command());
    command.children.push_back(verify_command());
    command.children.push_back(mirror_command());
    command.children.push_back(rollback_command());
    command.children.push_back(transfers_command());
    command.children.push_back(reconcile_command());
    return command;
}

} // namespace torgo::cli
