#include "peer/head.hpp"

#include "peer/put_stream.hpp"
#include "segment/regenerate.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace torgo::peer {

namespace {

Result<> check_name(std::string_view name) {
    if (head::is_root_name(name)) return {};
    return fail(Errc::invalid_argument,
                "\"" + printable(name.substr(0, head::max_root_name)) + "\" is no name of a root");
}

BodySource source_of(ByteView body) {
    return [body](ByteSpan out) mutable -> Result<std::size_t> {
        const auto count = std::min(out.size(), body.size());
        std::ranges::copy(body.first(count), out.begin());
        body = body.subspan(count);
        return count;
    };
}

/// Takes the beginning of a failure's text; what follows is of no use.
void keep_text(Bytes& text, ByteView bytes) {
    const auto room = max_error_text - std::min(max_error_text, text.size());
    const auto part = bytes.first(std::min(room, bytes.size()));
    text.insert(text.end(), part.begin(), part.end());
}

std::unexpected<Error> wrong_size() {
    return fail(Errc::unavailable, "the node's answer has a size that it can not have");
}

/// Sends a request and gathers an answer of at most `limit` bytes.
Result<Bytes> gather(Exchanger& node, const Request& request, const BodySource& body,
                     std::size_t limit) {
    Bytes taken;
    const auto sink = [&](const Answer& answer, ByteView bytes) -> Result<> {
        if (!answer.ok()) {
            keep_text(taken, bytes);
            return {};
        }
        if (bytes.size() > limit - taken.size()) return wrong_size();
        taken.insert(taken.end(), bytes.begin(), bytes.end());
        return {};
    };
    TRY(const auto answer, node.exchange(request, body, sink));
    if (!answer.ok()) return std::unexpected(error_of(answer, taken));
    if (request.method != Method::head && taken.size() != answer.body_size) return wrong_size();
    return taken;
}

} // namespace

PeerHead::PeerHead(Exchanger& node, std::string uri, const RepoId& repository, unsigned index)
    : m_node(node), m_uri(std::move(uri)), m_repository(repository), m_index(index) {}

Target PeerHead::target(Route route) const {
    Target out;
    out.route = route;
    out.repository = m_repository;
    return out;
}

Result<Bytes> PeerHead::ask(Method method, const Target& target, ByteView body, std::size_t limit) {
    auto answer =
        gather(m_node, {method, format_target(target), {}, body.size()}, source_of(body), limit);
    if (answer) return answer;
    return std::unexpected(std::move(answer).error().with(m_uri));
}

Result<RepositoryStatus> PeerHead::repository_status() {
    constexpr std::size_t limit = 64;
    TRY(const auto body, ask(Method::get, target(Route::repository_status), {}, limit));
    TRY(auto status, decode_repository_status(body));
    if (status.head.repository != m_repository || status.head.index != m_index)
        return fail(Errc::unavailable, m_uri + " keeps head " + std::to_string(status.head.index) +
                                           " of repository " + status.head.repository.hex() +
                                           ", which is not the one that belongs there");
    return status;
}

Result<> PeerHead::probe() {
    TRY(const auto status, repository_status());
    if (!status.rights.any(Rights::write))
        return fail(Errc::permission, m_uri + " gives this machine no right to write");
    if (status.write_error && *status.write_error != Errc::no_space)
        return fail(*status.write_error, m_uri + " takes no writes now");
    return {};
}

Result<head::HeadStatus> PeerHead::status() {
    TRY(const auto status, repository_status());
    return status.head;
}

class PeerHead::Writer final : public head::SegmentWriter {
public:
    Writer(PeerHead& head, std::uint64_t expected_size) : m_head(head) {
        m_bytes.reserve(std::min(expected_size, max_segment_file));
    }

    Result<> append(ByteView bytes) override {
        if (m_done) return fail(Errc::invalid_argument, "this segment was finished or given up");
        if (bytes.size() > max_segment_file - m_bytes.size()) {
            give_up();
            return fail(Errc::limit_exceeded, "a segment longer than any pack gives");
        }
        m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
        return {};
    }

    Result<> commit(const SegmentId& name) override {
        if (m_done) return fail(Errc::invalid_argument, "this segment was finished or given up");
        auto put = m_head.put_segment(name, m_bytes);
        give_up();
        return put;
    }

private:
    void give_up() {
        m_done = true;
        Bytes().swap(m_bytes);
    }

    PeerHead& m_head;
    Bytes m_bytes;
    bool m_done = false;
};

Result<std::unique_ptr<head::SegmentWriter>> PeerHead::begin_segment(std::uint64_t expected_size) {
    if (expected_size > head::max_segment_size)
        return fail(Errc::limit_exceeded, "a segment of more than 1 GiB");
    return std::make_unique<Writer>(*this, expected_size);
}

Result<std::unique_ptr<head::SegmentWriter>> PeerHead::begin_named(const SegmentId& name,
                                                                   std::uint64_t size) {
    if (size > max_segment_file)
        return fail(Errc::limit_exceeded, "a segment longer than any pack gives");
    auto to = target(Route::segment);
    to.segment = name;
    return std::make_unique<PutStream>(
        name, size, [this, to = format_target(to), size](const BodySource& source) -> Result<> {
            auto put = gather(m_node, {Method::put, to, {}, size}, source, 0);
            if (!put) return std::unexpected(std::move(put).error().with(m_uri));
            return {};
        });
}

