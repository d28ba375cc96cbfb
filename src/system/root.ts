import { assert } from '../base/assert.ts'
import { ActorCell } from '../kernel/actor-cell.ts'
import { compiled, defineActor } from '../kernel/definition.ts'
import { NO_PARENT } from '../kernel/directory.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ParentLink } from '../kernel/parent-link.ts'
import { spawnDefaults } from '../kernel/spawn-options.ts'
import type { ExitReason } from '../kernel/supervision/exit-reason.ts'
import type { SuperviseOptions } from '../kernel/supervision/supervise-options.ts'

/** The root has no parent: its end is the system's. */
class System implements ParentLink {
  readonly path = ''
  readonly slot = NO_PARENT
  readonly #onStarted: () => void
  readonly #onExited: (reason: ExitReason) => void

  constructor(onStarted: () => void, onExited: (reason: ExitReason) => void) {
    this.#onStarted = onStarted
    this.#onExited = onExited
  }

  started(): void {
    this.#onStarted()
  }

  exited(_child: unknown, reason: ExitReason): void {
    this.#onExited(reason)
  }
}

/** Makes the root on its thread, under which all other actors live. Resolves when it runs. */
export function startRoot(
  kernel: Kernel,
  supervise: SuperviseOptions,
  onExited: (reason: ExitReason) => void,
): Promise<void> {
  const definition = compiled(
    defineActor({ name: 'Root', module: 'troupe:root', start: () => ({}), on: {}, supervise }),
    'createSystem',
  )
  return new Promise((resolve) => {
    const system = new System(resolve, onExited)
    const slot = kernel.directory.allocate(kernel.seat, NO_PARENT, undefined)
    assert(slot === kernel.rootAddress.slot, 'the root has the address that all threads know')
    const options = { ...spawnDefaults, shutdownMs: Number.POSITIVE_INFINITY }
    const root = new ActorCell(kernel, definition, [], options, system, '', slot)
    kernel.host(root)
    kernel.root = root
    root.begin()
  })
}
