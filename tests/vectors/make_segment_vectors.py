#!/usr/bin/env python3
"""Makes segment.json: known answers of docs/spec/segment.md part 2, by the text and by nothing else.

Needs Python alone. Shares no code with the C++ program: an implementation that gives the same names and the
same files agrees with the text.

    python3 make_segment_vectors.py > segment.json
"""
import hashlib
import json

CELL = 65536
REPO = bytes(range(16))


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def le(value, size):
    return value.to_bytes(size, "little")


# GF(2^8) over x^8 + x^4 + x^3 + x^2 + 1
def mul(a, b):
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return product


INVERSE = {a: next(b for b in range(1, 256) if mul(a, b) == 1) for a in range(1, 256)}
TIMES = [bytes(mul(a, b) for b in range(256)) for a in range(256)]


def parity_cell(i, data):
    """The cell i >= k of a stripe: the sum of data cell j times 1 / (i xor j)."""
    total = 0
    for j, cell in enumerate(data):
        total ^= int.from_bytes(cell.translate(TIMES[INVERSE[i ^ j]]), "little")
    return total.to_bytes(CELL, "little")


def scaled(factor, half):
    return int.from_bytes(half.translate(TIMES[factor]), "little")


def halves(cell):
    return cell[:CELL // 2], cell[CELL // 2:]


def regenerating_parity(data):
    """Cells 2 and 3 of a stripe of the regenerating code: [SEGMENT-16]."""
    (a, b), (c, d) = map(halves, data)
    sums = [scaled(5, a) ^ scaled(6, b) ^ scaled(4, c), scaled(3, b) ^ scaled(2, d),
            scaled(4, a) ^ scaled(6, b) ^ scaled(5, c), scaled(2, b) ^ scaled(3, d)]
    first, second, third, fourth = [total.to_bytes(CELL // 2, "little") for total in sums]
    return [first + second, third + fourth]


def combined(payload, factor):
    """What the segment with these cells gives for lost segment `factor`: [SEGMENT-17]."""
    sums = [scaled(1, first) ^ scaled(factor, second) for first, second in map(halves, payload)]
    return b"".join(total.to_bytes(CELL // 2, "little") for total in sums)


def tree_hash(leaves):
    """RFC 9162 2.1.1, by its recursive definition."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return sha(b"\1", tree_hash(leaves[:left]), tree_hash(leaves[left:]))


def path(index, leaves):
    """RFC 9162 2.1.3.1, by its recursive definition."""
    if len(leaves) == 1:
        return []
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    if index < left:
        return path(index, leaves[:left]) + [tree_hash(leaves[left:])]
    return path(index - left, leaves[left:]) + [tree_hash(leaves[:left])]


def noise(size):
    return b"".join(sha(b"torgo test pack", le(i, 8)) for i in range(size // 32))


def split(k, n, cls, size, regenerating=False):
    pack = noise(size)
    cells = [pack[i:i + CELL] for i in range(0, size, CELL)]
    cells += [bytes(CELL)] * (-len(cells) % k)
    payloads = [[] for _ in range(n)]
    for first in range(0, len(cells), k):
        stripe = cells[first:first + k]
        stripe += regenerating_parity(stripe) if regenerating else [parity_cell(i, stripe) for i in range(k, n)]
        for payload, cell in zip(payloads, stripe):
            payload.append(cell)
    leaves = [[sha(b"\0", cell) for cell in payload] for payload in payloads]
    roots = [tree_hash(of_segment) for of_segment in leaves]
    k_byte = k + 0x80 if regenerating else k
    pack_id = sha(b"TORGO/PACK/1", REPO, bytes([cls, k_byte, n, 16]), le(size, 8), *roots)
    files = []
    for index in range(n):
        tail = b"TGS1" + bytes([1, cls, k_byte, n, index, 16]) + bytes(6) + REPO + le(size, 8) + pack_id
        trailer = b"".join(leaves[index]) + b"".join(roots) + tail
        files.append(b"".join(payloads[index]) + trailer + sha(trailer)[:24])
    record = bytes([cls, k_byte, n]) + varint(size // CELL) + b"".join(roots)
    answer = {"k": k, "n": n, "class": cls, "size": size, "pack_id": pack_id.hex(),
            "segment_file_size": len(files[0]), "segments": [root.hex() for root in roots],
            "file_sha256": [sha(file).hex() for file in files], "info_sha256": sha(record).hex()}
    if regenerating:
        answer["combined_sha256"] = [[sha(combined(payload, lost)).hex() for payload in payloads]
                                     for lost in range(n)]
    return answer


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def tree(count, index):
    leaves = [sha(b"\0", le(i, 4)) for i in range(count)]
    return {"leaves": count, "index": index, "root": tree_hash(leaves).hex(),
            "proof": [hash_.hex() for hash_ in path(index, leaves)]}


print(json.dumps({
    "specification": "docs/spec/segment.md, part 2",
    "repo_id": REPO.hex(),
    "pack": "SHA-256(\"torgo test pack\" || u64 i) for i = 0, 1, ..., one after another",
    "tree_leaf": "SHA-256(0x00 || u32 i)",
    "packs": [split(*case) for case in [
        (2, 4, 1, 262144), (2, 4, 2, 1048576), (1, 1, 1, 65536), (1, 3, 1, 131072), (3, 3, 2, 262144),
        (2, 3, 1, 1048576 - 65536), (5, 9, 1, 262144), (6, 12, 1, 1048576), (10, 20, 2, 1048576),
        (10, 20, 1, 262144), (32, 64, 1, 262144)]],
    "regenerating_packs": [split(*case, regenerating=True) for case in [
        (2, 4, 1, 262144), (2, 4, 2, 1048576), (2, 4, 1, 65536), (2, 4, 1, 1048576 - 65536)]],
    "trees": [tree(count, index) for count, index in [
        (1, 0), (2, 0), (2, 1), (3, 0), (3, 2), (5, 4), (7, 3), (8, 7), (13, 8), (13, 12), (33, 0), (33, 32)]],
}, indent=1))
