#include "repo/check.hpp"

#include "env/random.hpp"
#include "repo/browse.hpp"
#include "repo/chunk_store.hpp"
#include "repo/head_set.hpp"
#include "repo/limits.hpp"
#include "repo/members.hpp"
#include "repo/pack_list.hpp"
#include "repo/repository.hpp"
#include "repo/root_judge.hpp"
#include "repo/tree_reader.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>
#include <span>
#include <string_view>
#include <thread>
#include <unordered_set>

namespace torgo::repo {

namespace {

class Check {
public:
    Check(Repository& repository, const CheckOptions& options, CheckProgress& progress)
        : m_repository(repository),
          m_heads(repository.heads()),
          m_options(options),
          m_progress(progress) {}

    Result<CheckReport> run();

private:
    void check_heads();
    static bool belongs_on_all(const std::string& name);
    void check_root(const std::string& name);
    Result<> check_roots();
    Result<> check_packs();
    void check_pack(const segment::PackInfo& pack, bool whole);
    void check_chunks(const segment::PackInfo& pack);
    void check_index(std::uint32_t number, const pack::Entry& entry);
    Result<> find_unreferenced();
    Result<> count_unreferenced(head::Head& head, const std::unordered_set<SegmentId>& named);
    Result<> check_snapshots();
    Result<> check_directory(TreeReader& reader, const Node& directory, const std::string& where);
    Result<> check_known(const ChunkId& id, const std::string& where);
    std::vector<bool> choose_packs();
    void error(std::string sentence) { say(m_report.errors, std::move(sentence)); }
    void warning(std::string sentence) { say(m_report.warnings, std::move(sentence)); }

    void say(std::vector<std::string>& where, std::string sentence) {
        const std::lock_guard lock(m_mutex);
        if (where.size() < limits::notes_max) where.push_back(std::move(sentence));
    }

    Repository& m_repository;
    HeadSet& m_heads;
    const CheckOptions& m_options;
    CheckProgress& m_progress;
    std::mutex m_mutex;
    CheckReport m_report;
    std::vector<segment::PackInfo> m_packs;
    std::unique_ptr<ChunkStore> m_store;
    std::unordered_set<const head::Head*> m_away; ///< members that need not be asked again
    std::unordered_set<ChunkId> m_seen;           ///< chunks and pages looked up already
};

void Check::check_heads() {
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        const auto number = std::to_string(i + 1);
        if (const auto* reason = m_heads.why_not(i))
            warning("head " + number + " (" + m_heads.label(i) + "): " + reason->detail());
        if (m_heads.at(i) == nullptr) continue;
        for (const auto& member : look_at_members(*m_heads.at(i)))
            if (member.away) {
                m_away.insert(member.head);
                warning("member " + member.head->uri() + " of head " + number + " (" +
                        m_heads.label(i) + "): " + member.away->detail());
            }
    }
}

/// Not what a standby alone is told, or tells by itself (docs/spec/peer-protocol.md 7).
bool Check::belongs_on_all(const std::string& name) {
    return !name.starts_with("places-") && !name.starts_with("takeover-");
}

/// Of a group, a member that is away has been named. A lock is each holder's own, and of a right
/// only the owner knows at which heads it was given (REPO-39).
void Check::check_root(const std::string& name) {
    struct Lacking {
        head::Head* place;
        std::size_t head;
        std::string_view what;
    };
    constexpr std::string_view missing = " is missing on ";
    std::vector<Lacking> lacking;
    std::set<std::size_t> having;
    bool for_some = false;
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (m_heads.at(i) == nullptr) continue;
        const auto places = places_of_roots(*m_heads.at(i));
        for (auto* const place : places) {
            if (m_away.contains(place)) continue;
            const auto content = place->get_root(name);
            const auto code = content ? Errc::corrupt : content.error().code();
            if (content && fits_name(name, *content)) {
                having.insert(i);
                for_some = is_for_some_heads(name, *content);
            } else if (!content && places.size() > 1 && is_away(content.error())) {
                m_away.insert(place);
            } else if (code == Errc::not_found) {
                lacking.push_back({place, i, missing});
            } else {
                const bool damaged = code == Errc::corrupt || code == Errc::io;
                lacking.push_back(
                    {place, i, damaged ? " is damaged on " : " could not be read on "});
            }
        }
    }
    for (const auto& [place, head, what] : lacking) {
        if (what == missing && (is_lock(name) || (for_some && !having.contains(head)))) continue;
        m_report.roots_missing += 1;
        warning(name + std::string(what) + place->uri());
    }
    if (having.empty()) error(name + " has no good copy on any head");
}

