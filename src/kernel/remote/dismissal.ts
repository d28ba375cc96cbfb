import { UsageError } from '../../base/errors.ts'
import type { Kernel } from '../kernel.ts'
import type { RefTarget } from '../ref.ts'
import type { Remote } from './remote.ts'
import type { Signal } from './signal.ts'

/** How long the parent's thread waits for news of an actor that is on its way, or on its way out. Milliseconds. */
const LOOK_AGAIN_MS = 1

/** Has the parent of an actor, wherever it lives, stop it for good. Resolves when it has stopped. */
export async function dismiss(kernel: Kernel, { slot, generation, path }: RefTarget): Promise<void> {
  const { directory, seat, remote } = kernel
  if (!directory.isCurrent(slot, generation)) return
  const parentSlot = directory.parentSlot(slot)
  if (parentSlot < 0) throw new UsageError('not-a-child', `stop: ${path} has no parent; the system ends by shutdown()`)
  await remote.find(directory.hostSeat(parentSlot), (correlation) => {
    return { kind: 'dismiss', slot, generation, seat, correlation }
  })
}

/** On the thread of the parent. */
export function receiveDismissal(remote: Remote, signal: Extract<Signal, { kind: 'dismiss' }>): void {
  const { kernel } = remote
  const { slot, generation, seat, correlation } = signal
  const answer = (): void => remote.signal(seat, { kind: 'answer', correlation, value: undefined })
  if (!kernel.directory.isCurrent(slot, generation)) return answer()
  const family = kernel.cells.get(kernel.directory.parentSlot(slot))?.extras?.family
  const child = remote.children.get(slot) ?? kernel.cells.get(slot)
  if (family === undefined || child?.generation !== generation || child.phase === 'detached') {
    // Who sent this may have heard of the child before its parent's thread did; or the address is about to be free.
    kernel.clock.schedule(LOOK_AGAIN_MS, () => receiveDismissal(remote, signal))
  } else void family.stopChild(child).then(answer)
}
