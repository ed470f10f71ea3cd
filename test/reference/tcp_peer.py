#!/usr/bin/env python3
"""A peer of the TCP network, written from its description alone, with the habits of peers in the field.

    tcp_peer.py <id> <port> <config>

It knows no framing: it takes what one recv brings for a request. It answers with str() of its list. It reads replies by
replacing quotes. A thread of it never ends when its connection does. It opens a connection for each question. What a
lost chain held is gone.

HEARTBEAT and POLL are seconds, TIMESTAMPS is iso, ctime or epoch. It says on its error stream how many connections it
has accepted, and what it cannot bear.
"""

import datetime
import hashlib
import json
import os
import re
import socket
import sys
import threading
import time

HEARTBEAT_S = float(os.environ.get("HEARTBEAT", "5"))
POLL_S = float(os.environ.get("POLL", "1"))
TIMESTAMPS = os.environ.get("TIMESTAMPS", "iso")


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def is_proof(new, previous):
    return sha256(str(new**2 - previous**2)).startswith("00")


def complain(text):
    print(text, file=sys.stderr, flush=True)


def now():
    if TIMESTAMPS == "epoch":
        return time.time()
    if TIMESTAMPS == "ctime":
        return time.ctime()
    return str(datetime.datetime.now())


def seconds_of(timestamp):
    if isinstance(timestamp, (int, float)):
        return timestamp
    try:
        return datetime.datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return time.mktime(time.strptime(timestamp))


def is_valid_transaction(text):
    parts = text.split("|")
    if len(parts) != 3 or parts[0] != "tx":
        return False
    if not re.fullmatch("[a-zA-Z]{4}[0-9]{4}", parts[1]):
        return False
    return len(parts[2]) <= 70 and all(ord(character) >= 32 for character in parts[2])


class Blockchain:
    def __init__(self):
        self.lock = threading.RLock()
        self.pool = []
        self.next_proof = None
        self.chain = [self.make_block(1, [], 100, "genesis", None)]

    @staticmethod
    def make_block(index, transactions, proof, previous_hash, current_hash):
        return {
            "index": index,
            "timestamp": now(),
            "transaction": transactions,
            "proof": proof,
            "previousHash": previous_hash,
            "currentHash": current_hash,
        }

    @staticmethod
    def hash_of(block):
        return sha256(json.dumps(block, sort_keys=True))

    def close_block(self):
        if self.next_proof is None or not self.pool:
            return
        transactions, self.pool = self.pool[:5], self.pool[5:]
        previous_hash = self.hash_of(self.chain[-1])
        current_hash = sha256(previous_hash + "".join(transactions))
        self.chain.append(
            self.make_block(
                len(self.chain) + 1, transactions, self.next_proof, previous_hash, current_hash
            )
        )
        self.next_proof = None

    def add_transaction(self, text):
        with self.lock:
            self.pool.append(text)
            self.close_block()

    def update_proof(self, proof):
        with self.lock:
            if self.next_proof is not None or not is_proof(proof, self.chain[-1]["proof"]):
                return "No reward"
            self.next_proof = proof
            self.close_block()
            return "Reward"

    def consider(self, chain):
        for previous, block in zip(chain, chain[1:]):
            if block["previousHash"] != self.hash_of(previous):
                complain(f"WRONG previousHash of block {block['index']}")
            joined = block["previousHash"] + "".join(block["transaction"])
            if block["currentHash"] != sha256(joined):
                complain(f"WRONG currentHash of block {block['index']}")
            if not is_proof(block["proof"], previous["proof"]):
                complain(f"WRONG proof of block {block['index']}")
        with self.lock:
            last, ours = chain[-1], self.chain[-1]
            longer = len(chain) > len(self.chain)
            earlier = len(chain) == len(self.chain) and seconds_of(
                last["timestamp"]
            ) < seconds_of(ours["timestamp"])
            if not longer and not earlier:
                return
            self.chain = chain
            self.next_proof = None
            known = [text for block in chain for text in block["transaction"]]
            self.pool = [text for text in self.pool if text not in known]


class Peer:
    def __init__(self, port, config):
        self.port = port
        self.blockchain = Blockchain()
        self.running = True
        self.accepted = 0
        with open(config, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.ports = [int(line.split()[1]) for line in lines[1 : int(lines[0]) + 1]]

    def serve(self):
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", self.port))
        server.listen()
        complain(f"listening on {self.port}")
        while self.running:
            client, _ = server.accept()
            self.accepted += 1
            complain(f"connections: {self.accepted}")
            threading.Thread(target=self.handle, args=(client,), daemon=True).start()

    def handle(self, client):
        while self.running:
            request = client.recv(1024).decode()
            if request == "":
                # The connection is closed, and its thread lives on.
                time.sleep(1)
                continue
            reply = self.answer(request)
            if reply is None:
                client.close()
                return
            client.sendall(reply.encode())

    def answer(self, request):
        if request.startswith("tx|"):
            if not is_valid_transaction(request):
                return "Rejected"
            self.blockchain.add_transaction(request)
            return "Accepted"
        if request in ("pb", "hb"):
            with self.blockchain.lock:
                return str(self.blockchain.chain)
        if request == "gp":
            return str(self.blockchain.chain[-1]["proof"])
        if request.startswith("up"):
            return self.blockchain.update_proof(int(request.split("|")[1]))
        if request == "cc":
            return None
        complain(f"UNKNOWN request {request!r}")
        raise ValueError(request)

    def ask(self, port, request):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as server:
                server.sendall(request.encode())
                text = ""
                while True:
                    piece = server.recv(4096).decode()
                    text += piece
                    if not text.startswith("[") or piece == "":
                        return text
                    if text.endswith("]"):
                        return text
        except OSError:
            return None

    def heartbeat(self):
        while self.running:
            for port in self.ports:
                reply = self.ask(port, "hb")
                if reply is None:
                    continue
                try:
                    chain = json.loads(reply.replace("'", '"').replace("None", "null"))
                except json.JSONDecodeError as error:
                    complain(f"UNREADABLE reply of {port}: {error}")
                    continue
                self.blockchain.consider(chain)
            time.sleep(HEARTBEAT_S)

    def mine(self):
        while self.running:
            time.sleep(POLL_S)
            previous = self.blockchain.chain[-1]["proof"]
            proof = 0
            while not is_proof(proof, previous):
                proof += 1
            self.blockchain.update_proof(proof)

    def talk(self):
        for line in sys.stdin:
            parts = line.strip().split(" ", 2)
            if parts[0] == "tx" and len(parts) == 3:
                request = "|".join(parts)
                print(self.answer(request), flush=True)
                for port in self.ports:
                    self.ask(port, request)
            elif parts[0] == "pb":
                print(self.answer("pb"), flush=True)
            elif parts[0] == "cc":
                break
            else:
                print("tx [sender] [content], pb or cc", flush=True)
        self.running = False


def main():
    peer = Peer(int(sys.argv[2]), sys.argv[3])
    for role in (peer.serve, peer.heartbeat, peer.mine):
        threading.Thread(target=role, daemon=True).start()
    peer.talk()


if __name__ == "__main__":
    main()