Result<> Check::check_roots() {
    TRY(const auto names, m_heads.list_roots("", [this](std::size_t head, const Error& reason) {
        if (reason.code() == Errc::limit_exceeded)
            warning("head " + std::to_string(head + 1) + " is left out: " + reason.detail());
    }));
    for (const auto& name : names)
        if (belongs_on_all(name)) check_root(name);
    return {};
}

/// A random share, rounded up, so that "5%" of ten packs reads one.
std::vector<bool> Check::choose_packs() {
    std::vector<std::size_t> order(m_packs.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    for (std::size_t i = order.size(); i > 1; --i) {
        std::array<std::uint8_t, 8> bytes{};
        m_repository.world().random->fill(bytes);
        std::uint64_t draw = 0;
        for (const auto byte : bytes)
            draw = draw << 8U | byte;
        std::swap(order[i - 1], order[draw % i]);
    }
    const auto wanted = static_cast<std::size_t>(
        std::ceil(std::clamp(m_options.read_data, 0.0, 1.0) * static_cast<double>(order.size())));
    std::vector<bool> chosen(m_packs.size());
    for (std::size_t i = 0; i < wanted; ++i)
        chosen[order[i]] = true;
    return chosen;
}

void Check::check_pack(const segment::PackInfo& pack, bool whole) {
    const auto& repo = m_repository.descriptor().id;
    const auto states = inspect_segments(m_heads, repo, pack, whole);
    const auto name = "pack " + pack.id(repo).hex();
    for (const auto i : states.missing)
        warning(name + ": segment " + std::to_string(i + 1) + " is missing on " +
                m_heads.label(m_heads.head_of(i)));
    for (std::size_t c = 0; c < states.corrupt.size(); ++c) {
        const auto i = states.corrupt[c];
        warning(name + ": segment " + std::to_string(i + 1) + " is damaged on " +
                m_heads.label(m_heads.head_of(i)) + " (" + states.damage[c] + ")");
    }
    if (whole) check_chunks(pack);
    // Damage in different places of different segments can still be mended: the chunks tell.
    const auto lost = states.missing.size() + states.away.size();
    if (pack.code.n - lost < pack.code.k)
        error(name + " has " + std::to_string(pack.code.n - lost) + " of the " +
              std::to_string(pack.code.k) + " segments it needs");
    const std::lock_guard lock(m_mutex);
    m_report.segments += pack.code.n - states.bad();
    m_report.segments_missing += states.missing.size();
    m_report.segments_corrupt += states.corrupt.size();
    m_report.bytes_read += states.bytes_read;
    m_report.packs_read += whole ? 1 : 0;
    m_progress.bytes_done += states.bytes_read;
}

/// Opens every chunk of a pack: decrypts, decompresses, recomputes its id.
void Check::check_chunks(const segment::PackInfo& pack) {
    const auto sealer = m_store->make_sealer();
    const auto id = pack.id(m_repository.descriptor().id);
    for (std::uint32_t number = 0; number < m_store->pack_count(); ++number) {
        if (m_store->pack(number).id != id) continue;
        const auto entries = m_store->entries(number, *sealer);
        if (!entries) return error(entries.error().detail());
        Bytes plain;
        for (const auto& entry : **entries) {
            if (const auto read = m_store->read_entry(number, entry, *sealer, plain); !read)
                error(read.error().detail());
            check_index(number, entry);
        }
        return;
    }
    error("pack " + id.hex() + " is in a batch and not in the index");
}

/// The index must lead to this chunk, or to another copy of it.
void Check::check_index(std::uint32_t number, const pack::Entry& entry) {
    if (entry.header.type == seal::ChunkType::index) return;
    const auto at = m_store->find(entry.header.id);
    const bool right =
        at && at->has_value() && ((*at)->pack != number || (*at)->offset == entry.offset);
    if (!right) error("the index is wrong about chunk " + entry.header.id.hex());
}

Result<> Check::check_packs() {
    const auto chosen = choose_packs();
    m_progress.packs_total = m_packs.size();
    std::atomic<std::size_t> next{0};
    {
        const auto threads = m_options.threads != 0 ? m_options.threads : m_heads.reading_threads();
        std::vector<std::jthread> pool;
        for (unsigned t = 0; t < threads; ++t)
            pool.emplace_back([&] {
                while (!m_options.stop.stop_requested()) {
                    const auto i = next.fetch_add(1);
                    if (i >= m_packs.size()) break;
                    check_pack(m_packs[i], chosen[i]);
                    m_progress.packs_done += 1;
                }
            });
    }
    if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
    return {};
}

Result<> Check::count_unreferenced(head::Head& head, const std::unordered_set<SegmentId>& named) {
    const auto counted = for_each_page(head, [&](std::span<const SegmentId> page) {
        for (const auto& id : page) {
            if (named.contains(id)) continue;
            m_report.unreferenced_segments += 1;
            m_report.unreferenced_bytes += head.segment_size(id).value_or(0);
        }
    });
    if (counted || counted.error().code() != Errc::limit_exceeded) return counted;
    warning(counted.error().detail());
    return {};
}

/// Segments that no batch names: left by sessions that never finished.
Result<> Check::find_unreferenced() {
    std::unordered_set<SegmentId> named;
    for (const auto& pack : m_packs)
        named.insert(pack.segments.begin(), pack.segments.end());
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        auto* head = m_heads.at(i);
        if (head == nullptr) continue;
        if (head->members().empty()) {
            CHECK_OK(count_unreferenced(*head, named));
            continue;
        }
        for (const auto& member : head->members()) // one that is away has been named
            if (!m_away.contains(member.head)) CHECK_OK(count_unreferenced(*member.head, named));
    }
    return {};
}

