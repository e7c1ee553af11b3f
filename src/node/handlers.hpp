#pragma once

#include "node/exchange.hpp"
#include "node/repository.hpp"
#include "segment/stream_verify.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

/// The kinds of exchanges that a service makes.
namespace torgo::node {

/// The answer is there from the beginning.
class Answered final : public Exchange {
public:
    explicit Answered(Response response) : m_response(std::move(response)) {}

    bool answered() const override { return true; }

    void write(ByteView) override {}

    Response finish() override { return std::move(m_response); }

private:
    Response m_response;
};

/// Gathers a small body, then acts.
class Gathered final : public Exchange {
public:
    using Act = std::function<Result<Response>(ByteView body)>;

    /// in      `size`, as announced and within the limit of the request's form
    Gathered(std::uint64_t size, Act act) : m_size(size), m_act(std::move(act)) {}

    bool answered() const override { return m_too_long; }

    void write(ByteView bytes) override;
    Response finish() override;

private:
    std::uint64_t m_size;
    Act m_act;
    Bytes m_body;
    bool m_too_long = false;
};

/// Writes a segment to the disk while it comes.
class UploadExchange final : public Exchange {
public:
    /// in      `verifier`, none where names are not verified
    UploadExchange(std::shared_ptr<Repository> repository,
                   std::unique_ptr<Repository::Upload> upload, const SegmentId& segment,
                   std::uint64_t size, std::optional<segment::StreamVerifier> verifier);

    bool answered() const override { return m_failure.has_value(); }

    void write(ByteView bytes) override;
    Response finish() override;

private:
    Result<> take(ByteView bytes);
    Result<> complete();

    std::shared_ptr<Repository> m_repository; ///< outlives the upload
    std::unique_ptr<Repository::Upload> m_upload;
    SegmentId m_segment;
    std::uint64_t m_left;
    std::optional<segment::StreamVerifier> m_verifier;
    std::optional<Error> m_failure;
};

} // namespace torgo::node
