#include "crypto/notice.hpp"

#include "crypto/selftest.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace torgo::crypto {

namespace {
struct Notices {
    std::mutex mutex;
    std::vector<std::string> said;
    std::function<void(std::string_view)> receiver;
};

Notices& notices() {
    static auto* const all = new Notices;
    return *all;
}
} // namespace

void notice(std::string_view text) {
    auto& all = notices();
    const std::lock_guard lock(all.mutex);
    if (std::ranges::contains(all.said, text)) return;
    all.said.emplace_back(text);
    if (all.receiver) all.receiver(text);
}

void on_notice(std::function<void(std::string_view)> receiver) {
    auto& all = notices();
    const std::lock_guard lock(all.mutex);
    all.receiver = std::move(receiver);
    if (!all.receiver) return;
    for (const auto& text : all.said)
        all.receiver(text);
}

} // namespace torgo::crypto
