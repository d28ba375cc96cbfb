import type { ActorCell } from '../actor-cell.ts'
import { STARTING, SUSPENDED } from '../actor-stage.ts'
import type { AnyRef } from '../ref.ts'
import { rejectStitched } from '../stitched-stack.ts'
import { receiveDismissal } from './dismissal.ts'
import type { OpenCall, Remote } from './remote.ts'
import { RemoteParent } from './remote-parent.ts'
import type { Attempt, Signal } from './signal.ts'

/** What a kernel does with a signal from the kernel on `seat`. Signals for actors that are no more have no effect. */
export function receiveSignal(remote: Remote, seat: number, signal: Signal): void {
  switch (signal.kind) {
    case 'begin':
      return remote.host.begin(signal)
    case 'stop':
      return withCell(remote, seat, signal, (cell) => isMeant(cell, signal) && cell.stop(signal.reason))
    case 'kill':
      return withCell(remote, seat, signal, (cell) => isMeant(cell, signal) && cell.kill())
    case 'park':
      return remote.host.park(signal, signal.reason)
    case 'forget':
      return remote.host.forget(signal, signal.reason)
    case 'disown':
      return remote.host.disown(signal)
    case 'started':
    case 'exited':
      return receiveReport(remote, signal)
    case 'forgotten':
      return remote.kernel.release(signal.slot, signal.generation)
    case 'adopt':
      return remote.kernel.adopt(signal)
    case 'watch':
      return remote.watches.register(seat, signal.slot, signal.generation)
    case 'unwatch':
      return remote.watches.unregister(seat, signal.slot)
    case 'down':
      return remote.watches.down(signal.slot, signal.generation, signal.reason)
    case 'link':
      return withCell(remote, seat, signal, (cell) => cell.more.needWatches().watch(signal.from as AnyRef, true))
    case 'unlink':
      return withCell(remote, seat, signal, (cell) => cell.extras?.watches?.forgetLink(signal.from as AnyRef))
    case 'ready':
      return receiveReady(remote, seat, signal)
    case 'dismiss':
      return receiveDismissal(remote, signal)
    case 'find':
    case 'unpark':
      return receivePath(remote, signal)
    default:
      return receiveAnswer(remote, seat, signal)
  }
}

type Addressed = Extract<Signal, { readonly slot: number }>

/** Now, or once the actor is there if it is being started. */
function withCell(remote: Remote, seat: number, signal: Addressed, act: (cell: ActorCell) => void): void {
  const { kernel } = remote
  const cell = kernel.cells.get(signal.slot)
  if (cell?.generation === signal.generation) act(cell)
  else if (remote.host.isExpected(signal.slot, signal.generation)) {
    remote.host.whenSettled(signal.slot, () => receiveSignal(remote, seat, signal))
  }
}

/** False for what the parent said of an earlier start. */
function isMeant({ parent }: ActorCell, { attempt }: Attempt): boolean {
  return parent instanceof RemoteParent && parent.attempt === attempt
}

function receiveReport(remote: Remote, signal: Extract<Signal, { kind: 'started' | 'exited' }>): void {
  const child = remote.children.get(signal.slot)
  if (child?.generation !== signal.generation || child.attempt !== signal.attempt) return
  if (signal.kind === 'started') child.parent.started(child)
  else child.parent.exited(child, signal.reason)
}

function receiveReady(remote: Remote, seat: number, signal: Extract<Signal, { kind: 'ready' }>): void {
  const { slot, generation, correlation } = signal
  const { kernel } = remote
  const cell = kernel.cells.get(slot)
  if (cell?.generation === generation) {
    cell.whenReady().then(
      () => remote.signal(seat, { kind: 'answer', correlation, value: undefined }),
      (error) => remote.signal(seat, { kind: 'refusal', correlation, error }),
    )
  } else if (remote.host.isExpected(slot, generation) && kernel.directory.state(slot) !== 'parked') {
    remote.host.whenSettled(slot, () => receiveSignal(remote, seat, signal))
  } else {
    remote.signal(seat, { kind: 'refusal', correlation, error: remote.host.endOf(slot, generation) })
  }
}

