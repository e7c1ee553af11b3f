// Roots of a group: on every member, stored with more than half of them. [HEAD-33]
#include "place/group_head.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace torgo::place {

namespace {

struct Done {};

bool is_passing(Errc code) {
    return code == Errc::unavailable || code == Errc::timeout || code == Errc::io;
}

} // namespace

/// Always the same, so that of two who store at once both begin with the same member; those that
/// rest, last.
std::vector<std::size_t> GroupHead::roots_order() const {
    auto order = seats_to_ask(m_seats);
    std::ranges::stable_partition(order, [this](std::size_t at) { return !m_seats[at]->rests(); });
    return order;
}

/// The first member that takes it decides between two who store different bytes; then the others.
Result<> GroupHead::put_root(const std::string& name, ByteView content) {
    const auto shared = std::make_shared<const Bytes>(content.begin(), content.end());
    const auto put = [name, shared](head::Head& head) -> Result<Done> {
        CHECK_OK(head.put_root(name, *shared));
        return Done{};
    };
    std::optional<Error> reason;
    const auto note = [&](const Error& error) {
        if (!reason || error.code() == Errc::no_space) reason = error;
    };
    const auto order = roots_order();
    std::size_t next = 0;
    bool taken = false;
    for (; next < order.size() && !taken; ++next) {
        const auto first = m_seats[order[next]]->call(put);
        taken = first.has_value();
        if (taken) continue;
        const auto code = first.error().code();
        if (!is_passing(code) && code != Errc::no_space && code != Errc::read_only &&
            code != Errc::permission)
            return std::unexpected(first.error());
        note(first.error());
    }
    if (!taken && reason) return std::unexpected(*std::move(reason));
    if (!taken) return fail(Errc::unavailable, m_uri + " has no member that can be used");
    const std::vector rest(order.begin() + static_cast<std::ptrdiff_t>(next), order.end());
    std::size_t done = 1;
    bool conflict = false;
    for (const auto& answer : ask_all<Done>(m_seats, rest, majority() - 1, grace_of_writing, put)) {
        if (!answer) continue;
        if (*answer) {
            ++done;
            continue;
        }
        conflict = conflict || answer->error().code() == Errc::exists;
        note(answer->error());
    }
    if (done >= majority()) return {};
    if (conflict) return fail(Errc::exists, name + " is there with other content");
    if (!reason) return fail(Errc::unavailable, m_uri + " has too few members that can be used");
    return std::unexpected(*std::move(reason));
}

/// What a member missed while it was away is not there; so many must say `not_found` that no root
/// that was stored can be on the others alone.
Result<Bytes> GroupHead::get_root(const std::string& name) {
    if (head::is_mutable_root(name)) return get_replaceable(name);
    std::optional<Error> absent;
    std::optional<Error> failure;
    std::size_t without = 0; ///< say that it is not there
    for (const auto at : roots_order()) {
        auto content = m_seats[at]->call([&](head::Head& head) { return head.get_root(name); });
        if (content) return content;
        const auto code = content.error().code();
        if (code == Errc::invalid_argument || code == Errc::cancelled) return content;
        auto& which = code == Errc::not_found ? absent : failure;
        if (code == Errc::not_found) ++without;
        if (!which) which = std::move(content).error();
    }
    if (without + majority() > m_seats.size()) return std::unexpected(*std::move(absent));
    if (failure) return std::unexpected(*std::move(failure));
    return fail(Errc::unavailable, m_uri + " has too few members that can be used");
}

/// A member that was away may have an older one: what most of them have.
Result<Bytes> GroupHead::get_replaceable(const std::string& name) {
    const auto answers =
        ask_all<Bytes>(m_seats, seats_to_read(m_seats, majority()), majority(), grace_of_reading,
                       [name](head::Head& head) { return head.get_root(name); });
    std::map<Bytes, std::size_t> votes;
    const Bytes* best = nullptr;
    std::optional<Error> absent;
    std::optional<Error> failure;
    std::size_t without = 0; ///< say that it is not there
    for (const auto& answer : answers) {
        if (!answer) continue;
        if (!*answer) {
            const auto code = answer->error().code();
            if (code == Errc::not_found) ++without;
            (code == Errc::not_found ? absent : failure) = answer->error();
            continue;
        }
        const auto vote = votes.try_emplace(**answer).first;
        ++vote->second;
        if (best == nullptr || vote->second > votes.at(*best)) best = &vote->first;
    }
    if (best != nullptr) return *best;
    if (without + majority() > m_seats.size()) return std::unexpected(*std::move(absent));
    if (failure) return std::unexpected(*std::move(failure));
    return fail(Errc::unavailable, m_uri + " has too few members that can be used");
}

Result<std::vector<std::string>> GroupHead::list_roots(const std::string& prefix) {
    using Names = std::vector<std::string>;
    const auto enough = m_seats.size() - majority() + 1;
    const auto answers =
        ask_all<Names>(m_seats, seats_to_read(m_seats, enough), enough, grace_of_reading,
                       [prefix](head::Head& head) { return head.list_roots(prefix); });
    std::set<std::string> names;
    std::optional<Error> failure;
    std::size_t answered = 0;
    for (const auto& answer : answers) {
        if (!answer) continue;
        if (!*answer) {
            failure = answer->error();
            continue;
        }
        ++answered;
        names.insert((*answer)->begin(), (*answer)->end());
    }
    if (answered + majority() > m_seats.size()) return Names(names.begin(), names.end());
    if (failure) return std::unexpected(*std::move(failure));
    return fail(Errc::unavailable, m_uri + " has too few members that can be used");
}

/// From all of them, or it would come back with the one that was away.
Result<> GroupHead::remove_root(const std::string& name) {
    const auto answers = ask_all<Done>(m_seats, seats_to_ask(m_seats), m_seats.size(),
                                       grace_of_writing, [name](head::Head& head) -> Result<Done> {
                                           CHECK_OK(head.remove_root(name));
                                           return Done{};
                                       });
    for (const auto& answer : answers) {
        if (!answer) return fail(Errc::unavailable, m_uri + " has a member that is another head");
        if (!*answer) return std::unexpected(answer->error());
    }
    return {};
}

} // namespace torgo::place
