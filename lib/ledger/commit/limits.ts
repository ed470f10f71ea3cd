/**
 * The limits of two-phase commit (R13), all in one place as they depend on each other.
 */

/** Blocks upon which an outcome that the chain decides is final: as many as pin a genesis block. */
export const CONFIRMATION_DEPTH_BLOCKS = 6;
/** A payment has so many blocks and so much time at the measured spacing until it expires. */
export const EXPIRY_LEAST_BLOCKS = 6;
export const EXPIRY_MS = 60_000;
/** How much more than that a cohort grants a sender whose spacing or tip is another: votes must not be held for hours. */
export const EXPIRY_TOLERANCE_FACTOR = 4;

/** One attempt waits so long for its parties and their votes; then its coins are free again. */
export const ATTEMPT_LIMIT_MS = 10_000;
/** All attempts of a payment together: nobody's coins are held for 30 s without a commit. */
export const ORDER_LIMIT_MS = 28_000;
/** A payment that was refused so often is given up. */
export const ATTEMPTS_LIMIT = 6;
/** Wait before the second attempt; doubled with each further one, and half to one and a half times as long by chance. */
export const BACKOFF_FIRST_MS = 300;
export const BACKOFF_LIMIT_MS = 5_000;

/** An outcome is told for so long in one go; a call may meet a peer that restarts. */
export const TELL_LIMIT_MS = 20_000;
/** And again, where nobody answered, after so long, half to one and a half times. */
export const TELL_AGAIN_MS = 4_000;
/** A cohort that has voted asks for the outcome after so long; the wait doubles up to the limit. */
export const INQUIRE_FIRST_MS = 4_000;
export const INQUIRE_LIMIT_MS = 30_000;
export const INQUIRE_ANSWER_MS = 5_000;
/** A committed payment that waits nowhere is handed in again after so long. */
export const SUBMIT_AGAIN_MS = 2_000;

/** Payments that a sender has under way: more than anyone presses. */
export const ORDERS_LIMIT = 16;
/** Attempts of a sender that the chain has not made final: each is a record of 1 kB. */
export const ATTEMPTS_KEPT_LIMIT = 256;
/** Votes whose outcome is open: of one sender, so that none takes all places, and of all. */
export const VOTES_PER_SENDER_LIMIT = 8;
export const VOTES_LIMIT = 128;
/** Payments that are over, kept to be shown; the oldest leave first. */
export const SHOWN_LIMIT = 50;
/** A request or an answer: a payment with three signatures is at most 700 bytes. */
export const MESSAGE_LIMIT_BYTES = 2_048;
/** Earlier attempts that a request names as given up. */
export const NAMED_ABORTS_LIMIT = 8;
