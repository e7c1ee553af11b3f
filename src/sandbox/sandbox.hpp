#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/network.hpp"
#include "env/processes.hpp"
#include "env/world.hpp"
#include "sandbox/layers.hpp"
#include "sandbox/setup.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace torgo::sandbox {

/// The largest frame, either way: a message of 1 MiB and what stands around it.
inline constexpr std::size_t frame_max = 1_MiB + 64_KiB;
/// How much of the output is kept.
inline constexpr std::size_t output_max = 64_KiB;

/// One interpreter that nobody trusts, in a process of its own which reaches this machine by one
/// socket, its descriptor 3, and nothing else. A frame on it is 4 bytes of length, the highest
/// first, and so many bytes. One thread at a time calls receive, one send, any kill.
class Sandbox {
public:
    /// Starts it. Without all layers of Layers::hold() nothing is run.
    ///
    /// in      the clock, files and processes of the world; it outlives the sandbox
    /// errors  `invalid_argument`, `limit_exceeded` by the setup; `unsupported` when no sandbox can
    ///         be made here, with the layer that is missing; `unavailable` when the interpreter
    ///         did not start; `not_found` a folder or the program; `timeout`
    /// cost    about 20 ms, and a thread; memory for the files once more
    static Result<std::unique_ptr<Sandbox>> start(const env::World& world, const Program& program,
                                                  const Setup& setup);

    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;
    Sandbox(Sandbox&&) = delete;
    Sandbox& operator=(Sandbox&&) = delete;
    ~Sandbox(); ///< kill()

    /// The next frame.
    /// errors  `timeout` (another call goes on where this one stopped), `cancelled` by `stop` or
    ///         kill(), `unavailable` when the process ended, with how; `limit_exceeded` for a
    ///         frame larger than frame_max, after which there is no further one
    Result<std::string> receive(env::Deadline deadline, const std::stop_token& stop = {});

    /// Sends one. Errors as receive; after one of them, but for a frame that is too large, nothing
    /// more can be sent (`unavailable`).
    Result<> send(std::string_view frame, env::Deadline deadline);

    /// What it wrote to its outputs since this was last asked; of all of it the first output_max
    /// bytes, and a mark where they were cut.
    std::string take_output();

    /// Ends all its processes, and waits until they are gone.
    void kill() noexcept;

    const Layers& layers() const { return m_layers; }

private:
    Sandbox(const env::World& world, env::Connected process);

    Result<> begin();
    Error explain_start(Error error);
    Result<> fill(std::size_t size, env::Deadline deadline, const std::stop_token& stop);
    Error ended();
    void drain();
    void await_output_end(env::Deadline deadline);

    env::World m_world;
    env::Connected m_process;
    Layers m_layers;
    Bytes m_pending;       ///< of a frame that has begun
    bool m_broken = false; ///< to receive
    bool m_send_broken = false;
    std::atomic<bool> m_killed = false;

    std::mutex m_mutex; ///< for the output
    std::condition_variable m_output_ended;
    std::string m_output;
    std::size_t m_output_seen = 0;
    bool m_output_open = true;
    std::mutex m_kill_mutex;
    std::thread m_drain;
};

/// Starts a sandbox and ends it. out: what it has here. Errors as Sandbox::start.
Result<Layers> probe(const env::World& world, const Program& program);

} // namespace torgo::sandbox
