/**
 * The program of the worker that searches on the graphics processor: one dispatch after the other, each short enough
 * that the screen stays smooth and a new tip waits little.
 */
import { openGpuSearch, type GpuSearch } from '../../pow/webgpu-search.ts';
import type { Template } from '../../pow/template.ts';
import type { OwnerMessage, WorkerMessage } from './messages.ts';

/** A dispatch is made to last about so long. */
const DISPATCH_MS = 8;
const LEAST_HASHES = 1 << 12;
const REPORT_MS = 250;

export interface GraphicsWorld {
  post(message: WorkerMessage): void;
  sleep(ms: number): Promise<void>;
  nowMs(): number;
  /** Whether an adapter that is only a program will do: for tests. */
  readonly allowSoftware: boolean;
}

/** Starts the program; returns what takes the owner's messages. */
export function startGraphicsLoop(world: GraphicsWorld): (message: OwnerMessage) => void {
  let search: GpuSearch | null = null;
  let template: Template | null = null;
  let start: Uint8Array = new Uint8Array(8);
  let duty = 1;
  let isRunning = false;

  async function run(gpu: GpuSearch): Promise<void> {
    let hashes = LEAST_HASHES;
    let unreported = 0;
    let reportedAtMs = world.nowMs();
    while (template !== null && search === gpu) {
      const searched: Template = template;
      const startedMs = world.nowMs();
      const result = await gpu.search(hashes);
      const elapsedMs = world.nowMs() - startedMs;
      unreported += result.hashes;
      if (elapsedMs < DISPATCH_MS / 2) hashes *= 2;
      else if (elapsedMs > 2 * DISPATCH_MS) hashes = Math.max(LEAST_HASHES, Math.ceil(hashes / 2));
      if (result.proof !== null && template === searched) {
        template = null;
        const proof = { templateId: searched.id, ...result.proof };
        world.post({ type: 'found', kernel: gpu.name, proof });
      }
      const nowMs = world.nowMs();
      if (nowMs - reportedAtMs >= REPORT_MS || template === null) {
        world.post({ type: 'progress', hashes: unreported, elapsedMs: nowMs - reportedAtMs });
        unreported = 0;
        reportedAtMs = nowMs;
      }
      if (duty < 1) await world.sleep((elapsedMs * (1 - duty)) / duty);
    }
  }

  function prepare(): void {
    if (search === null || template === null) return;
    search.prepare(template, start);
    if (isRunning) return;
    isRunning = true;
    void run(search)
      .catch((error: unknown) => stop(String(error)))
      .finally(() => {
        isRunning = false;
        prepare();
      });
  }

  function stop(reason: string): void {
    search?.close();
    search = null;
    world.post({ type: 'unable', reason });
  }

  void openGpuSearch(world.allowSoftware).then((made) => {
    if (!made.ok) stop(made.reason);
    else {
      search = made.search;
      prepare();
    }
  });
  return (message) => {
    switch (message.type) {
      case 'start':
        break;
      case 'search':
        ({ template, start } = message);
        prepare();
        break;
      case 'duty':
        duty = message.duty;
        break;
      case 'switch-off':
        if (message.kernel === search?.name) stop('it found a wrong proof');
        break;
    }
  };
}
