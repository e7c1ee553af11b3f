#include "cli/access.hpp"
#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/mirroring.hpp"
#include "cli/open.hpp"
#include "peer/head.hpp"
#include "peer/node_uri.hpp"
#include "peer/reconcile.hpp"
#include "place/group_uri.hpp"

#include <algorithm>
#include <limits>

namespace torgo::cli {

namespace {

using peer::Difference;

std::string result_text(const peer::Receipt& receipt) {
    return receipt.failure ? std::string(name(*receipt.failure)) : "ok";
}

Json receipt_members(Json json, const peer::Receipt& receipt) {
    return json.text("trace", receipt.trace.hex())
        .text("kind", peer::name(receipt.kind))
        .text("subject", receipt.subject.hex())
        .text("content", receipt.content.is_zero() ? "" : receipt.content.hex())
        .number("bytes", receipt.bytes)
        .text("time", utc_time(receipt.time_ns))
        .text("result", result_text(receipt));
}

/// A repository's places, what this machine has noted of them, and who it is to them.
struct Side {
    repo::Place place;
    std::optional<Heads::OwnLedger> own; ///< none where no head is on a node
};

Result<Side> open_side(const Context& context) {
    TRY(const auto path, descriptor_path(context));
    TRY(auto place, load_descriptor(*context.world.files, path));
    Side side{std::move(place), std::nullopt};
    if (!has_nodes(side.place)) return side;
    TRY(const auto own, context.heads.own_ledger(side.place.id));
    side.own.emplace(own);
    return side;
}

/// What was found at all heads.
struct Findings {
    std::uint64_t compared = 0;
    std::uint64_t lost = 0;
    std::uint64_t extra = 0;
    std::uint64_t altered = 0;
    std::uint64_t late = 0;
    std::uint64_t explained = 0; ///< lost and extra that need no answer
    std::uint64_t faults = 0;
    std::uint64_t unreachable = 0;

    bool clean() const { return lost + extra + altered + faults + unreachable == 0; }
};

/// Batches over a bound are gone by agreement, and what this machine has lost of its own ledger is
/// no fault of the node's. What only the labels of time say is not held against
/// anybody. (CLI-23)
bool is_explained(const Difference& difference) {
    using Kind = Difference::Kind;
    if (difference.cause == peer::Cause::dropped) return true;
    return difference.kind == Kind::extra && difference.cause != peer::Cause::none;
}

std::string_view cause_sentence(const Difference& difference) {
    const bool lost = difference.kind == Difference::Kind::lost;
    switch (difference.cause) {
    case peer::Cause::none:
        return "";
    case peer::Cause::dropped:
        return lost ? "; the node has dropped records of that time over its bound"
                    : "; this machine has dropped records of that time over their bound";
    case peer::Cause::unfinished:
        return lost ? "; the node ended at that time without writing all its records"
                    : "; a torgo of this machine ended then, or runs, without having written all "
                      "its records";
    case peer::Cause::damaged:
        return lost ? "; the batch that may hold it is damaged or missing there"
                    : "; the batch that may hold it is damaged or missing here";
    }
    return "";
}

std::string altered_sentence(const Difference& difference) {
    const auto& ours = difference.receipt;
    const auto other = difference.other.value_or(ours);
    if (ours.failure != other.failure)
        return "here it ended with " + result_text(ours) + ", there with " + result_text(other);
    if (ours.bytes != other.bytes)
        return "here " + std::to_string(ours.bytes) + " bytes, there " +
               std::to_string(other.bytes);
    return "the contents differ";
}

std::string sentence_of(const Difference& difference) {
    using Kind = Difference::Kind;
    const auto& receipt = difference.receipt;
    std::string out(peer::name(difference.kind));
    out += ": " + std::string(peer::name(receipt.kind)) + " " + short_id(receipt.subject.hex()) +
           " of " + utc_time(receipt.time_ns) + ", trace " + receipt.trace.hex() + ": ";
    switch (difference.kind) {
    case Kind::lost:
        return out + "the node has no record" + std::string(cause_sentence(difference));
    case Kind::extra:
        return out + "this machine has no record" + std::string(cause_sentence(difference));
    case Kind::altered:
        return out + altered_sentence(difference);
    case Kind::late:
        return out + "the node says " + utc_time(difference.other.value_or(receipt).time_ns);
    }
    return out;
}

std::string_view fault_sentence(peer::ChainFault::Kind kind) {
    using Kind = peer::ChainFault::Kind;
    switch (kind) {
    case Kind::damaged:
        return "is damaged, or not signed by its author";
    case Kind::foreign:
        return "belongs to another ledger";
    case Kind::missing:
        return "does not follow the one before: batches are missing";
    case Kind::broken:
        return "does not follow the one before: that one was changed";
    case Kind::rewritten:
        return "is not the one that was there at an earlier look";
    case Kind::cut:
        return "was there at an earlier look, and is not any more";
    }
    return "";
}

class Reconciler {
public:
    Reconciler(const Context& context, Side& side) : m_context(context), m_side(side) {}

