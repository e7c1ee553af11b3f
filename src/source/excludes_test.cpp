// SPDX-License-Identifier: MIT
#include "source/excludes.hpp"
#include "source/glob.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <span>

namespace torgo::source {

namespace {

bool excluded(const std::vector<std::string>& patterns, const std::string& path,
              bool directory = false) {
    const auto parsed = Excludes::parse(patterns, {});
    EXPECT_TRUE(parsed.has_value()) << parsed.error().detail();
    return parsed && parsed->excluded(path, directory);
}

std::string refusal(const std::string& pattern) {
    const auto parsed = Excludes::parse({pattern}, {});
    if (parsed) return "accepted";
    return std::string(name(parsed.error().code())) + " " + parsed.error().detail();
}

struct Case {
    std::string pattern;
    std::string path;
    bool directory;
    bool excluded;
};

/// docs/spec/excludes.md 7, and more.
const std::vector<Case> cases{
    {"*.o", "/src/a/b.o", false, true},
    {"*.o", "/src/a.o/keep", false, false},
    {"*.o", "/.o", false, true},
    {"*.o", "/o", false, false},
    {"build", "/src/build", false, true},
    {"build", "/src/build", true, true},
    {"build", "/src/rebuild", true, false},
    {"build", "/src/building", true, false},
    {"build/", "/src/build", false, false},
    {"build/", "/src/build", true, true},
    {"/build", "/src/build", true, false},
    {"/build", "/build", true, true},
    {"/src/build", "/src/build", true, true},
    {"/src/build", "/src/build/x", false, false},
    {"/src/build/", "/src/build", false, false},
    {"/*", "/a", false, true},
    {"/*", "/a/b", false, false},
    {"a/b", "/x/a/b", false, true},
    {"a/b", "/a/b", false, true},
    {"a/b", "/x/a/y/b", false, false},
    {"a/b", "/xa/b", false, false},
    {"a/**/b", "/x/a/y/z/b", false, true},
    {"a/**/b", "/x/a/b", false, true},
    {"a/**/**/b", "/x/a/b", false, true},
    {"a/**/b", "/x/a/bb", false, false},
    {"a/**/b/**/c", "/a/b/x/b/y/c", false, true},
    {"a/**/b/**/c", "/a/x/c/b", false, false},
    {"a/**", "/x/a", true, false},
    {"a/**", "/x/a/y", false, true},
    {"a/**", "/x/a/y/z", false, true},
    {"**", "/x", false, true},
    {"**/", "/x/y", true, true},
    {"**/", "/x/y", false, false},
    {"/**/a", "/a", false, true},
    {"/**/a", "/b/c/a", false, true},
    {"**/a/*.txt", "/q/a/b.txt", false, true},
    {"/a/**/*.txt", "/a/b.txt", false, true},
    {"a**b", "/axxb", false, true},
    {"a**b", "/a/b", false, false},
    {"a*b*c", "/aXbXbc", false, true},
    {"a*b*c", "/aXcXb", false, false},
    {"*a*", "/bab", false, true},
    {"*a*", "/bb", false, false},
    {"?", "/a", false, true},
    {"?", "/ab", false, false},
    {"?", "/é", false, true},
    {"??", "/é", false, false},
    {"?", "/\xff", false, true},
    {"??", "/\xc3(", false, true},
    {"a\xff*", "/a\xff\xfe", false, true},
    {"[а-я]*", "/письмо", false, true},
    {"[а-я]*", "/letter", false, false},
    {"[a-c]", "/b", false, true},
    {"[a-c]", "/d", false, false},
    {"[!a-c]", "/b", false, false},
    {"[!a-c]", "/d", false, true},
    {"[^a-c]", "/d", false, true},
    {"[]a]", "/]", false, true},
    {"[!]a]", "/]", false, false},
    {"[a-]", "/-", false, true},
    {"[\\]]", "/]", false, true},
    {"[\\[-\\]]", "/]", false, true},
    {"[[:digit:]x]", "/7", false, true},
    {"[[:digit:]x]", "/x", false, true},
    {"[[:digit:]x]", "/y", false, false},
    {"[![:space:]]", "/ ", false, false},
    {"\\*", "/*", false, true},
    {"\\*", "/a", false, false},
    {"\\!a", "/!a", false, true},
    {"#a", "/#a", false, true},
    {" a", "/ a", false, true},
    {"*[a]b", "/xab", false, true},
    {"*[a]b", "/xb", false, false},
    {"*\xc3\xa9", "/caf\xc3\xa9", false, true},
    {"*\x80", "/\xc2\x80", false, false}, // that byte is the second half of a character there
};

} // namespace

TEST(Excludes, follow_the_table_of_the_specification) {
    for (const auto& c : cases)
        EXPECT_EQ(excluded({c.pattern}, c.path, c.directory), c.excluded)
            << "'" << c.pattern << "' and " << c.path << (c.directory ? " (directory)" : "");
}

TEST(Excludes, the_last_rule_that_matches_decides) {
    EXPECT_FALSE(excluded({"*.log", "!keep.log"}, "/keep.log"));
    EXPECT_TRUE(excluded({"!keep.log", "*.log"}, "/keep.log"));
    EXPECT_TRUE(excluded({"*.log", "!keep.log", "/a/*"}, "/a/keep.log"));
    EXPECT_FALSE(excluded({"!x"}, "/x"));
    EXPECT_TRUE(excluded({"x", "!y", "!z/"}, "/x", true));
    EXPECT_FALSE(excluded({"x", "a*", "!x"}, "/x"));
    EXPECT_TRUE(excluded({"a*", "!x", "x"}, "/x"));
}

TEST(Excludes, rules_of_the_command_line_come_after_those_of_files) {
    const auto rules = Excludes::parse({"!keep"}, {"keep\nother\n"});
    ASSERT_TRUE(rules.has_value());
    EXPECT_FALSE(rules->excluded("/keep", false));
    EXPECT_TRUE(rules->excluded("/other", false));
}

TEST(Excludes, read_files_line_by_line) {
    const auto rules = Excludes::parse({}, {"\xEF\xBB\xBF# comment\n\n  \nplain  \nslash\\ \r\n"
                                            "two\\\\  \n\\#hash\nno newline"});
    ASSERT_TRUE(rules.has_value());
    for (const auto* path : {"/plain", "/slash ", "/two\\", "/#hash", "/no newline"})
        EXPECT_TRUE(rules->excluded(path, false)) << path;
    for (const auto* path : {"/# comment", "/plain  ", "/slash", "/comment", "/hash"})
        EXPECT_FALSE(rules->excluded(path, false)) << path;
}

TEST(Excludes, are_empty_where_no_rule_was_given) {
    EXPECT_TRUE(Excludes().empty());
    EXPECT_TRUE(Excludes::parse({}, {"# nothing\n\n"})->empty());
    EXPECT_FALSE(Excludes::parse({"a"}, {})->empty());
    EXPECT_FALSE(Excludes().excluded("/a", false));
    EXPECT_FALSE(Excludes::parse({"/**"}, {})->excluded("/", true)); // the root is always kept
}

TEST(Excludes, refuse_what_can_never_match_and_name_it) {
    for (const auto* pattern : {"", "/", "!", "!/", "//", "a//b", "./a", "a/../b", "a/.", "[a",
                                "[]", "[z-a]", "a\\", "a\\/b", "[[:nope:]]", "[[:digit]", "[a\\"}) {
        const auto said = refusal(pattern);
        EXPECT_TRUE(said.starts_with("invalid_argument exclude pattern '" + std::string(pattern)))
            << pattern << ": " << said;
    }
    EXPECT_TRUE(refusal(std::string("a\0b", 3)).starts_with("invalid_argument"));
}

TEST(Excludes, keep_their_limits) {
    EXPECT_EQ(refusal(std::string(max_pattern_bytes, 'a')), "accepted");
    EXPECT_TRUE(refusal(std::string(max_pattern_bytes + 1, 'a')).starts_with("limit_exceeded"));
    std::string content;
    for (std::size_t i = 0; i < max_pattern_count; ++i)
        content += "a\n";
    EXPECT_TRUE(Excludes::parse({}, {content}).has_value());
    EXPECT_EQ(Excludes::parse({"a"}, {content}).error().code(), Errc::limit_exceeded);
}

TEST(Excludes, match_paths_deeper_than_the_usual) {
    std::string path;
    for (int i = 0; i < 200; ++i)
        path += "/d";
    EXPECT_TRUE(excluded({"/d/**/e"}, path + "/e"));
    EXPECT_FALSE(excluded({"/d/d/e"}, path + "/e"));
    EXPECT_TRUE(excluded({"d/d/e"}, path + "/e"));
}

TEST(Glob, takes_stars_in_no_more_than_quadratic_time) {
    std::string pattern;
    for (int i = 0; i < 60; ++i)
        pattern += "*a";
    pattern += "*b";
    // Trying every way to share the letters among the stars would never end.
    EXPECT_FALSE(Glob::parse(pattern)->matches(std::string(4000, 'a')));
}

TEST(Glob, reads_characters_as_strict_utf_8) {
    EXPECT_EQ(character_at("\xc3\xa9", 0).value, 0xE9U);
    EXPECT_EQ(character_at("\xf0\x9f\x9a\x80", 0).value, 0x1F680U);
    EXPECT_EQ(character_at("\xf0\x9f\x9a\x80", 0).size, 4U);
    for (const auto* broken : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                               "\xf4\x90\x80\x80", "\xff", "\x80", "\xe2\x82", "\xc3"}) {
        EXPECT_EQ(character_at(broken, 0).size, 1U);
        EXPECT_GE(character_at(broken, 0).value, not_unicode);
    }
}

