// SPDX-License-Identifier: MIT
#include "source/descriptor.hpp"

#include <unistd.h>

namespace torgo::source {

Descriptor::~Descriptor() {
    if (m_descriptor >= 0) ::close(m_descriptor);
}

} // namespace torgo::source
