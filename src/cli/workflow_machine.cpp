#include "cli/workflow_machine.hpp"

#include "base/version.hpp"
#include "env/file_system.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace torgo::cli {

namespace {

constexpr std::array<std::string_view, 5> program_folders{"/usr/local/bin", "/usr/bin", "/bin",
                                                          "/usr/sbin", "/usr/libexec/bluetooth"};

/// Below DIR/lib/python3…: site-packages of a virtual environment, dist-packages of Debian.
std::vector<std::string> module_folders(env::FileSystem& files, const std::string& python) {
    std::vector<std::string> out;
    const auto bin = env::parent_path(python);
    for (const auto& lib : {env::parent_path(bin) + "/lib", std::string("/usr/local/lib")}) {
        const auto entries = files.list(lib);
        if (!entries) continue;
        for (const auto& entry : *entries) {
            if (!entry.name.starts_with("python3")) continue;
            out.push_back(lib + "/" + entry.name + "/site-packages");
            out.push_back(lib + "/" + entry.name + "/dist-packages");
        }
    }
    return out;
}

} // namespace

workflow::Machine this_machine(const Context& context, const std::string& python) {
    auto* const files = context.world.files;
    return {.program = [files](const std::string& name) -> std::string {
                for (const auto folder : program_folders) {
                    auto path = std::string(folder) + "/" + name;
                    if (!name.contains('/') && files->status(path)) return path;
                }
                return {};
            },
            .exists = [files](const std::string& path) { return files->status(path).has_value(); },
            .python_module = [files, python](const std::string& name) -> std::string {
                for (const auto& folder : module_folders(*files, python)) {
                    const auto entries = files->list(folder);
                    if (!entries) continue;
                    for (const auto& entry : *entries) {
                        auto found = workflow::version_in(entry.name, name);
                        if (!found.empty()) return found;
                    }
                }
                return {};
            },
            .own_version = std::string(version)};
}

} // namespace torgo::cli
