# Reads apt's sources, deb822 (*.sources) and one-line (*.list), and prints one line an enabled
# source: URI, suites (comma between), components (comma between), keyring (or -).

function emit() {
    if (enabled && types ~ /(^| )deb( |$)/ && uri != "" && suites != "") {
        count = split(uri, uris, " ")
        for (i = 1; i <= count; i++) print uris[i], comma(suites), comma(components), comma(keyring)
    }
    uri = suites = components = keyring = types = field = ""
    enabled = 1
}

function comma(text) {
    gsub(/^ +| +$/, "", text)
    gsub(/ +/, ",", text)
    return text == "" ? "-" : text
}

function one_line(text,    options, words, n, j) {
    sub(/^deb[ \t]+/, "", text)
    sub(/[ \t]*#.*/, "", text)
    if (match(text, /^\[[^]]*\][ \t]*/)) {
        options = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
        if (match(options, /signed-by *= *[^] ]+/))
            keyring = value_of(substr(options, RSTART, RLENGTH))
    }
    n = split(text, words, /[ \t]+/)
    types = "deb"; uri = words[1]; suites = words[2]
    for (j = 3; j <= n; j++) components = components " " words[j]
    emit()
}

function value_of(text) {
    sub(/^[^=]*= */, "", text)
    return text
}

FNR == 1 { emit() }
FILENAME ~ /\.list$/ && /^deb[ \t]/ { one_line($0) }
FILENAME !~ /\.sources$/ { next }
/^#/ { next }
/^[ \t]*$/ { emit(); next }
/^[^ \t]+:/ {
    field = tolower(substr($0, 1, index($0, ":") - 1))
    $0 = " " substr($0, index($0, ":") + 1)
}
field == "types" { types = types $0 }
field == "uris" { uri = uri $0 }
field == "suites" { suites = suites $0 }
field == "components" { components = components $0 }
field == "signed-by" { keyring = keyring $0 }
field == "enabled" && /no|false|0/ { enabled = 0 }
END { emit() }
