#pragma once

#include "sim/file_system.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

namespace torgo::sim {

/// What FileSystem and the files open on it share. `mutex` guards all of it.
struct FileSystem::State {
    /// How far an operation gets whose caller is told of an error.
    enum class Effect : std::uint8_t { none, part, whole };

    struct Outcome {
        std::optional<Error> error;
        Effect effect = Effect::whole;
    };

    struct Fault {
        std::optional<Operation> operation; ///< none: any that is counted
        std::uint64_t countdown = 0;
        Errc code = Errc::io;
    };

    /// Counts an operation and decides whether the world lets it happen.
    Outcome begin(Operation operation, const std::string& path);

    /// Where a path leads while disks are vanished; an error where nothing is.
    Result<std::string> where(const std::string& path) const;

    /// begin() and where() for operations on names. Run `act` with the path, as the outcome says.
    template <class Act>
    auto run(Operation operation, const std::string& path, Act act) -> decltype(act(path));

    std::uint64_t room() const;

    mutable std::mutex mutex;
    std::condition_variable unlocked; ///< a file lock was given up
    Disk disk;
    std::vector<Event> events;
    std::vector<Fault> faults;
    std::map<std::string, Vanished> vanished;
    std::optional<std::uint64_t> power_left; ///< counted operations until the power goes
    std::uint64_t capacity = std::uint64_t{1} << 50U;
    bool read_only = false;
    bool power_gone = false;

private:
    std::optional<Errc> take_fault(Operation operation);
};

template <class Act>
auto FileSystem::State::run(Operation operation, const std::string& path, Act act)
    -> decltype(act(path)) {
    auto outcome = begin(operation, path);
    if (outcome.error && outcome.effect != Effect::whole)
        return std::unexpected(std::move(*outcome.error));
    TRY(const auto place, where(path));
    auto result = act(place);
    if (outcome.error) return std::unexpected(std::move(*outcome.error));
    return result;
}

} // namespace torgo::sim