namespace {

/// The rules of the specification, spelled as recursion over all possibilities.
namespace slow {

using Characters = std::vector<std::uint32_t>;

Characters characters(const std::string& text) {
    Characters out;
    for (std::size_t at = 0; at < text.size();) {
        const auto next = character_at(text, at);
        out.push_back(next.value);
        at += next.size;
    }
    return out;
}

/// One element of a generated pattern: its spelling and what it takes.
struct Element {
    std::string text;
    bool run = false;
    bool any = false;
    bool negated = false;
    std::string members; ///< else
};

bool takes(const Element& element, std::uint32_t character) {
    const bool in = std::ranges::contains(characters(element.members), character);
    return element.any || in != element.negated;
}

bool matches(std::span<const Element> pattern, std::span<const std::uint32_t> name) {
    if (pattern.empty()) return name.empty();
    const auto rest = pattern.subspan(1);
    if (pattern[0].run) {
        for (std::size_t taken = 0; taken <= name.size(); ++taken)
            if (matches(rest, name.subspan(taken))) return true;
        return false;
    }
    return !name.empty() && takes(pattern[0], name[0]) && matches(rest, name.subspan(1));
}

using Component = std::vector<Element>; ///< empty: "**"

bool matches(std::span<const Component> pattern, std::span<const std::string> path) {
    if (pattern.empty()) return path.empty();
    const auto rest = pattern.subspan(1);
    if (!pattern[0].empty())
        return !path.empty() && matches(std::span(pattern[0]), characters(path[0])) &&
               matches(rest, path.subspan(1));
    const std::size_t least = rest.empty() ? 1 : 0;
    for (std::size_t taken = least; taken <= path.size(); ++taken)
        if (matches(rest, path.subspan(taken))) return true;
    return false;
}

} // namespace slow

const std::vector<slow::Element> elements{
    {"a", false, false, false, "a"},       {"b", false, false, false, "b"},
    {"\\*", false, false, false, "*"},     {"\xc3\xa9", false, false, false, "\xc3\xa9"},
    {"\xff", false, false, false, "\xff"}, {"*", true, false, false, ""},
    {"*", true, false, false, ""},         {"?", false, true, false, ""},
    {"[ab]", false, false, false, "ab"},   {"[a-c]", false, false, false, "abc"},
    {"[!a]", false, false, true, "a"},     {"[^b\xc3\xa9]", false, false, true, "b\xc3\xa9"},
};

const std::vector<std::string> letters{"a", "b", "c", "*", "\xc3\xa9", "\xff", "\xa9"};

std::string some_letters(std::size_t least, std::size_t most) {
    std::string out;
    const auto count = *rc::gen::inRange(least, most + 1);
    for (std::size_t i = 0; i < count; ++i)
        out += *rc::gen::elementOf(letters);
    return out;
}

slow::Component some_component(std::size_t least) {
    slow::Component out;
    const auto count = *rc::gen::inRange<std::size_t>(least, 6);
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(*rc::gen::elementOf(elements));
    return out;
}

/// A name that this component is likely to match.
std::string some_name(const slow::Component& component) {
    std::string out;
    for (const auto& element : component) {
        const bool lucky = !element.negated && !element.any && *rc::gen::inRange(0, 9) > 0;
        if (element.run)
            out += some_letters(0, 2);
        else
            out += lucky ? element.members.substr(0, character_at(element.members, 0).size)
                         : some_letters(1, 1);
    }
    return out.empty() ? "a" : out;
}

std::string spelled(const slow::Component& component) {
    std::string out;
    for (const auto& element : component)
        out += element.text;
    return out.empty() ? "**" : out;
}

} // namespace

