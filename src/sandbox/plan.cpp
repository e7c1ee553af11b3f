// What is seen inside is put together here, from nothing: /usr and what it needs, an own /proc, a
// small /dev, two folders in memory. All else of this machine has no name there.
#include "sandbox/plan.hpp"

#include "env/processes.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace torgo::sandbox {

namespace {

constexpr std::size_t name_size_max = 255;
constexpr const char* program_inside = "/run/torgo";
constexpr std::size_t numbers = 8; ///< words of Inner before the folders

void add(std::vector<std::string>& to, std::initializer_list<std::string> words) {
    to.insert(to.end(), words);
}

bool is_folder_path(const std::string& path) {
    return path.starts_with('/') && !path.contains('\0') && !path.contains("//") &&
           !(path + "/").contains("/../") && !(path + "/").contains("/./");
}

/// Would a folder there hide or reveal what the sandbox makes itself?
bool is_taken(const std::string& path) {
    const auto first = path.substr(0, path.find('/', 1));
    const std::initializer_list<const char*> own = {"/",    "/work", "/tmp", "/proc",
                                                    "/dev", "/sys",  "/etc", "/run"};
    return path == "/home" || path == "/root" || std::ranges::find(own, first) != own.end();
}

Result<> check_files(const std::vector<File>& files) {
    if (files.size() > files_max) return fail(Errc::limit_exceeded, "too many files");
    std::size_t total = 0;
    for (const auto& file : files) {
        const auto& name = file.name;
        const bool plain = !name.empty() && name != "." && name != ".." && !name.contains('/') &&
                           !name.contains('\0') && name.size() <= name_size_max;
        if (!plain) return fail(Errc::invalid_argument, "not a name of a file: " + name);
        total += file.content.size();
        if (total > files_total_max) return fail(Errc::limit_exceeded, "too large files");
    }
    std::vector<std::string> names;
    for (const auto& file : files)
        names.push_back(file.name);
    std::ranges::sort(names);
    if (std::ranges::adjacent_find(names) != names.end())
        return fail(Errc::invalid_argument, "two files of one name");
    return {};
}

void add_system(std::vector<std::string>& out) {
    add(out, {"--ro-bind", "/usr", "/usr"});
    for (const std::string name : {"bin", "lib", "lib64", "sbin"})
        add(out, {"--symlink", "usr/" + name, "/" + name});
    for (const std::string path : {"/etc", "/run"})
        add(out, {"--perms", "0755", "--dir", path});
    for (const std::string path : {"/etc/ld.so.cache", "/etc/alternatives"})
        add(out, {"--ro-bind-try", path, path});
    add(out, {"--proc", "/proc", "--dev", "/dev"});
}

void add_namespaces(std::vector<std::string>& out, bool user_namespace) {
    add(out, {"--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
              "--unshare-cgroup-try", "--as-pid-1", "--new-session", "--clearenv", "--hostname",
              "sandbox", "--cap-drop", "ALL"});
    if (user_namespace) {
        const auto user = std::to_string(nobody);
        add(out, {"--unshare-user", "--uid", user, "--gid", user});
    } else {
        for (const std::string name : {"CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_CHOWN"})
            add(out, {"--cap-add", name});
    }
    add(out, {"--setenv", "PATH", "/usr/bin:/usr/local/bin", "--setenv", "HOME", work_folder,
              "--setenv", "LANG", "C.UTF-8", "--setenv", "TMPDIR", temporary_folder});
}

/// Makes a folder and all above it, for all users: bubblewrap alone would make them for root only.
void add_empty_folders(std::vector<std::string>& out, const std::string& path) {
    for (auto end = path.find('/', 1);; end = path.find('/', end + 1)) {
        add(out, {"--perms", "0755", "--dir", path.substr(0, end)});
        if (end == std::string::npos) return;
    }
}

void add_folders(std::vector<std::string>& out, const std::vector<std::string>& folders) {
    for (const auto& folder : folders) {
        const auto parent = folder.substr(0, folder.rfind('/'));
        if (!parent.empty() && !parent.starts_with("/usr")) add_empty_folders(out, parent);
        add(out, {"--ro-bind", folder, folder});
    }
}

template <class Number>
bool parse(const std::string& word, Number& number) {
    const auto* const end = word.data() + word.size();
    const auto [stop, failed] = std::from_chars(word.data(), end, number);
    return failed == std::errc{} && stop == end;
}

} // namespace

