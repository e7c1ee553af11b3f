// The only file that names jsoncons. Whatever it throws ends here. Keywords whose cost it does not
// bound (patterns run as backtracking regular expressions on the stack) or that reach outside are
// refused before it sees them.
#include "maml/schema.hpp"

#include <jsoncons/json.hpp>
#include <jsoncons/json_cursor.hpp>
#include <jsoncons_ext/jsonschema/jsonschema.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace torgo::maml {

namespace {

using jsoncons::json;

constexpr std::size_t problems_most = 20;
constexpr std::string_view dialect = "https://json-schema.org/draft/2020-12/schema";
constexpr std::string_view definitions = "#/$defs/";

/// Something wrong with a JSON text; line and column are its own, from 1, or 0 where none is known.
struct Fault {
    std::string rule;
    std::string what;
    std::string mend;
    std::size_t line = 0;
    std::size_t column = 0;
};

jsoncons::json_options json_options() {
    jsoncons::json_options options;
    options.max_nesting_depth(static_cast<int>(json_depth_max));
    options.err_handler(jsoncons::strict_json_parsing());
    return options;
}

/// [MAML-28] One meaning only: no key twice. Throws what jsoncons throws.
std::optional<Fault> find_twice(std::string_view text) {
    std::vector<std::set<std::string>> open;
    jsoncons::json_string_cursor cursor(text, json_options());
    for (; !cursor.done(); cursor.next()) {
        const auto& event = cursor.current();
        switch (event.event_type()) {
        case jsoncons::staj_event_type::begin_object:
        case jsoncons::staj_event_type::begin_array:
            open.emplace_back();
            break;
        case jsoncons::staj_event_type::end_object:
        case jsoncons::staj_event_type::end_array:
            open.pop_back();
            break;
        case jsoncons::staj_event_type::key: {
            auto key = event.get<std::string>();
            if (!open.back().insert(key).second)
                return Fault{.rule = "MAML-28",
                             .what = "the key " + in_quotes(key) + " stands twice",
                             .mend = "keep one of them",
                             .line = cursor.context().line(),
                             .column = cursor.context().column()};
            break;
        }
        default:
            break;
        }
    }
    return std::nullopt;
}

std::expected<json, Fault> read_json(std::string_view text, std::size_t size_max) {
    if (text.size() > size_max)
        return std::unexpected(
            Fault{.rule = "MAML-28",
                  .what = "the JSON has more than " + std::to_string(size_max) + " bytes",
                  .mend = "make it smaller"});
    try {
        if (auto fault = find_twice(text)) return std::unexpected(*std::move(fault));
        return json::parse(text, json_options());
    } catch (const jsoncons::ser_error& error) {
        return std::unexpected(Fault{.rule = "MAML-28",
                                     .what = "this is no JSON: " + error.code().message(),
                                     .mend = "check quotes, commas and brackets there",
                                     .line = error.line(),
                                     .column = error.column()});
    } catch (const std::exception& error) {
        return std::unexpected(Fault{.rule = "MAML-28",
                                     .what = std::string("this is no JSON: ") + error.what(),
                                     .mend = "check quotes, commas and brackets there"});
    }
}

/// It, and all below it.
std::size_t values_in(const json& value) {
    std::size_t out = 1;
    if (value.is_array())
        for (const auto& item : value.array_range())
            out += values_in(item);
    if (value.is_object())
        for (const auto& member : value.object_range())
            out += values_in(member.value());
    return out;
}

/// [MAML-29] Looks at every subschema, following $ref, and counts.
class Walker {
public:
    explicit Walker(const json& root) : m_root(root) {}

    std::optional<Fault> run() {
        m_all = ways(m_root, "");
        return m_fault;
    }

    /// What judging one value takes at most. Only where run() found nothing.
    std::size_t work() const { return m_all.work; }

    /// Ways to subschemas that want the elements of an array to differ.
    std::size_t unique() const { return m_all.unique; }

private:
    static bool names_schemas(std::string_view key) {
        return key == "properties" || key == "$defs" || key == "dependentSchemas";
    }

    static bool holds_data(std::string_view key) {
        return key == "const" || key == "enum" || key == "default" || key == "examples" ||
               key == "dependentRequired";
    }

    static bool refused(std::string_view key) {
        return key == "pattern" || key == "patternProperties" || key == "$id" || key == "$anchor" ||
               key == "$dynamicRef" || key == "$dynamicAnchor" || key == "$vocabulary" ||
               key == "definitions";
    }

    void fault(const std::string& path, std::string what, std::string mend) {
        if (!m_fault)
            m_fault = Fault{.rule = "MAML-29",
                            .what = std::move(what) + " at " + in_quotes(path.empty() ? "/" : path),
                            .mend = std::move(mend)};
    }