    Result<ExitCode> run() {
        if (m_side.own) CHECK_OK(read_side());
        for (const auto& uri : m_side.place.heads)
            visit(uri);
        return summarize();
    }

private:
    Result<> read_side() {
        auto& [ledger, author] = *m_side.own;
        CHECK_OK(ledger.flush());
        TRY(m_batches, read_own(ledger));
        m_own = peer::read_chain(m_batches, author, m_side.place.id, std::nullopt);
        name_faults("this machine", m_own.faults);
        if (const auto since = ledger.open_elsewhere()) note_running(*since);
        return {};
    }

    /// Other processes of this machine still have receipts to write.
    void note_running(std::uint64_t since) {
        std::int64_t from_ns = std::numeric_limits<std::int64_t>::min();
        for (const auto& kept : m_batches)
            if (const auto batch = peer::parse_batch(kept.bytes); batch && kept.number < since)
                from_ns = batch->time_ns;
        m_own.gaps.push_back(
            {from_ns, std::numeric_limits<std::int64_t>::max(), peer::Cause::unfinished});
    }

    void visit(const std::string& uri) {
        auto& out = m_context.out;
        if (const auto group = place::parse_group_uri(uri)) {
            for (const auto& member : group->members)
                visit(member.uri); // NOLINT(misc-no-recursion): one step deep
            return;
        }
        if (!names_node(uri)) {
            out.object(Json("head").text("head", uri).text("state", "no records"));
            out.say(uri + ": a head in a folder keeps no transfer records");
            return;
        }
        if (auto compared = compare(uri); !compared) {
            ++m_findings.unreachable;
            const auto& error = compared.error();
            out.object(Json("head")
                           .text("head", uri)
                           .text("state", "not compared")
                           .text("message", error.detail()));
            if (!out.json()) out.warn(uri + ": not compared: " + error.detail());
        }
    }

    Result<> compare(const std::string& uri) {
        TRY(const auto parsed, peer::parse_node_uri(uri));
        TRY(auto* node, m_context.heads.node(uri));
        const auto& [ledger, author] = *m_side.own;
        auto& files = *m_context.world.files;
        auto memory = load_memory(files, ledger, parsed.node);
        const auto& id = m_side.place.id;
        if (auto left = mirror(*node, id, m_batches, memory); !left)
            name_fault(uri, "not mirrored", memory.mirrored,
                       "of this machine could not be left there: " + left.error().detail());
        CHECK_OK(look_at_mirror(uri, *node, memory));
        TRY(const auto theirs, peer::fetch_batches(*node, id, std::nullopt, 0));
        const auto chain = peer::read_chain(theirs, parsed.node, id, memory.seen);
        name_faults(uri, chain.faults);
        if (!memory.seen || (chain.last && chain.last->number >= memory.seen->number))
            memory.seen = chain.last;
        CHECK_OK(save_memory(files, ledger, parsed.node, memory));
        const auto ours = peer::receipts_with(m_own.receipts, parsed.node);
        const auto differences = peer::reconcile(ours, peer::receipts_with(chain.receipts, author),
                                                 m_own.gaps, chain.gaps);
        for (const auto& difference : differences)
            name_difference(uri, difference);
        m_findings.compared += ours.size();
        m_context.out.object(Json("head")
                                 .text("head", uri)
                                 .text("state", "compared")
                                 .number("transfers", ours.size())
                                 .number("differences", differences.size()));
        return {};
    }

    /// The newest batch that was left with the node must be there still; else all are left again.
    Result<> look_at_mirror(const std::string& uri, peer::Exchanger& node, NodeMemory& memory) {
        if (memory.mirrored == 0) return {};
        const auto number = memory.mirrored - 1;
        TRY(const auto there,
            peer::fetch_batches(node, m_side.place.id, m_side.own->author, number));
        const auto same = [&](const auto& batch) {
            return batch.number == number && std::ranges::contains(there, batch);
        };
        if (std::ranges::any_of(m_batches, same)) return {};
        memory.mirrored = 0;
        name_fault(uri, "not mirrored", number, "of this machine was left there, and is gone");
        return {};
    }

    void name_faults(const std::string& whose, const std::vector<peer::ChainFault>& faults) {
        for (const auto& fault : faults)
            name_fault(whose, peer::name(fault.kind), fault.number, fault_sentence(fault.kind));
    }

    void name_fault(const std::string& whose, std::string_view fault, std::uint64_t batch,
                    std::string_view sentence) {
        ++m_findings.faults;
        m_context.out.object(Json("fault")
                                 .text("head", whose)
                                 .text("fault", fault)
                                 .number("batch", batch)
                                 .text("message", sentence));
        m_context.out.line(whose + ": batch " + std::to_string(batch) + " " +
                           std::string(sentence));
    }

