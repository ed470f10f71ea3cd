/**
 * Pulling the chain along by mouse, finger or pen, with a little momentum at the end.
 */

export interface DragTarget {
  /** Pixels by which the drawing stands to the left at this moment, a running glide included. */
  positionPx(): number;
  /** Moves it there at once. */
  drag(positionPx: number): void;
  /** Lets it glide on to there. */
  release(positionPx: number): void;
  /** The pointer went down and up in one place. */
  tap(target: Element): void;
}

/** A hand is not steady: less than this is a tap. */
const TAP_LIMIT_PX = 6;
/** How far a flick carries on, as the time for which its speed would last. */
const MOMENTUM_MS = 260;
/** Speed is that of the last moments: a hand that stops before it lets go means to stop. */
const SPEED_WINDOW_MS = 90;

/** Listens on an element for as long as it exists; a Svelte attachment. */
export function dragAlong(target: DragTarget): (element: HTMLElement) => () => void {
  return (element) => {
    let pointer: number | null = null;
    let startX = 0;
    let startPx = 0;
    let dragging = false;
    let trail: { x: number; ms: number }[] = [];

    function down(event: PointerEvent): void {
      if (event.button !== 0 || pointer !== null) return;
      pointer = event.pointerId;
      startX = event.clientX;
      startPx = target.positionPx();
      dragging = false;
      trail = [{ x: event.clientX, ms: event.timeStamp }];
    }

    function move(event: PointerEvent): void {
      if (event.pointerId !== pointer) return;
      const distance = event.clientX - startX;
      if (!dragging && Math.abs(distance) < TAP_LIMIT_PX) return;
      if (!dragging) element.setPointerCapture(event.pointerId);
      dragging = true;
      trail.push({ x: event.clientX, ms: event.timeStamp });
      trail = trail.filter((point) => event.timeStamp - point.ms <= SPEED_WINDOW_MS);
      target.drag(startPx - distance);
    }

    function up(event: PointerEvent): void {
      if (event.pointerId !== pointer) return;
      pointer = null;
      if (!dragging) {
        if (event.target instanceof Element) target.tap(event.target);
        return;
      }
      const first = trail.find((point) => event.timeStamp - point.ms <= SPEED_WINDOW_MS);
      const spanMs = first === undefined ? 0 : event.timeStamp - first.ms;
      const speed = first === undefined || spanMs < 1 ? 0 : (event.clientX - first.x) / spanMs;
      target.release(startPx - (event.clientX - startX) - speed * MOMENTUM_MS);
    }

    function cancel(event: PointerEvent): void {
      if (event.pointerId === pointer) pointer = null;
    }

    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', cancel);
    return () => {
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', cancel);
    };
  };
}