Result<> PeerHead::put_segment(const SegmentId& name, ByteView content) {
    auto to = target(Route::segment);
    to.segment = name;
    CHECK_OK(ask(Method::put, to, content, 0));
    return {};
}

/// One read of a part of a segment, in as many requests as the link breaks it into.
class PeerHead::RangeRead {
public:
    RangeRead(PeerHead& head, const SegmentId& segment, std::uint64_t offset, ByteSpan out)
        : m_head(head), m_segment(segment), m_offset(offset), m_out(out) {}

    Result<> run() {
        for (int resumes = 0;; ++resumes) {
            const auto before = m_filled;
            auto read = ask();
            if (read || m_refused || resumes == max_resumes || m_filled - before < resume_after)
                return read;
            const auto code = read.error().code();
            if (code != Errc::unavailable && code != Errc::timeout) return read;
        }
    }

private:
    Result<> ask() {
        auto to = m_head.target(Route::segment);
        to.segment = m_segment;
        const Range left{m_offset + m_filled, m_offset + m_out.size() - 1};
        const Header range{std::string(range_header), format_range(left)};
        m_left = m_out.size() - m_filled;
        TRY(const auto answer,
            m_head.m_node.exchange(
                {Method::get, format_target(to), {range}, 0}, source_of({}),
                [this](const Answer& from, ByteView bytes) { return take(from, bytes); }));
        m_refused = true; // the node has said all that it says
        if (!answer.ok()) return std::unexpected(error_of(answer, m_text).with(m_head.m_uri));
        if (m_filled != m_out.size()) return wrong_size();
        return {};
    }

    Result<> take(const Answer& answer, ByteView bytes) {
        if (!answer.ok()) {
            keep_text(m_text, bytes);
            return {};
        }
        if (answer.body_size != m_left || bytes.size() > m_out.size() - m_filled) {
            m_refused = true;
            return wrong_size();
        }
        std::ranges::copy(bytes, m_out.begin() + static_cast<std::ptrdiff_t>(m_filled));
        m_filled += bytes.size();
        return {};
    }

    PeerHead& m_head;
    const SegmentId& m_segment;
    std::uint64_t m_offset;
    ByteSpan m_out;
    std::size_t m_filled = 0;
    std::size_t m_left = 0; ///< asked for in this request
    bool m_refused = false; ///< asking again would not help
    Bytes m_text;
};

Result<> PeerHead::read_segment(const SegmentId& segment, std::uint64_t offset, ByteSpan out) {
    // Neither can be written as a range; the size tells what is to be said.
    if (out.empty() || offset > std::numeric_limits<std::uint64_t>::max() - out.size()) {
        CHECK_OK(segment_size(segment));
        if (out.empty()) return {};
        return fail(Errc::corrupt, segment.hex() + " is shorter than what is asked of it");
    }
    return RangeRead(*this, segment, offset, out).run();
}

Result<> PeerHead::read_combined(const SegmentId& segment, std::uint64_t first_cell,
                                 std::uint8_t factor, ByteSpan out) {
    if (out.empty() || out.size() % segment::half_cell != 0 || out.size() > head::max_combined)
        return fail(Errc::invalid_argument, "no such number of cells is combined at once");
    auto to = target(Route::combined);
    to.segment = segment;
    to.factor = factor;
    to.first = first_cell;
    to.max = out.size() / segment::half_cell;
    TRY(const auto body, ask(Method::get, to, {}, out.size()));
    if (body.size() != out.size()) return wrong_size();
    std::ranges::copy(body, out.begin());
    return {};
}

Result<std::uint64_t> PeerHead::segment_size(const SegmentId& segment) {
    auto to = target(Route::segment);
    to.segment = segment;
    const auto sink = [](const Answer&, ByteView) {
        return Result<>{};
    };
    TRY(const auto answer,
        m_node.exchange({Method::head, format_target(to), {}, 0}, source_of({}), sink));
    if (!answer.ok()) return std::unexpected(error_of(answer, {}).with(m_uri));
    return answer.body_size;
}

Result<std::vector<SegmentId>> PeerHead::list_segments(const SegmentId& after, std::size_t max) {
    if (max == 0) return std::vector<SegmentId>{};
    auto to = target(Route::segments);
    to.segment = after;
    to.max = std::min(max, max_page);
    TRY(const auto body, ask(Method::get, to, {}, to.max * SegmentId::size));
    TRY(auto ids, decode_ids(body));
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (ids[i] <= (i == 0 ? after : ids[i - 1]))
            return fail(Errc::unavailable, m_uri + ": the node's list does not ascend");
    return ids;
}

Result<> PeerHead::remove_segment(const SegmentId& segment) {
    auto to = target(Route::segment);
    to.segment = segment;
    CHECK_OK(ask(Method::remove, to, {}, 0));
    return {};
}

