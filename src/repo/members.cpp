#include "repo/members.hpp"

#include "repo/limits.hpp"

#include <thread>

namespace torgo::repo {

namespace {

Result<SegmentNames> list_wanted(head::Head& head, const SegmentNames& wanted) {
    SegmentNames out;
    CHECK_OK(for_each_page(head, [&](std::span<const SegmentId> page) {
        for (const auto& id : page)
            if (wanted.contains(id)) out.insert(id);
    }));
    return out;
}

} // namespace

Result<> for_each_page(head::Head& head,
                       const std::function<void(std::span<const SegmentId>)>& take) {
    std::size_t count = 0;
    for (SegmentId after;;) {
        TRY(const auto page, head.list_segments(after, head::max_list_page));
        if (page.empty()) return {};
        count += page.size();
        if (count > limits::segments_listed_max)
            return fail(Errc::limit_exceeded,
                        head.uri() + " lists more segments than any head has");
        take(page);
        after = page.back();
    }
}

std::vector<head::Head*> places_of_roots(head::Head& head) {
    std::vector<head::Head*> out;
    for (const auto& member : head.members())
        out.push_back(member.head);
    if (out.empty()) out.push_back(&head);
    return out;
}

bool is_away(const Error& error) noexcept {
    return error.code() == Errc::unavailable || error.code() == Errc::timeout ||
           error.code() == Errc::not_a_repository;
}

std::vector<MemberLook> look_at_members(head::Head& head) {
    std::vector<MemberLook> out;
    for (const auto& member : head.members())
        out.push_back({.head = member.head, .domain = member.domain, .away = {}});
    std::vector<std::jthread> threads; // one that is gone may let us wait
    for (auto& look : out)
        threads.emplace_back([&look] {
            if (auto usable = look.head->probe(); !usable) look.away = std::move(usable).error();
        });
    return out;
}

std::vector<MemberListing> list_members(head::Head& head, const SegmentNames& wanted) {
    std::vector<MemberListing> out;
    for (const auto& member : head.members())
        out.push_back(
            {.look = {.head = member.head, .domain = member.domain, .away = {}}, .names = {}});
    if (out.empty())
        out.push_back({.look = {.head = &head, .domain = {}, .away = {}}, .names = {}});
    std::vector<std::jthread> threads;
    for (auto& one : out)
        threads.emplace_back([&one, &wanted] {
            auto names = list_wanted(*one.look.head, wanted);
            if (names)
                one.names = *std::move(names);
            else
                one.look.away = std::move(names).error();
        });
    return out;
}

} // namespace torgo::repo
