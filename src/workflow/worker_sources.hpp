#pragma once

#include <span>
#include <string_view>

namespace torgo::workflow {

struct WorkerModule {
    std::string_view name;
    std::string_view source;
};

/// The files of worker/, which are Python, put into the program when it is built.
extern const std::string_view worker_source;
extern const std::span<const WorkerModule> worker_modules;

} // namespace torgo::workflow
