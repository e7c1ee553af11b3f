#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "segment/code.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace torgo::segment {

/// Cuts one pack into its n segments while it streams by: computes the parity cells, names all
/// segments. Holds the parity of a few stripes, never the pack.
class Splitter {
public:
    /// Takes the next bytes of segment `index`; each segment's bytes come in order. An error ends
    /// the call of add or finish with that error: a sink that can go on without one segment answers
    /// ok and remembers.
    using Sink = std::function<Result<>(unsigned index, ByteView bytes)>;

    /// in      `pack_size`, a multiple of cell_size up to limits::max_pack_size
    /// errors  `invalid_argument` for a code or size out of bounds
    static Result<Splitter> create(Code code, PackClass cls, const RepoId& repo,
                                   std::uint64_t pack_size);

    Splitter(Splitter&&) noexcept;
    Splitter& operator=(Splitter&&) noexcept;
    ~Splitter();

    /// Adds the next bytes of the pack.
    ///
    /// in      `whole_stripes`, a multiple of code.k * cell_size bytes, or all that is left of the
    /// pack errors  `invalid_argument` for other lengths; what the sink answers cost    (n - k) * k
    /// field operations a byte, one SHA-256 over all n cells
    Result<> add(ByteView whole_stripes, const Sink& sink);

    /// Hands each segment its trailer, when the whole pack has been added.
    ///
    /// errors  `invalid_argument` when bytes are missing; what the sink answers
    Result<PackInfo> finish(const Sink& sink);

private:
    struct State;
    explicit Splitter(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace torgo::segment
