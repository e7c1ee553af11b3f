#!/usr/bin/env python3
"""Makes envelope.json by the text of docs/spec/mesh-envelope.md, FIPS 203 and SP 800-38C. Needs Python and
the program `openssl` (for the AES block function only).

    python3 make_envelope_vectors.py > envelope.json
"""
import hashlib
import hmac
import json
import subprocess

# ML-KEM-1024 (FIPS 203): k = 4, eta1 = eta2 = 2, du = 11, dv = 5.
N, Q, K, ETA, DU, DV = 256, 3329, 4, 2, 11, 5


def bit_reversed(i):
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, bit_reversed(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * bit_reversed(i) + 1, Q) for i in range(128)]


def ntt(f):
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta, i = ZETAS[i], i + 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
        length //= 2
    return f


def inverse_ntt(f):
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta, i = ZETAS[i], i - 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = zeta * (f[j + length] - t) % Q
        length *= 2
    return [x * 3303 % Q for x in f]


def multiply(f, g):
    out = []
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        out += [(a0 * b0 + a1 * b1 * GAMMAS[i]) % Q, (a0 * b1 + a1 * b0) % Q]
    return out


def add(f, g):
    return [(a + b) % Q for a, b in zip(f, g)]


def subtract(f, g):
    return [(a - b) % Q for a, b in zip(f, g)]


def dot(fs, gs):
    total = [0] * N
    for f, g in zip(fs, gs):
        total = add(total, multiply(f, g))
    return total


def bits_of(data):
    return [byte >> i & 1 for byte in data for i in range(8)]


def encode(f, d):
    bits = [x >> i & 1 for x in f for i in range(d)]
    return bytes(sum(bits[i + j] << j for j in range(8)) for i in range(0, len(bits), 8))


def decode(data, d):
    bits = bits_of(data)
    out = [sum(bits[i + j] << j for j in range(d)) for i in range(0, len(bits), d)]
    return [x % Q for x in out] if d == 12 else out


