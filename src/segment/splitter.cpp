#include "segment/splitter.hpp"

#include "base/ensure.hpp"
#include "segment/erasure.hpp"
#include "segment/merkle.hpp"
#include "segment/verify.hpp"

#include <algorithm>
#include <vector>

namespace torgo::segment {
namespace {

/// Cells hashed together: what the widest machines hash in parallel lanes.
constexpr unsigned lanes = 16;

ByteView zero_cell() {
    static const Bytes zeros(cell_size);
    return zeros;
}

} // namespace

struct Splitter::State {
    State(PackInfo pack, const RepoId& owner);

    Result<> add_batch(ByteView bytes, const Sink& sink);
    void point_at(ByteView bytes);

    PackInfo info;
    RepoId repo;
    CellMap map;
    Bytes parity;                       ///< of one batch
    std::vector<ByteSpan> parity_cells; ///< of `parity`, stripe by stripe
    std::vector<ByteView> cells;        ///< of one batch, stripe by stripe
    std::vector<Digest> hashes;         ///< of `cells`
    std::vector<std::vector<Digest>> leaves;
    std::uint64_t added = 0;
};

Splitter::State::State(PackInfo pack, const RepoId& owner)
    : info(std::move(pack)), repo(owner), map(CellMap::parity(info.code)), leaves(info.code.n) {
    const std::size_t batch = std::max(1U, lanes / info.code.n);
    const auto count = batch * (info.code.n - info.code.k);
    parity.resize(count * cell_size);
    for (std::size_t i = 0; i < count; ++i)
        parity_cells.push_back(ByteSpan(parity).subspan(i * cell_size, cell_size));
    cells.resize(batch * info.code.n);
    hashes.resize(cells.size());
    for (auto& of_segment : leaves)
        of_segment.reserve(info.stripes());
}

/// Sets `cells` to the data cells in `bytes` and the parity cells that belong to them.
void Splitter::State::point_at(ByteView bytes) {
    const std::size_t k = info.code.k;
    const std::size_t n = info.code.n;
    for (std::size_t i = 0, data = 0, made = 0; i < cells.size(); ++i) {
        if (i % n >= k) {
            cells[i] = parity_cells[made++];
            continue;
        }
        // [SEGMENT-2] cells beyond the end of the pack are zero
        const auto at = data++ * cell_size;
        cells[i] = at < bytes.size() ? bytes.subspan(at, cell_size) : zero_cell();
    }
}

Result<> Splitter::State::add_batch(ByteView bytes, const Sink& sink) {
    const std::size_t k = info.code.k;
    const std::size_t n = info.code.n;
    const auto stripes = (bytes.size() + k * cell_size - 1) / (k * cell_size);
    point_at(bytes);
    for (std::size_t s = 0; s < stripes; ++s)
        map.apply(std::span(cells).subspan(s * n, k),
                  std::span(parity_cells).subspan(s * (n - k), n - k));
    leaf_hashes(std::span(cells).first(stripes * n), std::span(hashes).first(stripes * n));
    for (std::size_t i = 0; i < stripes * n; ++i)
        leaves[i % n].push_back(hashes[i]);
    for (std::size_t i = 0; i < stripes * n; ++i)
        CHECK_OK(sink(static_cast<unsigned>(i % n), cells[i]));
    return {};
}

Splitter::Splitter(std::unique_ptr<State> state) : m_state(std::move(state)) {}
Splitter::Splitter(Splitter&&) noexcept = default;
Splitter& Splitter::operator=(Splitter&&) noexcept = default;
Splitter::~Splitter() = default;

Result<Splitter> Splitter::create(Code code, PackClass cls, const RepoId& repo,
                                  std::uint64_t pack_size) {
    PackInfo info{.cls = cls, .code = code, .size = pack_size, .segments = {}};
    info.segments.resize(code.n);
    if (!info.valid()) return fail(Errc::invalid_argument, "no such code or size of pack");
    return Splitter(std::make_unique<State>(std::move(info), repo));
}

Result<> Splitter::add(ByteView whole_stripes, const Sink& sink) {
    auto& state = *m_state;
    const auto left = state.info.size - state.added;
    const auto row = std::size_t{state.info.code.k} * cell_size;
    if (whole_stripes.size() > left ||
        (whole_stripes.size() % row != 0 && whole_stripes.size() != left))
        return fail(Errc::invalid_argument, "bytes added to a pack must be whole stripes of it");
    state.added += whole_stripes.size();
    const auto batch_size = state.cells.size() / state.info.code.n * row;
    while (!whole_stripes.empty()) {
        const auto bytes = whole_stripes.first(std::min(whole_stripes.size(), batch_size));
        CHECK_OK(state.add_batch(bytes, sink));
        whole_stripes = whole_stripes.subspan(bytes.size());
    }
    return {};
}

Result<PackInfo> Splitter::finish(const Sink& sink) {
    auto& state = *m_state;
    if (state.added != state.info.size)
        return fail(Errc::invalid_argument, "the pack is not whole yet");
    for (unsigned i = 0; i < state.info.code.n; ++i)
        state.info.segments[i] = merkle_root(state.leaves[i]);
    for (unsigned i = 0; i < state.info.code.n; ++i) {
        const auto trailer = encode_trailer(
            {.info = state.info, .repo = state.repo, .index = i, .leaves = state.leaves[i]});
        CHECK_OK(sink(i, trailer));
    }
    return state.info;
}

} // namespace torgo::segment
