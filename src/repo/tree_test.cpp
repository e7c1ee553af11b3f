#include "base/hex.hpp"
#include "repo/limits.hpp"
#include "repo/tree.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace torgo::repo {
namespace {

using jsoncons::json;
using source::Kind;

constexpr std::int64_t second = 1'000'000'000;

/// Written by hand from docs/spec/repository.md, not by this program.
const json& vectors() {
    static const json all = [] {
        std::ifstream file(std::string(TORGO_VECTORS) + "/repository.json");
        return json::parse(file);
    }();
    return all;
}

Bytes page_vector() {
    std::string digits;
    for (const auto& part : vectors()["page"].array_range())
        digits += part.as<std::string>();
    return from_hex(digits).value();
}

ChunkId ones() {
    return ChunkId::from(Bytes(ChunkId::size, 0x11)).value();
}

/// A node with the numbers that those of the specification's appendix have in common.
Node make_node(std::string name, Kind kind, std::uint32_t mode, std::uint64_t inode) {
    Node node;
    auto& entry = node.entry;
    entry.name = std::move(name);
    entry.kind = kind;
    entry.mode = mode;
    entry.uid = entry.gid = 1000;
    entry.mtime_ns = entry.ctime_ns = 1'000'000'001 * second;
    entry.inode = inode;
    entry.device = 2049;
    entry.links = 1;
    return node;
}

/// The page of the specification's appendix.
Listing example() {
    auto root = make_node("", Kind::directory, 0755, 2);
    root.entry.uid = root.entry.gid = 0;
    root.entry.mtime_ns = root.entry.ctime_ns = 1'000'000'000 * second;
    root.entry.links = 18;
    auto file = make_node("a", Kind::file, 0644, 12);
    file.entry.size = 5;
    file.entry.xattrs = {{"user.x", {'1'}}};
    file.content = {{.chunk = ones(), .offset = 70, .length = 5}};
    file.tag.emplace().fill(0x22);
    auto link = make_node("l", Kind::symlink, 0777, 13);
    link.entry.target = "a";
    root.inlined = std::make_shared<Listing>(Listing{file, link});
    return {root};
}

TEST(Page, is_written_as_the_specification_shows) {
    EXPECT_EQ(to_hex(encode_page(example())), to_hex(page_vector()));
}

TEST(Page, of_the_specification_is_read) {
    const auto page = decode_page(page_vector(), true);
    ASSERT_TRUE(page.has_value()) << page.error().detail();
    const auto& root = page->front();
    ASSERT_TRUE(root.inlined);
    const auto expected = example();
    EXPECT_EQ(root.entry, expected.front().entry);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& got = root.inlined->at(i);
        const auto& wanted = expected.front().inlined->at(i);
        EXPECT_EQ(got.entry, wanted.entry);
        EXPECT_EQ(got.content, wanted.content);
        EXPECT_EQ(got.tag, wanted.tag);
    }
}

using rc::gen::arbitrary;
using rc::gen::inRange;

/// Few enough that one stands at many places of a page.
ChunkId any_chunk() {
    return ChunkId::from(Bytes(ChunkId::size, *inRange<std::uint8_t>(0, 5))).value();
}

std::vector<ChunkId> any_chunks() {
    std::vector<ChunkId> ids(*inRange<std::size_t>(1, 4));
    std::ranges::generate(ids, any_chunk);
    return ids;
}

std::string any_bytes(std::size_t least, std::size_t most) {
    const auto size = *inRange(least, most + 1);
    return *rc::gen::container<std::string>(size, arbitrary<char>());
}

source::Entry any_entry(std::string name) {
    source::Entry entry;
    entry.name = std::move(name);
    entry.kind = static_cast<Kind>(*inRange(1, 8));
    entry.mode = *arbitrary<std::uint32_t>();
    entry.uid = *arbitrary<std::uint32_t>();
    entry.gid = *arbitrary<std::uint32_t>();
    entry.mtime_ns = *arbitrary<std::int64_t>();
    entry.ctime_ns = *arbitrary<std::int64_t>();
    entry.inode = *arbitrary<std::uint64_t>();
    entry.device = *arbitrary<std::uint64_t>();
    entry.links = *arbitrary<std::uint64_t>();
    entry.flags = *arbitrary<std::uint32_t>();
    for (int i = *inRange(0, 3); i > 0; --i) {
        const auto value = any_bytes(0, 9);
        entry.xattrs.push_back({any_bytes(1, 9), Bytes(value.begin(), value.end())});
    }
    return entry;
}

/// A file's content, in each of the forms that it may have.
void fill_content(Node& node) {
    node.entry.size = *inRange<std::uint64_t>(1, 1'000'000);
    switch (*inRange(0, 3)) {
    case 0:
        node.tag = *rc::gen::container<ContentTag>(arbitrary<std::uint8_t>());
        node.content = {{.chunk = any_chunk(), .offset = 7, .length = node.entry.size}};
        break;
    case 1:
        node.content_lists = any_chunks();
        break;
    default:
        for (const auto& id : any_chunks()) {
            node.content.push_back({.chunk = id, .offset = *inRange(0U, 99U), .length = 5});
            node.content.push_back({.chunk = {}, .length = *inRange(1U, 9999U), .hole = true});
        }
    }
}

Listing any_listing(int depth);