Result<> check(const Setup& setup) {
    const auto& arguments = setup.arguments;
    if (arguments.empty() || arguments[0].empty())
        return fail(Errc::invalid_argument, "no interpreter to run");
    if (arguments.size() > arguments_max) return fail(Errc::limit_exceeded, "too many arguments");
    for (const auto& argument : arguments) {
        if (argument.contains('\0'))
            return fail(Errc::invalid_argument, "an argument with a zero byte");
        if (argument.size() > argument_size_max)
            return fail(Errc::limit_exceeded, "too long an argument");
    }
    if (arguments[0].contains('/') && !is_folder_path(arguments[0]))
        return fail(Errc::invalid_argument, "not an absolute path: " + arguments[0]);
    if (setup.read_only_folders.size() > folders_max)
        return fail(Errc::limit_exceeded, "too many folders");
    for (const auto& folder : setup.read_only_folders)
        if (!is_folder_path(folder) || is_taken(folder))
            return fail(Errc::invalid_argument, "not a folder that can be seen inside: " + folder);
    return check_files(setup.files);
}

std::vector<std::string> outer_words(const Program& program, const Setup& setup,
                                     std::optional<std::uint32_t> become) {
    std::vector<std::string> out{bwrap_path};
    add_namespaces(out, !become);
    add_system(out);
    const auto scratch = std::to_string(setup.limits.scratch_bytes);
    for (const std::string folder : {work_folder, temporary_folder})
        add(out, {"--size", scratch, "--perms", "1777", "--tmpfs", folder});
    add_folders(out, program.folders);
    add_folders(out, setup.read_only_folders);
    auto descriptor = env::Processes::first_content;
    for (const auto& file : setup.files)
        add(out, {"--perms", "0444", "--ro-bind-data", std::to_string(descriptor++),
                  std::string(work_folder) + "/" + file.name});
    add(out, {"--ro-bind", program.path, program_inside, "--chdir", work_folder});
    add(out, {"--remount-ro", "/dev", "--remount-ro", "/", "--", program_inside});
    out.insert(out.end(), program.words.begin(), program.words.end());
    auto folders = setup.read_only_folders;
    const auto inner = encode(Inner{setup.arguments, std::move(folders), setup.limits, become});
    out.insert(out.end(), inner.begin(), inner.end());
    return out;
}

std::vector<std::string> encode(const Inner& inner) {
    const auto& limits = inner.limits;
    std::vector<std::string> out{
        std::to_string(limits.memory_bytes),
        std::to_string(limits.processes),
        std::to_string(limits.file_bytes),
        std::to_string(limits.open_files),
        std::to_string(limits.cpu_seconds),
        limits.may_fork ? "1" : "0",
        inner.become ? std::to_string(*inner.become) : "-",
        std::to_string(inner.read_only_folders.size()),
    };
    out.insert(out.end(), inner.read_only_folders.begin(), inner.read_only_folders.end());
    out.insert(out.end(), inner.arguments.begin(), inner.arguments.end());
    return out;
}

Result<Inner> decode_inner(const std::vector<std::string>& words) {
    const auto bad = fail(Errc::invalid_argument, "not the words of a sandbox");
    if (words.size() <= numbers) return bad;
    Inner out;
    std::uint32_t fork = 0;
    std::size_t folders = 0;
    const bool read =
        parse(words[0], out.limits.memory_bytes) && parse(words[1], out.limits.processes) &&
        parse(words[2], out.limits.file_bytes) && parse(words[3], out.limits.open_files) &&
        parse(words[4], out.limits.cpu_seconds) && parse(words[5], fork) && fork <= 1 &&
        parse(words[7], folders) && folders <= folders_max;
    if (!read || words.size() <= numbers + folders) return bad;
    out.limits.may_fork = fork == 1;
    if (words[6] != "-" && !parse(words[6], out.become.emplace())) return bad;
    const auto begin = words.begin() + numbers;
    const auto middle = begin + static_cast<std::ptrdiff_t>(folders);
    out.read_only_folders.assign(begin, middle);
    out.arguments.assign(middle, words.end());
    return out;
}

} // namespace torgo::sandbox
