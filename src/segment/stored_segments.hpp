#pragma once

#include "base/codec.hpp"
#include "crypto/hash.hpp"
#include "segment/joiner.hpp"
#include "segment/splitter.hpp"
#include "segment/verify.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

/// For tests: packs of noise, and their segment files in memory.
namespace torgo::segment {

/// The bytes that tests/vectors/segment.json speaks of.
inline Bytes noise(std::size_t size) {
    Writer out;
    for (std::uint64_t i = 0; out.size() < size; ++i) {
        Writer in;
        in.raw(as_bytes("torgo test pack")).put(i);
        out.raw(crypto::sha256(in.view()).view());
    }
    return std::move(out).take();
}

inline RepoId test_repo() {
    RepoId repo;
    for (std::size_t i = 0; i < repo.bytes.size(); ++i)
        repo.bytes[i] = static_cast<std::uint8_t>(i);
    return repo;
}

/// The segment files of one pack.
struct Stored {
    Bytes pack;
    PackInfo info;
    std::vector<Bytes> files;

    Fetch fetch() const {
        return [this](unsigned index, std::uint64_t offset, ByteSpan out) -> Result<> {
            const auto& file = files.at(index);
            if (file.empty()) return fail(Errc::unavailable, "this head is gone");
            if (offset > file.size() || out.size() > file.size() - offset)
                return fail(Errc::corrupt, "the file ends too early");
            std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), out.size(),
                        out.begin());
            return {};
        };
    }

    ReadAt reader(unsigned index) const {
        return [this, index](std::uint64_t offset, ByteSpan out) {
            return fetch()(index, offset, out);
        };
    }
};

inline Splitter::Sink into(std::vector<Bytes>& files) {
    return [&files](unsigned index, ByteView bytes) -> Result<> {
        auto& file = files.at(index);
        file.insert(file.end(), bytes.begin(), bytes.end());
        return {};
    };
}

inline Stored store(Code code, std::size_t size, PackClass cls = PackClass::data) {
    Stored out{.pack = noise(size), .info = {}, .files = std::vector<Bytes>(code.n)};
    auto splitter = Splitter::create(code, cls, test_repo(), size).value();
    splitter.add(out.pack, into(out.files)).value();
    out.info = splitter.finish(into(out.files)).value();
    return out;
}

inline constexpr Code regenerating_code{.k = 2, .n = 4, .kind = CodeKind::regenerating};

/// For what must hold of 2 of 4 in either kind.
class OfEitherKind : public testing::TestWithParam<Code> {};

inline const auto either_kind = testing::Values(Code{2, 4}, regenerating_code);

inline std::string kind_name(const testing::TestParamInfo<Code>& info) {
    return info.param.regenerates() ? "regenerating" : "reed_solomon";
}

} // namespace torgo::segment
