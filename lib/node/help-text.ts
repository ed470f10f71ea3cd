/**
 * What `--help` prints.
 */
import { CHECKED } from '../tcp-peer/chain-check.ts';
import { COMMAND_HELP } from '../tcp-peer/command.ts';

export const HELP = `Tabchain: a proof-of-work blockchain whose miners are browser tabs.

  tabchain start [flags]                        serve a room: open its link, and the tab is a miner
  tabchain miner <addr> <others> [genesis]      mine without a browser, and speak UDP with other miners
  tabchain check <host:port>                    examine somebody's UDP miner, rule by rule
  tabchain peer <id> <port> <config>            be a peer of the TCP network: client, server and miner in one
  tabchain simulate [flags]                     perform the six tasks of the distributed ledger with 75 nodes
  tabchain sim --seed <n>                       run a simulated world, the same for the same seed
  tabchain help [<command>]                      say more of a command
  tabchain --version                            print the version
`;

export const START_HELP = `Usage: npm start -- [flags]

Serves a room: the page, and the meeting point of its tabs. Prints the room's link, the links for others on this
network, and a QR code. The room is kept in a state folder and resumed the next time.

  --port <port>          where the page is served (8080)
  --host <address>       the address to listen on (0.0.0.0: all of this machine)
  --https                serve https, with a certificate that is made here once and kept in the state folder
  --cert <file>          serve https with this certificate, in PEM form; --key <file> is its private key
  --public-url <url>     where everybody reaches the page through a proxy of yours: https://class.example/tab/
  --ice <a,b>            servers that help direct links: stun:host:port, turn:user:password@host:port (none)
  --no-stun              do not answer STUN, which tells tabs their own address, on the page's port over UDP
  --room <code>          the room's code: a-z, 0-9 and hyphens (made at random)
  --new                  start a new room, and forget the one in the state folder
  --target <target>      the first block's target: 2**235, or up to 64 hex digits
  --spacing <time>       the time between blocks that the room aims at: 500ms, 10s, 2m (10s)
  --state <folder>       where the room is kept (.state)

A room with UDP miners; the genesis then comes from them, and the target stays constant (2**235). A room that is
resumed keeps its miners too:

  --udp <host[:port]>    where this machine hears UDP miners
  --miners <a,b>         their addresses, each host[:port]
  --min-spacing <time>   tabs hold back so that blocks come no faster than this (1s); 0 is off
  --genesis-hash <hash>  take this genesis block and no other (the first that a miner sends)
  --any-root             take the first block that comes as the root, for a late start among miners that do not send the
                         genesis again; what lies below it stays unknown
  --default-port <port>  the port of addresses without one (5000)
  --field <name>         how our blocks name the block before: previous, previous_hash or both (previous)
  --data-limit <bytes>   keep the data of the room's blocks so short, for miners that read little (4096; from 600): 670
                         where they read 1,024 bytes of a datagram
  --mine                 search blocks here too
  --threads <n>          search threads (the number of cores, less one)
  --status <host:port>   answer /status, /metrics and /chain over HTTP
  --log-dir <folder>     write a log, one file for each node id
  --log-json             write it as JSON, one object a line; without --log-dir, to the output

Ends with Ctrl-C. Exit code 2 where a flag or its value is wrong, or a port is taken; 1 where something else fails.
`;

export const MINER_HELP = `Usage: npm run miner -- <addr> <others> [genesis] [flags]

Mines without a browser. It hears UDP miners at <addr> and sends to <others>; both are host[:port], <others> separated
by commas. With the word genesis it mines the first block; without, it waits for one.

  --room <link>          join a room too, and so bridge it to the UDP miners; <addr> <others> may then be left out
  --fingerprint <sha256> take the server of an https link by its certificate, as the terminal of the room shows it
  --no-mine              only pass blocks on
  --threads <n>          search threads (the number of cores, less one)
  --power <percent>      the share of their time that they work, from 1 (100)
  --target <target>      the constant target: 2**235, or up to 64 hex digits (2**235)
  --genesis-hash <hash>  take this genesis block and no other (the first that a miner sends)
  --any-root             take the first block that comes as the root, for a late start among miners that do not send the
                         genesis again; what lies below it stays unknown
  --default-port <port>  the port of addresses without one (5000)
  --field <name>         how our blocks name the block before: previous, previous_hash or both (previous)
  --data-limit <bytes>   keep the data of our blocks so short, for miners that read little (4096; from 600): 670 where
                         they read 1,024 bytes of a datagram
  --status <host:port>   answer /status, /metrics and /chain over HTTP
  --log-dir <folder>     write a log, one file for each node id
  --log-json             write it as JSON, one object a line; without --log-dir, to the output instead of the tree
  --store <folder>       keep the chain and this miner's key there, and go on with them the next time
  --name <name>          the name that others see, at most 24 characters

Prints the tree of blocks as it grows. Ends with Ctrl-C.
Exit code 2 where an argument is missing or wrong, or a port is taken; 1 where something else fails.
`;

