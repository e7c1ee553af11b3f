#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/takeovers.hpp"
#include "crypto/hash.hpp"
#include "peer/capability.hpp"
#include "peer/node_uri.hpp"
#include "repo/head_set.hpp"

#include <algorithm>
#include <memory>

namespace torgo::cli {

namespace {

constexpr std::uint64_t kilobyte = 1000;
constexpr std::uint32_t most_kilobytes = 10'000'000;
constexpr std::size_t id_prefix_min = 4;

struct AllowArgs {
    std::string onto;
    std::string head;
    std::uint32_t rate = 1000;
    std::uint32_t every = peer::LossRule{}.audit_every_s;
    std::uint32_t misses = peer::LossRule{}.misses;
    std::uint32_t lost_after = peer::LossRule{}.lost_after_s;
    std::string label;
};

struct RevokeArgs {
    std::string id;
};

Result<> put_everywhere(repo::Repository& repository, std::string_view prefix,
                        const Bytes& record) {
    auto& heads = repository.heads();
    return heads.put_root(peer::name_of_record(prefix, record), record, heads.size());
}

/// Where the heads are. errors  where the standby would not be able to rebuild
Result<Bytes> make_places(const repo::Repository& repository, const PeerId& standby) {
    const auto places = places_for_standby(repository.place());
    std::size_t reached = 0;
    for (const auto& uri : places) {
        if (uri.empty()) continue;
        ++reached;
        TRY(const auto node, peer::parse_node_uri(uri));
        if (node.node == standby)
            return fail(Errc::invalid_argument, "this node keeps a head already: a standby is one "
                                                "more, which fails independently");
    }
    const auto needed =
        repository.descriptor().heads_to_restore() + 1U; // those, and the one that is lost
    if (reached >= needed) return peer::encode_places(places);
    return fail(Errc::too_few_heads, "a standby rebuilds from heads on nodes: of this repository " +
                                         std::to_string(reached) + " are, " +
                                         std::to_string(needed) + " are needed");
}

Result<peer::Order> make_order(const Context& context, const repo::Repository& repository,
                               const AllowArgs& args) {
    if (!names_node(args.onto))
        return fail(Errc::invalid_argument, "--onto needs the invite of a node that stands by");
    const auto& place = repository.place();
    peer::Order order;
    order.repository = place.id;
    TRY(order.standby, canonical_head(context, args.onto));
    if (!args.head.empty()) {
        TRY(const auto head, head_index(context, place, args.head));
        order.head = static_cast<unsigned>(head);
    }
    order.head_count = static_cast<unsigned>(place.heads.size());
    order.bytes_a_second = args.rate * kilobyte;
    order.rule = {
        .audit_every_s = args.every, .misses = args.misses, .lost_after_s = args.lost_after};
    order.label = args.label;
    return order;
}

/// The capability first, so that nobody is called lost because he knows of no right to audit him;
/// the order on the standby before the others, so that none is shown that nobody follows.
Result<> put_order(const Context& context, repo::Repository& repository, const peer::Order& order,
                   const Bytes& places, const crypto::SigningKey& owner, const Bytes& record) {
    TRY(const auto standby, order.standby_id());
    const peer::Capability capability{.repository = order.repository,
                                      .client = standby,
                                      .rights = {peer::Rights::read | peer::Rights::verify},
                                      .not_after_ns = 0,
                                      .label = "standby " + order.label};
    TRY(const auto right, peer::sign(capability, owner));
    CHECK_OK_WITH("every head has to know the standby: bring back those that are away",
                  put_everywhere(repository, peer::capability_prefix, right));
    TRY(const auto spare,
        context.heads.create(order.standby, {.repository = order.repository,
                                             .index = peer::spare_index,
                                             .owner = repository.descriptor().owner()}));
    CHECK_OK(spare->put_root(peer::name_of_record(peer::places_prefix, places), places));
    CHECK_OK(spare->put_root(peer::name_of_record(peer::order_prefix, record), record));
    return put_everywhere(repository, peer::order_prefix, record);
}

/// A node follows one order of a repository: its new one stands for the ones before.
void remove_older(const Context& context, repo::Repository& repository, const peer::Order& order,
                  const Digest& id) {
    const auto orders = find_orders(repository);
    if (!orders) return;
    for (const auto& one : *orders) {
        if (one.order.standby != order.standby || one.id == id) continue;
        auto removed = repository.heads().remove_root(one.name);
        if (removed)
            removed = context.heads.open(order.standby).and_then([&](const auto& spare) {
                return spare->remove_root(one.name);
            });
        if (!removed) context.out.warn(removed.error().detail());
    }
}

Result<ExitCode> run_allow(const Context& context, const AllowArgs& args) {
    TRY(const auto repository, open_unlocked(context));
    TRY(auto order, make_order(context, *repository, args));
    TRY(const auto standby, order.standby_id());
    TRY(const auto places, make_places(*repository, standby));
    order.places = crypto::sha256(places);
    TRY(const auto owner, repository->owner_key());
    TRY(const auto record, peer::sign(order, owner));
    context.account.begin(repository->place().id)
        .input("standby", order.standby)
        .output("order", "record", crypto::sha256(record));
    CHECK_OK(put_order(context, *repository, order, places, owner, record));
    TRY(const auto id, peer::id_in_name(peer::name_of_record(peer::order_prefix, record)));
    remove_older(context, *repository, order, id);
    context.out.object(Json("order_made").text("id", id.hex()).text("standby", order.standby));
    context.out.line("Order " + short_id(id.hex()) + ": " + printable(order.standby) +
                     " stands by");
    return ExitCode::ok;
}

std::string rule_text(const peer::LossRule& rule) {
    return std::to_string(rule.misses) + " audits in " + std::to_string(rule.lost_after_s) + " s";
}

std::string state_text(const FoundOrder& one, const std::vector<peer::Takeover>& takeovers) {
    const auto found = std::ranges::find(takeovers, one.id, &peer::Takeover::order);
    if (found == takeovers.end()) return "stands by";
    return "rebuilt head " + std::to_string(found->head + 1);
}

Result<ExitCode> run_list(const Context& context) {
    TRY(const auto repository, open_repository(context));
    TRY(const auto orders, find_orders(*repository));
    TRY(const auto takeovers, find_takeovers(*repository, orders));
    Table table;
    for (const auto* const title :
         {"ID", "Head", "At most", "Lost after", "State", "Label", "Standby"})
        table.column(title);
    for (const auto& one : orders) {
        const auto& order = one.order;
        const auto head =
            order.head == peer::spare_index ? std::string("any") : std::to_string(order.head + 1);
        const auto state = state_text(one, takeovers);
        table.row({short_id(one.id.hex()), head, size_text(order.bytes_a_second) + "/s",
                   rule_text(order.rule), state, printable(order.label), printable(order.standby)});
        context.out.object(Json("order")
                               .text("id", one.id.hex())
                               .text("standby", order.standby)
                               .text("head", head)
                               .number("bytes_per_second", order.bytes_a_second)
                               .number("audit_every", order.rule.audit_every_s)
                               .number("misses", order.rule.misses)
                               .number("lost_after", order.rule.lost_after_s)
                               .text("state", state)
                               .text("label", order.label));
    }
    context.out.lines(table.lines());
    return ExitCode::ok;
}

Result<FoundOrder> find_order(repo::Repository& repository, const std::string& prefix) {
    TRY(auto orders, find_orders(repository));
    std::erase_if(orders, [&](const FoundOrder& one) { return !one.id.hex().starts_with(prefix); });
    if (prefix.size() < id_prefix_min || orders.size() != 1)
        return fail(Errc::invalid_argument,
                    "\"" + prefix + "\" names no single order: see \"torgo repair list\"");
    return std::move(orders.front());
}

/// The revocation is what counts: it can not be deleted, and heal spreads it. That the order goes
/// as well saves the standby its questions.
Result<ExitCode> run_revoke(const Context& context, const RevokeArgs& args) {
    TRY(const auto repository, open_unlocked(context));
    TRY(const auto found, find_order(*repository, args.id));
    TRY(const auto standby, found.order.standby_id());
    TRY(const auto owner, repository->owner_key());
    const peer::Revocation revocation{
        .repository = found.order.repository, .client = standby, .reason = "order revoked"};
    TRY(const auto record, peer::sign(revocation, owner));
    context.account.begin(repository->place().id)
        .input("order", found.name)
        .output("revocation", "record", crypto::sha256(record));
    auto& heads = repository->heads();
    const auto needed = std::min<std::size_t>(repository->descriptor().min_heads(), heads.usable());
    CHECK_OK(heads.put_root(peer::name_of_record(peer::revocation_prefix, record), record, needed));
    auto removed = heads.remove_root(found.name);
    if (!removed) context.out.warn(removed.error().detail());
    removed = context.heads.open(found.order.standby).and_then([&](const auto& spare) {
        return spare->remove_root(found.name);
    });
    if (!removed) context.out.warn("the standby keeps the order: " + removed.error().detail());
    context.out.object(Json("order_revoked").text("id", found.id.hex()));
    context.out.line("Order " + short_id(found.id.hex()) + " revoked");
    context.out.say("The node has no right at any head any more, for good; to stand by again it "
                    "needs a new identity.");
    return ExitCode::ok;
}

Command allow_command() {
    auto args = std::make_shared<AllowArgs>();
    Command command;
    command.name = "allow";
    command.summary = "let a node rebuild a lost head while you are away";
    command.description =
        "Signs a standing order to one more node, the standby, of which you have an invite. It may "
        "read and audit the other heads from then on, as encrypted bytes. When one of them is lost "
        "by the order's rule, the standby rebuilds it on itself, and your next command says so. "
        "All heads have to be there when the order is given.";
    command.options = {
        text_option(args->onto, "onto", "INVITE",
                    "invite of the standby, or its URI where it stands by already; must be given"),
        text_option(args->head, "head", "HEAD",
                    "which head it may replace, its number from 1, or its URI; any when not given"),
        number_option(args->rate, "rate", "KB", {1, most_kilobytes},
                      "kilobytes a second at most that it reads to rebuild; 1000 when not given"),
        number_option(args->every, "every", "SECONDS", {1, peer::max_audit_every_s},
                      "between two audits of a head, about; 3600 when not given"),
        number_option(args->misses, "misses", "N", {1, peer::max_misses},
                      "audits in a row that a lost head has missed; 72 when not given"),
        number_option(args->lost_after, "lost-after", "SECONDS", {0, peer::max_lost_after_s},
                      "and for how long at least; 259200, three days, when not given"),
        text_option(args->label, "label", "TEXT", "what \"torgo repair list\" calls it")};
    command.examples = {
        {"torgo repair allow --onto torgo-invite:…", "for whichever head is lost first"},
        {"torgo repair allow --onto torgo-invite:… --head 2 --rate 200",
         "slowly, and only head 2"}};
    command.run = [args](const Context& context) {
        return run_allow(context, *args);
    };
    return command;
}

Command list_command() {
    Command command;
    command.name = "list";
    command.summary = "list the orders and what came of them";
    command.description = "Lists the orders on the heads, and which heads were rebuilt by them.";
    command.examples = {{"torgo repair list", "who stands by?"}};
    command.run = run_list;
    return command;
}

Command revoke_command() {
    auto args = std::make_shared<RevokeArgs>();
    Command command;
    command.name = "revoke";
    command.summary = "take an order back";
    command.description =
        "Takes an order back: the standby has no right at any head any more, for good. A head that "
        "it has rebuilt stays there; use it first (\"torgo heal HEAD --onto-takeover\"), as "
        "nothing "
        "leads to it afterwards.";
    command.arguments = {
        text_argument(args->id, "ID", "of \"torgo repair list\", or its first digits")};
    command.examples = {{"torgo repair revoke 1f2e3d4c", "the standby is not trusted any more"}};
    command.run = [args](const Context& context) {
        return run_revoke(context, *args);
    };
    return command;
}

} // namespace

Command repair_command() {
    Command command;
    command.name = "repair";
    command.summary = "manage who rebuilds lost heads while you are away";
    command.description = "Orders that you sign, with which nodes rebuild a lost head by "
                          "themselves. To rebuild one now: \"torgo regenerate\".";
    command.children.push_back(allow_command());
    command.children.push_back(list_command());
    command.children.push_back(revoke_command());
    return command;
}

} // namespace torgo::cli
