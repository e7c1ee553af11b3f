#pragma once

namespace torgo::env {

class Clock;
class Random;
class FileSystem;
class Network;
class Processes;

/// The outside world as one argument. Borrowed: whoever builds it outlives every user of it.
struct World {
    Clock* clock = nullptr;
    Random* random = nullptr;
    FileSystem* files = nullptr;
    Network* network = nullptr; ///< straight ways: the local network and this machine's own sockets
    Processes* processes = nullptr;
};

} // namespace torgo::env