export const CHECK_HELP = `Usage: npm run check-miner -- --exec 'python3 miner.py {addr} {others}' [flags]
       npm run check-miner -- <host:port> --listen <host:port> [flags]

Examines a UDP miner, and prints one line for each rule: what was sent, what was expected, what came. With --exec it
starts a process for each rule, and puts its addresses for {addr} and {others}, and the word genesis for {genesis} or at
the end. Without, the miner runs already, and must name the address of --listen among its others.

  --exec <command>       the command line that starts the miner, in quotes
  --listen <host[:port]> where this machine hears a miner that runs already (0.0.0.0)
  --target <target>      the miner's TARGET: 2**235, or up to 64 hex digits (2**235)
  --only <a,b>           these rules alone, with those that they need
  --jobs <n>             processes side by side (half of the cores)
  --silence <time>       a miner that sends no block for so long is silent (60s)
  --default-port <port>  the port of addresses without one (5000)
  --json                 print the report as JSON
  --html <file>          write the report as a page too

Exit code 0 where all rules hold, 1 where one does not or is unclear, 2 where nothing could be examined.
`;

export const PEER_HELP = `Usage: npm run peer -- <id> <port> <config> [flags]

A peer of the TCP network: server, miner and command line in one. <config> is a file: the number of neighbours, then a
line for each, as B 6001, or B 192.168.1.5:6001 on another machine.

  --host <address>       the address to listen on (127.0.0.1; 0.0.0.0: all of this machine)
  --room <link>          join a room too: each note there becomes a transaction here, and the reverse
  --fingerprint <sha256> take the server of an https link by its certificate, as the terminal of the room shows it
  --no-mine              search no proofs: others submit them with up
  --heartbeat <time>     how often the neighbours' chains are fetched (5s)
  --poll <time>          how often the miner asks for the last proof (1s)
  --timestamps <format>  how our blocks write their time: iso, ctime or epoch (iso, local time)
  --any-hashes           take chains whose hashes are made otherwise
  --log-dir <folder>     write a log, <folder>/<id>.txt

${COMMAND_HELP}

Commands come from the terminal or a pipe. The peer ends with cc, with Ctrl-C, and at the end of a terminal's input; the
end of a pipe does not end it.

The longest chain of the neighbours is taken, and of equals the one whose last block is earliest. A neighbour's chain is
taken only where
${CHECKED.map((sentence) => `  - ${sentence}`).join('\n')}
Accepted transactions of a chain that is left wait again here, and so do those of neighbours' chains that are not taken.

Exit code 2 where an argument is missing or wrong, or a port is taken; 1 where something else fails.
`;

export const SIMULATE_HELP = `Usage: npm run simulate -- [flags]

Performs the six tasks of the distributed ledger and checks each: bootstrap, two-phase commit of three nodes, a broadcast
that reaches everyone and does not loop, verification, concurrent transactions in one order, a double spend. Up to 75
nodes have UDP sockets of their own on the loopback interface; more of them live in the simulator, in virtual time.

  --peers <n>            how many nodes (75; 6 to 1000)
  --seed <n>             keys, roles and crashes are drawn from it (1)
  --crash <percent>      so many of the nodes crash in tasks 2 and 5, and come back (0; to 50)
  --log-dir <folder>     where the logs go, <node id>.txt for each node (logs)

Exit code 0 where all six tasks passed, 1 where one did not or a log could not be written, 2 where a flag is wrong.
`;

export const SIM_HELP = `Usage: npm run sim -- --seed <n> [flags]

Runs one world of simulated peers: virtual time, faults drawn from the seed, checkers that watch. The same flags give
the same world, event for event, on every machine: the last line is the digest of all its events.

  --seed <n>             which world: a whole number from 0
  --peers <n>            how many peers (2 to 8, drawn)
  --minutes <n>          for how long things go wrong before the world heals (1 to 2.5, drawn)
  --room <kind>          class, new, bridged or udp (drawn)

Exit code 1 where a checker found something wrong; then the last events are told, with the command that replays them. 2
where a flag is wrong.
`;
