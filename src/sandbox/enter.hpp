#pragma once

#include <string>
#include <vector>

namespace torgo::sandbox {

/// The inner step: the whole of a program that Sandbox starts by bubblewrap as process 1 of the
/// sandbox, a hidden command of TORGO's program. Takes away what bubblewrap cannot, tells by the
/// first frame on descriptor 3 which layers there are, and runs the interpreter. Ends, and with it
/// everything inside, when the interpreter ends or the other end of the socket is closed.
///
/// in      the words that plan.hpp's encode() made
/// out     the exit status: the interpreter's, 128 + n for signal n, 125 when it was not started
int enter(const std::vector<std::string>& words);

} // namespace torgo::sandbox
