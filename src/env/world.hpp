#pragma once

namespace torgo::env {

class Clock;
class Random;
class FileSystem;

/// The outside world as one argument. Borrowed: whoever builds it outlives every user of it.
struct World {
    Clock* clock = nullptr;
    Random* random = nullptr;
    FileSystem* files = nullptr;
};

} // namespace torgo::env
