#pragma once

#include "crypto/sha256_kernel.hpp"

namespace torgo::crypto {

/// True when the processor has wide AES and the heads' wide program agrees with OpenSSL; tried
/// once.
bool wide_heads_usable();

/// The SHA-256 program for several lanes that this processor runs and that agrees with OpenSSL;
/// tried once; null where there is none.
const Sha256Kernel* sha256_kernel();

} // namespace torgo::crypto
