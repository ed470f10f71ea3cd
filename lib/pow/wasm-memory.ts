/**
 * Where things lie in the memory of a kernel's module, in bytes.
 */

/** The target's first word. */
export const TARGET_AT = 0;
/** What each lane adds to a group's first word. */
export const LANES_AT = 16;
/** The first hash word of each lane of the last group. */
export const TOPS_AT = 512;
/** Values carried between the phases of a group, behind the table. */
export const TABLE_AT = 1024;
export const SPILLS_AT = 4096;
/** Table, shared schedule and midstates of the shared kernel. */
export const SHARED_AT = 1024;
/** Where rounds are a loop: the schedule, constants included, and behind it the midstates. */
export const LOOPED_SCHEDULE_AT = 4096;

/** All of it, in WebAssembly's pages of 64 KiB. */
export const MEMORY_PAGES = 4;
