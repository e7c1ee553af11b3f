// Front matter says who may do what, so its YAML is read by a parser that holds to the standard,
// and everything that lets one text mean two things is refused. Events, not documents: depth and
// aliases are looked at before anything is built of them.
#include "maml/yaml.hpp"

#include "base/ensure.hpp"

#include <libfyaml.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace torgo::maml {

namespace {

constexpr std::string_view rule = "MAML-5";

void print_nothing(fy_diag* /*diag*/, void* /*user*/, const char* /*text*/, std::size_t /*size*/) {}

struct DiagEnd {
    void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

struct ParserEnd {
    void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};

using Diag = std::unique_ptr<fy_diag, DiagEnd>;
using Parser = std::unique_ptr<fy_parser, ParserEnd>;

Diag quiet_diag() {
    fy_diag_cfg settings{};
    fy_diag_cfg_default(&settings);
    settings.fp = nullptr;
    settings.output_fn = &print_nothing;
    settings.colorize = false;
    Diag diag(fy_diag_create(&settings));
    if (diag) fy_diag_set_collect_errors(diag.get(), true);
    return diag;
}

Parser make_parser(fy_diag* diag, std::string_view source) {
    fy_parse_cfg settings{};
    settings.search_path = "";
    // libfyaml takes its flags as an enumeration and gives them as bits.
    settings.flags = static_cast<fy_parse_cfg_flags>(
        static_cast<unsigned>(FYPCF_QUIET) | static_cast<unsigned>(FYPCF_DEFAULT_VERSION_1_2) |
        static_cast<unsigned>(FYPCF_JSON_NONE));
    settings.diag = diag;
    Parser parser(fy_parser_create(&settings));
    if (parser && fy_parser_set_string(parser.get(), source.data(), source.size()) != 0)
        parser.reset();
    return parser;
}

std::string text_of(fy_token* token) {
    std::size_t size = 0;
    const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &size);
    return text == nullptr ? std::string() : std::string(text, size);
}

/// Builds a Value out of events. Every step() is one event; false ends the reading.
class Builder {
public:
    Builder(const Text& text, std::size_t offset, Findings& findings)
        : m_text(text), m_offset(offset), m_findings(findings) {}

    bool step(fy_event& event) {
        switch (event.type) {
        case FYET_DOCUMENT_START:
            return start_document(event);
        case FYET_MAPPING_START:
            return plain_node(event.mapping_start.anchor, event.mapping_start.tag) &&
                   open(Value::Kind::map, event);
        case FYET_SEQUENCE_START:
            return plain_node(event.sequence_start.anchor, event.sequence_start.tag) &&
                   open(Value::Kind::list, event);
        case FYET_SCALAR:
            return plain_node(event.scalar.anchor, event.scalar.tag) && scalar(event);
        case FYET_ALIAS:
            return refuse(place(event.alias.anchor, '*'), "an alias (*name)",
                          "write the value out");
        case FYET_MAPPING_END:
        case FYET_SEQUENCE_END:
            return close();
        default:
            return true;
        }
    }

    std::optional<Value> take() {
        if (!m_root)
            refuse(m_text.place(m_offset), "the front matter is empty",
                   "write keys and values between the two lines ---");
        else if (m_root->kind != Value::Kind::map)
            refuse(m_root->place, "the front matter is no mapping", "write it as key: value");
        else
            return std::move(m_root);
        return std::nullopt;
    }

    /// What libfyaml says of the text. Its lines and columns count from 1 within the front matter.
    void refuse(const fy_diag_error* error) {
        auto at = m_text.place(m_offset);
        std::string message = "it cannot be read";
        if (error != nullptr) {
            if (error->line > 0) at.line += static_cast<std::uint32_t>(error->line - 1);
            if (error->column > 0) at.column = static_cast<std::uint32_t>(error->column);
            if (error->msg != nullptr) message = error->msg;
        }
        refuse(at, "the front matter is no YAML: " + message,
               "check indentation, quotes and brackets there");
    }

    bool refuse(Place at, std::string what, std::string mend) {
        m_findings.error(at, rule, std::move(what), std::move(mend));
        return false;
    }

private:
    struct Frame {
        Value value;
        std::set<std::string, std::less<>> names; ///< keys so far
        bool wants_value = false;
    };

    Place place(fy_event& event) const {
        const auto* mark = fy_event_start_mark(&event);
        return m_text.place(m_offset + (mark == nullptr ? 0 : mark->input_pos));
    }

    /// Of a token whose mark may stand after the sign that begins it.
    Place place(fy_token* token, char sign) const {
        const auto* mark = token == nullptr ? nullptr : fy_token_start_mark(token);
        auto at = m_offset + (mark == nullptr ? 0 : mark->input_pos);
        const auto all = m_text.str();
        if (at > m_offset && at <= all.size() && all[at - 1] == sign) --at;
        return m_text.place(at);
    }

