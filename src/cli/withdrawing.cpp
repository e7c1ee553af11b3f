#include "cli/withdrawing.hpp"

#include "cli/signed_roots.hpp"
#include "repo/head_set.hpp"
#include "repo/members.hpp"
#include "repo/withdrawal.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

/// On every member of a group. One that does not fit its name is as good as none.
bool has_everywhere(head::Head& head, const Withdrawal& wanted) {
    return std::ranges::all_of(repo::places_of_roots(head), [&](head::Head* place) {
        const auto there = place->get_root(wanted.name);
        return there && *there == wanted.record;
    });
}

} // namespace

Result<Withdrawal> look_for_withdrawal(repo::Repository& repository, const SnapshotId& snapshot) {
    Withdrawal out;
    TRY(const auto owner, repository.owner_key());
    TRY(out.record, repo::sign_withdrawal(repository.descriptor().id, snapshot, owner));
    out.name = repo::withdrawal_name(out.record);
    auto& heads = repository.heads();
    for (std::size_t i = 0; i < heads.size(); ++i) {
        auto* const head = heads.at(i);
        if (head == nullptr)
            out.away.push_back(i);
        else if (has_everywhere(*head, out))
            ++out.having;
        else
            out.lacking.push_back(i);
    }
    return out;
}

Result<std::size_t> put_withdrawal(const Context& context, repo::Repository& repository,
                                   const Withdrawal& withdrawal) {
    auto wanted = withdrawal.lacking;
    wanted.insert(wanted.end(), withdrawal.away.begin(), withdrawal.away.end());
    const auto took = put_on(context, repository, wanted, withdrawal.name, withdrawal.record);
    if (!took.anywhere && withdrawal.having == 0)
        return fail(Errc::unavailable, "no head took the withdrawal");
    return withdrawal.having + took.heads.size();
}

bool is_gone_on_from(const std::vector<repo::Snapshot>& all, const SnapshotId& snapshot) {
    return std::ranges::any_of(
        all, [&](const auto& one) { return std::ranges::contains(one.parents, snapshot); });
}

} // namespace torgo::cli
