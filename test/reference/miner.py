"""A miner of the homework, written from the specification alone, strict and naive as the ones in the field are.

    python3 miner.py <addr> <others> [genesis]

addr is host[:port], others are comma-separated, the port is 5000 where none is given. With `genesis` it mines the
first block and broadcasts it once; without, the first block that it hears becomes its root, unchecked. A block
whose parent it does not know is dropped. One malformed datagram ends its listener for good. The longest chain wins,
and the first seen of equals stays.

Environment, for tests: TARGET (`2**235`, or a number) and HASHES_PER_SECOND, which holds the search back.
Prints one line of JSON for each accepted block: {"height", "hash", "mine", "hashes"}, the last tried so far in all.
"""

import base64
import hashlib
import json
import os
import queue
import socket
import sys
import threading
import time

DEFAULT_PORT = 5000
DATAGRAM_LIMIT_BYTES = 65507
BATCH_HASHES = 5000  # between two looks at the inbox: a few milliseconds
BATCHES_PER_SECOND = 50  # while the search is held back


class Block:
    def __init__(self, data, previous_hash, p_o_w):
        assert len(data) <= 4096 and len(previous_hash) == 32 and len(p_o_w) == 8
        self.data = data
        self.previous_hash = previous_hash
        self.p_o_w = p_o_w

    def hash(self):
        return hashlib.sha256(self.data + self.previous_hash + self.p_o_w).digest()

    def encode(self):
        fields = {
            "data": base64.b64encode(self.data).decode(),
            "previous": self.previous_hash.hex(),
            "p_o_w": self.p_o_w.hex(),
        }
        return json.dumps(fields).encode("utf-8")

    @staticmethod
    def decode(b):
        fields = json.loads(b.decode("utf-8"))
        return Block(
            base64.b64decode(fields["data"], validate=True),
            bytes.fromhex(fields["previous"]),
            bytes.fromhex(fields["p_o_w"]),
        )


class BlockChain:
    def __init__(self, genesis_block):
        self.root = genesis_block
        self.heights = {genesis_block.hash(): 0}
        self.tip = genesis_block.hash()

    def append(self, new_block):
        """Returns the block, or None where its parent is unknown or where it is known already."""
        new_hash = new_block.hash()
        if new_block.previous_hash not in self.heights or new_hash in self.heights:
            return None
        self.heights[new_hash] = self.heights[new_block.previous_hash] + 1
        if self.heights[new_hash] > self.heights[self.tip]:
            self.tip = new_hash
        return new_block


class Miner:
    def __init__(self, host, port, miners, genesis):
        self.name = f"{host}:{port}"
        self.miners = miners
        self.genesis = genesis
        self.target = read_target(os.environ.get("TARGET", "2**235")).to_bytes(32, "big")
        self.hashes_per_second = float(os.environ.get("HASHES_PER_SECOND", "0"))
        self.chain = None
        self.hashes = 0
        self.inbox = queue.Queue()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))

    def broadcast(self, block):
        for miner in self.miners:
            try:
                self.socket.sendto(block.encode(), miner)
            except OSError as error:
                print(f"cannot send to {miner}: {error}", file=sys.stderr)

    def listen(self):
        """The listening thread. What cannot be decoded raises, and the thread is gone."""
        while True:
            datagram, _sender = self.socket.recvfrom(DATAGRAM_LIMIT_BYTES)
            self.inbox.put(Block.decode(datagram))

    def run(self):
        threading.Thread(target=self.listen, daemon=True).start()
        print(f"listening on {self.name}", file=sys.stderr, flush=True)
        if self.genesis:
            root = self.search(b"Genesis", bytes(32))
            self.chain = BlockChain(root)
            self.report(root, mine=True)
            self.broadcast(root)
        else:
            self.receive(self.inbox.get())
        while True:
            tip = self.chain.tip
            data = f"{self.name} {self.chain.heights[tip] + 1}".encode("utf-8")
            block = self.search(data, tip)
            if block is not None and self.chain.append(block) is not None:
                self.report(block, mine=True)
                self.broadcast(block)

    def search(self, data, previous_hash):
        """The block with a proof of work, or None as soon as the tip has moved on."""
        midstate = hashlib.sha256(data + previous_hash)
        nonce = int.from_bytes(os.urandom(8), "big")
        batch = BATCH_HASHES
        if self.hashes_per_second > 0:
            batch = max(1, int(self.hashes_per_second / BATCHES_PER_SECOND))
        started, searched = time.monotonic(), 0
        while True:
            for tried in range(1, batch + 1):
                nonce = (nonce + 1) % 2**64
                p_o_w = nonce.to_bytes(8, "big")
                attempt = midstate.copy()
                attempt.update(p_o_w)
                if attempt.digest() <= self.target:
                    self.hashes += tried
                    return Block(data, previous_hash, p_o_w)
            self.hashes += batch
            searched += batch
            while True:
                while self.chain is not None and not self.inbox.empty():
                    self.receive(self.inbox.get())
                if self.chain is not None and self.chain.tip != previous_hash:
                    return None
                ahead = 0.0
                if self.hashes_per_second > 0:
                    ahead = searched / self.hashes_per_second - (time.monotonic() - started)
                if ahead <= 0:
                    break
                time.sleep(min(ahead, 1 / BATCHES_PER_SECOND))

    def receive(self, block):
        if self.chain is None:
            self.chain = BlockChain(block)
            self.report(block, mine=False)
        elif block.hash() <= self.target and self.chain.append(block) is not None:
            self.report(block, mine=False)

    def report(self, block, mine):
        height = self.chain.heights[block.hash()]
        line = {"height": height, "hash": block.hash().hex(), "mine": mine, "hashes": self.hashes}
        print(json.dumps(line), flush=True)


def read_target(text):
    return 2 ** int(text[3:]) if text.startswith("2**") else int(text, 0)


def read_address(text):
    host, _, port = text.partition(":")
    return host, int(port) if port else DEFAULT_PORT


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or (len(sys.argv) == 4 and sys.argv[3] != "genesis"):
        sys.exit("usage: miner.py <addr> <others> [genesis]")
    own_host, own_port = read_address(sys.argv[1])
    others = [read_address(other) for other in sys.argv[2].split(",") if other]
    try:
        Miner(own_host, own_port, others, len(sys.argv) == 4).run()
    except KeyboardInterrupt:
        pass
