#include "node/handlers.hpp"

namespace torgo::node {

namespace {
// PEER-2
std::unexpected<Error> wrong_size() {
    return fail(Errc::invalid_argument, "the body has not the size that was announced");
}
} // namespace

void Gathered::write(ByteView bytes) {
    m_too_long = m_too_long || bytes.size() > m_size - m_body.size();
    if (!m_too_long) m_body.insert(m_body.end(), bytes.begin(), bytes.end());
}

Response Gathered::finish() {
    if (m_too_long || m_body.size() != m_size) return Response::refuse(wrong_size().error());
    auto response = m_act(m_body);
    return response ? *std::move(response) : Response::refuse(response.error());
}

UploadExchange::UploadExchange(std::shared_ptr<Repository> repository,
                               std::unique_ptr<Repository::Upload> upload, const SegmentId& segment,
                               std::uint64_t size, std::optional<segment::StreamVerifier> verifier)
    : m_repository(std::move(repository)),
      m_upload(std::move(upload)),
      m_segment(segment),
      m_left(size),
      m_verifier(std::move(verifier)) {}

Result<> UploadExchange::take(ByteView bytes) {
    if (bytes.size() > m_left) return wrong_size();
    m_left -= bytes.size();
    if (m_verifier) CHECK_OK(m_verifier->write(bytes));
    return m_upload->append(bytes);
}

void UploadExchange::write(ByteView bytes) {
    if (m_failure) return;
    if (auto taken = take(bytes); !taken) {
        m_failure = std::move(taken).error();
        m_upload.reset(); // what came so far takes no room any longer
    }
}

// PEER-7
Result<> UploadExchange::complete() {
    if (m_left != 0) return wrong_size();
    if (m_verifier) {
        TRY(const auto trailer, m_verifier->finish(m_segment));
        if (trailer.repo != m_repository->record().repository)
            return fail(Errc::corrupt, "a segment of another repository");
    }
    return m_upload->commit(m_segment);
}

Response UploadExchange::finish() {
    if (m_failure) return Response::refuse(*m_failure);
    const auto done = complete();
    m_upload.reset();
    return done ? Response(201) : Response::refuse(done.error());
}

} // namespace torgo::node
