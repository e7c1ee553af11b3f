// `.mu` files as anybody may hand them in. Oracle: what is taken is spelled in one way only, and
// its mirror is its own inverse; nothing verifies that no key has signed.
#include "base/ensure.hpp"
#include "base/utf8.hpp"
#include "markup/envelope.hpp"
#include "markup/mirror.hpp"
#include "markup/receipt_text.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace torgo;
    using namespace torgo::markup;
    const auto text = as_text({data, size});
    const auto once = mirror(text);
    ENSURE(once.has_value() == (is_utf8(text) && size <= text_max));
    if (once) {
        ENSURE(*mirror(*once) == with_lf(text));
        ENSURE(*mirror_words(*mirror_words(text)) == with_lf(text));
    }
    if (const auto mu = parse_mu(text)) {
        const auto body = *mirror(mu->source) + "\n";
        ENSURE(text.ends_with(body));
        ENSURE(text.contains(hash_of(mu->source).hex()));
    }
    (void)verify_mu(text);
    return 0;
}
