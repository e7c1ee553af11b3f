#include "repo/pack_list.hpp"

#include "repo/in_order.hpp"
#include "repo/signing.hpp"
#include "segment/verify.hpp"

#include <unordered_set>

namespace torgo::repo {

Result<Batch> SignedBatches::read(const std::string& name) {
    TRY(const auto record, m_heads.get_root(name));
    return check(record);
}

// REPO-18
Result<Batch> SignedBatches::check(ByteView record) {
    TRY(auto batch, decode_batch(record));
    if (batch.repo != m_descriptor.id)
        return fail(Errc::authentication, "it is another repository's");
    TRY(const auto* writer, m_certificates.find(batch.writer));
    TRY([[maybe_unused]] const auto body,
        check_signature(crypto::SignatureScheme::ml_dsa_87, batch_context, record,
                        writer->pack_public));
    return batch;
}

Result<std::vector<segment::PackInfo>>
list_packs(const HeadSet& heads, const Descriptor& descriptor,
           const std::function<void(const std::string& batch, const Error& reason)>& reject) {
    TRY(const auto names, heads.list_roots("batch-"));
    SignedBatches reader(heads, descriptor);
    std::vector<segment::PackInfo> packs;
    std::unordered_set<PackId> seen;
    in_order(
        names.size(), heads.reading_threads(), [&](std::size_t i) { return reader.read(names[i]); },
        [&](std::size_t i, Result<Batch> batch) {
            if (!batch) return reject(names[i], batch.error());
            for (auto& pack : batch->packs)
                if (seen.insert(pack.id(descriptor.id)).second) packs.push_back(std::move(pack));
        });
    return packs;
}

SegmentStates inspect_segments(const HeadSet& heads, const RepoId& repo,
                               const segment::PackInfo& pack, bool whole, int only,
                               segment::SegmentMask absent) {
    SegmentStates states;
    for (unsigned i = 0; i < pack.code.n; ++i) {
        if (only >= 0 && heads.head_of(i) != static_cast<std::size_t>(only)) continue;
        ++states.looked;
        const auto* head = heads.at(heads.head_of(i));
        if (head == nullptr) {
            states.away.push_back(i);
            continue;
        }
        if ((absent & segment::mask_of(i)) != 0) {
            states.missing.push_back(i);
            continue;
        }
        auto& usable = *heads.at(heads.head_of(i));
        const auto size = usable.segment_size(pack.segments[i]);
        if (!size && size.error().code() != Errc::not_found) {
            states.away.push_back(i);
            continue;
        }
        if (!size || *size != pack.segment_file_size()) {
            states.missing.push_back(i);
            continue;
        }
        if (!whole) continue;
        const auto read = [&](std::uint64_t offset, ByteSpan out) {
            return usable.read_segment(pack.segments[i], offset, out);
        };
        const auto trailer = segment::verify_segment(read, *size, pack.segments[i]);
        states.bytes_read += *size;
        // SEGMENT-14: its trailer may tell of another pack that has this segment too.
        if (trailer && trailer->repo == repo) continue;
        if (!trailer && trailer.error().code() != Errc::corrupt &&
            trailer.error().code() != Errc::unsupported) {
            states.away.push_back(i);
            continue;
        }
        states.corrupt.push_back(i);
        states.damage.push_back(trailer ? "it is of another repository" : trailer.error().detail());
    }
    return states;
}

} // namespace torgo::repo
