#include "cli/signed_roots.hpp"

#include "cli/format.hpp"
#include "cli/open.hpp"
#include "repo/head_set.hpp"
#include "repo/members.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <thread>

namespace torgo::cli {

namespace {

/// Names of roots, and which heads say that they have them.
Result<std::map<std::string, std::vector<std::size_t>>> names_by_head(repo::Repository& repository,
                                                                      std::string_view prefix) {
    std::map<std::string, std::vector<std::size_t>> out;
    auto& heads = repository.heads();
    for (std::size_t i = 0; i < heads.size(); ++i) {
        auto* head = heads.at(i);
        if (head == nullptr) continue;
        const auto names = head->list_roots(std::string(prefix));
        if (!names && heads.usable() < 2) return std::unexpected(names.error());
        if (!names) continue;
        for (const auto& name : *names)
            out[name].push_back(i);
    }
    return out;
}

template <class Record, class Open>
Result<std::vector<Found<Record>>> find(repo::Repository& repository, std::string_view prefix,
                                        Open open) {
    TRY(const auto names, names_by_head(repository, prefix));
    const auto& descriptor = repository.descriptor();
    std::vector<Found<Record>> out;
    for (const auto& [name, heads] : names) {
        const auto content = repository.heads().get_root(name);
        if (!content || name != peer::name_of_record(prefix, *content)) continue;
        auto record = open(*content, descriptor.id, descriptor.root_ml_dsa);
        if (!record) continue;
        out.push_back({.name = name,
                       .id = name.substr(prefix.size()),
                       .record = *std::move(record),
                       .heads = heads});
    }
    return out;
}

} // namespace

Result<std::vector<Found<peer::Lock>>> find_locks(repo::Repository& repository) {
    return find<peer::Lock>(repository, peer::lock_prefix, peer::open_lock);
}

Result<std::vector<Found<peer::Capability>>> find_capabilities(repo::Repository& repository) {
    return find<peer::Capability>(repository, peer::capability_prefix, peer::open_capability);
}

std::string_view grant_state(const peer::Capability& grant, const std::set<PeerId>& revoked,
                             std::int64_t now_ns) noexcept {
    if (revoked.contains(grant.client)) return "revoked";
    if (grant.not_after_ns != 0 && now_ns > grant.not_after_ns) return "ended";
    return grant_stands;
}

Result<std::set<PeerId>> find_revoked(repo::Repository& repository) {
    TRY(const auto all,
        find<peer::Revocation>(repository, peer::revocation_prefix, peer::open_revocation));
    std::set<PeerId> out;
    for (const auto& one : all)
        out.insert(one.record.client);
    return out;
}

Result<std::vector<std::size_t>> chosen_heads(const Context& context,
                                              const repo::Repository& repository,
                                              const std::vector<std::string>& words) {
    const auto& place = repository.place();
    std::vector<std::size_t> out;
    for (const auto& word : words) {
        TRY(const auto index, head_index(context, place, word));
        out.push_back(static_cast<std::size_t>(index));
    }
    if (!words.empty()) return out;
    out.resize(place.heads.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
}

std::string place_text(repo::Repository& repository, std::size_t index, const head::Head& place) {
    auto text = "head " + std::to_string(index + 1);
    if (repository.heads().at(index) != &place) text += ", member " + printable(place.uri());
    return text;
}

namespace {

/// A member may be a folder that holds another repository by now.
Result<> put_on_member(repo::Repository& repository, std::size_t index, head::Head& member,
                       const std::string& name, ByteView record) {
    TRY(const auto status, member.status());
    if (status.repository != repository.place().id || status.index != index)
        return fail(Errc::invalid_argument, "it is another head");
    return member.put_root(name, record);
}

/// How many of its places took it.
std::size_t put_on_places(const Context& context, repo::Repository& repository, std::size_t index,
                          const std::vector<head::Head*>& places, const std::string& name,
                          ByteView record) {
    std::vector<Result<>> answers(places.size());
    {
        std::vector<std::jthread> threads; // one that is gone may let us wait
        for (std::size_t i = 0; i < places.size(); ++i)
            threads.emplace_back([&, i] {
                answers[i] = put_on_member(repository, index, *places[i], name, record);
            });
    }
    std::size_t took = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        took += answers[i] ? 1U : 0U;
        if (!answers[i])
            context.out.warn(place_text(repository, index, *places[i]) +
                             " did not take it: " + printable(answers[i].error().detail()));
    }
    return took;
}

} // namespace

Taken put_on(const Context& context, repo::Repository& repository,
             const std::vector<std::size_t>& heads, const std::string& name, ByteView record) {
    Taken taken;
    for (const auto index : heads) {
        auto* const head = repository.heads().at(index);
        if (head == nullptr) {
            const auto* const away = repository.heads().why_not(index);
            context.out.warn("head " + std::to_string(index + 1) + " did not take it: " +
                             printable(away != nullptr ? away->detail() : "is away"));
            continue;
        }
        const auto places = repo::places_of_roots(*head);
        const auto took = put_on_places(context, repository, index, places, name, record);
        taken.anywhere = taken.anywhere || took != 0;
        if (took == places.size()) taken.heads.push_back(index);
    }
    return taken;
}

std::string head_numbers(const std::vector<std::size_t>& heads) {
    std::vector<std::string> texts;
    for (const auto index : heads)
        texts.push_back(std::to_string(index + 1));
    return joined(texts, ", ");
}

} // namespace torgo::cli
