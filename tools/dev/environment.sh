# shellcheck shell=bash
# Which of the caller's environment goes along into the private root or the container.

carried='HOME|USER|LOGNAME|TERM|COLORTERM|COLUMNS|LINES|NO_COLOR|LANG|LC_[A-Z]+|TZ|CI|DISPLAY'
carried+='|TMPDIR|TORGO|TORGO_.*|XDG_.*|DBUS_SESSION_BUS_ADDRESS|SSH_AUTH_SOCK|CCACHE_.*'
carried+='|SOURCE_DATE_EPOCH'
carried+='|(https?|ftp|no|all)_proxy|(HTTPS?|FTP|NO|ALL)_PROXY'
carried+='|SSL_CERT_FILE|SSL_CERT_DIR|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS'
carried+='|GIT_SSL_CAINFO'
carried+='|PIP_.*|(npm_config|NPM_CONFIG)_.*|PYTHON(UNBUFFERED|DONTWRITEBYTECODE)|PYTEST_ADDOPTS'
carried+='|GTEST_.*|RC_PARAMS|(ASAN|UBSAN|TSAN|LSAN)_OPTIONS|DEBIAN_FRONTEND'

carried_variables() { compgen -e | grep -xE "$carried" || true; }

# All others are taken out; a locale the root lacks would only bring warnings.
keep_carried_variables() {
    local name
    while IFS= read -r name; do
        [ "$name" = PATH ] || unset "$name" 2>/dev/null || true
    done < <(compgen -e | grep -vxE "$carried")
    for name in $(compgen -e | grep -xE 'LANG|LC_[A-Z]+'); do
        [[ ${!name} =~ ^(C|POSIX|C\.(UTF-8|utf8))$ ]] || export "$name=C.UTF-8"
    done
}
