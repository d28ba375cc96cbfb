import { ARRIVED, DEAD_LETTERED, type Directory, HANDLED } from '../directory.ts'
import type { AnyRef } from '../ref.ts'

/** Messages that wait for an actor, or are with it, on whatever thread it lives. */
export function loadOf({ target }: AnyRef, directory: Directory): number {
  const index = directory.accountIndex(target.slot)
  const { accounts } = directory
  const done = (accounts[index + HANDLED] as number) + (accounts[index + DEAD_LETTERED] as number)
  return (accounts[index + ARRIVED] as number) - done
}

/** The index of the member with the least load; among equals the first one from `start` on. */
export function leastLoaded(members: readonly AnyRef[], directory: Directory, start: number): number {
  let best = 0
  let bestLoad = Number.POSITIVE_INFINITY
  for (let n = 0; n < members.length; n++) {
    const index = (start + n) % members.length
    const load = loadOf(members[index] as AnyRef, directory)
    if (load >= bestLoad) continue
    best = index
    bestLoad = load
  }
  return best
}

/**
 * The index of the member with the highest score for a key: when a member goes, only its own keys go elsewhere, and when one
 * comes it takes its share of each (rendezvous hashing, Thaler and Ravishankar 1998).
 */
export function byKey(members: readonly AnyRef[], key: string): number {
  const hash = hashOf(key)
  let best = 0
  let bestScore = -1
  for (let index = 0; index < members.length; index++) {
    const { slot, generation } = (members[index] as AnyRef).target
    const score = mixed(hash ^ mixed(slot + Math.imul(generation, 0x9e3779b1)))
    if (score <= bestScore) continue
    best = index
    bestScore = score
  }
  return best
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}

/** The finalizer of MurmurHash3: every bit of the input changes half of the output. */
function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
