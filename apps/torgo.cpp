// The program: the real clock, chance and disks, joined to the command line.
#include "cli/cli.hpp"
#include "sys/clock.hpp"
#include "sys/file_system.hpp"
#include "sys/network.hpp"
#include "sys/process.hpp"
#include "sys/processes.hpp"
#include "sys/random.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

int run(int count, char** words) {
    torgo::sys::raise_open_files_limit();
    torgo::sys::Clock clock;
    torgo::sys::Random random;
    torgo::sys::FileSystem files;
    torgo::sys::Network network;
    torgo::sys::Processes processes;
    const torgo::env::World world{.clock = &clock,
                                  .random = &random,
                                  .files = &files,
                                  .network = &network,
                                  .processes = &processes};
    const std::vector<std::string> arguments(words + (count > 0 ? 1 : 0), words + count);
    return torgo::cli::run(world, torgo::cli::Environment::of_process(), arguments);
}

} // namespace

int main(int count, char** words) {
    // Only the standard library throws here, and then it is out of memory.
    try {
        return run(count, words);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "torgo: %s: nothing that was saved before is lost.\n", problem.what());
        return 1;
    }
}
