#include "cli/workflow_services.hpp"

#include "cli/workflow_host.hpp"

#include <memory>

namespace torgo::cli {

std::vector<workflow::Service> workflow_services(const Context& context, const std::string& folder,
                                                 const workflow::Report& report,
                                                 const std::string& tag) {
    const auto host = std::make_shared<const WorkflowHost>(context, folder, report, tag);
    std::vector<workflow::Service> out;
    for (auto functions : {torgo_functions(), tor_db_functions(), bluetooth_mesh_functions()}) {
        for (auto& one : functions)
            out.push_back({one.name, one.operation,
                           [host, one](const gospel::Value& given,
                                       const std::stop_token& stop) -> Result<gospel::Value> {
                               CHECK_OK(check_arguments(one.name, one.takes, given));
                               return one.run(*host, given, stop);
                           }});
    }
    return out;
}

} // namespace torgo::cli