    struct Weight {
        std::size_t count = 0; ///< subschemas, once for each way to them
        std::size_t depth = 0; ///< of them, one below the other
        std::size_t work = 0;  ///< subschemas and values of their data
        std::size_t unique = 0;

        void add(const Weight& other) {
            // Capped just past the bounds: no sum can run over.
            count = std::min(count + other.count, schema_ways_max + 1);
            depth = std::max(depth, other.depth);
            work = std::min(work + other.work, judge_work_max + 1);
            unique = std::min(unique + other.unique, schema_ways_max + 1);
        }
    };

    void too_deep(const std::string& path) {
        fault(path, "subschemas more than 128 deep", "use fewer $ref, one below the other");
    }

    /// What a schema leads to.
    Weight ways(const json& schema, const std::string& path) {
        if (m_fault || !schema.is_object()) return {.count = 1, .depth = 1, .work = 1};
        if (++m_depth > schema_depth_max) too_deep(path);
        Weight all;
        for (const auto& member : schema.object_range()) {
            if (m_fault) break;
            all.add(of_member(member.key(), member.value(), path));
        }
        --m_depth;
        ++all.count;
        ++all.depth;
        ++all.work;
        if (all.count > schema_ways_max)
            fault(path, "the schema leads to more than 10,000 subschemas", "use fewer $ref");
        return all;
    }

    Weight of_member(const std::string& key, const json& value, const std::string& path) {
        const auto below = path + "/" + key;
        if (refused(key)) {
            fault(below, "the keyword " + in_quotes(key) + " is not supported",
                  "take it out; use enum, const, minLength or $defs");
            return {};
        }
        if (key == "$schema") check_dialect(value, below);
        if (key == "uniqueItems") return {.work = 1, .unique = 1};
        if (key == "$ref") return of_reference(value, below);
        // Definitions count where they are used; here they are only looked at.
        if (key == "$defs") return path.empty() ? of_definitions(value) : misplaced(below);
        if (holds_data(key)) return {.work = values_in(value)};
        if (names_schemas(key)) return of_all(value, below);
        if (value.is_array()) return of_all(value, below);
        return value.is_object() ? ways(value, below) : Weight{};
    }

    Weight misplaced(const std::string& path) {
        fault(path, "$defs stands within a subschema", "move it to the top");
        return {};
    }

    Weight of_all(const json& values, const std::string& path) {
        Weight all;
        if (values.is_array())
            for (const auto& value : values.array_range())
                all.add(ways(value, path));
        if (values.is_object())
            for (const auto& member : values.object_range())
                all.add(ways(member.value(), path + "/" + member.key()));
        return all;
    }

    Weight of_definitions(const json& values) {
        if (!values.is_object()) return {};
        for (const auto& member : values.object_range())
            (void)of_definition(member.key());
        return {};
    }

    Weight of_reference(const json& value, const std::string& path) {
        const auto target = value.is_string() ? value.as<std::string>() : std::string();
        const auto name = target.starts_with(definitions) ? target.substr(definitions.size()) : "";
        if (name.empty() || name.find_first_of("/~%") != std::string::npos) {
            fault(path, "$ref " + in_quotes(target) + " leads elsewhere",
                  "write \"#/$defs/NAME\" and define it at the top");
            return {};
        }
        return of_definition(name);
    }

    /// Each definition is counted once; one that leads to itself would be followed for ever.
    Weight of_definition(const std::string& name) {
        const auto path = "/$defs/" + name;
        const auto known = m_known.find(name);
        if (known != m_known.end()) {
            if (!known->second) fault(path, "a definition that leads to itself", "end the circle");
            const auto weight = known->second.value_or(Weight{});
            if (m_depth + weight.depth > schema_depth_max) too_deep(path);
            return weight;
        }
        const auto* schema = definition(name);
        if (schema == nullptr) {
            fault(path, "this definition is missing", "add it under $defs");
            return {};
        }
        m_known[name] = std::nullopt;
        const auto weight = ways(*schema, path);
        m_known[name] = weight;
        return weight;
    }

    const json* definition(const std::string& name) const {
        if (!m_root.contains("$defs")) return nullptr;
        const auto& all = m_root.at("$defs");
        return all.is_object() && all.contains(name) ? &all.at(name) : nullptr;
    }

    void check_dialect(const json& value, const std::string& path) {
        const auto text = value.is_string() ? value.as<std::string>() : std::string();
        if (text != dialect && text != std::string(dialect) + "#")
            fault(path, "the schema is of another dialect: " + in_quotes(text),
                  "write \"" + std::string(dialect) + "\" or nothing");
    }

