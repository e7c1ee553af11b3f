#include "cli/workflow_arguments.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

using gospel::Value;
using Kind = Parameter::Kind;

constexpr unsigned char first_printable = 0x20;
constexpr unsigned char delete_character = 0x7F;

bool is_list(const Parameter& wanted) {
    return wanted.kind == Kind::texts || wanted.kind == Kind::files;
}

bool is_absent(const Parameter& wanted, const Value& value) {
    return wanted.optional &&
           (value.is(Value::Kind::none) ||
            (is_list(wanted) && value.is(Value::Kind::list) && value.items().empty()));
}

bool is_text(const Value& value, std::int64_t most) {
    const auto size = static_cast<std::int64_t>(value.as_text().size());
    return value.is(Value::Kind::text) && size >= 1 && size <= most;
}

/// Nothing that a terminal, a log or a receipt would take for the end of the line.
bool is_line(const Value& value, std::int64_t most) {
    return is_text(value, most) && std::ranges::none_of(value.as_text(), [](unsigned char c) {
               return c < first_printable || c == delete_character;
           });
}

bool fits(const Parameter& wanted, const Value& value) {
    switch (wanted.kind) {
    case Kind::text:
    case Kind::file:
        return is_line(value, wanted.most);
    case Kind::texts:
    case Kind::files:
        return value.is(Value::Kind::list) && !value.items().empty() &&
               static_cast<std::int64_t>(value.items().size()) <= wanted.most &&
               std::ranges::all_of(
                   value.items(), [](const Value& one) { return is_line(one, workflow_text_max); });
    case Kind::lines:
        return is_text(value, wanted.most);
    case Kind::number:
        return value.is(Value::Kind::integer) && value.as_integer() >= wanted.least &&
               value.as_integer() <= wanted.most;
    case Kind::real:
        return value.is(Value::Kind::real) || value.is(Value::Kind::integer);
    }
    return false;
}

std::string line_words(std::int64_t most) {
    return "text of 1 to " + std::to_string(most) + " bytes without control characters";
}

std::string wish(const Parameter& wanted) {
    const auto most = std::to_string(wanted.most);
    switch (wanted.kind) {
    case Kind::text:
    case Kind::file:
        return "a " + line_words(wanted.most);
    case Kind::texts:
    case Kind::files:
        return "a list of 1 to " + most + " items, each a " + line_words(workflow_text_max);
    case Kind::lines:
        return "a text of 1 to " + most + " bytes";
    case Kind::number:
        return "a whole number from " + std::to_string(wanted.least) + " to " + most;
    case Kind::real:
        return "a number";
    }
    return "";
}

std::string names_of(const Parameters& takes) {
    std::string out;
    for (const auto& one : takes)
        out += (out.empty() ? "" : ", ") + std::string(one.name);
    return out.empty() ? "nothing" : out;
}

Result<> check_one(const std::string& service, const Parameters& takes, const std::string& name,
                   const Value& value) {
    const auto wanted = std::ranges::find(takes, name, &Parameter::name);
    if (wanted == takes.end())
        return fail(Errc::invalid_argument, service + " takes no " +
                                                gospel::quote(Value::text(name)) + "; it takes " +
                                                names_of(takes));
    if (is_absent(*wanted, value) || fits(*wanted, value)) return {};
    return fail(Errc::invalid_argument, service + ": " + name + " has to be " + wish(*wanted) +
                                            ", and is " + gospel::quote(value));
}

} // namespace

Result<> check_arguments(std::string_view service, const Parameters& takes, const Value& given) {
    const std::string who(service);
    if (!given.is(Value::Kind::record))
        return fail(Errc::invalid_argument,
                    who + ": arguments have names; they are no " + gospel::quote(given));
    for (std::size_t i = 0; i < given.names().size(); ++i)
        CHECK_OK(check_one(who, takes, given.names()[i], given.items()[i]));
    for (const auto& one : takes) {
        if (!one.optional && given.field(one.name) == nullptr)
            return fail(Errc::invalid_argument,
                        who + " needs " + std::string(one.name) + ": " + wish(one));
    }
    return {};
}

std::vector<std::string> texts_of(const Value& record, std::string_view name) {
    std::vector<std::string> out;
    const auto* field = record.field(name);
    if (field == nullptr) return out;
    if (field->is(Value::Kind::text)) out.emplace_back(field->as_text());
    if (field->is(Value::Kind::integer)) out.push_back(std::to_string(field->as_integer()));
    if (field->is(Value::Kind::list))
        for (const auto& item : field->items())
            out.emplace_back(item.as_text());
    return out;
}

std::int64_t whole_field(const Value& record, std::string_view name, std::int64_t otherwise) {
    const auto* field = record.field(name);
    return field != nullptr && field->is(Value::Kind::integer) ? field->as_integer() : otherwise;
}

double real_field(const Value& record, std::string_view name) {
    const auto* field = record.field(name);
    if (field == nullptr) return 0;
    return field->is(Value::Kind::real) ? field->as_real()
                                        : static_cast<double>(field->as_integer());
}

} // namespace torgo::cli
