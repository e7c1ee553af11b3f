#include "radio/document.hpp"

#include <algorithm>
#include <cmath>

namespace torgo::radio {

namespace {

const List no_list;

std::string round_number(double number) {
    auto text = std::to_string(number);
    while (text.ends_with('0'))
        text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    return text;
}

} // namespace

const double* as_number(const Value& value, double& room) {
    if (const auto* whole = std::get_if<std::int64_t>(&value.is)) {
        room = static_cast<double>(*whole);
        return &room;
    }
    const auto* number = std::get_if<double>(&value.is);
    return number != nullptr && std::isfinite(*number) ? number : nullptr;
}

Keys::Keys(const Value& table, std::string_view what)
    : m_value(table), m_what(what), m_table(std::get_if<Table>(&table.is)) {
    if (m_table == nullptr)
        refuse_at(table, std::string(what) + " must be a table");
    else
        m_used.resize(m_table->size());
}

const Value* Keys::find(std::string_view key) {
    if (m_table == nullptr) return nullptr;
    const auto found = std::ranges::find(*m_table, key, &Item::key);
    if (found == m_table->end()) return nullptr;
    m_used[static_cast<std::size_t>(found - m_table->begin())] = true;
    return &found->value;
}

bool Keys::has(std::string_view key) const {
    return m_table != nullptr && std::ranges::find(*m_table, key, &Item::key) != m_table->end();
}

// [RADIO-1], [RADIO-2]
void Keys::refuse_at(const Value& value, const std::string& why) {
    if (m_mistake.empty())
        m_mistake = std::to_string(value.line) + ":" + std::to_string(value.column) + ": " + why;
}

void Keys::refuse(std::string_view key, const std::string& why) {
    const auto* value = find(key);
    refuse_at(value != nullptr ? *value : m_value, why);
}

double Keys::number(std::string_view key, double otherwise, double min, double max) {
    const auto* value = find(key);
    if (value == nullptr) return otherwise;
    double room = 0;
    const auto* number = as_number(*value, room);
    if (number != nullptr && *number >= min && *number <= max) return *number;
    refuse_at(*value, "\"" + std::string(key) + "\" must be a number from " + round_number(min) +
                          " to " + round_number(max));
    return otherwise;
}

std::int64_t Keys::whole(std::string_view key, std::int64_t otherwise, std::int64_t min,
                         std::int64_t max) {
    const auto* value = find(key);
    if (value == nullptr) return otherwise;
    const auto* number = std::get_if<std::int64_t>(&value->is);
    if (number != nullptr && *number >= min && *number <= max) return *number;
    refuse_at(*value, "\"" + std::string(key) + "\" must be a whole number from " +
                          std::to_string(min) + " to " + std::to_string(max));
    return otherwise;
}

bool Keys::flag(std::string_view key, bool otherwise) {
    const auto* value = find(key);
    if (value == nullptr) return otherwise;
    if (const auto* flag = std::get_if<bool>(&value->is)) return *flag;
    refuse_at(*value, "\"" + std::string(key) + "\" must be true or false");
    return otherwise;
}

std::string Keys::text(std::string_view key, std::string_view otherwise) {
    const auto* value = find(key);
    if (value == nullptr) return std::string(otherwise);
    if (const auto* text = std::get_if<std::string>(&value->is)) return *text;
    refuse_at(*value, "\"" + std::string(key) + "\" must be a text");
    return std::string(otherwise);
}

std::size_t Keys::word(std::string_view key, std::initializer_list<std::string_view> words) {
    const auto text = this->text(key, *words.begin());
    const auto found = std::ranges::find(words, text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string all;
    for (const auto word : words)
        all += (all.empty() ? "" : ", ") + std::string(word);
    refuse(key, "\"" + std::string(key) + "\" must be one of: " + all);
    return 0;
}

std::vector<std::string> Keys::texts(std::string_view key) {
    std::vector<std::string> out;
    for (const auto& value : list(key)) {
        const auto* text = std::get_if<std::string>(&value.is);
        if (text == nullptr) refuse_at(value, "\"" + std::string(key) + "\" is a list of texts");
        out.push_back(text != nullptr ? *text : "");
    }
    return out;
}

std::vector<double> Keys::numbers(std::string_view key, std::size_t count) {
    std::vector<double> out;
    const auto& values = list(key);
    if (values.empty()) return out;
    for (const auto& value : values) {
        double room = 0;
        if (const auto* number = as_number(value, room)) out.push_back(*number);
    }
    if (out.size() == count && values.size() == count) return out;
    refuse(key,
           "\"" + std::string(key) + "\" must be a list of " + std::to_string(count) + " numbers");
    return {};
}

const List& Keys::list(std::string_view key) {
    const auto* value = find(key);
    if (value == nullptr) return no_list;
    if (const auto* list = std::get_if<List>(&value->is)) return *list;
    refuse_at(*value, "\"" + std::string(key) + "\" must be a list");
    return no_list;
}

const Value* Keys::table(std::string_view key) {
    return find(key);
}

// [RADIO-1]
Result<> Keys::done() {
    for (std::size_t i = 0; m_table != nullptr && i < m_table->size(); ++i)
        if (!m_used[i])
            refuse_at((*m_table)[i].value,
                      "\"" + (*m_table)[i].key + "\" is no key of " + std::string(m_what));
    if (!m_mistake.empty()) return fail(Errc::invalid_argument, m_mistake);
    return {};
}

} // namespace torgo::radio