    const json& m_root;
    std::map<std::string, std::optional<Weight>, std::less<>> m_known;
    std::size_t m_depth = 0; ///< of the way to where it is now
    Weight m_all;
    std::optional<Fault> m_fault;
};

using Compiled = jsoncons::jsonschema::json_schema<json>;

struct Judge {
    Compiled compiled;
    std::size_t work = 0;   ///< for each value
    std::size_t unique = 0; ///< for each comparison of two elements
};

std::expected<Judge, Fault> compile(std::string_view text) {
    auto document = read_json(text, schema_size_max);
    if (!document) return std::unexpected(document.error());
    Walker walker(*document);
    if (auto fault = walker.run()) return std::unexpected(*std::move(fault));
    try {
        return Judge{.compiled = jsoncons::jsonschema::make_json_schema(*std::move(document)),
                     .work = walker.work(),
                     .unique = walker.unique()};
    } catch (const std::exception& error) {
        return std::unexpected(Fault{.rule = "MAML-29",
                                     .what = std::string("this is no JSON Schema: ") + error.what(),
                                     .mend = "see JSON Schema 2020-12"});
    }
}

bool has_long_array(const json& value) {
    if (value.is_array())
        return value.size() > unique_items_max ||
               std::ranges::any_of(value.array_range(), has_long_array);
    if (!value.is_object()) return false;
    return std::ranges::any_of(value.object_range(),
                               [](const auto& member) { return has_long_array(member.value()); });
}

/// Values that are compared where the elements of every array must differ. `values`: as
/// values_in(), from the same walk.
std::size_t comparisons(const json& value, std::size_t& values) {
    std::size_t out = 0;
    std::size_t own = 1;
    if (value.is_array()) {
        for (const auto& item : value.array_range())
            out += comparisons(item, own);
        out += value.size() * own;
    }
    if (value.is_object())
        for (const auto& member : value.object_range())
            out += comparisons(member.value(), own);
    values += own;
    return out;
}

/// errors  `limit_exceeded`
Result<> check_work(const Judge& judge, const json& value) {
    if (judge.unique > 0 && has_long_array(value))
        return fail(Errc::limit_exceeded, "an array of more than 1,000 elements, and the schema "
                                          "compares each with each");
    std::size_t values = 0;
    const auto compared = comparisons(value, values);
    // No product runs over: the JSON has at most 2^20 bytes and 64 levels.
    if (judge.work * values + judge.unique * compared <= judge_work_max) return {};
    return fail(Errc::limit_exceeded, std::to_string(values) +
                                          " values are too many for this schema: use fewer "
                                          "subschemas, or smaller data");
}

Error error_of(const Fault& fault) {
    const auto place = fault.line == 0
                           ? std::string()
                           : std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": ";
    return Error(Errc::invalid_argument, place + fault.what + "; " + fault.mend);
}

} // namespace

std::size_t balanced_size(std::string_view text) noexcept {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (in_string) {
            if (text[i] == '\\')
                ++i;
            else if (text[i] == '"')
                in_string = false;
        } else if (text[i] == '"') {
            in_string = true;
        } else if (text[i] == '{') {
            ++depth;
        } else if (text[i] == '}' && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

void check_schema(const Text& text, std::size_t offset, std::size_t size, Findings& findings) {
    const auto compiled = compile(text.str().substr(offset, size));
    if (compiled) return;
    const auto& fault = compiled.error();
    auto place = text.place(offset);
    if (fault.line > 0) {
        const auto column = static_cast<std::uint32_t>(std::max<std::size_t>(fault.column, 1));
        place.column = fault.line == 1 ? place.column + column - 1 : column;
        place.line += static_cast<std::uint32_t>(fault.line - 1);
    }
    findings.error(place, fault.rule, fault.what, fault.mend);
}

struct Schema::State {
    Judge judge;
};

Schema::Schema(std::unique_ptr<State> state) : m_state(std::move(state)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Result<Schema> Schema::make(std::string_view json) {
    auto compiled = compile(json);
    if (!compiled) return std::unexpected(error_of(compiled.error()));
    return Schema(std::make_unique<State>(State{.judge = *std::move(compiled)}));
}

Result<std::vector<std::string>> Schema::judge(std::string_view json) const {
    const auto value = read_json(json, json_size_max);
    if (!value) return std::unexpected(error_of(value.error()));
    CHECK_OK(check_work(m_state->judge, *value));
    std::vector<std::string> problems;
    try {
        m_state->judge.compiled.validate(
            *value, [&](const jsoncons::jsonschema::validation_message& message) {
                const auto path = message.instance_location().string();
                problems.push_back((path.empty() ? "/" : path) + ": " + message.message());
                return problems.size() < problems_most ? jsoncons::jsonschema::walk_result::advance
                                                       : jsoncons::jsonschema::walk_result::abort;
            });
    } catch (const std::exception& error) {
        return fail(Errc::invalid_argument, std::string("judging failed: ") + error.what());
    }
    return problems;
}

} // namespace torgo::maml
