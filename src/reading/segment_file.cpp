#include "reading/segment_file.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "index/crc32c.hpp"

#include <algorithm>

namespace torgo::reading {

namespace {
constexpr std::string_view magic = "TGRSEG1\n";
constexpr std::size_t tail_size = 4 + 4 + magic.size();
constexpr std::size_t sources_max = column_rows_max;
constexpr std::int64_t value_missing = 0xFF;
constexpr std::int64_t arrival_bit = 0x10; ///< beside the quality

/// The order of the columns. [READING-17]
enum FixedColumn : std::size_t { number_column, time_column, time_digits_column, quality_column };

std::vector<std::int64_t> rows_of(std::span<const Reading> readings, std::size_t column) {
    std::vector<std::int64_t> out;
    out.reserve(readings.size());
    for (const auto& reading : readings) {
        const auto& value =
            reading.values[column < fixed_columns ? 0 : (column - fixed_columns) / 2];
        if (column == number_column)
            out.push_back(static_cast<std::int64_t>(reading.number));
        else if (column == time_column)
            out.push_back(reading.time.ns);
        else if (column == time_digits_column)
            out.push_back(reading.time.digits);
        else if (column == quality_column)
            out.push_back(static_cast<std::int64_t>(reading.quality) |
                          (reading.time_of_arrival ? arrival_bit : 0));
        else if ((column - fixed_columns) % 2 == 0)
            out.push_back(value ? value->mantissa : 0);
        else
            out.push_back(value ? value->digits : value_missing);
    }
    return out;
}

std::vector<SourceRows> sources_of(std::span<const Reading> readings) {
    std::vector<SourceRows> out;
    for (std::uint32_t i = 0; i < readings.size(); ++i) {
        if (out.empty() || out.back().source != readings[i].source)
            out.push_back({.source = readings[i].source, .first = i, .count = 0});
        out.back().count += 1;
    }
    return out;
}

void put_footer(const SegmentFooter& footer, Writer& out) {
    out.put(footer.profile).varint(footer.rows).varint(footer.columns.size());
    for (const auto& column : footer.columns) {
        out.put(column.coding).varint(column.raw_size).varint(column.size).put(column.checksum);
        out.signed_varint(column.smallest).signed_varint(column.largest);
    }
    out.varint(footer.sources.size());
    for (const auto& source : footer.sources)
        out.put(source.source).varint(source.count);
    out.raw(footer.content.view());
}

Result<> get_columns(Reader& in, SegmentFooter& footer, std::uint64_t end) {
    std::uint64_t offset = magic.size();
    for (auto& column : footer.columns) {
        TRY(column.coding, in.get<std::uint8_t>());
        TRY(const auto raw_size, in.varint(segment_size_max));
        TRY(const auto size, in.varint(end - offset));
        TRY(column.checksum, in.get<std::uint32_t>());
        TRY(column.smallest, in.signed_varint());
        TRY(column.largest, in.signed_varint());
        column.raw_size = static_cast<std::uint32_t>(raw_size);
        column.size = static_cast<std::uint32_t>(size);
        column.offset = offset;
        offset += size;
    }
    if (offset != end) return fail(Errc::corrupt, "columns that do not fill their segment");
    return {};
}

Result<> get_sources(Reader& in, SegmentFooter& footer) {
    TRY(const auto count, in.varint(sources_max));
    std::uint32_t first = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        SourceRows one;
        TRY(one.source, in.get<std::uint64_t>());
        TRY(const auto rows, in.varint(footer.rows - first));
        if (rows == 0 || (!footer.sources.empty() && footer.sources.back().source >= one.source))
            return fail(Errc::corrupt, "sources that do not rise");
        one.first = first;
        one.count = static_cast<std::uint32_t>(rows);
        first += one.count;
        footer.sources.push_back(one);
    }
    if (first != footer.rows) return fail(Errc::corrupt, "rows without a source");
    return {};
}

using Rows = std::vector<std::int64_t>;

Result<Rows> read_column(ByteView file, const SegmentFooter& footer, std::size_t column) {
    const auto& place = footer.columns[column];
    const auto bytes = file.subspan(place.offset, place.size);
    if (index::crc32c(bytes) != place.checksum) return fail(Errc::corrupt, "a column is damaged");
    return decode_column(place.coding, place.raw_size, bytes, footer.rows);
}

Result<> fill_fixed(std::span<Reading> readings, const std::array<Rows, fixed_columns>& columns,
                    std::uint8_t profile) {
    for (std::size_t i = 0; i < readings.size(); ++i) {
        auto& reading = readings[i];
        const auto digits = columns[time_digits_column][i];
        const auto quality = columns[quality_column][i];
        if (digits < 0 || digits > moment_digits_max || quality < 0 ||
            quality > (arrival_bit | 2) || (quality & ~arrival_bit) > 2)
            return fail(Errc::corrupt, "a malformed reading in a segment");
        reading.profile = profile;
        reading.number = static_cast<std::uint64_t>(columns[number_column][i]);
        reading.time = {.ns = columns[time_column][i], .digits = static_cast<std::uint8_t>(digits)};
        reading.quality = static_cast<Quality>(quality & ~arrival_bit);
        reading.time_of_arrival = (quality & arrival_bit) != 0;
        if (!is_valid(reading.time)) return fail(Errc::corrupt, "a malformed time in a segment");
    }
    return {};
}

Result<> fill_values(std::span<Reading> readings, std::size_t field, const Rows& mantissas,
                     const Rows& digits) {
    for (std::size_t i = 0; i < readings.size(); ++i) {
        if (digits[i] == value_missing) continue;
        const bool small = digits[i] >= 0 && digits[i] < std::int64_t{decimal_digits_max};
        const Decimal value{.mantissa = mantissas[i],
                            .digits = static_cast<std::uint8_t>(small ? digits[i] : 0)};
        if (!small || !is_valid(value))
            return fail(Errc::corrupt, "a malformed value in a segment");
        readings[i].values[field] = value;
    }
    return {};
}
} // namespace

