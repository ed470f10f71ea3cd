/**
 * Keeps the screen of a mining phone awake: by a wake lock where the page is a secure context, else by a video without
 * picture or sound, since browsers let no screen sleep while one plays (R27).
 */

/** Holds the screen awake while the page is shown and `isWanted` says so. Returns what gives it up. */
export function holdScreenAwake(isWanted: () => boolean): { update(): void; release(): void } {
  const holder = 'wakeLock' in navigator ? createLockHolder() : createVideoHolder();
  let isReleased = false;

  function update(): void {
    void holder.hold(!isReleased && isWanted() && document.visibilityState === 'visible');
  }

  document.addEventListener('visibilitychange', update);
  return {
    update,
    release() {
      isReleased = true;
      document.removeEventListener('visibilitychange', update);
      update();
    },
  };
}

interface Holder {
  /** Holds the screen awake from now on, or no more. */
  hold(isWanted: boolean): void | Promise<void>;
}

function createLockHolder(): Holder {
  let wanted = false;
  let sentinel: WakeLockSentinel | null = null;
  let isAsking = false;
  return {
    async hold(isWanted) {
      wanted = isWanted;
      if (isAsking) return;
      if (wanted && (sentinel === null || sentinel.released)) {
        isAsking = true;
        try {
          sentinel = await navigator.wakeLock.request('screen');
        } catch {
          // A low battery or the user's settings forbid it: the screen then sleeps as usual.
        } finally {
          isAsking = false;
        }
      }
      if (wanted) return;
      const held = sentinel;
      sentinel = null;
      await held?.release();
    },
  };
}

/** Browsers play a video that is not muted only after the user has touched the page: it is tried again then. */
const TOUCHES = ['pointerdown', 'keydown'] as const;

function createVideoHolder(): Holder {
  let video: HTMLVideoElement | null = null;

  function play(): void {
    // Forbidden before the first touch; elsewhere the screen sleeps as usual.
    video?.play().catch(() => undefined);
  }

  return {
    hold(isWanted) {
      if (isWanted === (video !== null)) return;
      if (isWanted) {
        video = createEmptyVideo();
        document.body.append(video);
        for (const touch of TOUCHES) document.addEventListener(touch, play);
        play();
      } else {
        for (const touch of TOUCHES) document.removeEventListener(touch, play);
        video?.remove();
        if (video !== null) video.srcObject = null;
        video = null;
      }
    },
  };
}

/** A single picture of nothing that lasts for ever. Browsers pass over muted videos that nobody can see. */
function createEmptyVideo(): HTMLVideoElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const stream = canvas.captureStream();
  canvas.getContext('2d')?.fillRect(0, 0, 1, 1);
  const video = document.createElement('video');
  video.srcObject = stream;
  video.playsInline = true;
  video.ariaHidden = 'true';
  video.tabIndex = -1;
  video.style.cssText =
    'position: fixed; width: 1px; height: 1px; opacity: 0; pointer-events: none';
  return video;
}
