"""A homework miner's inner loop on hashlib: prints millions of hashes a second, the best of some rounds."""

import hashlib
import time

HEAD = bytes(44)
HASHES = 20_000
ROUNDS = 20

best = 0.0
for _ in range(ROUNDS):
    started = time.perf_counter()
    for nonce in range(HASHES):
        hashlib.sha256(HEAD + nonce.to_bytes(8, "big")).digest()
    best = max(best, HASHES / (time.perf_counter() - started) / 1e6)
print(best)
