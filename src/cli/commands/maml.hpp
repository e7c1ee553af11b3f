#pragma once

#include "cli/context.hpp"
#include "maml/document.hpp"

#include <string>

// What the commands about workflow files share.
namespace torgo::cli {

/// The absolute path and the bytes of a workflow or document, at most 1 MiB.
struct MamlFile {
    std::string path;
    std::string text;
};
Result<MamlFile> read_maml_file(const Context& context, const std::string& given);

/// Where a file lies that is to be changed: behind symbolic links, which stay.
struct MamlTarget {
    std::string path;
    bool secret = false; ///< others may not read it, and shall not afterwards
};
Result<MamlTarget> maml_target(const MamlFile& file);

/// A file that must be whole enough to work with.
///
/// errors  `invalid_argument`, "FILE:LINE:COLUMN: …", for one that is refused
Result<maml::Document> read_workflow(const std::string& name, const MamlFile& file);

Command maml_sign_command();
Command maml_verify_command();
Command maml_history_command();
Command maml_run_command();

} // namespace torgo::cli