def compress(f, d):
    return [((x << d) + Q // 2) // Q % (1 << d) for x in f]


def decompress(f, d):
    return [(x * Q + (1 << d - 1)) >> d for x in f]


def sample_ntt(seed):
    stream, out, at = hashlib.shake_128(seed).digest(3 * 1024), [], 0
    while len(out) < N:
        a, b, c = stream[at : at + 3]
        at += 3
        for x in (a + 256 * (b % 16), b // 16 + 16 * c):
            if x < Q and len(out) < N:
                out.append(x)
    return out


def sample_cbd(seed, index):
    bits = bits_of(hashlib.shake_256(seed + bytes([index])).digest(64 * ETA))
    return [
        (sum(bits[2 * i * ETA + j] - bits[2 * i * ETA + ETA + j] for j in range(ETA))) % Q
        for i in range(N)
    ]


def matrix(rho):
    return [[sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def kem_key(d, z):
    rho_sigma = hashlib.sha3_512(d + bytes([K])).digest()
    rho, sigma = rho_sigma[:32], rho_sigma[32:]
    a = matrix(rho)
    s = [ntt(sample_cbd(sigma, i)) for i in range(K)]
    e = [ntt(sample_cbd(sigma, K + i)) for i in range(K)]
    t = [add(dot(a[i], s), e[i]) for i in range(K)]
    return b"".join(encode(f, 12) for f in t) + rho


def kem_encapsulate(public, m):
    t = [decode(public[384 * i : 384 * (i + 1)], 12) for i in range(K)]
    a = matrix(public[384 * K :])
    shared_r = hashlib.sha3_512(m + hashlib.sha3_256(public).digest()).digest()
    shared, r = shared_r[:32], shared_r[32:]
    y = [ntt(sample_cbd(r, i)) for i in range(K)]
    e1 = [sample_cbd(r, K + i) for i in range(K)]
    e2 = sample_cbd(r, 2 * K)
    u = [add(inverse_ntt(dot([a[j][i] for j in range(K)], y)), e1[i]) for i in range(K)]
    mu = decompress(decode(m, 1), 1)
    v = add(add(inverse_ntt(dot(t, y)), e2), mu)
    return b"".join(encode(compress(f, DU), DU) for f in u) + encode(compress(v, DV), DV), shared


# AES-256-CCM (SP 800-38C) with a nonce of 13 bytes.
def aes(key, block):
    command = ["openssl", "enc", "-aes-256-ecb", "-nopad", "-K", key.hex()]
    return subprocess.run(command, input=block, capture_output=True, check=True).stdout


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def padded(data):
    return data + bytes(-len(data) % 16)


def ccm(key, nonce, aad, plain, tag_size):
    flags = 0x40 | (tag_size - 2) // 2 << 3 | 1
    blocks = bytes([flags]) + nonce + len(plain).to_bytes(2, "big")
    blocks += padded(len(aad).to_bytes(2, "big") + aad) + padded(plain)
    code = bytes(16)
    for i in range(0, len(blocks), 16):
        code = aes(key, xor(code, blocks[i : i + 16]))
    counters = b"".join(
        b"\x01" + nonce + i.to_bytes(2, "big") for i in range(1 + (len(plain) + 15) // 16)
    )
    stream = aes(key, counters)
    return xor(plain, stream[16:]) + xor(code, stream)[:tag_size]


# The envelope.
KINDS = {"short_up": 1, "short_down": 2, "long_up": 3, "long_down": 4}
FIRST = {"short_up": 0x10, "short_down": 0x20, "long_up": 0x22, "long_down": 0x24}
COMPANY = (0xFFFF).to_bytes(2, "little")
NAMES = [
    "short-up", "short-down", "long-up", "long-down", "confirm-up", "confirm-down", "next-secret",
]


def le(value, size):
    return value.to_bytes(size, "little")


def extract(salt, secret):
    return hmac.new(salt, secret, hashlib.sha512).digest()


def expand(key, info):
    return hmac.new(key, info + b"\x01", hashlib.sha512).digest()[:32]


def confirm(key, what, epoch, sensor, data):
    message = what + le(epoch, 4) + le(sensor, 8) + data
    return hmac.new(key, message, hashlib.sha256).digest()[:16]


def nonce_of(kind, epoch, number):
    return bytes([KINDS[kind]]) + le(epoch, 4) + le(number, 6) + bytes(2)


def opcode_of(kind, epoch, slot):
    return bytes([0xC0 | FIRST[kind] + 2 * slot + epoch % 2]) + COMPANY


def short(keys, kind, epoch, slot, number, value):
    key = keys[kind.replace("_", "-")]
    opcode = opcode_of(kind, epoch, slot)
    sealed = ccm(key, nonce_of(kind, epoch, number), opcode, value, 4)
    return opcode + bytes([number % 256]) + sealed


def long(keys, kind, epoch, number, following, body):
    key = keys[kind.replace("_", "-")]
    head = opcode_of(kind, epoch, 0) + le(number, 6)
    return head + ccm(key, nonce_of(kind, epoch, number), head, le(following, 6) + body, 16)


def split(message, group, opcode):
    parts = [message[i : i + 372] for i in range(0, len(message), 372)]
    return [
        opcode + le(group, 4) + bytes([len(parts) << 4 | i]) + part
        for i, part in enumerate(parts)
    ]


def exchange(public, sensor, secret, epoch, entropy):
    ciphertext, shared = kem_encapsulate(public, entropy)
    context = b"TORGO/MESH/1" + le(sensor, 8) + le(epoch, 4)
    context += hashlib.sha256(public).digest() + hashlib.sha256(ciphertext).digest()
    root = extract(context, shared + secret)
    keys = {name: expand(root, name.encode()) for name in NAMES}
    offered = confirm(keys["confirm-up"], b"offer", epoch, sensor, ciphertext)
    answered = confirm(keys["confirm-down"], b"answer", epoch, sensor, offered)
    offer = b"\x01" + le(sensor, 8) + ciphertext + offered
    return keys, {
        "epoch": epoch,
        "entropy": entropy.hex(),
        "shared": shared.hex(),
        "ciphertext_sha256": hashlib.sha256(ciphertext).hexdigest(),
        "keys": {name: key.hex() for name, key in keys.items()},
        "messages": [part.hex() for part in split(offer, epoch, b"\xe6" + COMPANY)],
        "answer": (b"\xe7" + COMPANY + le(epoch, 4) + answered).hex(),
    }


def main():
    seed, sensor, secret = bytes(range(1, 65)), 0x1122334455667788, bytes(range(100, 132))
    public = kem_key(seed[:32], seed[32:])
    keys, first = exchange(public, sensor, secret, 1, bytes(range(50, 82)))
    later, second = exchange(public, sensor, keys["next-secret"], 2, bytes(range(150, 182)))
    envelopes = []
    for epoch, used in ((1, keys), (2, later)):
        for number, slot, value in ((1, 0, "000000"), (255, 3, "a1b2c3"), (256, 7, "ffffff")):
            for kind in ("short_up", "short_down"):
                at = slot if kind == "short_up" else 0
                sealed = short(used, kind, epoch, at, number, bytes.fromhex(value))
                envelopes.append({"kind": kind, "epoch": epoch, "slot": at, "number": number,
                                  "plain": value, "payload": sealed.hex()})
        for number, following, size in ((1, 1, 1), (300, 257, 40), (301, 2**48 - 1, 349)):
            body = bytes(i * 7 % 256 for i in range(size))
            for kind in ("long_up", "long_down"):
                sealed = long(used, kind, epoch, number, following, body)
                envelopes.append({"kind": kind, "epoch": epoch, "slot": 0, "number": number,
                                  "next": following, "plain": body.hex(),
                                  "payload": sealed.hex()})
    print(json.dumps({
        "made_by": "tests/vectors/make_envelope_vectors.py",
        "kem_seed": seed.hex(),
        "public_key_sha256": hashlib.sha256(public).hexdigest(),
        "sensor": f"{sensor:016x}",
        "secret": secret.hex(),
        "exchanges": [first, second],
        "envelopes": envelopes,
    }, indent=1))


if __name__ == "__main__":
    main()
