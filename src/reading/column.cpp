#include "reading/column.hpp"

#include "base/codec.hpp"
#include "seal/frame.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace torgo::reading {

namespace {
constexpr int zstd_level = 3;
constexpr std::size_t dictionary_max = 4096;
constexpr std::size_t number_size_max = 10; ///< of a varint
constexpr std::size_t raw_size_max = (column_rows_max + dictionary_max) * 2 * number_size_max;

/// Differences wrap around, so that every 64-bit number can stand in a column.
std::int64_t minus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

Bytes encode_deltas(std::span<const std::int64_t> rows, bool twice) {
    Writer out;
    std::int64_t before = 0;
    std::int64_t step = 0;
    for (const auto row : rows) {
        const auto delta = minus(row, before);
        out.signed_varint(twice ? minus(delta, step) : delta);
        step = delta;
        before = row;
    }
    return std::move(out).take();
}

/// Distinct numbers by size, then runs of their places. Nothing when there are too many.
std::optional<Bytes> encode_dictionary(std::span<const std::int64_t> rows) {
    std::map<std::int64_t, std::uint64_t> places;
    for (const auto row : rows) {
        places.emplace(row, 0);
        if (places.size() > dictionary_max) return std::nullopt;
    }
    Writer out;
    out.varint(places.size());
    std::int64_t before = 0;
    std::uint64_t place = 0;
    for (auto& [number, at] : places) {
        out.signed_varint(minus(number, before));
        before = number;
        at = place++;
    }
    for (std::size_t i = 0; i < rows.size();) {
        auto end = i + 1;
        while (end < rows.size() && rows[end] == rows[i])
            ++end;
        out.varint(places.at(rows[i])).varint(end - i);
        i = end;
    }
    return std::move(out).take();
}

Result<std::vector<std::int64_t>> decode_deltas(ByteView bytes, std::size_t rows, bool twice) {
    Reader in(bytes);
    std::vector<std::int64_t> out;
    out.reserve(rows);
    std::int64_t before = 0;
    std::int64_t step = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        TRY(const auto value, in.signed_varint());
        step = twice ? plus(step, value) : value;
        before = plus(before, step);
        out.push_back(before);
    }
    CHECK_OK(in.done());
    return out;
}

Result<std::vector<std::int64_t>> decode_dictionary(ByteView bytes, std::size_t rows) {
    Reader in(bytes);
    TRY(const auto size, in.varint(dictionary_max));
    std::vector<std::int64_t> numbers;
    std::int64_t before = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
        TRY(const auto delta, in.signed_varint());
        before = plus(before, delta);
        if (!numbers.empty() && before <= numbers.back())
            return fail(Errc::corrupt, "a dictionary that does not rise");
        numbers.push_back(before);
    }
    std::vector<std::int64_t> out;
    out.reserve(rows);
    while (out.size() < rows) {
        TRY(const auto place, in.varint());
        TRY(const auto run, in.varint(rows - out.size()));
        if (place >= numbers.size() || run == 0) return fail(Errc::corrupt, "a malformed column");
        out.insert(out.end(), run, numbers[place]);
    }
    CHECK_OK(in.done());
    return out;
}

Result<std::vector<std::int64_t>> decode_plain(std::uint8_t coding, ByteView bytes,
                                               std::size_t rows) {
    switch (static_cast<Coding>(coding)) {
    case Coding::delta:
        return decode_deltas(bytes, rows, false);
    case Coding::delta_of_delta:
        return decode_deltas(bytes, rows, true);
    case Coding::dictionary:
        return decode_dictionary(bytes, rows);
    }
    return fail(Errc::unsupported, "a column in an unknown coding");
}

void keep_smaller(EncodedColumn& best, Bytes bytes, std::uint8_t coding) {
    if (!best.bytes.empty() && bytes.size() >= best.bytes.size()) return;
    best.coding = coding;
    best.bytes = std::move(bytes);
}
} // namespace

EncodedColumn encode_column(std::span<const std::int64_t> rows) {
    EncodedColumn out;
    if (auto dictionary = encode_dictionary(rows))
        keep_smaller(out, std::move(*dictionary), static_cast<std::uint8_t>(Coding::dictionary));
    keep_smaller(out, encode_deltas(rows, false), static_cast<std::uint8_t>(Coding::delta));
    keep_smaller(out, encode_deltas(rows, true), static_cast<std::uint8_t>(Coding::delta_of_delta));
    out.raw_size = static_cast<std::uint32_t>(out.bytes.size());
    auto frame = seal::compress_frame(out.bytes, zstd_level);
    if (frame.size() < out.bytes.size()) {
        out.coding |= coding_zstd;
        out.bytes = std::move(frame);
    }
    return out;
}

Result<std::vector<std::int64_t>> decode_column(std::uint8_t coding, std::uint32_t raw_size,
                                                ByteView bytes, std::size_t rows) {
    if (rows > column_rows_max || raw_size > raw_size_max)
        return fail(Errc::limit_exceeded, "a column larger than any");
    if ((coding & coding_zstd) == 0) {
        if (raw_size != bytes.size()) return fail(Errc::corrupt, "a column of a wrong size");
        return decode_plain(coding, bytes, rows);
    }
    TRY(const auto raw, seal::expand_frame(bytes, raw_size));
    return decode_plain(coding & static_cast<std::uint8_t>(~coding_zstd), raw, rows);
}

} // namespace torgo::reading
