/**
 * Knowing that someone aims at a block with a mouse, so that the chain stands still until the block is hit.
 */

/** A pointer that has not moved for this long lies there forgotten, as a projector's does: the chain goes on. */
const AIM_MS = 2_000;

/** Tells whether a mouse aims at the element, for as long as it exists; a Svelte attachment. */
export function watchAim(tell: (isAimed: boolean) => void): (element: HTMLElement) => () => void {
  return (element) => {
    let end: ReturnType<typeof setTimeout> | undefined;

    function leave(): void {
      clearTimeout(end);
      tell(false);
    }

    function move(event: PointerEvent): void {
      // A finger has no place before it touches, and then it drags or taps.
      if (event.pointerType === 'touch') return;
      clearTimeout(end);
      end = setTimeout(leave, AIM_MS);
      tell(true);
    }

    element.addEventListener('pointermove', move);
    element.addEventListener('pointerleave', leave);
    return () => {
      clearTimeout(end);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerleave', leave);
    };
  };
}
