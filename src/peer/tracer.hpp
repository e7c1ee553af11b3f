#pragma once

#include "base/id.hpp"
#include "env/clock.hpp"
#include "env/random.hpp"
#include "peer/exchange.hpp"
#include "peer/receipt.hpp"

#include <functional>
#include <string>

namespace torgo::peer {

/// Takes the receipt of a transfer that has ended. Called by several threads at once.
using NoteReceipt = std::function<void(const RepoId& repository, const Receipt& receipt)>;

/// "00-TRACE-SPAN-01" of W3C Trace Context: a new trace, whose parent nobody else knows.
std::string make_traceparent(env::Random& random);

/// The client's end of a link, which gives each request its trace and writes down what was a
/// transfer. Thread-safe.
class Tracer final : public Exchanger {
public:
    /// in  `inner`, the link to `node`, `clock` and `random` outlive the tracer
    Tracer(Exchanger& inner, const PeerId& node, env::Clock& clock, env::Random& random,
           NoteReceipt note);

    Result<Answer> exchange(const Request& request, const BodySource& source,
                            const BodySink& sink) override;

    void cancel() noexcept override { m_inner.cancel(); }

private:
    Exchanger& m_inner;
    PeerId m_node;
    env::Clock& m_clock;
    env::Random& m_random;
    NoteReceipt m_note;
};

} // namespace torgo::peer
