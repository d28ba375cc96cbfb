import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type Command, Option } from 'commander'
import { type ActorRef, createSystem, type LogOptions, TroupeError, UsageError } from 'troupe'
import { type EndpointOptions, formatEndpoint, resolveEndpoint, type TlsEndpoint } from '../connection/endpoint.ts'
import type { CyncGatewayProtocol } from '../device/gateway/gateway.actor.ts'
import type { CyncObserver, GatewayOptions } from '../device/gateway/gateway-options.ts'
import { checkTimeZone } from '../device/gateway/local-time.ts'
import { serveCync } from '../device/gateway/serve-cync.ts'
import { deviceEndpoint } from '../device/gateway/tls-endpoint.ts'
import { COMMAND_FORMS, parseCommandLine } from './gateway-line.ts'
import { addTaker, GatewayWatcher } from './gateway-watcher.actor.ts'
import { Printer } from './printer.ts'
import type { StandardStreams } from './program.ts'

/** As commander makes it of the options. */
interface GatewayFlags {
  readonly listen?: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly outbox?: string
  readonly threads?: number
  readonly seconds?: number
  readonly homes: 'one' | 'by-id'
  readonly timeZone: string
  readonly commands: boolean
  readonly json: boolean
}

const DEFAULT_LISTEN = 'tcp://127.0.0.1:23778'
/** Commands of standard input that are under way at the same time; more are read when one has ended. */
const PENDING_MAX = 1_000
const GRACE_MS = 5_000
/** Beyond the TTL of a command and its last answers. Milliseconds. */
const COMMAND_MS = 120_000
const THREADS_MAX = 64
const SECONDS_MAX = 86_400

export function addGateway(program: Command, streams: StandardStreams, onEnd: (isGood: boolean) => void): void {
  program
    .command('gateway')
    .summary('serve Cync controllers')
    .description(
      'Serves Cync controllers: tcp://host:port for simulated ones, tls://host:port for real ones. Prints what they and their devices do.',
    )
    .option('--listen <endpoint>', `where; may be given several times (default: ${DEFAULT_LISTEN})`, collect)
    .option('--tls-cert <file>', 'certificate for tls:// endpoints, PEM, with an RSA key')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--outbox <directory>', 'keep commands there until they have a result: they survive a crash')
    .option('--threads <n>', 'threads that connections live on', wholeNumber('--threads', 1, THREADS_MAX))
    .option('--seconds <n>', 'end after so long', wholeNumber('--seconds', 1, SECONDS_MAX))
    .addOption(
      new Option('--homes <rule>', 'which controllers hear the same devices').choices(['one', 'by-id']).default('one'),
    )
    .option('--time-zone <zone>', 'whose time devices are told: local, Europe/Berlin, -06:00', 'local')
    .option('--commands', 'read a command a line from standard input, print a JSON result a line', false)
    .option('--json', 'print nothing but one JSON object of totals at the end, and results', false)
    .addHelpText('after', `\nA command is ${COMMAND_FORMS.join(';\n  ')}`)
    .action(async (flags: GatewayFlags) => onEnd(await gatewayCommand(flags, streams)))
}

/** Answers whether all went well. Throws `UsageError` for options that cannot be. */
export async function gatewayCommand(flags: GatewayFlags, streams: StandardStreams): Promise<boolean> {
  const endpoints = (flags.listen ?? [DEFAULT_LISTEN]).map((url) => withCertificate(url, flags))
  const { threads } = flags
  const run = new GatewayRun(flags, streams)
  endpoints.map(deviceEndpoint)
  checkCertificate(flags)
  checkTimeZone(flags.timeZone, '--time-zone')
  const system = await createSystem({ ...(threads !== undefined && { threads }), signals: false, log: run.log })
  try {
    const showsEvents = !flags.json && !flags.commands
    const observer = showsEvents
      ? (system.spawn(GatewayWatcher, [addTaker((line) => run.print(line))], { placement: 'here' }) as never)
      : undefined
    const options: GatewayOptions = {
      homes: { kind: flags.homes },
      timeZone: flags.timeZone,
      observer: observer as ActorRef<CyncObserver> | undefined,
      ...(threads !== undefined && { threads }),
      ...(flags.outbox !== undefined && { outbox: { directory: flags.outbox } }),
    }
    const gateway = serveCync(system, endpoints, options)
    await gateway.ready()
    run.begun()
    for (const url of await gateway.ask.endpoints()) streams.stderr.write(`listening on ${url}\n`)
    await run.toTheEnd(gateway)
  } catch (error) {
    run.fault(error)
  } finally {
    await system.shutdown()
    await run.flush()
  }
  return run.isGood
}

/** One run: prints, reads commands, and knows when it is over. */
class GatewayRun {
  isGood = true
  readonly #flags: GatewayFlags
  readonly #streams: StandardStreams
  readonly #printer: Printer
  #isBegun = false