Result<> PeerHead::put_root(const std::string& name, ByteView content) {
    CHECK_OK(check_name(name));
    if (content.size() > head::max_root_size)
        return fail(Errc::limit_exceeded, "a root of more than 16 MiB: " + name);
    auto to = target(Route::root);
    to.root = name;
    CHECK_OK(ask(Method::put, to, content, 0));
    return {};
}

Result<Bytes> PeerHead::get_root(const std::string& name) {
    CHECK_OK(check_name(name));
    auto to = target(Route::root);
    to.root = name;
    return ask(Method::get, to, {}, head::max_root_size);
}

Result<std::vector<std::string>> PeerHead::list_page(const std::string& prefix,
                                                     const std::string& after) {
    auto to = target(Route::roots);
    to.prefix = prefix;
    to.root = after;
    to.max = max_page;
    TRY(const auto body, ask(Method::get, to, {}, max_names_size));
    TRY(auto names, decode_names(body));
    for (const auto& name : names)
        if (name <= after || !name.starts_with(prefix))
            return fail(Errc::unavailable, m_uri + ": the node lists what was not asked for");
    return names;
}

Result<std::vector<std::string>> PeerHead::list_roots(const std::string& prefix) {
    std::vector<std::string> all;
    if (!prefix.empty() && !head::is_root_name(prefix)) {
        CHECK_OK(repository_status()); // a head that is away is not an empty one
        return all;
    }
    for (;;) {
        TRY(auto page, list_page(prefix, all.empty() ? "" : all.back()));
        if (page.empty()) return all;
        if (page.size() > max_listed_roots - all.size())
            return fail(Errc::limit_exceeded, m_uri + " lists more records than any head has");
        std::ranges::move(page, std::back_inserter(all));
    }
}

Result<> PeerHead::remove_root(const std::string& name) {
    CHECK_OK(check_name(name));
    auto to = target(Route::root);
    to.root = name;
    CHECK_OK(ask(Method::remove, to, {}, 0));
    return {};
}

Result<std::vector<bool>> PeerHead::have(std::span<const SegmentId> ids) {
    if (ids.empty()) return std::vector<bool>{};
    if (ids.size() > max_page) return fail(Errc::invalid_argument, "more than 65,536 ids at once");
    TRY(const auto body,
        ask(Method::post, target(Route::have), encode_ids(ids), (ids.size() + 7) / 8));
    return decode_bitmap(body, ids.size());
}

Result<std::vector<LeafProof>> PeerHead::audit(const SegmentId& segment,
                                               const AuditRequest& request) {
    auto to = target(Route::audit);
    to.segment = segment;
    TRY(const auto body, ask(Method::post, to, encode(request), max_audit_answer(request)));
    return decode_audit_answer(request, body);
}

Result<> PeerHead::join(const InviteSecret& secret, const OwnerKeys& owner) {
    const Join message{secret, static_cast<std::uint8_t>(m_index), owner};
    CHECK_OK(ask(Method::post, target(Route::join), encode(message), 0));
    return {};
}

Result<std::vector<KeptRepository>> kept_repositories(Exchanger& node) {
    Target target;
    target.route = Route::repositories;
    TRY(const auto body,
        gather(node, {Method::get, format_target(target), {}, 0}, source_of({}), max_kept_size));
    return decode_kept(body);
}

Result<std::vector<KeptBatch>> fetch_batches(Exchanger& node, const RepoId& repository,
                                             const std::optional<PeerId>& client,
                                             std::uint64_t from) {
    constexpr std::uint64_t limit = 2 * max_ledger_bytes;
    Target target;
    target.route = client ? Route::mirror : Route::ledger;
    target.repository = repository;
    target.author = client.value_or(PeerId{});
    std::vector<KeptBatch> all;
    for (std::uint64_t size = 0;;) {
        target.from = all.empty() ? from : all.back().number + 1;
        TRY(const auto body, gather(node, {Method::get, format_target(target), {}, 0},
                                    source_of({}), max_batch_page));
        if (body.empty()) return all;
        size += body.size();
        if (size > limit) return fail(Errc::limit_exceeded, "a ledger longer than any");
        TRY(auto page, decode_batch_page(body));
        if (page.front().number < target.from)
            return fail(Errc::unavailable, "the node's list does not ascend");
        std::ranges::move(page, std::back_inserter(all));
    }
}

Result<> mirror_batch(Exchanger& node, const RepoId& repository, ByteView batch) {
    Target target;
    target.route = Route::receipts;
    target.repository = repository;
    CHECK_OK(
        gather(node, {Method::post, format_target(target), {}, batch.size()}, source_of(batch), 0));
    return {};
}

Result<NodeStatus> node_status(Exchanger& node, const PeerId& expected) {
    constexpr std::size_t limit = 256;
    TRY(const auto body, gather(node, {Method::get, "/v1/status", {}, 0}, source_of({}), limit));
    TRY(auto status, decode_node_status(body));
    if (status.node != expected)
        return fail(Errc::authentication, "the node is " + status.node.hex());
    return status;
}

} // namespace torgo::peer
