#include "sandbox/test_sandbox.hpp"
