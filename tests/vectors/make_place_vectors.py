#!/usr/bin/env python3
"""Makes place.json: known answers of docs/spec/place.md, by the text and by nothing else.

Needs Python alone. Shares no code with the C++ program; the largest matching is found by trying all.

    python3 make_place_vectors.py > place.json
"""
import hashlib
import json


def sha(text):
    return hashlib.sha256(text.encode()).digest()


def log2_bits(x):
    """[PLACE-1]: 32 bits of log2(x / 2^31), x of 32 bits with the top one set, by squaring with cut products."""
    fraction = 0
    for _ in range(32):
        square = x * x
        bit = square >> 63
        x = square >> 32 if bit else square >> 31
        fraction = 2 * fraction + bit
    return fraction


def cost(name, segment):
    message = b"TORGO/PLACE/1" + len(name).to_bytes(2, "little") + name.encode() + segment
    draw = max(1, int.from_bytes(hashlib.sha256(message).digest()[:8], "little"))
    zeros = 64 - draw.bit_length()
    return (zeros + 1) * 2**32 - log2_bits((draw << zeros) >> 32)


def ranking(members, segment):
    """Cost for weight, as fractions over one denominator: the product of all weights."""
    product = 1
    for member in members:
        product *= member["weight"]
    return sorted(range(len(members)), key=lambda i: (
        cost(members[i]["name"], segment) * product // members[i]["weight"],
        members[i]["name"].encode()))


def choose(members, segment, taken):
    domains = [members[at]["domain"] for at in taken]
    order = ranking(members, segment)
    return min(order, key=lambda at: (
        domains.count(members[at]["domain"]), taken.count(at), order.index(at)))


def assign(members, slots):
    taken = []
    for slot in slots:
        taken.append(choose(members, slot, taken))
    return taken


def happiness(places_of):
    """By trying everything."""
    if not places_of:
        return 0
    first, rest = places_of[0], places_of[1:]
    best = happiness(rest)
    for place in first:
        best = max(best, 1 + happiness([[p for p in others if p != place] for others in rest]))
    return best


def make_group(number, count, domains, weights):
    return [{"name": sha(f"member {number} {i}").hex(), "domain": f"site-{i % domains}",
             "weight": weights[i % len(weights)]} for i in range(count)]


def make_case(number, group, slot_count):
    slots = [sha(f"segment {number} {i}") for i in range(slot_count)]
    return {
        "members": group,
        "slots": [slot.hex() for slot in slots],
        "costs": [[str(cost(m["name"], slot)) for m in group] for slot in slots],
        "rankings": [ranking(group, slot) for slot in slots],
        "assigned": assign(group, slots),
    }


def main():
    shapes = [(1, 1, [1], 3), (3, 3, [1], 3), (5, 5, [1, 2, 7], 3), (4, 2, [1], 3), (6, 3, [1000, 1], 5),
              (12, 12, [3, 1, 4, 1, 5], 10), (32, 7, [1, 10], 10)]
    cases = [make_case(n, make_group(n, count, domains, weights), slots)
             for n, (count, domains, weights, slots) in enumerate(shapes)]
    matchings = [[], [[]], [[0]], [[0], [0]], [[0, 1], [0]], [[0, 1], [0], [1]],
                 [[0, 1, 2], [0], [1], [3]], [[2], [2, 3], [3, 2], [0, 1, 2, 3]]]
    print(json.dumps({"cases": cases,
                      "happiness": [{"places_of": one, "most": happiness(one)} for one in matchings]},
                     indent=1))


main()