/** Goes down the path, from thread to thread where it leads, and answers at its end. */
function receivePath(remote: Remote, signal: Extract<Signal, { kind: 'find' | 'unpark' }>): void {
  const { kernel } = remote
  const { names, seat, correlation } = signal
  const answer = (value: unknown): void => remote.signal(seat, { kind: 'answer', correlation, value })
  const cell = kernel.cells.get(signal.slot)
  const [name, ...rest] = names
  if (cell === undefined || cell.generation !== signal.generation) {
    const isComing =
      remote.host.isExpected(signal.slot, signal.generation) && kernel.directory.state(signal.slot) !== 'parked'
    return isComing ? remote.host.whenSettled(signal.slot, () => receivePath(remote, signal)) : answer(undefined)
  }
  if (name === undefined) return answer(signal.kind === 'find' ? cell.ref : undefined)
  const family = cell.extras?.family
  const child = family?.supervisor.children.find(name)
  // Its start, which makes its children, is still to come.
  if (child === undefined && cell.self === undefined && (cell.stage === STARTING || cell.stage === SUSPENDED)) {
    void cell.whenReady().then(
      () => receivePath(remote, signal),
      () => answer(undefined),
    )
    return
  }
  if (family === undefined || child === undefined) return answer(undefined)
  const { slot } = child
  const generation = kernel.directory.generation(slot)
  if (rest.length > 0)
    return remote.signal(kernel.directory.hostSeat(slot), { ...signal, slot, generation, names: rest })
  if (signal.kind === 'unpark') {
    if (!family.supervisor.unpark(child)) return answer(undefined)
    // By way of its own thread, behind the start: who gets the answer finds it no longer parked.
    return remote.signal(kernel.directory.hostSeat(slot), {
      kind: 'find',
      slot,
      generation,
      names: [],
      seat,
      correlation,
    })
  }
  const other = remote.children.get(slot)
  if (other === undefined) answer(kernel.cells.get(slot)?.ref)
  else answer(remote.refTo(slot, generation, child.path, other.module, other.definition))
}

type Answering = Extract<Signal, { readonly correlation: number }>

function receiveAnswer(remote: Remote, seat: number, signal: Exclude<Answering, Addressed>): void {
  const { correlation } = signal
  if (signal.kind === 'cancel') return remote.replyOf(seat, correlation)?.cancel()
  if (signal.kind === 'credit') return remote.replyOf(seat, correlation)?.request?.(signal.items)
  const call = remote.callOf(correlation)
  if (call === undefined) {
    if (signal.kind === 'answer' || signal.kind === 'refusal') remote.kernel.meters.add('late-replies', 1)
    return
  }
  if (signal.kind === 'item') return call.consumer?.push(signal.value)
  remote.closeCall(correlation)
  if (signal.kind === 'end') return call.consumer?.end()
  if (signal.kind === 'answer') {
    call.ask?.resolve(signal.value)
    call.waiter?.resolve(signal.value)
  } else if (seat === remote.kernel.seat) {
    call.ask?.reject(signal.error)
    call.waiter?.reject(signal.error)
    call.consumer?.fail(signal.error)
  } else rejectFrom(remote, seat, call, signal.error)
}

/** With an error of another thread, which nobody else here holds: its stack goes on with who called. */
function rejectFrom(
  { kernel }: Remote,
  seat: number,
  { ask, waiter, consumer, origin }: OpenCall,
  error: unknown,
): void {
  const where = `${origin ?? 'called'} on thread ${seat}, from thread ${kernel.seat}`
  ask?.rejectFrom(seat, error)
  if (waiter !== undefined) rejectStitched(waiter.resolve, error, where)
  consumer?.fail(error, where)
}
