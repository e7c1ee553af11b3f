#include "peer/identity.hpp"

#include "env/file_system.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>

namespace torgo::peer {
