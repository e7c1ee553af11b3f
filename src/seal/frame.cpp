#include "seal/frame.hpp"

#include "base/ensure.hpp"

#include <zstd.h>

namespace torgo::seal {

Bytes compress_frame(ByteView bytes, int level) {
    Bytes out(ZSTD_compressBound(bytes.size()));
    const auto size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
    ENSURE(ZSTD_isError(size) == 0);
    out.resize(size);
    return out;
}

Result<Bytes> expand_frame(ByteView frame, std::size_t size) {
    if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size() ||
        ZSTD_getFrameContentSize(frame.data(), frame.size()) != size)
        return fail(Errc::corrupt, "not one zstd frame of the size that was told");
    Bytes out(size);
    if (ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size()) != size)
        return fail(Errc::corrupt, "a zstd frame does not expand");
    return out;
}

} // namespace torgo::seal
