#pragma once

// A worker that says what an input holds: a line is a frame, a line that begins with '!' is printed
// instead, and an empty line is the end of one worker and the beginning of the next.

#include "base/ensure.hpp"
#include "base/utf8.hpp"
#include "gospel/value.hpp"
#include "workflow/channel.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace torgo {

using Script = std::deque<std::string>;

inline std::deque<Script> scripts_of(std::string_view text) {
    std::deque<Script> out(1);
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (end == 0)
            out.emplace_back();
        else
            out.back().emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

class ScriptedWorker final : public workflow::Channel {
public:
    ScriptedWorker(Script says, std::size_t& heard) : m_says(std::move(says)), m_heard(heard) {}

    Result<std::string> receive(env::Deadline, const std::stop_token&) override {
        while (!m_says.empty()) {
            auto line = std::move(m_says.front());
            m_says.pop_front();
            if (!line.starts_with('!')) return line;
            m_output += line.substr(1) + "\n";
        }
        return fail(Errc::unavailable, "the process ended with status 1");
    }

    /// What a worker is told is always one that it can read. The first frame is our own program.
    Result<> send(std::string_view frame, env::Deadline) override {
        ENSURE(frame.size() <= workflow::frame_size_max && is_utf8(frame));
        if (std::exchange(m_has_begun, true)) ENSURE(gospel::value_of_json(frame).has_value());
        ++m_heard;
        return {};
    }

    void kill() noexcept override {}

    std::string take_output() override { return std::exchange(m_output, {}); }

    std::string layers() const override { return "script"; }

private:
    Script m_says;
    std::string m_output{};
    bool m_has_begun = false;
    std::size_t& m_heard;
};

} // namespace torgo