std::size_t column_count(const Profile& profile) noexcept {
    return fixed_columns + 2 * profile.fields.size();
}

Bytes encode_segment(std::span<const Reading> readings) {
    ENSURE(!readings.empty() && readings.size() <= column_rows_max);
    SegmentFooter footer;
    footer.profile = readings.front().profile;
    footer.rows = static_cast<std::uint32_t>(readings.size());
    footer.sources = sources_of(readings);
    Writer out;
    out.raw(as_bytes(magic));
    for (std::size_t i = 0; i < column_count(*find_profile(footer.profile)); ++i) {
        const auto rows = rows_of(readings, i);
        const auto column = encode_column(rows);
        const auto [smallest, largest] = std::ranges::minmax(rows);
        footer.columns.push_back({.coding = column.coding,
                                  .raw_size = column.raw_size,
                                  .size = static_cast<std::uint32_t>(column.bytes.size()),
                                  .offset = out.size(),
                                  .checksum = index::crc32c(column.bytes),
                                  .smallest = smallest,
                                  .largest = largest});
        out.raw(column.bytes);
    }
    footer.content = crypto::sha256(out.view());
    Writer bytes;
    put_footer(footer, bytes);
    out.raw(bytes.view()).put(static_cast<std::uint32_t>(bytes.size()));
    out.put(index::crc32c(bytes.view())).raw(as_bytes(magic));
    return std::move(out).take();
}

Result<SegmentFooter> decode_footer(ByteView file) {
    if (file.size() > segment_size_max) return fail(Errc::limit_exceeded, "a segment too large");
    if (file.size() < magic.size() + tail_size) return fail(Errc::corrupt, "a segment too small");
    const auto is_magic = [](ByteView bytes) {
        return std::ranges::equal(bytes, as_bytes(magic));
    };
    if (!is_magic(file.first(magic.size())) || !is_magic(file.last(magic.size())))
        return fail(Errc::unsupported, "not a segment of readings of this version");
    Reader tail(file.last(tail_size));
    TRY(const auto size, tail.get<std::uint32_t>());
    TRY(const auto code, tail.get<std::uint32_t>());
    if (size > file.size() - magic.size() - tail_size)
        return fail(Errc::corrupt, "a footer larger than its segment");
    const auto end = file.size() - tail_size - size;
    const auto bytes = file.subspan(end, size);
    if (index::crc32c(bytes) != code) return fail(Errc::corrupt, "a footer is damaged");
    Reader in(bytes);
    SegmentFooter out;
    TRY(out.profile, in.get<std::uint8_t>());
    const auto* const profile = find_profile(out.profile);
    if (profile == nullptr) return fail(Errc::unsupported, "readings of an unknown profile");
    TRY(const auto rows, in.varint(column_rows_max));
    out.rows = static_cast<std::uint32_t>(rows);
    TRY(const auto columns, in.varint(fixed_columns + 2 * values_max));
    if (columns != column_count(*profile)) return fail(Errc::corrupt, "columns are missing");
    out.columns.resize(columns);
    CHECK_OK(get_columns(in, out, end));
    CHECK_OK(get_sources(in, out));
    TRY(out.content, in.id<Digest>());
    CHECK_OK(in.done());
    return out;
}

Result<std::vector<Reading>> decode_segment(ByteView file, const SegmentFooter& footer,
                                            Projection wanted) {
    std::vector<Reading> out(footer.rows);
    std::array<Rows, fixed_columns> fixed;
    for (std::size_t i = 0; i < fixed_columns; ++i) {
        TRY(fixed[i], read_column(file, footer, i));
    }
    CHECK_OK(fill_fixed(out, fixed, footer.profile));
    for (const auto& source : footer.sources)
        for (std::uint32_t i = 0; i < source.count; ++i)
            out[source.first + i].source = source.source;
    for (std::size_t i = fixed_columns; i < footer.columns.size(); i += 2) {
        const auto field = (i - fixed_columns) / 2;
        if ((wanted >> field & 1U) == 0) continue;
        TRY(const auto mantissas, read_column(file, footer, i));
        TRY(const auto digits, read_column(file, footer, i + 1));
        CHECK_OK(fill_values(out, field, mantissas, digits));
    }
    return out;
}

bool is_whole(ByteView file, const SegmentFooter& footer) {
    const auto end = footer.columns.back().offset + footer.columns.back().size;
    return crypto::sha256(file.first(end)) == footer.content;
}

} // namespace torgo::reading
