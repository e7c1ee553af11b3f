#include "repo/mirror.hpp"

#include "repo/chunk_store.hpp"
#include "repo/descriptor.hpp"
#include "repo/head_set.hpp"

#include <algorithm>
#include <set>

namespace torgo::repo {

namespace {

constexpr std::size_t names_a_page = 4096;
constexpr std::size_t copied_at_once = 1_MiB;
const std::string descriptor_name = "descriptor";

/// The generation of a descriptor that is authentic and this repository's; 0 of any other.
std::uint32_t generation_of(const Result<Bytes>& record, const Place& place) {
    if (!record) return 0;
    const auto read = decode_descriptor(*record, place.root_fingerprint);
    return read && read->id == place.id ? read->generation : 0;
}

/// The newest that any head or the mirror has. (SPOOL-6)
Result<> mirror_descriptor(Repository& repository, head::Head& mirror) {
    const auto& heads = repository.heads();
    const auto& place = repository.place();
    auto newest = mirror.get_root(descriptor_name);
    const auto before = generation_of(newest, place);
    auto generation = before;
    for (std::size_t i = 0; i < heads.size(); ++i) {
        if (heads.at(i) == nullptr) continue;
        auto record = heads.at(i)->get_root(descriptor_name);
        const auto found = generation_of(record, place);
        if (found <= generation) continue;
        generation = found;
        newest = std::move(record);
    }
    if (generation == before) return {};
    return mirror.put_root(descriptor_name, *newest);
}

bool all_are_there(const HeadSet& heads) {
    for (std::size_t i = 0; i < heads.size(); ++i)
        if (!heads.is_there(i)) return false;
    return true;
}

Result<> copy_segment(head::Head& from, const SegmentId& id, std::uint64_t size,
                      head::Head& mirror) {
    TRY(const auto writer, mirror.begin_segment(size));
    Bytes part(std::min<std::uint64_t>(size, copied_at_once));
    for (std::uint64_t at = 0; at < size; at += part.size()) {
        const auto out = ByteSpan(part).first(std::min<std::uint64_t>(part.size(), size - at));
        CHECK_OK(from.read_segment(id, at, out));
        CHECK_OK(writer->append(out));
    }
    return writer->commit(id);
}

} // namespace

Result<> mirror_records(Repository& repository, head::Head& mirror) {
    const auto& heads = repository.heads();
    CHECK_OK(mirror_descriptor(repository, mirror));
    TRY(const auto wanted, heads.list_roots(""));
    TRY(const auto there, mirror.list_roots(""));
    for (const auto& name : wanted) {
        if (name == descriptor_name || std::ranges::binary_search(there, name)) continue;
        if (const auto content = heads.get_root(name)) CHECK_OK(mirror.put_root(name, *content));
    }
    if (!all_are_there(heads)) return {};
    for (const auto& name : there)
        if (!std::ranges::binary_search(wanted, name)) CHECK_OK(mirror.remove_root(name));
    return {};
}

Result<> mirror_metadata(Repository& repository, head::Head& mirror) {
    const auto& heads = repository.heads();
    TRY(const auto* store, repository.chunks());
    std::set<SegmentId> there;
    SegmentId after{};
    while (true) {
        TRY(const auto page, mirror.list_segments(after, names_a_page));
        if (page.empty()) break;
        there.insert(page.begin(), page.end());
        after = page.back();
    }
    for (std::size_t number = 0; number < store->pack_count(); ++number) {
        const auto& info = store->pack(static_cast<std::uint32_t>(number)).info;
        if (info.cls != segment::PackClass::metadata) continue;
        unsigned held = 0;
        for (const auto& id : info.segments)
            held += there.contains(id) ? 1U : 0U;
        for (unsigned i = 0; i < info.code.n && held < info.code.k; ++i) {
            auto* const head = heads.at(heads.head_of(i));
            if (head == nullptr || there.contains(info.segments[i])) continue;
            if (copy_segment(*head, info.segments[i], info.segment_file_size(), mirror)) ++held;
        }
    }
    return {};
}

} // namespace torgo::repo
