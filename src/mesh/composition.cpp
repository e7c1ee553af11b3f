#include "mesh/composition.hpp"

namespace torgo::mesh {

namespace {

void encode_element(CompositionPage& out, const Element& element) {
    const auto sig = std::ranges::count_if(element.models, &ModelId::is_sig);
    out.le16(element.location);
    out.u8(static_cast<std::uint64_t>(sig));
    out.u8(element.models.size() - static_cast<std::size_t>(sig));
    for (const auto& model : element.models) {
        if (model.is_sig()) out.le16(model.id);
    }
    for (const auto& model : element.models) {
        if (!model.is_sig()) out.le16(model.company).le16(model.id);
    }
}

std::size_t size_of(const Composition& composition) {
    std::size_t size = 10;
    for (const auto& element : composition.elements) {
        size += 4;
        for (const auto& model : element.models)
            size += model.is_sig() ? 2U : 4U;
    }
    return size;
}

bool decode_element(Fields& in, Element& element) {
    element.location = in.le16();
    const std::size_t sig = in.u8();
    const std::size_t vendor = in.u8();
    if (!in.ok() || sig + vendor > Composition::models_max || in.left() < sig * 2 + vendor * 4)
        return false;
    for (std::size_t i = 0; i < sig; ++i)
        element.models.push_back({.id = in.le16()});
    for (std::size_t i = 0; i < vendor; ++i) {
        const auto company = in.le16();
        if (company == ModelId::sig) return false;
        element.models.push_back({.id = in.le16(), .company = company});
    }
    return true;
}

} // namespace

std::optional<CompositionPage> encode(const Composition& composition) {
    if (size_of(composition) > composition_max) return std::nullopt;
    CompositionPage out;
    out.le16(composition.company).le16(composition.product).le16(composition.version);
    out.le16(composition.replay_entries).le16(composition.features);
    for (const auto& element : composition.elements)
        encode_element(out, element);
    return out;
}

std::optional<Composition> decode_composition(ByteView page) {
    Fields in(page);
    Composition out{.company = in.le16()};
    out.product = in.le16();
    out.version = in.le16();
    out.replay_entries = in.le16();
    out.features = in.le16();
    while (in.left() > 0) {
        Element element;
        if (out.elements.size() == Composition::elements_max || !decode_element(in, element))
            return std::nullopt;
        out.elements.push_back(std::move(element));
    }
    if (!in.done() || out.elements.empty()) return std::nullopt;
    return out;
}

} // namespace torgo::mesh
