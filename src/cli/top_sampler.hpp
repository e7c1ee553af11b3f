#pragma once

#include "cli/context.hpp"
#include "cli/top_model.hpp"
#include "env/network.hpp"
#include "repo/repository.hpp"

#include <memory>
#include <optional>
#include <string>

namespace torgo::cli::top {

struct SamplerOptions {
    std::optional<repo::Place> place;     ///< whose heads are looked at
    std::optional<env::Endpoint> metrics; ///< of the node here
    std::string node_name;                ///< what the endpoint is called
};

/// Looks at heads, node and commands again and again, on threads of its own, so that what hangs
/// holds nothing else up.
class Sampler {
public:
    /// `context` outlives it
    Sampler(const Context& context, SamplerOptions options);
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;
    Sampler(Sampler&&) = delete;
    Sampler& operator=(Sampler&&) = delete;

    /// Gives up what waits for a network.
    ~Sampler();

    Frame frame() const;

    /// Waits until each source has told something at least twice, or that it is not there; for a
    /// few seconds at most.
    void settle() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace torgo::cli::top