    void name_difference(const std::string& uri, const Difference& difference) {
        using Kind = Difference::Kind;
        const bool explained = is_explained(difference);
        auto& count = difference.kind == Kind::late    ? m_findings.late
                      : explained                      ? m_findings.explained
                      : difference.kind == Kind::lost  ? m_findings.lost
                      : difference.kind == Kind::extra ? m_findings.extra
                                                       : m_findings.altered;
        ++count;
        m_context.out.object(receipt_members(Json("difference")
                                                 .text("head", uri)
                                                 .text("difference", peer::name(difference.kind))
                                                 .text("cause", peer::name(difference.cause))
                                                 .flag("explained", explained)
                                                 .text("message", sentence_of(difference)),
                                             difference.receipt));
        m_context.out.line(uri + ": " + sentence_of(difference));
    }

    ExitCode summarize() const {
        const auto& found = m_findings;
        auto& out = m_context.out;
        out.object(Json("summary")
                       .number("compared", found.compared)
                       .number("lost", found.lost)
                       .number("extra", found.extra)
                       .number("altered", found.altered)
                       .number("late", found.late)
                       .number("explained", found.explained)
                       .number("faults", found.faults)
                       .number("unreachable", found.unreachable));
        out.line(plural(found.compared, "transfer", "transfers") + " compared: " +
                 (found.clean()
                      ? "both ends agree"
                      : std::to_string(found.lost) + " lost, " + std::to_string(found.extra) +
                            " extra, " + std::to_string(found.altered) + " altered, " +
                            plural(found.faults, "fault", "faults") + " of ledgers, " +
                            plural(found.unreachable, "head", "heads") + " not compared"));
        if (found.explained + found.late != 0)
            out.say(std::to_string(found.explained) + " more are explained, " +
                    std::to_string(found.late) + " are late by the clocks' labels");
        return found.clean() ? ExitCode::ok : ExitCode::failed;
    }

    const Context& m_context;
    Side& m_side;
    std::vector<peer::KeptBatch> m_batches;
    peer::Chain m_own;
    Findings m_findings;
};

Result<ExitCode> run_reconcile(const Context& context) {
    TRY(auto side, open_side(context));
    return Reconciler(context, side).run();
}

Result<ExitCode> run_list(const Context& context) {
    TRY(const auto side, open_side(context));
    if (!side.own) {
        context.out.say(
            "no head of this repository is on a node, and folders keep no transfer records");
        return ExitCode::ok;
    }
    const auto& [ledger, author] = *side.own;
    CHECK_OK(ledger.flush());
    TRY(const auto batches, read_own(ledger));
    const auto chain = peer::read_chain(batches, author, side.place.id, std::nullopt);
    Table table;
    table.column("Time");
    table.column("Node");
    table.column("Transfer");
    table.column("Of");
    table.column("Bytes", Table::Align::right);
    table.column("Result");
    for (const auto& receipt : chain.receipts) {
        context.out.object(
            receipt_members(Json("transfer").text("node", receipt.other.hex()), receipt));
        if (context.out.json()) continue;
        table.row({local_time(receipt.time_ns), short_id(receipt.other.hex()),
                   std::string(peer::name(receipt.kind)), short_id(receipt.subject.hex()),
                   count_text(receipt.bytes), result_text(receipt)});
    }
    context.out.lines(table.lines());
    for (const auto& fault : chain.faults)
        context.out.warn("batch " + std::to_string(fault.number) + " of this machine's ledger " +
                         std::string(fault_sentence(fault.kind)));
    return chain.faults.empty() ? ExitCode::ok : ExitCode::failed;
}

} // namespace

Command transfers_command() {
    Command command;
    command.name = "transfers";
    command.summary = "list this machine's transfer records";
    command.description =
        "Lists what this machine has noted of its transfers with nodes: one line each, the oldest "
        "first.";
    command.examples = {{"torgo receipt transfers --json", "for programs"}};
    command.run = run_list;
    return command;
}

Command reconcile_command() {
    Command command;
    command.name = "reconcile";
    command.summary = "compare the transfer records of both ends";
    command.description =
        "Fetches each node's transfer records, verifies their signatures and their chain, and "
        "compares "
        "them with this machine's, transfer by transfer. What one end has and the other lacks, or "
        "has otherwise, is named: lost, extra, altered; late where only the clocks' labels differ. "
        "This machine's are left with the nodes. It needs no pass phrase.\n\n"
        "The exit code is 1 when there is a difference that needs an answer, a damaged ledger, or "
        "a node that could not be asked.";
    command.examples = {{"torgo receipt reconcile", "each month"}};
    command.run = run_reconcile;
    return command;
}

} // namespace torgo::cli