Node any_node(std::string name, int depth) {
    Node node;
    node.entry = any_entry(std::move(name));
    const auto kind = node.entry.kind;
    if (kind == Kind::file) fill_content(node);
    if (kind == Kind::symlink) node.entry.target = any_bytes(1, 20);
    if (kind == Kind::character_device || kind == Kind::block_device)
        node.entry.rdev = *arbitrary<std::uint64_t>();
    if (kind == Kind::directory && *arbitrary<bool>()) {
        node.pages = any_chunks();
    } else if (kind == Kind::directory && depth < 3) {
        node.inlined = std::make_shared<Listing>(any_listing(depth + 1));
    }
    return node;
}

Listing any_listing(int depth) {
    std::set<std::string> names;
    for (int i = *inRange(0, 4); i > 0; --i)
        names.insert("n" + to_hex(as_bytes(any_bytes(0, 4))));
    Listing nodes;
    for (const auto& name : names)
        nodes.push_back(any_node(name, depth));
    return nodes;
}

bool same(const Listing& a, const Listing& b) {
    return std::ranges::equal(a, b, [](const Node& x, const Node& y) {
        if ((x.inlined == nullptr) != (y.inlined == nullptr)) return false;
        return x.entry == y.entry && x.content == y.content && x.tag == y.tag &&
               x.content_lists == y.content_lists && x.pages == y.pages &&
               (!x.inlined || same(*x.inlined, *y.inlined));
    });
}

RC_GTEST_PROP(Page, round_trip, ()) {
    const auto nodes = any_listing(0);
    const auto page = encode_page(nodes);
    RC_ASSERT(same(decode_page(page).value(), nodes));
    auto longer = page;
    longer.push_back(0);
    RC_ASSERT(!decode_page(longer).has_value());
}

/// Every prefix ends too early; nothing in it reads beyond its end.
TEST(Page, cut_short_is_refused) {
    const auto whole = page_vector();
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(decode_page(ByteView(whole).first(size), true).has_value()) << size;
}

/// The root's page with bytes exchanged at one place of the example's line `line`.
Errc refusal(std::size_t line, std::string_view digits) {
    std::string all;
    std::size_t i = 0;
    for (const auto& part : vectors()["page"].array_range())
        all += i++ == line ? std::string(digits) : part.as<std::string>();
    const auto page = decode_page(from_hex(all).value(), true);
    return page ? Errc{} : page.error().code();
}

TEST(Page, refuses_what_no_writer_makes) {
    constexpr auto file_rest = 15;
    EXPECT_EQ(refusal(0, "02"), Errc::unsupported) << "version";
    EXPECT_EQ(refusal(file_rest, "000322222222222222220046"), Errc::corrupt) << "REPO-46";
    EXPECT_EQ(refusal(file_rest, "050322222222222222220146"), Errc::corrupt) << "REPO-21";
    EXPECT_EQ(refusal(file_rest, "0500"), Errc::corrupt) << "a file of form 0";
    EXPECT_EQ(refusal(file_rest, "0504"), Errc::corrupt) << "a form that is not";
    EXPECT_EQ(refusal(9, "03"), Errc::corrupt) << "a directory of form 3";
    EXPECT_EQ(refusal(16, "030161"), Errc::corrupt) << "REPO-23: the name twice";
    EXPECT_EQ(refusal(16, "03022e2e"), Errc::corrupt) << "REPO-22: ..";
    EXPECT_EQ(refusal(16, "0303612f62"), Errc::corrupt) << "REPO-22: a/b";
    EXPECT_EQ(refusal(16, "08016c"), Errc::corrupt) << "kind 8";
    EXPECT_EQ(refusal(19, "016100"), Errc::corrupt) << "REPO-1: a byte left over";
}

TEST(Extents, are_written_and_read_as_the_specification_shows) {
    const std::vector<Extent> extents{{.chunk = {}, .length = 4096, .hole = true},
                                      {.chunk = ones(), .length = 65536}};
    EXPECT_EQ(to_hex(encode_extents(extents)), vectors()["extents"].as<std::string>());
    EXPECT_EQ(decode_extents(encode_extents(extents)), extents);
}

RC_GTEST_PROP(Extents, round_trip,
              (const std::vector<std::tuple<std::uint8_t, std::uint32_t, std::uint64_t>>& values)) {
    std::vector<Extent> extents;
    for (const auto& [chunk, offset, length] : values)
        if (chunk % 4 == 0)
            extents.push_back({.chunk = {}, .length = length, .hole = true});
        else
            extents.push_back({.chunk = ChunkId::from(Bytes(ChunkId::size, chunk)).value(),
                               .offset = offset % 1000,
                               .length = length});
    RC_ASSERT(decode_extents(encode_extents(extents)).value() == extents);
}

/// docs/spec/repository.md 6.3: where names alone end a page.
TEST(Pages, end_after_the_names_of_the_specification) {
    std::vector<std::string> ends;
    for (const auto& name : vectors()["page_ends_after"].array_range())
        ends.push_back(name.as<std::string>());
    std::size_t found = 0;
    for (std::size_t i = 0; i < 3307; ++i) {
        // Enough nodes before it that only the name decides.
        Listing nodes(limits::page_nodes_min);
        nodes.back().entry.name = "file" + std::to_string(i);
        nodes.emplace_back().entry.name = "after";
        const bool by_name = page_ends(nodes).front() == limits::page_nodes_min;
        const bool expected =
            std::ranges::find(ends, nodes[nodes.size() - 2].entry.name) != ends.end();
        ASSERT_EQ(by_name, expected) << i;
        found += by_name ? 1 : 0;
    }
    EXPECT_EQ(found, ends.size());
}

} // namespace
} // namespace torgo::repo