RC_GTEST_PROP(Glob, agrees_with_the_slow_reference, ()) {
    const auto pattern = some_component(1);
    const auto name = some_name(pattern);
    const auto glob = Glob::parse(spelled(pattern));
    RC_ASSERT(glob.has_value());
    RC_CLASSIFY(glob->matches(name), "matches");
    RC_ASSERT(glob->matches(name) == slow::matches(std::span(pattern), slow::characters(name)));
}

RC_GTEST_PROP(Excludes, agree_with_the_slow_reference, ()) {
    std::vector<slow::Component> pattern(*rc::gen::inRange<std::size_t>(1, 5));
    std::vector<std::string> path;
    std::string text;
    for (auto& component : pattern) {
        component = some_component(0);
        if (spelled(component) == "**") component.clear();
        text += "/" + spelled(component);
        const auto levels = component.empty() ? *rc::gen::inRange(0, 3) : 1;
        for (int i = 0; i < levels; ++i)
            path.push_back(some_name(component));
    }
    if (path.empty()) path.emplace_back("a");
    const bool anchored = *rc::gen::arbitrary<bool>();
    if (!anchored) {
        text.erase(0, 1);
        path.insert(path.begin(), *rc::gen::inRange<std::size_t>(0, 3), "x");
        if (pattern.size() > 1 || !pattern[0].empty()) pattern.insert(pattern.begin(), {{}});
    }
    std::string joined;
    for (const auto& name : path)
        joined += "/" + name;
    const auto rules = Excludes::parse({text}, {});
    RC_ASSERT(rules.has_value());
    const bool wanted = slow::matches(std::span(pattern), std::span(path));
    RC_CLASSIFY(wanted, "matches");
    RC_ASSERT(rules->excluded(joined, false) == wanted);
}

RC_GTEST_PROP(Excludes, parse_anything_without_harm, (const std::string& text)) {
    const auto rules = Excludes::parse({text}, {text});
    if (rules) (void)rules->excluded("/" + text, false);
}

} // namespace torgo::source
