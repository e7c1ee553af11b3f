#include "repo/members.hpp"

#include <thread>

namespace torgo::repo {

namespace {

constexpr std::size_t names_a_page = 8192;

Result<SegmentNames> list_all(head::Head& head) {
    SegmentNames out;
    SegmentId after;
    for (;;) {
        TRY(const auto page, head.list_segments(after, names_a_page));
        if (page.empty()) return out;
        out.insert(page.begin(), page.end());
        after = page.back();
    }
}

} // namespace

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

std::vector<MemberListing> list_members(head::Head& head) {
    std::vector<MemberListing> out;
    for (const auto& member : head.members())
        out.push_back(
            {.look = {.head = member.head, .domain = member.domain, .away = {}}, .names = {}});
    if (out.empty())
        out.push_back({.look = {.head = &head, .domain = {}, .away = {}}, .names = {}});
    std::vector<std::jthread> threads;
    for (auto& one : out)
        threads.emplace_back([&one] {
            auto names = list_all(*one.look.head);
            if (names)
                one.names = *std::move(names);
            else
                one.look.away = std::move(names).error();
        });
    return out;
}

} // namespace torgo::repo
