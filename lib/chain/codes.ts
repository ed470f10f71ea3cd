/**
 * Every code by which Tabchain says what a peer, a user or a disk did wrong, each with a sentence that says what it means.
 *
 * Codes travel in link closings, counters, logs and tests; sentences are for people and may be reworded.
 */

/** Why bytes are no block (R2). */
export const DECODE_CODES = {
  'too-large': 'It is longer than any valid block can be.',
  'bad-utf8': 'Its bytes are not valid UTF-8.',
  'bad-json': 'It is not valid JSON.',
  'not-an-object': 'It is JSON, but not an object.',
  'missing-field': 'One of data, previous (or previous_hash) and p_o_w is missing.',
  'wrong-type': 'One of data, previous and p_o_w is not a string.',
  'bad-base64': 'data is not padded standard base64.',
  'bad-hex': 'previous or p_o_w is not hexadecimal.',
  'wrong-length': 'data is over 4096 bytes, previous is not 32 bytes, or p_o_w is not 8 bytes.',
  'duplicate-key': 'A field stands there twice, with different values.',
} as const;

/** Why a well-formed block is refused (R3, R4, R9). */
export const BLOCK_CODES = {
  'no-work': 'Its hash does not meet the target.',
  'second-genesis': 'It is a genesis block, but not that of this chain.',
  'no-time': 'Rules of this room want a readable time in its data.',
  'time-too-early': 'Its time is not after the median time of the eleven blocks before it.',
  'bad-genesis': 'Its data states no usable rules for this room.',
  'wrong-genesis': 'It is not the genesis block that this room pins.',
  'orphan-no-work': 'Its parent is unknown, and its hash shows too little work to keep it.',
  'too-many-contenders':
    'It stands on an old block or shows little work, and its sender has too many such blocks waiting.',
  'too-many-held': 'Its time lies in the future, and too many such blocks are waiting already.',
} as const;

/** Why a transaction is refused, or void where a block holds it (R12, R16). The first part is about its form alone. */
export const TRANSACTION_CODES = {
  'not-a-transaction': 'It is not a JSON object.',
  'bad-kind': 'Its kind is none of pay, merge and note.',
  'unknown-field': 'It has a field that transactions of its kind do not have.',
  'bad-from': 'Its sender is no account.',
  'bad-to': 'Its receiver is no account.',
  'bad-witness': 'Its witness is no account.',
  'same-party': 'Sender, receiver and witness are not three different accounts.',
  'bad-amount': 'Its amount is not a whole number of coins from 1 to 2^50.',
  'bad-change': 'Its change is not a whole number of coins from 0 to 2^50.',
  'bad-expiry': 'Its expiry is not a height from 1 to 2^40.',
  'bad-inputs': 'Its inputs are not one to four names of coins, or of a merge two to eight.',
  'duplicate-input': 'It names one coin twice.',
  'bad-text': 'Its text is empty, longer than 280 characters, or not one line.',
  'bad-signatures':
    'Its signatures are not as many as its parties, or one is not 65 bytes in base64url with a low s.',
  'transaction-too-large': 'Its canonical form is longer than 700 bytes.',
  'wrong-signature': 'A signature is not that of its party over this transaction in this room.',
  expired: 'The chain has passed its expiry height.',
  'already-listed': 'A block holds it already.',
  'unknown-input': 'An input names a coin that this chain does not know.',
  'spent-input': 'An input is spent already: this is an attempt to spend a coin twice.',
  'foreign-input': 'An input belongs to another account than the sender.',
  'wrong-sum': 'The inputs are not worth exactly the amount and the change.',
} as const;

/** Why a transaction is not kept to wait for a block, though it may be good. */
export const MEMPOOL_CODES = {
  'conflicting-input': 'A transaction that came earlier and waits spends one of its inputs.',
  'long-chain': 'It builds on too many transactions that wait themselves.',
  'too-many-checks': 'Its bringer has used up the signature checks that one peer is granted.',
  'mempool-full': 'Too many transactions wait already, and this one would be the first to leave.',
} as const;

/** Why a payment between three parties is not voted for, or has failed (R13). */
export const COMMIT_CODES = {
  'too-few-coins':
    'The account has too few coins that no other payment locks, or so many small ones that they must be merged first.',
  'too-many-payments':
    'As many payments are under way as this peer keeps: wait until some are over.',
  'party-not-found': 'The receiver or the witness is not to be found in the room.',
  'no-vote': 'The receiver or the witness did not answer in time.',
  'not-a-party':
    'The payment does not name this peer as receiver or witness, or was not asked for by its sender.',
  'locked-input': 'An input is promised to another payment, whose outcome is open.',
  'too-many-votes': 'The peer waits for the outcome of as many payments as it takes part in.',
  'far-expiry': 'It expires at a height that is too far away.',
  'no-ledger': 'There is no chain yet, or this peer takes part in no payments.',
  declined: 'The receiver or the witness does not want to take part.',
  'sender-aborted': 'Its sender has given it up before signing it.',
  'sender-restarted': 'Its sender was restarted before it had signed.',
} as const;

