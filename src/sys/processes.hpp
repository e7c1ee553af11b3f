#pragma once

#include "env/processes.hpp"

namespace torgo::sys {

/// Programs of this machine, each in a session of its own.
class Processes final : public env::Processes {
public:
    Result<std::unique_ptr<env::Process>> start(const std::vector<std::string>& arguments,
                                                const std::string& log_path) override;
    Result<env::Connected> start_connected(const std::vector<std::string>& arguments,
                                           const std::vector<Bytes>& contents) override;
    void tell_manager(std::string_view state) noexcept override;
    std::int64_t own_id() const override;
};

} // namespace torgo::sys