  constructor(flags: GatewayFlags, streams: StandardStreams) {
    this.#flags = flags
    this.#streams = streams
    this.#printer = new Printer(streams.stdout)
  }

  /** What the system logs. Before it has begun: nothing, since why it cannot is told in one line. */
  get log(): LogOptions {
    const { stderr } = this.#streams
    const write = (line: string): void => void (this.#isBegun && stderr.write(line))
    return { level: 'warn', destination: { write } }
  }

  begun(): void {
    this.#isBegun = true
  }

  print(line: string): void {
    this.#printer.write(`${line}\n`).catch((error: unknown) => this.fault(error))
  }

  fault(error: unknown): void {
    this.isGood = false
    let first = error
    for (let cause = error; cause instanceof TroupeError; cause = cause.cause) first = cause
    this.#streams.stderr.write(`troupe gateway: ${first instanceof Error ? first.message : String(first)}\n`)
  }

  flush(): Promise<void> {
    return this.#printer.flush().catch((error: unknown) => this.fault(error))
  }

  /** Until it is told to end, its time is over, or its commands are. */
  async toTheEnd(gateway: ActorRef<CyncGatewayProtocol>): Promise<void> {
    const { seconds, commands, json } = this.#flags
    const { stdin } = this.#streams
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    void this.#printer.closed.then(end) // `| head`
    process.once('SIGINT', end).once('SIGTERM', end)
    const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1_000)
    try {
      const read = commands ? this.#readCommands(gateway, ended) : undefined
      await (read === undefined || seconds !== undefined ? ended : Promise.race([ended, read]))
      const totals = json ? await gateway.with({ deadlineMs: GRACE_MS }).ask.statistics() : undefined
      await gateway.with({ deadlineMs: 3 * GRACE_MS }).ask.close(GRACE_MS)
      await read
      if (totals !== undefined) this.print(JSON.stringify(totals))
    } finally {
      clearTimeout(timer)
      process.off('SIGINT', end).off('SIGTERM', end)
      stdin.destroy()
    }
  }

  /** Resolves when each command has its result, which is printed; no more are read once it is over. */
  async #readCommands(gateway: ActorRef<CyncGatewayProtocol>, ended: Promise<void>): Promise<void> {
    const lines = createInterface({ input: this.#streams.stdin, crlfDelay: Number.POSITIVE_INFINITY })
    const pending = new Set<Promise<void>>()
    ended.then(() => lines.close()).catch(() => {})
    let number = 0
    for await (const line of lines) {
      number++
      if (line.trim() === '' || line.startsWith('#')) continue
      const done: Promise<void> = this.#carryOut(gateway, line, number).finally(() => pending.delete(done))
      pending.add(done)
      if (pending.size >= PENDING_MAX) await Promise.race(pending)
    }
    await Promise.all(pending)
  }

  async #carryOut(gateway: ActorRef<CyncGatewayProtocol>, line: string, number: number): Promise<void> {
    try {
      const request = parseCommandLine(line)
      const result = await gateway.with({ deadlineMs: COMMAND_MS }).ask.command(request)
      if (result instanceof Error) throw result
      this.print(JSON.stringify({ line: number, command: line.trim(), ...result }))
    } catch (error) {
      const { code, message } = error as TroupeError
      this.isGood = false
      this.print(JSON.stringify({ line: number, command: line.trim(), error: code, message }))
    }
  }
}

function withCertificate(url: string, { tlsCert, tlsKey }: GatewayFlags): string {
  if (!needsCertificate(url)) return url
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError('invalid-option', `${url} needs a certificate: give --tls-cert and --tls-key`)
  }
  const endpoint = resolveEndpoint(url) as TlsEndpoint
  const options: EndpointOptions = { ...endpoint, certFile: resolve(tlsCert), keyFile: resolve(tlsKey) }
  return formatEndpoint(resolveEndpoint(options))
}

function needsCertificate(url: string): boolean {
  const endpoint = resolveEndpoint(url)
  return endpoint.protocol === 'tls' && endpoint.certFile === undefined
}

/** What is wrong with a file is said before anything is started. */
function checkCertificate({ listen = [], tlsCert, tlsKey }: GatewayFlags): void {
  const isNeeded = listen.some(needsCertificate)
  for (const [option, path] of [
    ['--tls-cert', tlsCert],
    ['--tls-key', tlsKey],
  ] as const) {
    if (path === undefined) continue
    if (!isNeeded) {
      throw new UsageError('invalid-option', `${option} ${path} must have a --listen tls://host:port that needs it`)
    }
    try {
      readFileSync(path)
    } catch (cause) {
      throw new UsageError('file-unreadable', `${option}: cannot read ${path}: ${(cause as Error).message}`, { cause })
    }
  }
}

function collect(url: string, urls: readonly string[] = []): readonly string[] {
  return [...urls, url]
}

function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new UsageError('invalid-option', `${option} must be a whole number from ${min} to ${max}, got '${text}'`)
  }
}
