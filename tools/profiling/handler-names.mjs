// Loaded before everything else into each thread of a program that is profiled: handlers of actors show under names such as
// `Counter.add`, and the thread leaves a note of what it is.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId, workerData } from 'node:worker_threads'

const named = new Map()

/** V8 takes the name of a function from its source, so the wrapper is made from text: a method whose key is the name. */
globalThis[Symbol.for('troupe.handler-naming')] = (handler, name) => {
  const key = JSON.stringify(name)
  if (!named.has(key)) {
    const make = `return (handler) => ({ ${key}() { return handler.apply(undefined, arguments) } })[${key}]`
    named.set(key, new Function(make)())
  }
  return named.get(key)(handler)
}

const { TROUPE_PROFILE_FOLDER: folder } = process.env
if (folder !== undefined) {
  const role = threadId === 0 ? 'main' : (workerData?.name ?? 'worker')
  writeFileSync(join(folder, `thread-${threadId}.name`), role)
}