    bool start_document(fy_event& event) {
        if (std::exchange(m_started, true))
            return refuse(place(event), "a second YAML document", "keep one");
        if (!event.document_start.implicit)
            return refuse(place(event), "a YAML directive or a document marker",
                          "take it out: the front matter is YAML 1.2 already");
        return true;
    }

    bool plain_node(fy_token* anchor, fy_token* tag) {
        if (anchor != nullptr)
            return refuse(place(anchor, '&'), "an anchor (&name)",
                          "take it out and write values out");
        if (tag != nullptr)
            return refuse(place(tag, '!'), "a tag (!name)", "take it out, and put texts in quotes");
        return true;
    }

    bool open(Value::Kind kind, fy_event& event) {
        if (m_stack.size() == yaml_depth_max)
            return refuse(place(event), "lists and maps more than 16 deep", "make it flatter");
        if (wants_key())
            return refuse(place(event), "a key that is a list or a map", "use a text as key");
        Frame frame;
        frame.value.kind = kind;
        frame.value.place = place(event);
        m_stack.push_back(std::move(frame));
        return true;
    }

    bool scalar(fy_event& event) {
        Value value;
        value.text = text_of(event.scalar.value);
        value.plain = event.scalar.value != nullptr &&
                      fy_token_scalar_style(event.scalar.value) == FYSS_PLAIN;
        // An empty scalar has no token to be somewhere.
        value.place =
            event.scalar.value == nullptr ? m_last : place(event.scalar.value, quote_of(event));
        m_last = value.place;
        return wants_key() ? key(std::move(value)) : put(std::move(value));
    }

    static char quote_of(fy_event& event) {
        switch (fy_token_scalar_style(event.scalar.value)) {
        case FYSS_SINGLE_QUOTED:
            return '\'';
        case FYSS_DOUBLE_QUOTED:
            return '"';
        default:
            return '\0'; // never in a text
        }
    }

    bool wants_key() const {
        return !m_stack.empty() && m_stack.back().value.kind == Value::Kind::map &&
               !m_stack.back().wants_value;
    }

    bool key(Value name) {
        auto& frame = m_stack.back();
        if (name.plain && name.text == "<<")
            return refuse(name.place, "a merge key (<<)", "write the keys out");
        if (!frame.names.insert(name.text).second)
            return refuse(name.place, "the key " + in_quotes(name.text) + " stands twice",
                          "keep one of them");
        frame.value.keys.push_back({.name = std::move(name.text), .place = name.place});
        frame.wants_value = true;
        return true;
    }

    bool put(Value value) {
        if (m_stack.empty()) {
            m_root = std::move(value);
            return true;
        }
        m_stack.back().value.items.push_back(std::move(value));
        m_stack.back().wants_value = false;
        return true;
    }

    bool close() {
        ENSURE(!m_stack.empty());
        auto value = std::move(m_stack.back().value);
        m_stack.pop_back();
        return put(std::move(value));
    }

    const Text& m_text;
    std::size_t m_offset;
    Findings& m_findings;
    bool m_started = false;
    Place m_last;
    std::vector<Frame> m_stack;
    std::optional<Value> m_root;
};

/// False when the builder or the parser refused; the reason is in the findings.
bool read_events(fy_parser* parser, fy_diag* diag, Builder& builder) {
    bool good = true;
    while (good) {
        auto* event = fy_parser_parse(parser);
        if (event == nullptr) break;
        const bool end = event->type == FYET_STREAM_END;
        good = builder.step(*event);
        fy_parser_event_free(parser, event);
        if (end) return good;
    }
    if (!good) return false;
    void* position = nullptr;
    builder.refuse(fy_diag_errors_iterate(diag, &position));
    return false;
}

} // namespace

const Value* Value::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(keys, name, &Key::name);
    return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

bool Value::is_null() const noexcept {
    return kind == Kind::scalar && plain &&
           (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
}

std::optional<Value> read_yaml(const Text& text, std::size_t offset, std::size_t size,
                               Findings& findings) {
    Builder builder(text, offset, findings);
    if (size > front_matter_size_max) {
        builder.refuse(text.place(offset), "the front matter has more than 64 KiB",
                       "keep data in files of their own");
        return std::nullopt;
    }
    const auto diag = quiet_diag();
    const auto parser = diag ? make_parser(diag.get(), text.str().substr(offset, size)) : Parser();
    if (!parser) {
        builder.refuse(text.place(offset), "there is no memory to read it", "close something");
        return std::nullopt;
    }
    if (!read_events(parser.get(), diag.get(), builder)) return std::nullopt;
    return builder.take();
}

} // namespace torgo::maml