Result<> Check::check_known(const ChunkId& id, const std::string& where) {
    if (!m_seen.insert(id).second) return {};
    TRY(const bool known, m_store->contains(id));
    if (!known) error(where + " needs chunk " + id.hex() + ", which is in no pack");
    return {};
}

Result<> Check::check_directory(TreeReader& reader, const Node& directory,
                                const std::string& where) {
    if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
    if (!directory.pages.empty() &&
        std::ranges::all_of(directory.pages, [&](const auto& id) { return m_seen.contains(id); }))
        return {}; // the same pages were walked for another snapshot
    const auto nodes = list_directory(reader, directory);
    if (!nodes) {
        error(where + ": " + nodes.error().detail());
        return {};
    }
    m_seen.insert(directory.pages.begin(), directory.pages.end());
    for (const auto& node : *nodes) {
        const auto path = where + "/" + node.entry.name;
        if (node.entry.kind == source::Kind::directory)
            CHECK_OK(check_directory(reader, node, path));
        if (node.entry.kind != source::Kind::file) continue;
        const auto extents = reader.extents(node);
        if (!extents) {
            error(path + ": " + extents.error().detail());
            continue;
        }
        std::uint64_t size = 0;
        for (const auto& extent : *extents) {
            size += extent.length;
            if (!extent.hole) CHECK_OK(check_known(extent.chunk, path));
        }
        if (size != node.entry.size) error(path + ": its extents do not add up to its size");
    }
    return {};
}

Result<> Check::check_snapshots() {
    TRY(const auto snapshots,
        m_repository.fresh_snapshots([this](const std::string& sentence) { error(sentence); }));
    m_report.snapshots = snapshots.size();
    TreeReader reader(*m_store);
    for (const auto& snapshot : snapshots) {
        const auto where = "snapshot " + snapshot.id.hex().substr(0, 8);
        const auto root = reader.root(snapshot.body.tree);
        if (!root) {
            error(where + ": " + root.error().detail());
            continue;
        }
        CHECK_OK(check_directory(reader, *root, where + ":"));
    }
    return {};
}

Result<CheckReport> Check::run() {
    check_heads();
    CHECK_OK(check_roots());
    TRY(m_packs, list_packs(m_heads, m_repository.descriptor(),
                            [this](const std::string& batch, const Error& reason) {
                                error(batch + " is not authentic: " + reason.detail());
                            }));
    m_report.packs = m_packs.size();
    TRY(m_store,
        m_repository.fresh_chunks([this](const std::string& sentence) { error(sentence); }));
    m_report.chunks = m_store->chunk_count();
    CHECK_OK(check_packs());
    CHECK_OK(find_unreferenced());
    CHECK_OK(check_snapshots());
    return std::move(m_report);
}

} // namespace

Result<CheckReport> check(Repository& repository, const CheckOptions& options,
                          CheckProgress& progress) {
    return Check(repository, options, progress).run();
}

} // namespace torgo::repo
