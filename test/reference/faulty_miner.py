"""The reference miner, hardened against bad input, and then with one defect of its choice.

    python3 faulty_miner.py <defect> <addr> <others> [genesis]

`none` is a miner without any; so are those whose name begins with `allowed-`, which do what is unusual but permitted.
TARGET and HASHES_PER_SECOND are read as by miner.py.
"""

import base64
import hashlib
import json
import os
import sys

import miner
from miner import Block, BlockChain, Miner

DEFECT = sys.argv[1] if len(sys.argv) > 1 else "none"
TARGET = miner.read_target(os.environ.get("TARGET", "2**235"))


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class TestedBlock(Block):
    def hash(self):
        if DEFECT == "hash-without-proof":
            return sha(self.data, self.previous_hash)
        if DEFECT == "hash-of-base64":
            return sha(base64.b64encode(self.data), self.previous_hash, self.p_o_w)
        if DEFECT == "hash-in-other-order":
            return sha(self.previous_hash, self.data, self.p_o_w)
        return super().hash()

    def encode(self):
        fields = json.loads(super().encode())
        if DEFECT == "writes-previous-hash" or DEFECT == "only-previous-hash":
            fields["previous_hash"] = fields.pop("previous")
        if DEFECT == "base64-without-padding":
            fields["data"] = fields["data"].rstrip("=")
        if DEFECT == "proof-as-number":
            fields["p_o_w"] = int.from_bytes(self.p_o_w, "big")
        if DEFECT == "allowed-upper-case":
            fields["previous"] = fields["previous"].upper()
        if DEFECT == "allowed-more-fields":
            fields["nonce"] = 1
        return json.dumps(fields).encode("utf-8")

    @staticmethod
    def decode(b):
        if DEFECT == "small-buffer":
            b = b[:1024]
        if DEFECT == "fixed-format" and not b.startswith(b'{"data":"'):
            raise ValueError("not as we write it")
        fields = json.loads(b.decode("utf-8"))
        if DEFECT == "only-previous-hash":
            fields["previous"] = fields["previous_hash"]
        data = base64.b64decode(fields["data"], validate=True)
        if DEFECT == "data-as-text":
            data = data.decode("utf-8").encode("utf-8")
        block = TestedBlock.__new__(TestedBlock)
        block.data = data
        block.previous_hash = bytes.fromhex(fields["previous"])
        block.p_o_w = bytes.fromhex(fields["p_o_w"])
        limit = 2**20 if DEFECT == "any-length" else 4096
        assert len(data) <= limit and len(block.previous_hash) == 32
        assert len(block.p_o_w) == 8 or DEFECT == "any-length"
        return block


class TestedChain(BlockChain):
    def append(self, new_block):
        new_hash = new_block.hash()
        previous = new_block.previous_hash
        if DEFECT == "takes-orphans" and previous not in self.heights and previous != bytes(32):
            self.heights[previous] = self.heights[self.tip]
        if DEFECT == "takes-any-genesis" and previous == bytes(32):
            self.heights[previous] = self.heights[self.tip]
        if DEFECT == "never-again" and previous not in self.heights:
            self.refused = getattr(self, "refused", set()) | {new_hash}
        if DEFECT == "never-again" and new_hash in getattr(self, "refused", set()):
            return None
        if DEFECT == "no-forks" and previous != self.tip:
            return None
        if DEFECT == "goes-back" and new_hash in self.heights:
            self.tip = new_hash
            return None
        before = self.tip
        if super().append(new_block) is None:
            return None
        if DEFECT == "newest-wins":
            self.tip = new_hash
        if DEFECT == "last-of-equals" and self.heights[new_hash] == self.heights[before]:
            self.tip = new_hash
        return new_block


class TestedMiner(Miner):
    def __init__(self, host, port, others, genesis):
        super().__init__(host, port, others, genesis)
        self.mined = 0
        self.late = None  # what was heard during a search that nothing interrupts
        if DEFECT in ("easy-target", "hard-target"):
            target = TARGET * 2 if DEFECT == "easy-target" else TARGET // 4
            self.target = target.to_bytes(32, "big")

    def broadcast(self, block):
        self.mined += 1
        if DEFECT == "first-only":
            self.miners = self.miners[:1]
        if DEFECT == "withholds" and self.mined % 2 == 0:
            return
        super().broadcast(block)

    def listen(self):
        if DEFECT == "dies-of-bad-input":
            return super().listen()
        while True:
            datagram, _sender = self.socket.recvfrom(miner.DATAGRAM_LIMIT_BYTES)
            try:
                block = TestedBlock.decode(datagram)
            except (ValueError, KeyError, TypeError, AssertionError, AttributeError, RecursionError):
                continue
            self.inbox.put(block)

    def receive(self, block):
        if self.late is not None:
            self.late.append(block)
            return
        if DEFECT == "deaf" and self.chain is not None:
            return
        if DEFECT == "no-work-check" and self.chain is not None:
            if self.chain.append(block) is not None:
                self.report(block, mine=False)
            return
        if self.chain is not None and DEFECT == "little-endian":
            if block.hash()[::-1] <= self.target:
                self.chain.append(block)
            return
        if DEFECT == "allowed-relays" and self.chain is not None and block.hash() not in self.chain.heights:
            super(TestedMiner, self).broadcast(block)
        super().receive(block)

    def search(self, data, previous_hash):
        if DEFECT == "genesis-without-zeros" and previous_hash == bytes(32):
            previous_hash = b"\xff" * 32
        if DEFECT == "genesis-without-work" and previous_hash == bytes(32):
            return TestedBlock(b"no work", previous_hash, bytes(8))
        if DEFECT == "no-work" and self.chain is not None:
            miner.time.sleep(0.2)
            while not self.inbox.empty():
                self.receive(self.inbox.get())
            return TestedBlock(data, self.chain.tip, os.urandom(8))
        if DEFECT == "finishes-first" and self.chain is not None:
            self.late = []
            block = super().search(data, previous_hash)
            late, self.late = self.late, None
            if self.chain.append(block) is not None:
                self.report(block, mine=True)
                self.broadcast(block)
            for heard in late:
                self.receive(heard)
            return None
        if DEFECT == "little-endian":
            return self.search_little_endian(data, previous_hash)
        return super().search(data, previous_hash)

    def search_little_endian(self, data, previous_hash):
        """Unhurried: a batch every 20 ms."""
        while self.chain is None or self.chain.tip == previous_hash:
            for _ in range(int(self.hashes_per_second / 50)):
                p_o_w = os.urandom(8)
                if sha(data, previous_hash, p_o_w)[::-1] <= self.target:
                    return TestedBlock(data, previous_hash, p_o_w)
            miner.time.sleep(0.02)
            while self.chain is not None and not self.inbox.empty():
                self.receive(self.inbox.get())
        return None


if __name__ == "__main__":
    miner.Block = TestedBlock
    miner.BlockChain = TestedChain
    own_host, own_port = miner.read_address(sys.argv[2])
    others = [miner.read_address(other) for other in sys.argv[3].split(",") if other]
    try:
        TestedMiner(own_host, own_port, others, sys.argv[4:] == ["genesis"]).run()
    except KeyboardInterrupt:
        pass
