#!/usr/bin/env python3
"""Makes pack.json: one whole pack by the text of docs/spec/segment.md part 1 and docs/spec/seal.md, and the
rule of the ladder. Needs Python and the program `openssl` (for the AES block function only).

    python3 make_pack_vectors.py > pack.json
"""
import hashlib
import hmac
import json
import subprocess

REPO = bytes(range(16))
DEDUP = bytes(range(128, 192))
EPOCH = 7
SUITE = 0x0104
HEADS = [bytes((16 * (h + 1) + i) % 256 for i in range(64)) for h in range(4)]
LADDER = [1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26]
TRAILER = 3


def le(value, size):
    return value.to_bytes(size, "little")


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def hmac256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def extract(salt, secret):
    return hmac.new(salt, secret, hashlib.sha512).digest()


def expand(key, info, size):
    out, block, i = b"", b"", 1
    while len(out) < size:
        block = hmac.new(key, block + info + bytes([i]), hashlib.sha512).digest()
        out, i = out + block, i + 1
    return out[:size]


def aes(key, blocks):
    args = ["openssl", "enc", "-aes-256-ecb", "-nopad", "-K", key.hex()]
    return subprocess.run(args, input=blocks, capture_output=True, check=True).stdout


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def ctr(key, first, data):
    """Counter mode; the whole 128-bit counter counts."""
    count = -(-len(data) // 16)
    blocks = b"".join(((first + i) % (1 << 128)).to_bytes(16, "big") for i in range(count))
    return xor(aes(key, blocks), data)


# ---- AES-256-GCM with a nonce of zeros (NIST SP 800-38D)
def gcm(key, aad, data):
    h = int.from_bytes(aes(key, bytes(16)), "big")

    def times_h(x):
        product, y = 0, h
        for i in range(127, -1, -1):
            product ^= y if x >> i & 1 else 0
            y = (y >> 1) ^ (0xE1 << 120 if y & 1 else 0)
        return product

    sealed = ctr(key, 2, data)
    text = aad + bytes(-len(aad) % 16) + sealed + bytes(-len(sealed) % 16)
    text += (8 * len(aad)).to_bytes(8, "big") + (8 * len(sealed)).to_bytes(8, "big")
    y = 0
    for i in range(0, len(text), 16):
        y = times_h(y ^ int.from_bytes(text[i:i + 16], "big"))
    return sealed + xor(y.to_bytes(16, "big"), aes(key, (1).to_bytes(16, "big")))


# ---- AES-SIV with one string of associated data (RFC 5297)
def double(block):
    value = int.from_bytes(block, "big") << 1
    return ((value ^ 0x87 if value >> 128 else value) % (1 << 128)).to_bytes(16, "big")


def cmac(key, data):
    subkey = double(aes(key, bytes(16)))
    if data and len(data) % 16 == 0:
        data = data[:-16] + xor(data[-16:], subkey)
    else:
        rest = len(data) % 16
        last = data[len(data) - rest:] + b"\x80" + bytes(15 - rest)
        data = data[:len(data) - rest] + xor(last, double(subkey))
    mac = bytes(16)
    for i in range(0, len(data), 16):
        mac = aes(key, xor(mac, data[i:i + 16]))
    return mac


def siv(key, ad, plain):
    d = xor(double(cmac(key[:32], bytes(16))), cmac(key[:32], ad))
    v = cmac(key[:32], plain[:-16] + xor(plain[-16:], d))
    first = int.from_bytes(v, "big") & ~(1 << 63 | 1 << 31)
    return v + ctr(key[32:], first, plain)


# ---- keys and chunks (docs/spec/seal.md)
CONTEXT = b"TORGO/CHIMERA/1" + le(SUITE, 2) + REPO + le(EPOCH, 4) + bytes([4])
PRK = [extract(CONTEXT + bytes([i + 1]), head) for i, head in enumerate(HEADS)]
Z = extract(CONTEXT + b"\xff", b"".join(expand(prk, b"head-combine", 64) for prk in PRK))
PD = extract(b"TORGO/DEDUP/1" + REPO, DEDUP)
FOOTER_KEY = expand(Z, b"pack-footer", 64)


def seal(kind, message, random_v=None):
    """A chunk that is not compressed: what the trailer keeps of it, and its sealed bytes."""
    flags = 2 if random_v else 0
    name = hmac256(expand(PD, b"chunk-id" + bytes([kind]), 32), message)
    v = random_v or hmac256(expand(PD, b"siv", 32),
                            b"siv" + le(SUITE, 2) + bytes([flags]) + le(len(message), 8) + name + bytes(32))
    hdr = b"TGC1" + le(SUITE, 2) + bytes([flags, kind]) + le(EPOCH, 4) + 2 * le(len(message), 4) + name
    kc = hmac256(expand(Z, b"commit", 32), b"kc" + v + hdr)
    inner = message
    for i in range(3):
        key = hmac256(expand(PRK[i], b"head-cipher", 32), b"head" + bytes([i + 1]) + v)
        inner = ctr(key, 2, inner)
    sealed = gcm(hmac256(expand(Z, b"outer-aead", 32), b"outer" + v), hdr + kc, inner)
    return {"flags": flags, "kind": kind, "size": len(message), "id": name, "v": v, "kc": kc, "hdr": hdr,
            "sealed": sealed}


# ---- the pack
def trailer_of(chunks):
    out = bytes([1]) + varint(len(chunks))
    for c in chunks:
        out += bytes([c["flags"], c["kind"]]) + le(EPOCH, 4) + varint(c["size"]) + varint(c["size"])
        out += c["id"] + c["v"] + c["kc"]
    return out


def noise(size):
    stream = b"".join(hashlib.sha256(b"torgo test pack" + le(i, 8)).digest() for i in range(-(-size // 32)))
    return stream[:size]


def whole_pack():
    messages = [(1, bytes(i % 251 for i in range(1000))), (2, b""), (1, b"The same chunk, stored once."),
                (5, bytes(200))]
    chunks = [seal(kind, message) for kind, message in messages]
    content = b"".join(c["sealed"] for c in chunks)
    plain = trailer_of(chunks)
    trailer = seal(TRAILER, plain, bytes(range(64, 96)))
    size = LADDER[0]
    offset = size - 148 - len(trailer["sealed"])
    footer = b"TGP1" + bytes([1, 0]) + le(0, 2) + le(offset, 4) + le(len(trailer["sealed"]), 4)
    footer = siv(FOOTER_KEY, b"TORGO/PACK/1", footer + trailer["hdr"] + trailer["v"] + trailer["kc"])
    pack = content + noise(offset - len(content)) + trailer["sealed"] + footer
    assert len(pack) == size and len(footer) == 148
    return {"chunks": [{"type": kind, "message": message.hex(), "id": c["id"].hex(), "v": c["v"].hex(),
                        "kc": c["kc"].hex(), "sealed_size": len(c["sealed"])}
                       for (kind, message), c in zip(messages, chunks)],
            "size": size, "trailer_plaintext": plain.hex(), "trailer_v": trailer["v"].hex(),
            "trailer_offset": offset, "trailer": trailer["sealed"].hex(), "footer": footer.hex(),
            "content": content.hex(), "pack_sha256": hashlib.sha256(pack).hexdigest()}


# ---- the rule of the ladder
def entry(payload):
    return payload + 16 + 102 + 2 * len(varint(payload))


def need(payloads):
    return sum(map(entry, payloads)) + 1 + len(varint(len(payloads))) + 16 + 148


def fitting(payloads, step):
    total, count = 0, 0
    for payload in payloads:
        total += entry(payload)
        if total + 1 + len(varint(count + 1)) + 16 + 148 > step:
            break
        count += 1
    return count


def deal(payloads):
    if not payloads:
        return []
    whole = need(payloads)
    step = min(s for s in LADDER if s >= whole)
    if step != LADDER[0] and 4 * whole < 3 * step:
        below = LADDER[LADDER.index(step) - 1]
        count = fitting(payloads, below)
        if count:
            packs = [[count, below]] + deal(payloads[count:])
            if sum(size for _, size in packs) < step:
                return packs
    return [[len(payloads), step]]


K, M = 1 << 10, 1 << 20
EDGE = LADDER[0] - need([0]) - 4  # with it one chunk fills the smallest step to the last byte
CASES = [[], [0], [100 * K], [EDGE], [EDGE + 1], [768 * K - 300], [768 * K - 200], [200 * K, 200 * K],
         [M] * 2, [M] * 3, [M] * 5, [M] * 11, [M] * 12, [M] * 40, [M] * 47, [M] * 48, [M] * 62, [16 * M] * 3,
         [16 * M], [16 * M, 100], [100, 16 * M], [4 * M, 16 * M, 64 * K], [64 * K] * 700, [1000] * 20000,
         [300 * K] * 5, [1, 5 * M], [9 * M, 9 * M, 9 * M]]

print(json.dumps({
    "specification": "docs/spec/segment.md, part 1",
    "repo_id": REPO.hex(), "dedup_secret": DEDUP.hex(), "epoch": EPOCH, "suite": SUITE,
    "heads": "head h (0-based), byte i = (16 * (h + 1) + i) mod 256; 64 bytes",
    "footer_key": FOOTER_KEY.hex(),
    "padding": "the first bytes of SHA-256(\"torgo test pack\" || u64 i) for i = 0, 1, ...",
    "pack": whole_pack(),
    "ladder": [{"payloads": [[case.count(p), p] for p in case[:1]] if len(set(case)) == 1 else
                [[1, p] for p in case], "packs": deal(case)} for case in CASES],
}, indent=1))
