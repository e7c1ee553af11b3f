#include "cli/own_receipts.hpp"

#include "base/version.hpp"
#include "crypto/tls.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "peer/identity.hpp"

#include <charconv>

namespace torgo::cli {

namespace {

constexpr std::string_view no_ledger = "none";

/// RECEIPT-21
markup::Outcome outcome_of(const Result<ExitCode>& result) {
    using markup::Outcome;
    if (!result)
        return result.error().code() == Errc::cancelled ? Outcome::stopped : Outcome::failed;
    switch (*result) {
    case ExitCode::ok:
        return Outcome::ok;
    case ExitCode::incomplete:
        return Outcome::incomplete;
    case ExitCode::interrupted:
        return Outcome::stopped;
    default:
        return Outcome::failed;
    }
}

markup::Receipt facts_of(const Context& context, const Account& account,
                         const Result<ExitCode>& result) {
    auto out = facts_so_far(context, account);
    out.outcome = outcome_of(result);
    if (!result)
        out.error = std::string(name(result.error().code())) + ": " + result.error().detail();
    return out;
}

std::string ledger_url(const Context& context, const OwnReceipts& own) {
    if (!context.globals.ledger.empty()) return context.globals.ledger;
    return "sqlite://" + own.folder.path() + "/ledger.sqlite";
}

Result<markup::SignedReceipt> try_to_leave(const Context& context, const Account& account,
                                           const Result<ExitCode>& result) {
    TRY(auto own, own_receipts(context));
    return keep_receipt(context, own, facts_of(context, account, result));
}

} // namespace

Result<markup::SignedReceipt> keep_receipt(const Context& context, OwnReceipts& own,
                                           markup::Receipt facts) {
    TRY(auto kept, own.folder.append(std::move(facts), own.key, *context.world.random));
    const auto url = ledger_url(context, own);
    if (url == no_ledger) return kept;
    auto written =
        receipts::Ledger::open(url).and_then([&](const auto& ledger) { return ledger->put(kept); });
    if (written) return kept;
    const auto number = std::to_string(kept.receipt.number);
    if (written.error().code() == Errc::exists)
        context.out.warn(written.error().detail() +
                         ": receipts were taken away or replaced, and \"torgo receipt verify\" "
                         "says which; receipt " +
                         number + " is not in the ledger");
    else
        context.out.warn("receipt " + number +
                         " is not in the ledger yet: " + written.error().detail());
    return kept;
}

markup::Receipt facts_so_far(const Context& context, const Account& account) {
    auto out = account.facts();
    out.command = context.command;
    out.program = std::string("torgo ") + version;
    out.host = context.environment.host();
    out.user = context.environment.user();
    out.ended_ns = context.world.clock->wall_ns();
    return out;
}

Result<OwnReceipts> own_receipts(const Context& context) {
    TRY(auto state, context.environment.state_folder());
    CHECK_OK(env::make_directories(*context.world.files, state));
    TRY(auto key, peer::load_signing_key(context.world, state + "/identity"));
    receipts::Folder folder(*context.world.files, *context.world.clock, state + "/receipts");
    const auto author = crypto::peer_id_of(key.public_key());
    return OwnReceipts{std::move(folder), std::move(state), author, std::move(key)};
}

Result<std::optional<std::uint64_t>> receipt_number(const receipts::Folder& folder,
                                                    const std::string& word) {
    if (word == "latest") {
        TRY(const auto newest, folder.newest());
        if (!newest) return fail(Errc::not_found, "this machine has no receipt yet");
        return newest;
    }
    std::uint64_t number = 0;
    const auto* end = word.data() + word.size();
    const auto [stopped, problem] = std::from_chars(word.data(), end, number);
    if (problem != std::errc{} || stopped != end) return std::optional<std::uint64_t>{};
    return std::optional(number);
}

Result<std::unique_ptr<receipts::Ledger>> open_ledger(const Context& context,
                                                      const OwnReceipts& own) {
    const auto url = ledger_url(context, own);
    if (url == no_ledger) return fail(Errc::not_found, "there is no ledger: --ledger is none");
    CHECK_OK(context.world.files->make_directory(own.folder.path(), true));
    TRY(auto ledger, receipts::Ledger::open(url));
    CHECK_OK(receipts::catch_up(*ledger, own.folder, own.author));
    return ledger;
}

std::optional<markup::SignedReceipt> leave_receipt(const Context& context, const Account& account,
                                                   const Result<ExitCode>& result) {
    if (!account.begun()) return std::nullopt;
    auto left = try_to_leave(context, account, result);
    if (left) return *std::move(left);
    context.out.warn("no receipt could be left of this: " + left.error().detail());
    return std::nullopt;
}

std::optional<markup::SignedReceipt> leave_receipt(const Context& context,
                                                   const Result<ExitCode>& result) {
    return leave_receipt(context, context.account, result);
}

} // namespace torgo::cli
