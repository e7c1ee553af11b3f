#include "node/bin.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <tuple>

namespace torgo::node {

namespace {

constexpr unsigned number_max = 100'000; ///< of one name on one day

std::string folder_name(Bin::Day day) {
    std::array<char, 16> text{};
    const auto size = std::snprintf(text.data(), text.size(), "%08x", day);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<Bin::Day> parse_folder(const std::string& name) {
    Bin::Day day = 0;
    const auto* const end = name.data() + name.size();
    const auto [stopped, problem] = std::from_chars(name.data(), end, day, 16);
    if (problem != std::errc{} || stopped != end || folder_name(day) != name) return std::nullopt;
    return day;
}

/// "name~12"
void split_number(Bin::Item& item) {
    const auto mark = item.name.rfind('~');
    if (mark == std::string::npos) return;
    const auto* const end = item.name.data() + item.name.size();
    (void)std::from_chars(item.name.data() + mark + 1, end, item.number);
    item.name.resize(mark);
}

} // namespace

Result<std::string> Bin::place_for(const std::string& name, Day day) {
    const auto folder = m_path + "/" + folder_name(day);
    CHECK_OK(m_files.make_directory(m_path));
    CHECK_OK(m_files.make_directory(folder));
    CHECK_OK(m_files.sync_directory(env::parent_path(m_path)));
    CHECK_OK(m_files.sync_directory(m_path));
    for (unsigned number = 0; number < number_max; ++number) {
        auto path = folder + "/" + name + (number == 0 ? "" : "~" + std::to_string(number));
        const auto status = m_files.status(path);
        if (!status && status.error().code() == Errc::not_found) return path;
        if (!status) return std::unexpected(status.error());
    }
    return fail(Errc::limit_exceeded, "this was deleted too often today");
}

Result<> Bin::take(const std::string& file, const std::string& name, Day day) {
    TRY(const auto place, place_for(name, day));
    CHECK_OK(m_files.rename(file, place));
    return m_files.sync_directory(env::parent_path(place));
}

Result<> Bin::copy(ByteView content, const std::string& name, Day day) {
    TRY(const auto place, place_for(name, day));
    return env::write_file_atomically(m_files, place, content);
}

Result<std::vector<Bin::Item>> Bin::items() const {
    std::vector<Item> out;
    const auto days = m_files.list(m_path);
    if (!days && days.error().code() == Errc::not_found) return out;
    if (!days) return std::unexpected(days.error());
    for (const auto& entry : *days) {
        const auto day = parse_folder(entry.name);
        if (!day) continue;
        const auto folder = m_path + "/" + entry.name;
        TRY(const auto files, m_files.list(folder));
        for (const auto& file : files) {
            Item item{.day = *day, .name = file.name, .path = folder + "/" + file.name};
            TRY(const auto status, m_files.status(item.path));
            item.size = status.size;
            split_number(item);
            out.push_back(std::move(item));
        }
    }
    std::ranges::sort(out, {},
                      [](const Item& one) { return std::tuple(one.day, one.name, one.number); });
    return out;
}

void Bin::empty_day(const std::string& folder, Emptied& emptied) {
    const auto left = [&](const Error& error) {
        ++emptied.failed;
        emptied.last = error;
    };
    const auto files = m_files.list(folder);
    if (!files) return left(files.error());
    for (const auto& file : *files) {
        const auto path = folder + "/" + file.name;
        const auto status = m_files.status(path);
        const auto removed = status.and_then([&](const auto&) { return m_files.remove(path); });
        if (!removed) {
            left(removed.error());
            continue;
        }
        ++emptied.items;
        emptied.bytes += status->size;
    }
    (void)m_files.remove_directory(folder); // once it is empty
}

// NODE-9: one that can not be removed must not keep the others here.
Bin::Emptied Bin::empty(Day day) {
    Emptied out;
    const auto days = m_files.list(m_path);
    if (!days && days.error().code() == Errc::not_found) return out;
    if (!days) return {.items = 0, .bytes = 0, .failed = 1, .last = days.error()};
    for (const auto& entry : *days)
        if (const auto one = parse_folder(entry.name); one && *one < day)
            empty_day(m_path + "/" + entry.name, out);
    return out;
}

} // namespace torgo::node