/** Why a message between Tabchain peers is refused. A peer of ours never sends what these name. */
export const MESSAGE_CODES = {
  'message-too-large': 'A message is longer than 64 KiB.',
  'bad-message': 'A message is not one of the protocol, or a field of it is not as described.',
  'wrong-room': 'The peer is in another room.',
  'wrong-version': 'The peer speaks another revision of the protocol.',
  'no-hello': 'The first message was no hello.',
  'second-hello': 'A hello came twice.',
  'stolen-id': 'The node id is not the hash of the public key, or not the one that was dialled.',
  'bad-block': 'A block was sent that no honest peer passes on.',
  'bad-transaction': 'A transaction was sent that no honest peer passes on.',
  flood: 'Messages came faster than any honest peer sends them.',
} as const;

/** Why a link was closed though nobody did wrong. */
export const CLOSE_CODES = {
  silent: 'Nothing was heard from the peer for too long.',
  replaced: 'The same peer opened a newer link.',
  'mesh-full': 'There are as many links as this peer keeps.',
  leaving: 'The peer left.',
  'broken-seal': 'What the server relayed was lost, altered or invented between the two ends.',
} as const;

/** What a link for messages between peers could not do, or why it refused a datagram (R19). */
export const LINK_CODES = {
  'too-long': 'The message is longer than the link carries.',
  'link-full': 'As many messages wait as the link keeps: wait until some are acknowledged.',
  'too-many-peers': 'The link is busy with as many peers as it can serve.',
  'too-fast': 'The peer sends faster than any honest peer does.',
  unreachable: 'Nothing came back from the peer for as long as the link keeps trying.',
  'peer-restarted':
    'The peer has begun a new life; what was under way may or may not have arrived.',
  'session-lost':
    'The peer has forgotten an idle session; what was under way may or may not have arrived.',
  'bad-datagram': 'A datagram is not one of the protocol.',
  'bad-seal': 'A datagram does not prove that its sender meant it for us, in this room.',
} as const;

/** Why a remote call has no answer of the called procedure (R19). */
export const CALL_CODES = {
  'too-many-calls': 'As many calls to this peer wait for answers as are kept: try again later.',
  busy: 'The peer executes as many calls as it can. This one was not executed.',
  'timed-out': 'No answer came in time. Whether the call was executed is unknown.',
  cancelled: 'The caller no longer wants the answer.',
  'answer-forgotten': 'The call was executed, but its answer had to make room for others.',
} as const;

/** Why an invitation that people carry by hand, or its answer, leads to no link (R26). */
export const INVITATION_CODES = {
  'no-invitation': 'There is no whole invitation in this text. Copy it again, to its end.',
  'no-answer': 'There is no whole answer in this text. Copy it again, to its end.',
  'torn-text': 'A part of it is missing or unreadable. Copy it again, to its end.',
  'not-for-us': 'It is for another room or another device, or it was changed on its way.',
  'invitation-expired':
    'It is older than ten minutes, or the clock of one of the devices is wrong. Make a new invitation.',
  'other-invitation': 'It answers another invitation than the one that is open here.',
  'no-open-invitation': 'No invitation is open here: make one first.',
  'own-text': 'It comes from this tab itself: it is meant for the other device.',
  'already-linked': 'The two tabs are linked already.',
  'no-direct-links':
    'This browser opens no direct links now: WebRTC is missing, has no network, or needs the page to be loaded anew.',
  'not-reached':
    'The two devices do not reach each other: the network keeps them apart. Use a phone’s hotspot, and make a new invitation.',
  withdrawn: 'It was given up for a newer one.',
} as const;

export type InvitationCode = keyof typeof INVITATION_CODES;
export type DecodeCode = keyof typeof DECODE_CODES;
export type BlockCode = keyof typeof BLOCK_CODES;
export type TransactionCode = keyof typeof TRANSACTION_CODES;
export type MempoolCode = keyof typeof MEMPOOL_CODES;
export type CommitCode = keyof typeof COMMIT_CODES;
export type MessageCode = keyof typeof MESSAGE_CODES;
export type CloseCode = keyof typeof CLOSE_CODES;
export type LinkCode = keyof typeof LINK_CODES;
export type CallCode = keyof typeof CALL_CODES;
export type RefusalCode = DecodeCode | BlockCode | TransactionCode | MempoolCode | MessageCode;

/** All codes with their sentences. */
export const CODES: Readonly<
  Record<RefusalCode | CommitCode | CloseCode | LinkCode | CallCode | InvitationCode, string>
> = {
  ...DECODE_CODES,
  ...BLOCK_CODES,
  ...TRANSACTION_CODES,
  ...MEMPOOL_CODES,
  ...COMMIT_CODES,
  ...MESSAGE_CODES,
  ...CLOSE_CODES,
  ...LINK_CODES,
  ...CALL_CODES,
  ...INVITATION_CODES,
};
