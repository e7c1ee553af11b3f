// The inner step of the sandbox as a program of its own, for tests.
#include "sandbox/enter.hpp"

#include <string>
#include <vector>

int main(int count, char** words) {
    const std::vector<std::string> all(words + 1, words + count);
    return torgo::sandbox::enter(all);
}
