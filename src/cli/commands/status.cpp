#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/spool.hpp"
#include "repo/head_set.hpp"
#include "repo/survey.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace torgo::cli {

namespace {

/// What a head's line says last.
std::string state_of(const repo::HeadSurvey& head, const head::Waiting& waiting) {
    if (!waiting.none())
        return "torgo sync: " +
               (waiting.segments == 0 ? plural(waiting.roots, "record", "records")
                                      : size_text(waiting.bytes)) +
               (waiting.segments == 0 && waiting.roots == 1 ? " waits" : " wait") +
               (head.away ? ", away" : "");
    if (head.away) return "away: " + printable(head.away->detail());
    const auto lost = std::ranges::count_if(
        head.members, [](const auto& member) { return member.away.has_value(); });
    if (lost != 0)
        return plural(static_cast<std::uint64_t>(lost), "member", "members") + " away, " +
               count_text(head.missing) + " missing";
    if (head.missing == 0) return "ok";
    return "torgo heal: " + count_text(head.missing) + " missing";
}

std::string room_of(const head::HeadStatus& room) {
    if (room.total_bytes == 0) return "";
    return size_text(room.free_bytes) + " of " + size_text(room.total_bytes);
}

/// What waits for a head; nothing without a spool.
head::Waiting waiting_of(const WaitingHeads& waiting, std::size_t head) {
    return head < waiting.by_head.size() ? waiting.by_head[head] : head::Waiting{};
}

void show_heads(Output& out, const repo::HeadSet& heads, const repo::Survey& survey,
                const WaitingHeads& waiting) {
    Table table;
    table.column("Head", Table::Align::right);
    table.column("Where");
    table.column("Segments", Table::Align::right);
    table.column("Free");
    table.column("State");
    for (std::size_t i = 0; i < heads.size(); ++i) {
        const auto& head = survey.heads[i];
        table.row({std::to_string(i + 1), printable(heads.label(i)),
                   head.away ? "" : count_text(head.wanted - head.missing), room_of(head.room),
                   state_of(head, waiting_of(waiting, i))});
    }
    out.lines(table.lines());
}

/// Of groups, what a line of the table has no room for.
void show_members(Output& out, const repo::HeadSet& heads, const repo::Survey& survey) {
    for (std::size_t i = 0; i < heads.size(); ++i) {
        const auto& head = survey.heads[i];
        for (const auto& member : head.members)
            if (member.away)
                out.line("Head " + std::to_string(i + 1) + ": member " + printable(member.uri) +
                         " (" + member.domain + ") is away: " + printable(member.away->detail()));
        if (head.crowded != 0)
            out.line("Head " + std::to_string(i + 1) + ": " +
                     plural(head.crowded, "pack has", "packs have") +
                     " several segments in one domain");
    }
}

/// The sentence that matters most.
std::string verdict(const repo::Survey& survey, unsigned k, unsigned n) {
    const auto weakest = survey.weakest();
    if (!weakest) return "Nothing is stored yet.";
    if (*weakest < k)
        return count_text(survey.packs_with[*weakest]) + " of the packs have " +
               std::to_string(*weakest) + " segments within reach and need " + std::to_string(k) +
               ": bring heads back.";
    if (*weakest >= n) return "Everything has its full redundancy.";
    const auto spare = survey.spare().value_or(0);
    return "Everything can be restored; " +
           (spare == 0 ? std::string("no head may be lost any more")
                       : "any " + plural(spare, "more head", "more heads") + " may be lost") +
           ". \"torgo heal\" brings the rest back.";
}

/// in  `unit`: what is counted; a head has one segment of a pack, or several
void show_redundancy(Output& out, const repo::Survey& survey, const std::string& unit) {
    std::vector<std::string> parts;
    for (std::size_t i = survey.packs_with.size(); i-- > 0;)
        if (survey.packs_with[i] != 0)
            parts.push_back(plural(survey.packs_with[i], "pack", "packs") + " on " +
                            plural(i, unit, unit + "s"));
    if (!parts.empty()) out.line("Redundancy   " + joined(parts, ", "));
}

std::vector<Json> members_of(const repo::HeadSurvey& head) {
    std::vector<Json> out;
    for (const auto& member : head.members)
        out.push_back(Json()
                          .text("uri", member.uri)
                          .text("domain", member.domain)
                          .flag("usable", !member.away)
                          .text("reason", member.away ? member.away->detail() : "")
                          .number("segments", member.segments));
    return out;
}

void put_objects(Output& out, const repo::HeadSet& heads, const repo::Survey& survey,
                 const WaitingHeads& waiting, unsigned k) {
    for (std::size_t i = 0; i < heads.size(); ++i) {
        const auto& head = survey.heads[i];
        out.object(Json("head")
                       .number("head", i + 1)
                       .text("uri", heads.uri(i))
                       .flag("usable", !head.away)
                       .text("reason", head.away ? head.away->detail() : "")
                       .number("segments_wanted", head.wanted)
                       .number("segments_missing", head.missing)
                       .number("bytes_waiting", waiting_of(waiting, i).bytes)
                       .number("roots_waiting", waiting_of(waiting, i).roots)
                       .number("bytes_free", head.room.free_bytes)
                       .number("bytes_total", head.room.total_bytes)
                       .number("packs_crowded", head.crowded)
                       .objects("members", members_of(head)));
    }
    std::vector<Json> packs;
    for (std::size_t i = 0; i < survey.packs_with.size(); ++i)
        if (survey.packs_with[i] != 0)
            packs.push_back(Json().number("segments", i).number("packs", survey.packs_with[i]));
    const auto weakest = survey.weakest();
    out.object(Json("redundancy")
                   .number("snapshots", survey.snapshots)
                   .flag("restorable", !weakest || *weakest >= k)
                   .number("heads_to_spare", survey.spare().value_or(0))
                   .objects("packs", packs));
}

/// As check: 1 when anything is not as it should be.
ExitCode grade(const repo::Survey& survey, const WaitingHeads& waiting) {
    if (!waiting.heads.empty()) return ExitCode::failed;
    const bool whole = std::ranges::all_of(survey.heads, [](const auto& head) {
        return !head.away && head.missing == 0 &&
               std::ranges::none_of(head.members,
                                    [](const auto& member) { return member.away.has_value(); });
    });
    return whole && survey.rejected.empty() ? ExitCode::ok : ExitCode::failed;
}

Result<ExitCode> run_status(const Context& context) {
    TRY(const auto repository, open_repository(context, repo::Wait::enough));
    const auto& heads = repository->heads();
    const auto& descriptor = repository->descriptor();
    const auto code = descriptor.data_code;
    TRY(const auto survey, repo::survey(*repository));
    auto& out = context.out;
    auto found = waiting_heads(context, repository->place());
    if (!found) out.warn("the spool of this machine can not be read: " + found.error().detail());
    const auto waiting = found ? *std::move(found) : WaitingHeads{};
    put_objects(out, heads, survey, waiting, code.k);
    out.line("Repository   " + short_id(descriptor.id.hex()) + ", any " +
             std::to_string(descriptor.heads_to_restore()) + " of " +
             plural(heads.size(), "head", "heads") + ", " +
             plural(survey.snapshots, "snapshot", "snapshots"));
    show_redundancy(out, survey, heads.size() == code.n ? "head" : "segment");
    out.line("");
    show_heads(out, heads, survey, waiting);
    show_members(out, heads, survey);
    out.line("");
    out.line(verdict(survey, code.k, code.n));
    if (!waiting.heads.empty())
        out.line("Only on this machine: " + waiting.sentence() +
                 "; \"torgo sync\" brings it there.");
    for (const auto& sentence : survey.rejected)
        out.warn(sentence);
    return grade(survey, waiting);
}

} // namespace

Command status_command() {
    Command command;
    command.name = "status";
    command.summary = "say how much redundancy is left, and which heads are there";
    command.description =
        "One screen: each head with its segments, room and state; how many packs are on how many "
        "heads; what may still be lost. Compares names only, needs no pass phrase and changes "
        "nothing. The exit code is 1 when a head is away or lacks something.";
    command.examples = {{"torgo status", "before leaving the building"}};
    command.run = [](const Context& context) {
        return run_status(context);
    };
    return command;
}

} // namespace torgo::cli
