#pragma once

#include <string>

// A small workflow for tests, and the same with one part changed.
namespace torgo::maml {

inline std::string workflow_with(const std::string& front, const std::string& body) {
    return "---\nmaml_version: \"2.0.0\"\n"
           "id: \"urn:uuid:3f2a1c44-90ab-4cde-8123-456789abcdef\"\n"
           "type: workflow\norigin: \"agent://night-shift\"\n"
           "permissions:\n  read: [\"agent://*\"]\n"
           "created_at: 2026-01-02T03:04:05Z\n" +
           front + "---\n## Intent\nCount beds.\n## Context\nward: 3\n" + body;
}

inline std::string workflow() {
    return workflow_with("", "");
}

} // namespace torgo::maml
